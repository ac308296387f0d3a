"""Key frames are asked for at most twice a second, and a wish is never forgotten."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from media.plane.key_frame_requests import MIN_INTERVAL_S, KeyFrameRequests


def test_the_first_wish_is_sent_at_once() -> None:
    """Nothing was asked before, so nothing has to be waited for."""
    requests = KeyFrameRequests()
    assert not requests.due(0.0)
    assert requests.want(0.0)


def test_a_wish_too_early_is_kept() -> None:
    """Within the interval nothing is sent; as soon as it has passed the wish is due, without being repeated."""
    requests = KeyFrameRequests()
    assert requests.want(10.0)
    requests.arrived()
    assert not requests.want(10.2)
    assert not requests.due(10.49)
    assert requests.due(10.5)


def test_unanswered_it_is_repeated() -> None:
    """A lost request is sent again each interval until a key frame comes."""
    requests = KeyFrameRequests()
    assert requests.want(0.0)
    assert [requests.due(at / 10) for at in range(1, 16)] == [at % 5 == 0 for at in range(1, 16)]
    requests.arrived()
    assert not requests.due(60.0)


@settings(deadline=None)
@given(steps=st.lists(st.tuples(st.sampled_from(("want", "due", "arrived")), st.floats(0, 0.4)), max_size=60))
def test_never_more_often_than_the_interval(steps: list[tuple[str, float]]) -> None:
    """Whatever viewers wish: two requests are never closer than the interval, and an open wish is served after it."""
    requests, now, sent, open_wish = KeyFrameRequests(), 0.0, [float("-inf")], False
    for step, pause in steps:
        now += pause
        if step == "arrived":
            requests.arrived()
            open_wish = False
            continue
        open_wish = open_wish or step == "want"
        asked = requests.want(now) if step == "want" else requests.due(now)
        assert asked == (open_wish and now - sent[-1] >= MIN_INTERVAL_S)
        sent += [now] if asked else []
    assert all(b - a >= MIN_INTERVAL_S for a, b in pairwise(sent))
