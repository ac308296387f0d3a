"""The simulated line is what its settings say, and the same every time; the relay puts clients of both kinds behind it."""

from __future__ import annotations

from itertools import groupby, pairwise
from statistics import fmean

import pytest

from tests.line.link import OVERHEAD_BYTES, LineSettings, Link

MANY = 20_000
SIZE = 972
"""With the headers 1,000 bytes."""


def fates(
    settings: LineSettings, seed: int = 7, every_s: float = 0.002, count: int = MANY
) -> list[float | None]:
    """The time that each of many datagrams takes; None for those that never arrive."""
    link = Link(settings, seed)
    sent = [number * every_s for number in range(count)]
    found = [link.arrival(now, SIZE) for now in sent]
    return [None if at is None else at - now for at, now in zip(found, sent, strict=True)]


def runs_of_loss(found: list[float | None]) -> list[int]:
    """How many were lost in a row, for each run."""
    return [len(list(group)) for lost, group in groupby(found, lambda at: at is None) if lost]


def test_a_perfect_line_delivers_at_once() -> None:
    """The defaults change nothing."""
    assert fates(LineSettings()) == [0.0] * MANY


def test_the_same_seed_gives_the_same_fate() -> None:
    """Repeatable by seed, and another seed differs."""
    settings = LineSettings(loss=0.1, burst=3, delay_s=0.05, jitter_s=0.02, rate_bps=3_000_000)
    assert fates(settings) == fates(settings)
    assert fates(settings) != fates(settings, seed=8)


def test_delay_and_rate_leave_the_losses_as_they_are() -> None:
    """A seed loses the same datagrams over lines that differ in delay only."""
    plain, slow = fates(LineSettings(loss=0.1)), fates(LineSettings(loss=0.1, delay_s=0.05, jitter_s=0.02))
    assert [at is None for at in plain] == [at is None for at in slow]


@pytest.mark.parametrize("loss", [0.05, 0.1])
@pytest.mark.parametrize("burst", [None, 3.0])
def test_the_share_lost_is_the_share_asked_for(loss: float, burst: float | None) -> None:
    """Independent or in bursts, within a tenth."""
    found = fates(LineSettings(loss=loss, burst=burst))
    assert found.count(None) / MANY == pytest.approx(loss, rel=0.1)


def test_bursts_have_the_length_asked_for() -> None:
    """The mean run of losses is `burst`; independent losses come in runs of 1 / (1 - loss)."""
    assert fmean(runs_of_loss(fates(LineSettings(loss=0.1, burst=4)))) == pytest.approx(4, rel=0.1)
    assert fmean(runs_of_loss(fates(LineSettings(loss=0.1)))) == pytest.approx(1 / 0.9, rel=0.1)


def test_jitter_is_spread_evenly_round_the_delay() -> None:
    """All within delay ± jitter, the mean in the middle, each quarter as full as the others."""
    found = [at for at in fates(LineSettings(delay_s=0.05, jitter_s=0.02)) if at is not None]
    assert 0.03 <= min(found) <= max(found) <= 0.07 + 1e-9
    assert fmean(found) == pytest.approx(0.05, abs=0.0005)
    quarters = [sum(low <= at < low + 0.01 for at in found) / MANY for low in (0.03, 0.04, 0.05, 0.06)]
    assert quarters == pytest.approx([0.25] * 4, abs=0.02)


@pytest.mark.parametrize("reorders", [True, False])
def test_overtaking_is_a_choice(*, reorders: bool) -> None:
    """Datagrams 2 ms apart with 20 ms of jitter change places, unless the line keeps the order."""
    found = fates(LineSettings(delay_s=0.05, jitter_s=0.02, reorders=reorders))
    arrivals = [number * 0.002 + at for number, at in enumerate(found) if at is not None]
    assert any(b < a for a, b in pairwise(arrivals)) is reorders


def test_the_bottleneck_lets_its_rate_through() -> None:
    """Twice as much offered as fits: half arrives, the queue stays bounded, nothing is lost that fits."""
    settings = LineSettings(rate_bps=2_000_000, queue_bytes=20_000)
    found = fates(settings)
    carried = [at for at in found if at is not None]
    assert len(carried) * (SIZE + OVERHEAD_BYTES) * 8 / (MANY * 0.002) == pytest.approx(2_000_000, rel=0.01)
    assert max(carried) == pytest.approx(20_000 * 8 / 2_000_000, rel=0.06)
    assert None not in fates(settings, every_s=0.0041)


def test_after_a_pause_the_bucket_is_full_and_no_more_than_full() -> None:
    """Three datagrams pass at once, the fourth waits for its tokens."""
    link = Link(LineSettings(rate_bps=1_000_000, bucket_bytes=3000), 1)
    for now in (10.0, 20.0):
        waits = [(link.arrival(now, SIZE) or 0) - now for _ in range(5)]
        assert waits == pytest.approx([0, 0, 0, 0.008, 0.016])


def test_nothing_passes_during_an_outage() -> None:
    """From its start to its end, and everything before and after."""
    link = Link(LineSettings(), 1)
    link.cut(1.0, 2.0)
    found = [link.arrival(now, SIZE) for now in (0.9, 1.0, 1.5, 1.999, 2.0)]
    assert [at is not None for at in found] == [True, False, False, False, True]
    assert link.fates == {"carried": 2, "outage": 3}
