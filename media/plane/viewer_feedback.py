"""What a viewer's browser says of one stream that it is sent: loss, jitter, round trip, requests. Pure.

All of it is the viewer's word: it is shown to operators and to people, and opens no gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from media.plane.spread import JITTER_STEPS, LOSS_STEPS, ROUND_TRIP_STEPS, SpreadCounter

MAX_SENT_REPORTS: Final = 8
"""Sender reports whose answer is awaited: browsers answer within a second or two."""
STALE_AFTER_S: Final = 10.0
"""A report block that is older says nothing about the line now."""
LONGEST_S: Final = 60.0
"""Jitter and round trips above it are no line's: a report that claims them is not counted."""


@dataclass(frozen=True, slots=True)
class ViewersBlock:
    """One report block about a stream of ours (RFC 3550 section 6.4.1)."""

    fraction_lost: int
    packets_lost: int
    jitter: int
    """Timestamp units."""
    lsr: int
    dlsr: int
    """Units of 1/65536 s."""


class ViewerFeedback:
    """Follows one stream to one viewer."""

    __slots__ = (
        "_clock_rate", "_jitter", "_loss", "_reported_at", "_round_trip", "_sent_at",
        "jitters", "key_frames_wanted", "losses", "lost", "nacked", "round_trips",
    )  # fmt: skip

    def __init__(self, clock_rate: int) -> None:
        self._clock_rate = clock_rate
        self._sent_at: dict[int, float] = {}
        self._reported_at = float("-inf")
        self._loss: float | None = None
        self._jitter: float | None = None
        self._round_trip: float | None = None
        self.losses = SpreadCounter(LOSS_STEPS)
        self.jitters = SpreadCounter(JITTER_STEPS)
        self.round_trips = SpreadCounter(ROUND_TRIP_STEPS)
        self.lost = 0
        """Packets; never less than was reported once, though late ones may still arrive."""
        self.nacked = 0
        """Packets that the viewer asked for again."""
        self.key_frames_wanted = 0

    def report_sent(self, ntp: int, now: float) -> None:
        """Remember when a sender report with this time (NTP, 32.32 fixed point) went out."""
        sent = self._sent_at
        middle = (ntp >> 16) & 0xFFFFFFFF
        sent.pop(middle, None)
        sent[middle] = now
        if len(sent) > MAX_SENT_REPORTS:
            del sent[next(iter(sent))]

    def reported(self, block: ViewersBlock, now: float) -> None:
        """Take a report block."""
        self._reported_at = now
        self._loss = block.fraction_lost / 256
        self.losses.add(self._loss)
        self.lost = max(self.lost, block.packets_lost)
        jitter = block.jitter / self._clock_rate
        if jitter <= LONGEST_S:
            self._jitter = jitter
            self.jitters.add(jitter)
        self._follow_round_trip(block, now)

    def loss(self, now: float) -> float | None:
        """Part of the packets lost before the latest report; None when that is too old."""
        return self._loss if self._fresh(now) else None

    def jitter(self, now: float) -> float | None:
        """Seconds, by the latest report; None when that is too old."""
        return self._jitter if self._fresh(now) else None

    def round_trip(self, now: float) -> float | None:
        """Seconds from us to the viewer and back, by the latest reports; None when they are too old."""
        return self._round_trip if self._fresh(now) else None

    def _follow_round_trip(self, block: ViewersBlock, now: float) -> None:
        """RFC 3550 section 6.4.1, but by our own clock: a forwarded report carries the time of the subject's."""
        sent_at = self._sent_at.get(block.lsr)
        if sent_at is None:
            return
        round_trip = now - sent_at - block.dlsr / 65536
        if 0 <= round_trip <= LONGEST_S:
            self._round_trip = round_trip
            self.round_trips.add(round_trip)

    def _fresh(self, now: float) -> bool:
        return now - self._reported_at <= STALE_AFTER_S
