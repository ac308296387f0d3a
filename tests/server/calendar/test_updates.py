"""What a calendar does with what it is sent: a change and a cancellation are updates of the entry that it has.

The diary goes by RFC 5546, 2.1.5: of the same UID (and RECURRENCE-ID) the greater SEQUENCE counts, then the later DTSTAMP.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from server.calendar.objects import (
    cancel_calendar,
    occurrence_cancel,
    occurrence_request,
    published_calendar,
    request_calendar,
)
from server.calendar.recurrence import Recurrence, ended_rule
from tests.server.calendar.diary import ENTRY, NOW, Diary, changed, one_call, series_of

DAY = timedelta(days=1)


def test_a_change_and_a_cancellation_replace_the_entry() -> None:
    """Same UID, higher SEQUENCE: the diary holds one entry, moved and then cancelled; what comes late counts for nothing."""
    first = one_call()
    moved = replace(first, starts_at=first.starts_at + DAY, sequence=1, changed_at=NOW + DAY)
    called_off = replace(moved, cancelled_at=NOW + 2 * DAY, sequence=2, changed_at=NOW + 2 * DAY)
    diary = Diary()
    invitation = request_calendar([first], ENTRY, NOW)
    assert diary.receive(invitation)
    change = request_calendar([moved], ENTRY, NOW + DAY)
    assert diary.receive(change)
    assert diary.entries[first.uid, None].one("DTSTART").value == "20261207T190000"
    assert not diary.receive(invitation)
    assert diary.receive(cancel_calendar([called_off], ENTRY, NOW + 2 * DAY))
    assert not diary.receive(change)
    assert list(diary.entries) == [(first.uid, None)]
    assert diary.is_cancelled(first.uid)


def test_a_letter_that_is_sent_again_is_the_newer_one() -> None:
    """With the same SEQUENCE the later DTSTAMP counts."""
    diary = Diary()
    assert diary.receive(request_calendar([one_call()], ENTRY, NOW))
    assert not diary.receive(request_calendar([one_call()], ENTRY, NOW))
    assert diary.receive(request_calendar([one_call()], ENTRY, NOW + DAY))


def test_one_occurrence_is_moved_skipped_and_the_series_ended() -> None:
    """Each step is taken as an update, whatever came before it, and leaves the other occurrences alone."""
    calls = series_of("2026-10-04T19:00:00", "Europe/Berlin", Recurrence(count=8))
    uid = calls[0].uid
    diary = Diary()
    assert diary.receive(request_calendar(calls, ENTRY, NOW))

    calls = changed(calls, 3, NOW + DAY, starts_at=calls[3].starts_at + DAY)
    assert diary.receive(occurrence_request(calls[3], ENTRY, NOW + DAY))
    assert diary.entries[uid, "20261025T190000"].one("DTSTART").value == "20261026T190000"

    calls = changed(calls, 5, NOW + 2 * DAY, cancelled_at=NOW + 2 * DAY)
    assert diary.receive(occurrence_cancel(calls[5], ENTRY, NOW + 2 * DAY))
    assert diary.is_cancelled(uid, "20261108T190000")
    assert not diary.is_cancelled(uid)

    calls = changed(calls, 3, NOW + 3 * DAY, cancelled_at=NOW + 3 * DAY)
    assert diary.receive(occurrence_cancel(calls[3], ENTRY, NOW + 3 * DAY))

    last = calls[5].occurrence_at
    assert calls[0].series is not None
    assert last is not None
    shorter = replace(calls[0].series, rule=ended_rule(calls[0].series.rule, last), sequence=4)
    called_off = [call.cancelled_at or (NOW if place > 5 else None) for place, call in enumerate(calls)]
    ended = tuple(
        replace(call, series=shorter, cancelled_at=at) for call, at in zip(calls, called_off, strict=True)
    )
    assert diary.receive(request_calendar(ended, ENTRY, NOW + 4 * DAY))
    assert diary.entries[uid, None].one("RRULE").value == "FREQ=WEEKLY;UNTIL=20261108T180000Z"
    assert diary.entries[uid, None].one("EXDATE").value == "20261025T190000,20261108T190000"

    gone = tuple(replace(call, series=replace(shorter, sequence=5)) for call in ended)
    assert diary.receive(cancel_calendar(gone, ENTRY, NOW + 5 * DAY))
    assert diary.is_cancelled(uid)


def test_a_published_series_of_which_nothing_is_left_is_shown_as_cancelled() -> None:
    """A subscribed calendar learns of the end."""
    calls = series_of("2026-10-04T19:00:00", "Europe/Berlin", Recurrence(count=4))
    gone = tuple(replace(call, cancelled_at=NOW) for call in calls)
    diary = Diary()
    diary.receive(published_calendar([(gone, ENTRY)], NOW))
    assert diary.is_cancelled(calls[0].uid)
