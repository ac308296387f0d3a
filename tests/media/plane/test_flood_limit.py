"""A second's allowance: packets and octets, and what was dropped beyond it."""

from media.plane.flood_limit import FloodLimit
from media.plane.intake import MAX_OCTETS_PER_S, MAX_PACKETS_PER_S, Intake


def test_a_second_has_room_for_so_many() -> None:
    """The third of two is dropped and counted; the next second begins anew."""
    limit = FloodLimit(2, 1000)
    assert [limit.lets_through(10, 5.0 + i / 10) for i in range(4)] == [True, True, False, False]
    assert limit.lets_through(10, 6.0)
    assert limit.dropped == 2


def test_octets_count_too() -> None:
    """Few packets may be too much as well."""
    limit = FloodLimit(100, 1000)
    assert [limit.lets_through(600, 1.0) for _ in range(2)] == [True, False]
    assert limit.dropped == 1


def test_the_intake_counts_as_the_limit_does() -> None:
    """It has the count written out: packets and octets, small and large, over several seconds, end in the same numbers."""
    limit, intake, taken = FloodLimit(MAX_PACKETS_PER_S, MAX_OCTETS_PER_S), Intake(), 0

    def take(_packet: bytes, _now: float) -> None:
        nonlocal taken
        taken += 1

    intake.open({96: take})
    let_through = 0
    for i in range(6 * MAX_PACKETS_PER_S):
        size, now = (20, 1400)[i % 5000 > 3000], 5.0 + i / 2500
        let_through += limit.lets_through(size, now)
        intake.take(b"\x80\x60" + bytes(size - 2), now)
        assert (intake.packets, intake.octets, intake.dropped) == (limit.packets, limit.octets, limit.dropped)
    assert taken == let_through
    assert limit.dropped
