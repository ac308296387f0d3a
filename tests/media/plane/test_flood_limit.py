"""A second's allowance: packets and octets, and what was dropped beyond it."""

from media.plane.flood_limit import FloodLimit


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
