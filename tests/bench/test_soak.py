"""The soak in small: what is left over when people come and go."""

from __future__ import annotations

from tests.bench.soak import report, soak

GROWTH_BOUND = 0.1
"""In a minute the allocator has not settled as it has after five: twice what the long soak allows."""


async def test_comings_and_goings_leave_nothing_behind() -> None:
    """After a minute of joins, leaves and toggles no task, thread or socket is left over, and memory has not grown."""
    found = await soak(calls=2, minutes=1.2)
    assert found.packets > 0
    assert not found.leaks, report(found)
    assert found.growth <= GROWTH_BOUND, report(found)
