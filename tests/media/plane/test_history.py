"""What may be sent again: only what was sent, only so much, and nothing after it was cleared."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from media.plane.history import AGAIN_AFTER_S, LEAST_RESENT, MAX_PACKETS, MOST_RESENT, History

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
    assert len(history) <= MAX_PACKETS


def test_cleared_means_forgotten() -> None:
    """After `clear` no number fetches anything."""
    history = History()
    for seq in range(MAX_PACKETS):
        history.add(seq, b"x")
    history.clear()
    assert len(history) == 0
    assert history.resend(EVERYTHING, 1.0) == []


def test_a_flood_of_requests_gets_the_budget_and_no_more() -> None:
    """In any second so many octets are sent again, whatever is asked for; the allowance fills up again with time."""
    history = History()
    for seq in range(400):
        history.add(seq, bytes(1000))
    asked = list(range(400))
    assert len(history.resend(asked, 5.0)) == MOST_RESENT // 1000
    assert history.resend(asked[300:], 5.0) == []
    assert len(history.resend(asked[300:], 5.1004)) == MOST_RESENT // 10_000


def test_a_packet_on_its_way_is_not_sent_twice() -> None:
    """A viewer that asks again at once gets nothing more; one that asks again after a moment does."""
    history = History()
    history.add(3, b"x")
    assert history.resend([3, 3], 5.0) == [b"x"]
    assert history.resend([3], 5.0 + AGAIN_AFTER_S / 2) == []
    assert history.resend([3], 5.0 + AGAIN_AFTER_S) == [b"x"]


def test_a_slow_line_gets_few_packets_again() -> None:
    """What is sent again takes the place of what is new: on a slow line only little of it is, never nothing at all."""
    history = History()
    for seq in range(400):
        history.add(seq, bytes(1000))
    history.allow(20_000)
    assert len(history.resend(list(range(400)), 5.0)) == 20
    history.allow(0)
    assert len(history.resend(list(range(100, 400)), 9.0)) == LEAST_RESENT // 1000


def test_what_is_unknown_costs_no_budget() -> None:
    """Asking for packets that are not there takes nothing from those that are."""
    history = History()
    history.add(3, b"x")
    assert history.resend([seq for seq in EVERYTHING if seq != 3], 1.0) == []
    assert history.resend([3], 1.0) == [b"x"]
