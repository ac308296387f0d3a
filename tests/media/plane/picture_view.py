"""One viewer's picture of one person, with packets that say of themselves what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiortc.codecs.vpx import VpxPayloadDescriptor

from media.mediation.distance import Distance
from media.plane.blur_pipeline import Blurred
from media.plane.downlink_video import VideoDownlink
from media.plane.veil import VEIL_FRAME
from tests.media.plane.rtp_wire import Wire, send_time_block

if TYPE_CHECKING:
    from aiortc.rtp import RtpPacket

    from media.plane.rtx import RtxStream

FRAME_RTP = 3000
CLEAR_KEY, CLEAR_DELTA = b"\x10clear key", b"\x11clear delta"
EVERY_NUMBER = list(range(0x10000))


class View:
    """The camera sends 30 frames a second of one packet each; the blur sends a frame when told."""

    def __init__(
        self, first_seq: int = 65_530, first_ts: int = 0xFFFFF000, rtx: RtxStream | None = None
    ) -> None:
        self.wire = Wire()
        self.link = VideoDownlink(self.wire, ssrc=44, payload_type=96, extension=send_time_block(), rtx=rtx)
        self.link.map.next_seq, self.link.map.last_ts = first_seq, first_ts
        self.now = 50.0
        self.source = 8
        self._sent = 0

    @property
    def ts(self) -> int:
        """The camera's timestamp of its last frame."""
        return (self._sent * FRAME_RTP + 0xFFFFE000) & 0xFFFFFFFF

    def to(self, distance: Distance) -> None:
        """Change the distance now."""
        self.link.set_distance(distance, self.now)

    def camera(self, *, key: bool = False, count: int = 1) -> None:
        """The camera's next frames."""
        for _ in range(count):
            self.now += 1 / 30
            self._sent += 1
            payload = b"\x10" + (CLEAR_KEY if key else CLEAR_DELTA)
            self.link.forward(
                self.source, self._sent & 0xFFFF, self.ts, marker=True, payload=payload, now=self.now
            )

    def blur(self, level: Distance, *, key: bool = False, size: int = 0) -> None:
        """A frame of the blur, of the camera's last picture."""
        data = level.value.encode() + bytes(size)
        self.link.send_blurred(self.source, Blurred(level, data, self.ts, key), self.now)

    def all_kinds(self, *, key: bool) -> None:
        """A frame of every kind that there is."""
        self.camera(key=key)
        self.blur(Distance.SOFT, key=key)
        self.blur(Distance.VEILED, key=key)

    def settled(self, distance: Distance) -> list[RtpPacket]:
        """Go to this distance and let the picture flow; what was sent."""
        self.to(distance)
        self.all_kinds(key=True)
        self.all_kinds(key=False)
        return self.wire.take()

    def asked_again(self) -> list[RtpPacket]:
        """What a NACK of every number that there is fetches."""
        self.now += 1.0
        self.link.resend(EVERY_NUMBER, self.now)
        return self.wire.take()


def kind(packet: RtpPacket) -> str:
    """`veil`, or the distance whose picture this packet carries."""
    data = VpxPayloadDescriptor.parse(packet.payload)[1]
    if data == VEIL_FRAME:
        return "veil"
    if data in (CLEAR_KEY, CLEAR_DELTA):
        return "clear"
    return data.rstrip(b"\x00").decode()


def kinds(packets: list[RtpPacket]) -> list[str]:
    """Those of several packets, in order."""
    return [kind(packet) for packet in packets]
