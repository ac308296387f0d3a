"""What one viewer sees of one subject: an outgoing VP8 stream behind a gate that knows distance.

`clear` forwards the camera's packets, from a key frame on. `soft` and `veiled` carry the blur's own frames. `audio-only` carries
nothing. Every step towards more distance puts the veil out at once, before anything else, and empties the history, so that no
packet from before can be had again.
"""

from __future__ import annotations

import random
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from media.mediation.distance import Distance
from media.plane.history import History
from media.plane.rtp import HEADER, HEADER_SIZE, ExtensionBlock, abs_send_time
from media.plane.stream_map import StreamMap
from media.plane.veil import VEIL_FRAME
from media.plane.viewer_feedback import ViewerFeedback
from media.plane.vp8 import PLAIN_DESCRIPTOR, packetise, starts_key_frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from media.plane.blur_pipeline import Blurred
    from media.plane.rtx import RtxStream

CLOCK_RATE: Final = 90_000
MAX_PAYLOAD: Final = 1100
"""Bytes; with headers and the SRTP tag well below any path's MTU."""
VEIL_COPIES: Final = 3
"""A lost veil is never asked for, since nothing after it shows the gap; three in a row outlive a single loss."""
VEIL_REPEAT_S: Final = 1.0
"""While a blurred picture is awaited; harmless to browsers (FINDINGS section 5)."""

_VEIL_PAYLOAD: Final = PLAIN_DESCRIPTOR + VEIL_FRAME
_write_header: Final = HEADER.pack
_MARKER: Final = 0x80
_WITH_EXTENSION: Final = 0x90


class Gate(Enum):
    """What the gate does with the next packet of its kind."""

    CLOSED = auto()
    WAITING = auto()
    """It opens with the next key frame."""
    OPEN = auto()


_OPEN: Final = Gate.OPEN
_WAITING: Final = Gate.WAITING
_CLEAR: Final = Distance.CLEAR
_BLURRED: Final = (Distance.SOFT, Distance.VEILED)
"""For every packet: a member that is looked up through its class costs ten times a name (Python 3.11)."""


