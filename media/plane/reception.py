"""What arrived of one incoming stream: counts, loss and jitter for receiver reports, and which packets to ask for again.

Pure (RFC 3550 appendix A.3 and A.8; RFC 4585 NACK).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_HALF: Final = 0x8000
_HALF_32: Final = 0x80000000

MAX_GAP: Final = 100
"""A larger jump of sequence numbers is a restart, not loss: nothing is asked for."""
MAX_MISSING: Final = 200
"""How many lost packets are remembered at once."""
RETRY_AFTER_S: Final = 0.1
"""A little more than a usual round trip."""
MAX_TRIES: Final = 8
"""After 0.8 s, several round trips of any usable line, a key frame helps more than the lost packet."""


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """The figures of one RTCP report block (RFC 3550 section 6.4.1)."""

    ssrc: int
    fraction_lost: int
    packets_lost: int
    highest_sequence: int
    jitter: int
    """In timestamp units."""


class Reception:
    """Follows one SSRC."""

    __slots__ = (
        "_clock_rate",
        "_cycles",
        "_expected_prior",
        "_first",
        "_jitter",
        "_missing",
        "_received_prior",
        "_transit",
        "given_up",
        "highest",
        "loss",
        "lost",
        "received",
        "ssrc",
    )  # fmt: skip

    def __init__(self, ssrc: int, clock_rate: int) -> None:
        self.ssrc = ssrc
        self.highest: int | None = None
        self.received = 0
        self.loss: float | None = None
        """Part of the packets that was lost before the latest report."""
        self.lost = 0
        """Packets, by the reports; never less than once, though late ones may still arrive."""
        self.given_up = 0
        """How often something is missing for good: what builds on it needs a key frame."""
        self._clock_rate = clock_rate
        self._cycles = 0
        self._first = 0
        self._transit: int | None = None
        self._jitter = 0.0
        self._expected_prior = 0
        self._received_prior = 0
        self._missing: dict[int, tuple[float, int]] = {}

    @property
    def jitter(self) -> float:
        """Seconds (RFC 3550 appendix A.8)."""
        return self._jitter / self._clock_rate

    def add(self, seq: int, ts: int, now: float) -> list[int]:
        """Count a packet. Returns the sequence numbers that a new gap in front of it leaves out."""
        self.received += 1
        highest = self.highest
        if highest is None:
            self.highest = self._first = seq
            return []
        step = (seq - highest) & 0xFFFF
        if step >= _HALF or step == 0:  # late or repeated
            self._missing.pop(seq, None)
            return []
        transit = (int(now * self._clock_rate) - ts) & 0xFFFFFFFF
        if self._transit is not None:
            change = (transit - self._transit) & 0xFFFFFFFF
            if change > _HALF_32:
                change = 0x100000000 - change
            self._jitter += (change - self._jitter) / 16
        self._transit = transit
        if seq < highest:
            self._cycles += 0x10000
        self.highest = seq
        if step == 1:
            return []
        if step > MAX_GAP:
            self.given_up += 1
            return []
        return self._remember_gap(highest, step, now)

    def overdue(self, now: float) -> list[int]:
        """Lost packets to ask for once more; those asked for often enough are given up."""
        if not self._missing:
            return []
        due = [seq for seq, (asked_at, _) in self._missing.items() if now - asked_at >= RETRY_AFTER_S]
        again = []
        for seq in due:
            tries = self._missing[seq][1]
            if tries >= MAX_TRIES:
                del self._missing[seq]
                self.given_up += 1
            else:
                self._missing[seq] = (now, tries + 1)
                again.append(seq)
        return again

    def report(self) -> ReportBlock:
        """Figures since the last report (RFC 3550 appendix A.3)."""
        extended = self._cycles + (self.highest or 0)
        expected = extended - self._first + 1 if self.highest is not None else 0
        interval, got = expected - self._expected_prior, self.received - self._received_prior
        self._expected_prior, self._received_prior = expected, self.received
        lost = max(0, interval - got)
        fraction = min(255, (lost << 8) // interval) if interval > 0 else 0
        total = max(-0x800000, min(0x7FFFFF, expected - self.received))
        self.loss, self.lost = fraction / 256, max(self.lost, total)
        return ReportBlock(self.ssrc, fraction, total, extended & 0xFFFFFFFF, int(self._jitter))

    def _remember_gap(self, highest: int, step: int, now: float) -> list[int]:
        gap = [(highest + i) & 0xFFFF for i in range(1, step)]
        for seq in gap:
            self._missing[seq] = (now, 1)
        while len(self._missing) > MAX_MISSING:
            del self._missing[next(iter(self._missing))]
            self.given_up += 1
        return gap
