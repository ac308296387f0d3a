"""What arrived: loss and jitter as RFC 3550 counts them, and which packets are asked for again."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.plane.reception import MAX_GAP, MAX_MISSING, MAX_TRIES, RETRY_AFTER_S, Reception, ReportBlock

CLOCK = 90_000


@dataclass
class Reference:
    """RFC 3550 appendix A.3 and A.8 by extended sequence numbers, which this one is told."""

    first: int
    arrived: list[int] = field(default_factory=list)
    jitter: float = 0.0
    _transit: float | None = None
    _prior: tuple[int, int] = (0, 0)

    def add(self, extended: int, ts: int, now: float) -> None:
        """One packet."""
        newest = not self.arrived or extended > max(self.arrived)
        following = bool(self.arrived) and newest
        self.arrived.append(extended)
        if following:
            transit = now * CLOCK - ts
            if self._transit is not None:
                self.jitter += (abs(transit - self._transit) - self.jitter) / 16
            self._transit = transit

    def report(self, ssrc: int) -> ReportBlock:
        """The block of now."""
        highest = max(self.arrived)
        expected, received = highest - self.first + 1, len(self.arrived)
        interval, got = expected - self._prior[0], received - self._prior[1]
        self._prior = (expected, received)
        fraction = max(0, interval - got) * 256 // interval if interval > 0 else 0
        return ReportBlock(ssrc, fraction, expected - received, highest, int(self.jitter))


@pytest.mark.parametrize("seed", range(6))
def test_figures_are_those_of_the_rfc(seed: int) -> None:
    """Loss, reordering and copies over several wraps give the reference's fraction, total, highest and jitter."""
    dice = random.Random(seed)
    first = dice.randrange(0x10000)
    packets = [i for i in range(3000) if i == 0 or dice.random() > 0.1]
    packets = sorted(packets + dice.sample(packets, 40), key=lambda i: i + dice.uniform(0, 6))
    packets.remove(0)
    reception, reference = Reception(7, CLOCK), Reference(first)
    for count, i in enumerate([0, *packets]):
        extended = first + i * 40  # 40 numbers a step: 3,000 steps go round almost twice
        now, ts = 5.0 + i / 100 + dice.random() / 50, i * 900
        reception.add(extended & 0xFFFF, ts, now)
        reference.add(extended, ts, now)
        if count % 500 == 499:
            ours, theirs = reception.report(), reference.report(7)
            assert abs(ours.jitter - theirs.jitter) <= 1
            assert (ours.fraction_lost, ours.packets_lost, ours.highest_sequence) == (
                theirs.fraction_lost,
                theirs.packets_lost,
                theirs.highest_sequence,
            )


def test_before_the_first_packet_all_is_zero() -> None:
    """A report on nothing says nothing."""
    assert Reception(7, CLOCK).report() == ReportBlock(7, 0, 0, 0, 0)


def test_jitter_survives_the_timestamp_wrap() -> None:
    """An even stream across the wrap of 32 bits has no jitter."""
    reception = Reception(7, CLOCK)
    for i in range(200):
        reception.add(i, (0xFFFFFFFF - 90_000 + i * 900) & 0xFFFFFFFF, 100 + i / 100)
    assert reception.report().jitter <= 1


def test_total_loss_keeps_to_24_bits() -> None:
    """A stream that jumps for hours stays within the field of the report block (RFC 3550 section 6.4.1)."""
    reception = Reception(7, CLOCK)
    for i in range(600):
        reception.add(i * 0x7000 & 0xFFFF, 0, float(i))
    assert reception.report().packets_lost == 0x7FFFFF
    copies = Reception(7, CLOCK)
    for _ in range(50):
        copies.add(1, 0, 0.0)
    assert copies.report().packets_lost == -49


@settings(deadline=None)
@given(first=st.integers(0, 0xFFFF), gap=st.integers(1, MAX_GAP - 1))
def test_a_gap_is_asked_for_at_once(first: int, gap: int) -> None:
    """The packets left out are named in order, across the wrap as well, and only by the packet that shows the gap."""
    reception = Reception(7, CLOCK)
    assert reception.add(first, 0, 1.0) == []
    assert reception.add((first + gap + 1) & 0xFFFF, 0, 1.0) == [(first + 1 + i) & 0xFFFF for i in range(gap)]
    assert reception.add((first + gap + 2) & 0xFFFF, 0, 1.0) == []


def test_a_jump_is_a_restart() -> None:
    """A gap larger than the limit is not asked for."""
    reception = Reception(7, CLOCK)
    reception.add(0, 0, 1.0)
    assert reception.add(MAX_GAP + 1, 0, 1.0) == []
    assert reception.overdue(9.0) == []


def test_missing_packets_are_asked_for_until_given_up() -> None:
    """Every 100 ms, four times in all; then a key frame helps more."""
    reception = Reception(7, CLOCK)
    reception.add(65_534, 0, 1.0)
    asked = [reception.add(1, 0, 1.0)]
    assert reception.overdue(1.0 + RETRY_AFTER_S / 2) == []
    asked += [reception.overdue(1.0 + i * 0.11) for i in range(1, 10)]
    assert asked == [[65_535, 0]] * MAX_TRIES + [[]] * (10 - MAX_TRIES)


def test_what_arrived_is_not_asked_for_again() -> None:
    """A late or retransmitted packet is off the list; the others stay on it."""
    reception = Reception(7, CLOCK)
    reception.add(10, 0, 1.0)
    reception.add(14, 0, 1.0)
    assert reception.add(12, 0, 1.05) == []
    assert reception.overdue(1.2) == [11, 13]


def test_the_list_of_missing_packets_is_bounded() -> None:
    """A stream full of holes makes no longer list than the limit; the oldest are given up, and counted so."""
    reception = Reception(7, CLOCK)
    for i in range(20):
        reception.add(i * (MAX_GAP - 1), 0, 1.0)
    assert reception.given_up == 19 * (MAX_GAP - 2) - MAX_MISSING
    missing = reception.overdue(2.0)
    assert len(missing) == MAX_MISSING
    assert missing[-1] == 19 * (MAX_GAP - 1) - 1
