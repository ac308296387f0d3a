"""How one incoming stream becomes one continuous outgoing stream (RFC 3550 section 5.1).

A view's stream has one SSRC, one run of sequence numbers and one timeline for its whole life, whatever feeds it: a camera's own
packets, blurred frames, the veil, or another connection of the same person after a reload. Pure: ints in, ints out.

Sequence numbers close up: what a closed gate held back leaves no hole. Timestamps keep real time, since a jitter buffer swells
when time is closed up too.
"""

from __future__ import annotations

from typing import Final

from media.plane.rtp import ts_newer

VEIL_MARGIN_S: Final = 0.033
"""An injected frame is stamped this much earlier than now, so that the next real frame (one frame interval after the last)
is still newer: a browser drops a frame whose timestamp does not move on."""
_LEAST_STEP_S: Final = 0.002
"""From a frame to an injected one: Chromium never shows a frame that is less than a millisecond behind the one before it."""

_STALE: Final = 0x7FFF
_REBASE_AFTER: Final = 4096
_REBASE_TO: Final = 1024


class StreamMap:
    """Maps (sequence number, timestamp) of the current source to those of the outgoing stream.

    `begin` starts an epoch at a source packet; `map` serves its packets and refuses those from before it.
    `inject` numbers packets of our own making.
    """

    __slots__ = (
        "_base", "_clock_rate", "_last_at", "_natural_offset", "_seq_offset", "_source",
        "bumped", "last_ts", "next_seq", "ts_offset",
    )  # fmt: skip

    def __init__(self, clock_rate: int, first_seq: int, first_ts: int) -> None:
        self._clock_rate = clock_rate
        self._base: int | None = None
        self._seq_offset = 0
        self._source: int | None = None
        self._natural_offset = 0
        self._last_at: float | None = None
        self.bumped = False
        """Whether this epoch's timestamps had to be moved on, past what was injected before it."""
        self.ts_offset = 0
        self.next_seq = first_seq
        self.last_ts = first_ts

    @property
    def started(self) -> bool:
        """Whether anything was ever sent on this stream."""
        return self._last_at is not None

    @property
    def newest_source(self) -> int | None:
        """The latest of the source's sequence numbers that was mapped in this epoch; None outside of one."""
        return None if self._base is None else (self.next_seq - 1 - self._seq_offset) & 0xFFFF

    def begin(self, source: int, seq: int, ts: int, now: float) -> None:
        """Start an epoch with this source packet; `source` names the incoming stream (its SSRC)."""
        if source != self._source:
            self._source = source
            self._natural_offset = (self._ts_at(now) - ts) & 0xFFFFFFFF
        self._base = seq
        self._seq_offset = (self.next_seq - seq) & 0xFFFF
        self.ts_offset = self._natural_offset
        mapped = (ts + self.ts_offset) & 0xFFFFFFFF
        self.bumped = self.started and not ts_newer(mapped, self.last_ts)
        if self.bumped:
            self.ts_offset = (self.last_ts + self._clock_rate // 1000 - ts) & 0xFFFFFFFF

    def forget_source(self) -> None:
        """End the epoch, and take nothing over from the source's clock: another connection may reuse its SSRC."""
        self._base = None
        self._source = None

    def end(self) -> None:
        """End the epoch: nothing of it can be mapped any more."""
        self._base = None

    def map(self, seq: int, ts: int, now: float) -> tuple[int, int] | None:
        """Outgoing (sequence number, timestamp), or None for a packet from before the epoch."""
        base = self._base
        if base is None:
            return None
        distance = (seq - base) & 0xFFFF
        if distance > _STALE:
            return None
        if distance > _REBASE_AFTER:
            self._base = (seq - _REBASE_TO) & 0xFFFF
        out_seq = (seq + self._seq_offset) & 0xFFFF
        out_ts = (ts + self.ts_offset) & 0xFFFFFFFF
        if (out_seq - self.next_seq) & 0xFFFF <= _STALE:
            self.next_seq = (out_seq + 1) & 0xFFFF
            self.last_ts = out_ts
            self._last_at = now
        return out_seq, out_ts

    def inject(self, now: float, *, step: int = 0) -> tuple[int, int]:
        """Number a packet of our own: the next sequence number, and a timestamp that moves on.

        Without `step` the timestamp is that of `now`, less the margin; with it, exactly `step` after the last.
        """
        if step:
            ts = (self.last_ts + step) & 0xFFFFFFFF
            self._last_at = (now if self._last_at is None else self._last_at) + step / self._clock_rate
        else:
            ts = self._ts_at(now - VEIL_MARGIN_S)
            least = (self.last_ts + int(_LEAST_STEP_S * self._clock_rate)) & 0xFFFFFFFF
            if self._last_at is None or ts_newer(ts, least):
                self._last_at = now - VEIL_MARGIN_S
            else:
                ts = least
                self._last_at += _LEAST_STEP_S
        return self._take(ts)

    def follow(self, ts: int, now: float) -> tuple[int, int]:
        """Number a packet of a frame whose source timestamp is `ts` (a blurred frame), within the source's timeline."""
        self._last_at = now
        return self._take((ts + self.ts_offset) & 0xFFFFFFFF)

    def align(self, source: int, ts: int, now: float) -> None:
        """Start an epoch for frames of our own making that keep the source's timestamps."""
        self.begin(source, self.next_seq, ts, now)
        self._base = None

    def to_outgoing(self, ts: int) -> int:
        """A source timestamp on the outgoing timeline (for sender reports)."""
        return (ts + self.ts_offset) & 0xFFFFFFFF

    def _take(self, ts: int) -> tuple[int, int]:
        seq = self.next_seq
        self.next_seq = (seq + 1) & 0xFFFF
        self.last_ts = ts
        return seq, ts

    def _ts_at(self, now: float) -> int:
        if self._last_at is None:
            return self.last_ts
        return (self.last_ts + int((now - self._last_at) * self._clock_rate)) & 0xFFFFFFFF