class VideoDownlink:
    """One direction of sight between two people. Starts at `audio-only`, closed."""

    kind: Final = "video"

    __slots__ = (
        "_extension", "_history", "_last_veil_at", "_payload_at", "_payload_type", "_rtx", "_send", "_stamped", "_stamped_at",
        "distance", "feedback", "gate", "gate_drops", "map", "octets_sent", "packets_sent", "resent", "ssrc",
    )  # fmt: skip

    def __init__(
        self,
        send: Callable[[bytes], None],
        *,
        ssrc: int,
        payload_type: int,
        extension: ExtensionBlock,
        rtx: RtxStream | None = None,
    ) -> None:
        self._send = send
        self._rtx = rtx
        self._payload_at = HEADER_SIZE + len(extension.before) + extension.value_size + len(extension.after)
        self._payload_type = payload_type
        self._extension = extension
        self._stamped, self._stamped_at = b"", float("-inf")
        self._history = History()
        self._last_veil_at = float("-inf")
        self.ssrc = ssrc
        self.map = StreamMap(CLOCK_RATE, random.getrandbits(15), random.getrandbits(31))
        self.distance = Distance.AUDIO_ONLY
        self.gate = Gate.CLOSED
        self.packets_sent = 0
        self.octets_sent = 0
        self.gate_drops = 0
        self.resent = 0
        self.feedback = ViewerFeedback(CLOCK_RATE)

    @property
    def blurred(self) -> bool:
        """Whether this view is fed by the blur."""
        return self.distance in _BLURRED

    @property
    def flowing(self) -> bool:
        """Whether this view carries the subject's picture now, forwarded or blurred."""
        return self.gate is _OPEN

    def set_distance(self, distance: Distance, now: float) -> None:
        """Change what passes; when this returns nothing clearer than `distance` does."""
        if distance is self.distance:
            return
        further = distance.rank > self.distance.rank
        self.distance = distance
        self._shut()
        self.gate = Gate.CLOSED if distance is Distance.AUDIO_ONLY else Gate.WAITING
        if further and self.map.started:
            for _ in range(VEIL_COPIES):
                self._send_veil(now)
        if self.gate is Gate.CLOSED:
            self._history.clear()

    def restart(self) -> None:
        """The subject's video begins anew (another connection, a blur that failed): wait for a key frame."""
        if self.gate is Gate.OPEN:
            self._shut()
            self.gate = Gate.WAITING
        self.map.forget_source()

    def cover(self, now: float) -> None:
        """The blur failed: the veil at once, and nothing else until a key frame."""
        self._shut()
        self.gate = Gate.WAITING
        self._send_veil(now)

    def repeat_veil(self, now: float) -> None:
        """While a blurred picture is awaited: the veil once a second, in case it was lost."""
        if self.gate is _WAITING and self.blurred and now - self._last_veil_at >= VEIL_REPEAT_S:
            self._send_veil(now)

    def forward(self, source: int, seq: int, ts: int, *, marker: bool, payload: bytes, now: float) -> None:
        """Send one of the camera's packets on, if this view is clear and its gate opens or is open."""
        if self.distance is not _CLEAR:
            self.gate_drops += 1
            return
        if self.gate is not _OPEN:
            if not starts_key_frame(payload):
                self.gate_drops += 1
                return
            self.map.begin(source, seq, ts, now)
            self.gate = Gate.OPEN
        mapped = self.map.map(seq, ts, now)
        if mapped is None:
            return
        # `_emit`, written out: nearly every packet takes this way.
        if now != self._stamped_at:
            self._stamp(now)
        seq, ts = mapped
        marked = self._payload_type | _MARKER if marker else self._payload_type
        packet = _write_header(_WITH_EXTENSION, marked, seq, ts, self.ssrc) + self._stamped + payload
        self._history.add(seq, packet)
        self.packets_sent += 1
        self.octets_sent += len(payload)
        self._send(packet)

    def send_blurred(self, source: int, frame: Blurred, now: float) -> None:
        """Send a frame of the blur, if it is of this view's level and its gate opens or is open."""
        if frame.level is not self.distance:
            return
        if self.gate is not Gate.OPEN:
            if not frame.key:
                return
            self.map.align(source, frame.ts, now)
            self.gate = Gate.OPEN
        payloads = packetise(frame.data, MAX_PAYLOAD)
        for payload in payloads[:-1]:
            self._emit(self.map.follow(frame.ts, now), marker=False, payload=payload, now=now)
        self._emit(self.map.follow(frame.ts, now), marker=True, payload=payloads[-1], now=now)

    def allow_resends(self, octets_per_s: int) -> None:
        """How much this viewer's line can take for what is sent again."""
        self._history.allow(octets_per_s)

    def resend(self, lost: list[int], now: float) -> None:
        """Answer a NACK out of what this viewer was sent since the gate opened; in the RTX stream where there is one."""
        self.feedback.nacked += len(lost)
        for packet in self._history.resend(lost, now):
            self.resent += 1
            self._send(packet if self._rtx is None else self._rtx.wrap(packet, self._payload_at))

    def _shut(self) -> None:
        self.map.end()
        self._history.clear()

    def _send_veil(self, now: float) -> None:
        self._last_veil_at = now
        self._emit(self.map.inject(now), marker=True, payload=_VEIL_PAYLOAD, now=now)

    def _emit(self, numbers: tuple[int, int], *, marker: bool, payload: bytes, now: float) -> None:
        if now != self._stamped_at:
            self._stamp(now)
        seq, ts = numbers
        marked = self._payload_type | _MARKER if marker else self._payload_type
        packet = _write_header(_WITH_EXTENSION, marked, seq, ts, self.ssrc) + self._stamped + payload
        self._history.add(seq, packet)
        self.packets_sent += 1
        self.octets_sent += len(payload)
        self._send(packet)

    def _stamp(self, now: float) -> None:
        """The header extension of this moment: the packets of a frame come together and share it."""
        block = self._extension
        self._stamped_at = now
        self._stamped = block.before + (abs_send_time(now) if block.value_size else b"") + block.after
