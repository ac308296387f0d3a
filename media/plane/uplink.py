"""What one participant sends: one Opus and one VP8 stream, as they arrive.

Counts, reports and asks again for what is missing; whom it goes to is the plane's business (`AudioTarget`, `VideoTarget`).
Packets that belong to no negotiated stream go nowhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from media.plane.allowance import Allowance
from media.plane.key_frame_requests import KeyFrameRequests
from media.plane.reception import Reception, ReportBlock
from media.plane.reports import bandwidth_estimate, negative_acknowledgement, picture_loss
from media.plane.rtp import MalformedPacketError, extension_octet, read_packet
from media.plane.rtx import unwrap
from media.plane.sdp_offer import LEVEL_URI, Media
from media.plane.silence import SILENCE_LEVEL
from media.plane.spread import JITTER_STEPS, LOSS_STEPS, SpreadCounter
from media.plane.vp8 import STARTS_FRAME, STARTS_FRAME_MASK, starts_key_frame

if TYPE_CHECKING:
    from collections.abc import Callable

AUDIO_CLOCK: Final = 48_000
VIDEO_CLOCK: Final = 90_000
MOST_BIT_RATE: Final = 1_500_000
_LEVEL_MASK: Final = 0x7F
_TYPE_MASK: Final = 0x7F


class AudioTarget(Protocol):
    """Takes the packets of a participant's sound."""

    def __call__(
        self,
        source: int,
        seq: int,
        ts: int,
        *,
        marker: bool,
        payload: bytes,
        level: int,
        now: float,
        red: bool,
    ) -> None:
        """One packet; `level` in -dBov (RFC 6464); `red`: the payload repeats earlier frames (RFC 2198)."""


class VideoTarget(Protocol):
    """Takes the packets of a participant's picture."""

    def __call__(self, source: int, seq: int, ts: int, *, marker: bool, payload: bytes, now: float) -> None:
        """One packet."""


class _Stream:
    """What sound and picture have in common: the SSRC, the counts, the last sender report."""

    __slots__ = (
        "_clock_rate", "_declared", "_sr_at", "_sr_ntp", "asked_again", "jitters", "key_frames_asked", "losses",
        "payload_type", "reception", "repair_payload_type",
    )  # fmt: skip

    def __init__(self, media: Media, clock_rate: int) -> None:
        self.payload_type = media.payload_type
        self.repair_payload_type = media.repair_payload_type
        self._declared = media.ssrc
        self._clock_rate = clock_rate
        self.reception: Reception | None = None
        self._sr_ntp = 0
        self._sr_at = 0.0
        self.losses = SpreadCounter(LOSS_STEPS)
        self.jitters = SpreadCounter(JITTER_STEPS)
        self.asked_again = 0
        """Packets that the publisher was asked for again."""
        self.key_frames_asked = 0

    def belongs(self, ssrc: int) -> Reception | None:
        """The reception of this SSRC, or None for a stranger. Undeclared, the first SSRC that comes is the one."""
        reception = self.reception
        if reception is not None:
            return reception if reception.ssrc == ssrc else None
        if self._declared is not None and ssrc != self._declared:
            return None
        self.reception = Reception(ssrc, self._clock_rate)
        return self.reception

    def sender_report(self, ntp: int, now: float) -> None:
        """Remember the publisher's own report for the answer to it."""
        self._sr_ntp, self._sr_at = ntp, now

    def report(self, now: float) -> tuple[ReportBlock, int, int] | None:
        """A report block with (last SR, delay since it), or None before the first packet."""
        if self.reception is None:
            return None
        lsr = (self._sr_ntp >> 16) & 0xFFFFFFFF
        dlsr = int((now - self._sr_at) * 65536) & 0xFFFFFFFF if lsr else 0
        block = self.reception.report()
        self.losses.add(block.fraction_lost / 256)
        self.jitters.add(self.reception.jitter)
        return block, lsr, dlsr


class AudioUplink(_Stream):
    """A participant's sound."""

    kind: Final = "audio"

    __slots__ = ("_level_id", "_target", "last_packet_at")

    def __init__(self, media: Media, target: AudioTarget) -> None:
        super().__init__(media, AUDIO_CLOCK)
        self._level_id = media.extension_id(LEVEL_URI)
        self._target = target
        self.last_packet_at: float | None = None

    def receive(self, data: bytes, now: float) -> None:
        """Take one RTP packet."""
        try:
            second, seq, ts, ssrc, payload = read_packet(data)
        except MalformedPacketError:
            return
        reception = self.reception
        if reception is None or reception.ssrc != ssrc:
            reception = self.belongs(ssrc)
            if reception is None:
                return
        reception.add(seq, ts, now)
        self.last_packet_at = now
        level = extension_octet(data, self._level_id) if self._level_id is not None else None
        self._target(
            ssrc,
            seq,
            ts,
            marker=second > 0x7F,  # noqa: PLR2004 - the marker bit
            payload=payload,
            level=SILENCE_LEVEL if level is None else level & _LEVEL_MASK,
            now=now,
            red=second & _TYPE_MASK == self.repair_payload_type,
        )


