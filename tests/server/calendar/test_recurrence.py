"""How calls recur: the rule that is written, its end, and times that are asked back instead of guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.calendar.recurrence import (
    MAX_OCCURRENCES,
    Recurrence,
    RecurrenceError,
    ended_rule,
    expanded,
    occurrences,
)

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
SUNDAY = datetime(2026, 10, 4, 19, 0)  # noqa: DTZ001 - a local time, as people write it


def asked_back(
    recurrence: Recurrence, first: datetime = SUNDAY, timezone: str = "Europe/Berlin"
) -> tuple[str, str]:
    """Return the field and the words with which this is refused."""
    with pytest.raises(RecurrenceError) as refused:
        occurrences(recurrence, first, timezone, NOW)
    return refused.value.field, refused.value.detail


def test_weekly_is_what_is_meant_unless_otherwise_said() -> None:
    """Same weekday, same hour, for as often as is said."""
    rule, moments = occurrences(Recurrence(count=3), SUNDAY, "Europe/Berlin", NOW)
    assert rule == "FREQ=WEEKLY;COUNT=3"
    assert [f"{at:%m-%d %H:%M}" for at in moments] == ["10-04 17:00", "10-11 17:00", "10-18 17:00"]


def test_the_last_day_counts() -> None:
    """`until` is a day in local time; the rule names the last moment, in UTC as RFC 5545, 3.3.10 wants it."""
    until = Recurrence(frequency="daily", interval=2, until=date(2026, 10, 8))
    rule, moments = occurrences(until, SUNDAY.replace(hour=23, minute=30), "America/New_York", NOW)
    assert rule == "FREQ=DAILY;INTERVAL=2;UNTIL=20261009T033000Z"
    assert len(moments) == 3


def test_every_series_has_an_end_within_reason() -> None:
    """None, both, too late, too many, too few: each is said at its field."""
    assert asked_back(Recurrence()) == (
        "recurrence",
        "Say when the series ends: after how many calls (`count`) or on which day (`until`).",
    )
    assert asked_back(Recurrence(count=3, until=date(2026, 12, 1)))[0] == "recurrence"
    field, words = asked_back(Recurrence(until=date(2029, 1, 1)))
    assert (field, "two years" in words) == ("recurrence/until", True)
    field, words = asked_back(Recurrence(count=60, interval=2))
    assert (field, "two years" in words) == ("recurrence/count", True)
    assert asked_back(Recurrence(count=10**9)) == ("recurrence/count", "A series has at most 104 calls.")
    assert asked_back(Recurrence("daily", until=date(2027, 10, 1))) == (
        "recurrence/until",
        "A series has at most 104 calls.",
    )
    assert asked_back(Recurrence(count=1))[0] == "recurrence/count"
    assert asked_back(Recurrence(until=date(2026, 10, 5)))[0] == "recurrence/until"
    assert asked_back(Recurrence(until=date(2025, 10, 5)))[0] == "recurrence/until"
    for interval in (0, -1, 10**9):
        assert asked_back(Recurrence(interval=interval, count=3))[0] == "recurrence/interval"
    assert asked_back(Recurrence(count=3), SUNDAY.replace(year=9999))[0] == "starts_at"
    assert asked_back(Recurrence(count=3), timezone="Europe/Atlantis")[0] == "timezone"


@pytest.mark.parametrize(
    ("timezone", "first", "words"),
    [
        (
            "Europe/Berlin",
            "2027-03-14T02:30",
            "On Sunday, 28 March 2027 the clocks in Europe/Berlin change and jump over 02:30",
        ),
        (
            "Europe/Berlin",
            "2026-10-11T02:30",
            "On Sunday, 25 October 2026 the clocks in Europe/Berlin change and show twice",
        ),
        (
            "America/New_York",
            "2027-03-07T02:30",
            "On Sunday, 14 March 2027 the clocks in America/New_York change and jump over",
        ),
        (
            "America/New_York",
            "2026-10-18T01:30",
            "On Sunday, 1 November 2026 the clocks in America/New_York change and show",
        ),
    ],
)
def test_an_unclear_local_time_is_asked_back_with_its_date(timezone: str, first: str, words: str) -> None:
    """A later call of the series is at a time that the clocks skip or repeat: never guessed."""
    field, detail = asked_back(Recurrence(count=8), datetime.fromisoformat(first), timezone)
    assert field == "starts_at"
    assert detail.startswith(words)
    assert detail.endswith("choose another time of day.")


def test_an_unclear_first_time_is_asked_back_as_of_any_call() -> None:
    """The first one is refused in the same words as a single call."""
    field, detail = asked_back(Recurrence(count=3), datetime.fromisoformat("2027-03-28T02:30"))
    assert (field, "jump over" in detail) == ("starts_at", True)


def test_a_series_that_ends_earlier_keeps_its_rule() -> None:
    """COUNT or UNTIL gives way to the moment of the last call."""
    last = datetime(2026, 10, 11, 17, 0, tzinfo=UTC)
    assert (
        ended_rule("FREQ=WEEKLY;INTERVAL=2;COUNT=9", last) == "FREQ=WEEKLY;INTERVAL=2;UNTIL=20261011T170000Z"
    )
    assert ended_rule("FREQ=DAILY;UNTIL=20270101T170000Z", last) == "FREQ=DAILY;UNTIL=20261011T170000Z"
    assert expanded("FREQ=WEEKLY;UNTIL=20261011T170000Z", "2026-10-04T19:00:00", "Europe/Berlin")[-1] == last
    with pytest.raises(ValueError, match="time zone"):
        ended_rule("FREQ=DAILY;COUNT=2", last.replace(tzinfo=None))


@settings(deadline=None)
@given(
    st.sampled_from(["weekly", "daily"]),
    st.integers(1, 4),
    st.integers(2, MAX_OCCURRENCES),
    st.integers(0, 60 * 24 * 300),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]),
)
def test_a_stored_rule_means_the_same_moments_again(
    frequency: str, interval: int, count: int, minutes: int, timezone: str
) -> None:
    """Whatever is not refused is read back out of its rule as it was, by `count` and by `until`."""
    first = SUNDAY + timedelta(minutes=minutes)
    try:
        rule, moments = occurrences(Recurrence(frequency, interval, count=count), first, timezone, NOW)  # type: ignore[arg-type]
    except RecurrenceError:
        return
    assert len(moments) == count
    assert expanded(rule, first.isoformat(), timezone) == moments
    assert expanded(ended_rule(rule, moments[-1]), first.isoformat(), timezone) == moments
