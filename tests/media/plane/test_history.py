"""What may be sent again: only what was sent, only so much, and nothing after it was cleared."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from media.plane.history import MAX_PACKETS, MAX_RESENDS_PER_S, History

EVERYTHING = list(range(0x10000))


def test_a_packet_comes_back_as_it_was() -> None:
    """Identical bytes, in the order asked for; what was never sent is left out."""
    history = History()
    history.add(65_535, b"last")
    history.add(0, b"wrapped")
    assert history.resend([0, 7, 65_535], 1.0) == [b"wrapped", b"last"]


@settings(deadline=None, max_examples=30)
@given(first=st.integers(0, 0xFFFF), count=st.integers(0, 3 * MAX_PACKETS))
def test_the_oldest_go_first(first: int, count: int) -> None:
    """Never more than the limit is kept, and it is the newest that are."""
    history = History()
    for i in range(count):
        history.add((first + i) & 0xFFFF, i.to_bytes(4, "big"))
    kept = min(count, MAX_PACKETS)
    assert len(history) == kept
    for i in range(count):
        known = history.resend([(first + i) & 0xFFFF], float(i))
        assert known == ([i.to_bytes(4, "big")] if i >= count - kept else [])


def test_a_number_that_comes_round_again_is_the_newer_packet() -> None:
    """After 65,536 packets a sequence number means another packet, which also counts as new."""
    history = History()
    history.add(5, b"old")
    for i in range(MAX_PACKETS - 1):
        history.add(1000 + i, b"x")
    history.add(5, b"new")
    history.add(9, b"y")
    assert history.resend([5], 1.0) == [b"new"]
    assert len(history) == MAX_PACKETS


def test_cleared_means_forgotten() -> None:
    """After `clear` no number fetches anything."""
    history = History()
    for seq in range(MAX_PACKETS):
        history.add(seq, b"x")
    history.clear()
    assert len(history) == 0
    assert history.resend(EVERYTHING, 1.0) == []


def test_a_flood_of_requests_gets_the_budget_and_no_more() -> None:
    """Within one second so many packets are sent again, copies included; the next second has a budget of its own."""
    history = History()
    for seq in range(10):
        history.add(seq, b"x")
    asked = [seq % 10 for seq in range(150)]
    assert len(history.resend(asked, 5.0)) == 150
    assert len(history.resend(asked, 5.9)) == MAX_RESENDS_PER_S - 150
    assert history.resend(asked, 5.99) == []
    assert len(history.resend(asked, 6.0)) == 150


def test_what_is_unknown_costs_no_budget() -> None:
    """Asking for packets that are not there takes nothing from those that are."""
    history = History()
    history.add(3, b"x")
    assert history.resend([seq for seq in EVERYTHING if seq != 3], 1.0) == []
    assert history.resend([3], 1.0) == [b"x"]