class VideoUplink(_Stream):
    """A participant's picture: asks again for lost packets, and for key frames when somebody needs one."""

    kind: Final = "video"

    __slots__ = (
        "_allowance", "_given_up", "_key_frames", "_nacks", "_own_ssrc", "_rtx_ssrc", "_send_rtcp", "_target",
    )  # fmt: skip

    def __init__(
        self,
        media: Media,
        own_ssrc: int,
        send_rtcp: Callable[[bytes], None],
        target: VideoTarget,
        most_bit_rate: int = MOST_BIT_RATE,
    ) -> None:
        super().__init__(media, VIDEO_CLOCK)
        self._allowance = Allowance(most_bit_rate)
        self._given_up = 0
        self._rtx_ssrc = media.repair_ssrc
        self._own_ssrc = own_ssrc
        self._send_rtcp = send_rtcp
        self._target = target
        self._nacks = "nack" in media.feedback
        self._key_frames = KeyFrameRequests()

    def receive(self, data: bytes, now: float) -> None:
        """Take one RTP packet."""
        try:
            second, seq, ts, ssrc, payload = read_packet(data)
        except MalformedPacketError:
            return
        marker = second > 0x7F  # noqa: PLR2004 - the marker bit
        if second & _TYPE_MASK == self.repair_payload_type:
            self._retransmitted(ssrc, ts, payload, marker=marker, now=now)
            return
        reception = self.reception
        if reception is None or reception.ssrc != ssrc:
            reception = self.belongs(ssrc)
            if reception is None:
                return
        self._take(reception, seq, ts, payload, marker=marker, now=now)

    def _retransmitted(self, ssrc: int, ts: int, payload: bytes, *, marker: bool, now: float) -> None:
        """A lost packet again, in the RTX stream (RFC 4588): as if it had come late."""
        original = unwrap(payload)
        if original is None or self.reception is None or ssrc != (self._rtx_ssrc or ssrc):
            return
        self._take(self.reception, original[0], ts, original[1], marker=marker, now=now)

    def _take(
        self, reception: Reception, seq: int, ts: int, payload: bytes, *, marker: bool, now: float
    ) -> None:
        lost = reception.add(seq, ts, now)
        if lost:
            self._ask_again(lost)
        if reception.given_up != self._given_up:
            self._heed_gaps(reception, now)
        if payload and payload[0] & STARTS_FRAME_MASK == STARTS_FRAME and starts_key_frame(payload):
            self._key_frames.arrived()
        self._target(reception.ssrc, seq, ts, marker=marker, payload=payload, now=now)

    def allow(self, bit_rate: int | None) -> None:
        """What the slowest viewer's line can carry, bits per second; None: nobody has said."""
        self._allowance.set(bit_rate)

    def want_key_frame(self, now: float) -> None:
        """Somebody needs a key frame: ask for one now, or as soon as the last request is old enough."""
        if self._key_frames.want(now):
            self._request_key_frame()

    def tick(self, now: float) -> None:
        """Ask again for what is still missing."""
        if self._key_frames.due(now):
            self._request_key_frame()
        if self.reception is None:
            return
        if lost := self.reception.overdue(now):
            self._ask_again(lost)
        if self.reception.given_up != self._given_up:
            self._heed_gaps(self.reception, now)
        if (bit_rate := self._allowance.due(now)) is not None:
            self._send_rtcp(bandwidth_estimate(self._own_ssrc, self.reception.ssrc, bit_rate))

    def _heed_gaps(self, reception: Reception, now: float) -> None:
        """What is missing for good leaves every viewer standing until a key frame: better asked for at once than by each."""
        self._given_up = reception.given_up
        self.want_key_frame(now)

    def _request_key_frame(self) -> None:
        if self.reception is not None:
            self.key_frames_asked += 1
            self._send_rtcp(picture_loss(self._own_ssrc, self.reception.ssrc))

    def _ask_again(self, lost: list[int]) -> None:
        if self._nacks and self.reception is not None:
            self.asked_again += len(lost)
            self._send_rtcp(negative_acknowledgement(self._own_ssrc, self.reception.ssrc, lost))
