"""What one viewer hears of one subject: an outgoing Opus stream behind a gate.

Closed, no packet of the subject's passes. At the close a few frames of the server's own silence go out, so that the listener's
browser falls silent at once; they are sent before the close is acknowledged, and nothing after it.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from media.plane.red import LONGEST_OFFSET, primary
from media.plane.red import payload_type as red_block_type
from media.plane.rtp import HEADER, ExtensionBlock, seq_newer, ts_newer
from media.plane.silence import SILENCE_FRAME, SILENCE_FRAMES, SILENCE_LEVEL, SILENCE_SAMPLES
from media.plane.stream_map import StreamMap
from media.plane.viewer_feedback import ViewerFeedback

if TYPE_CHECKING:
    from collections.abc import Callable

CLOCK_RATE: Final = 48_000
WITHHELD_AT_OPENING: Final = 1
"""Opus repeats the frame before in each packet (in-band FEC, RFC 6716 section 2.1.7): the first packet after an opening still
carries 20 ms that were said while the microphone was closed, so it stays behind the gate. The first in the speaker's order: what
was overtaken on the way neither counts as it nor follows it."""

_write_header: Final = HEADER.pack
_MARKER: Final = 0x80
_WITH_EXTENSION: Final = 0x90


class AudioDownlink:
    """One direction of sound between two people. Starts closed."""

    kind: Final = "audio"
    resent: Final = 0
    """Sound is repeated in later packets (RED), never sent again."""

    __slots__ = (
        "_extension", "_levels", "_newest", "_payload_type", "_plain_until", "_red_payload_type", "_send", "_waiting",
        "_withheld", "feedback", "gate_drops", "heard", "map", "octets_sent", "packets_sent", "ssrc",
    )  # fmt: skip

    def __init__(
        self,
        send: Callable[[bytes], None],
        *,
        ssrc: int,
        payload_type: int,
        extension: ExtensionBlock,
        red_payload_type: int | None = None,
    ) -> None:
        self._send = send
        self._payload_type = payload_type
        self._red_payload_type = red_payload_type
        self._plain_until: int | None = None
        self._extension = extension
        self._levels: dict[int, bytes] = {}
        self._waiting = True
        self._withheld = 0
        self._newest: int | None = None
        self.ssrc = ssrc
        self.map = StreamMap(CLOCK_RATE, random.getrandbits(15), random.getrandbits(31))
        self.heard = False
        self.packets_sent = 0
        self.octets_sent = 0
        self.gate_drops = 0
        self.feedback = ViewerFeedback(CLOCK_RATE)

    def set_heard(self, *, heard: bool, now: float) -> None:
        """Open or close the gate; closed when this returns."""
        if heard == self.heard:
            return
        self.heard = heard
        self._waiting = True
        self._withheld = WITHHELD_AT_OPENING
        if not heard:
            self._newest = self.map.newest_source
            self.map.end()
            if self.map.started:
                self._send_silence(now)

    def restart(self) -> None:
        """The subject sends from a new connection: begin anew with its next packet."""
        self._waiting = True
        self._newest = None
        self.map.forget_source()

    def forward(
        self,
        source: int,
        seq: int,
        ts: int,
        *,
        marker: bool,
        payload: bytes,
        level: int,
        now: float,
        red: bool = False,
    ) -> None:
        """Send one of the subject's packets on, if the gate is open; `red` says that it repeats earlier frames."""
        if not self.heard:
            self._is_newest(seq)
            self.gate_drops += 1
            return
        if self._waiting:
            if not self._is_newest(seq):
                return
            if self._withheld or not self._begin(source, seq, ts, now):
                self._withheld = 0
                return
            marker = True
        mapped = self.map.map(seq, ts, now)
        if mapped is None:
            return
        payload_type = self._payload_type
        if red:
            if mapped[1] == self.map.last_ts and self._may_repeat(ts, payload):
                payload_type = self._red_payload_type or payload_type
            else:
                payload = primary(payload) or b""
        self._emit(mapped, marker=marker, payload=payload, level=level, payload_type=payload_type)

    def _is_newest(self, seq: int) -> bool:
        """Whether the speaker sent nothing later that has come already, while the gate is not open; then it is the newest."""
        if self._newest is not None and not seq_newer(seq, self._newest):
            return False
        self._newest = seq
        return True

    def _may_repeat(self, ts: int, payload: bytes) -> bool:
        """Whether this listener gets the repeated frames too: never those that may be older than the opening."""
        if self._red_payload_type is None or red_block_type(payload) != self._payload_type:
            return False
        if self._plain_until is not None and ts_newer(ts, self._plain_until):
            self._plain_until = None
        return self._plain_until is None

    def _begin(self, source: int, seq: int, ts: int, now: float) -> bool:
        """Open with this packet, unless the silence before it reaches further than its own time."""
        self.map.begin(source, seq, ts, now)
        if self.map.bumped:
            self.map.end()
            return False
        self._waiting = False
        self._plain_until = (ts + LONGEST_OFFSET) & 0xFFFFFFFF
        return True

    def _send_silence(self, now: float) -> None:
        for _ in range(SILENCE_FRAMES):
            numbers = self.map.inject(now, step=SILENCE_SAMPLES)
            self._emit(
                numbers,
                marker=False,
                payload=SILENCE_FRAME,
                level=SILENCE_LEVEL,
                payload_type=self._payload_type,
            )

    def _emit(
        self, numbers: tuple[int, int], *, marker: bool, payload: bytes, level: int, payload_type: int
    ) -> None:
        extension = self._levels.get(level)
        if extension is None:
            block = self._extension
            extension = block.before + bytes((level,))[: block.value_size] + block.after
            self._levels[level] = extension
        marked = payload_type | _MARKER if marker else payload_type
        packet = (
            _write_header(_WITH_EXTENSION, marked, numbers[0], numbers[1], self.ssrc) + extension + payload
        )
        self.packets_sent += 1
        self.octets_sent += len(payload)
        self._send(packet)
