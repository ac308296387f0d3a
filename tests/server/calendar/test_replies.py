"""What is taken for a calendar's reply, and what is refused, whatever anybody sends."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.calendar.replies import MAX_BYTES, CalendarReply, CalendarReplyError, read_reply
from server.records import Rsvp

USUAL = {
    "UID": "UID:0123456789abcdef@holdspace",
    "SEQUENCE": "SEQUENCE:2",
    "DTSTAMP": "DTSTAMP:20261125T101500Z",
    "ATTENDEE": "ATTENDEE;PARTSTAT=ACCEPTED;CN=Ada:mailto:Ada@example.org",
    "ORGANIZER": "ORGANIZER:mailto:appointments@talk.example.org",
}


def reply(*more: str, method: str = "REPLY", **lines: str | None) -> bytes:
    """Return a reply such as calendars write; a line that is None is left out."""
    event = [line for line in {**USUAL, **lines}.values() if line is not None]
    whole = ["BEGIN:VCALENDAR", "PRODID:-//Somebody//Calendar//EN", "VERSION:2.0", f"METHOD:{method}"]
    whole += ["BEGIN:VEVENT", *event, *more, "END:VEVENT", "END:VCALENDAR", ""]
    return "\r\n".join(whole).encode()


def refused(data: bytes) -> str:
    """Return the words with which this is refused."""
    with pytest.raises(CalendarReplyError) as error:
        read_reply(data)
    return error.value.detail


def test_a_reply_says_who_answers_what_and_when() -> None:
    """The one shape that is taken."""
    assert read_reply(reply()) == CalendarReply(
        uid="0123456789abcdef@holdspace",
        sequence=2,
        dtstamp=datetime(2026, 11, 25, 10, 15, tzinfo=UTC),
        attendee="Ada@example.org",
        partstat=Rsvp.ACCEPTED,
        recurrence_id=None,
    )


@pytest.mark.parametrize(("partstat", "rsvp"), [("DECLINED", Rsvp.DECLINED), ("tentative", Rsvp.TENTATIVE)])
def test_other_answers_are_known_too(partstat: str, rsvp: Rsvp) -> None:
    """RFC 5545, 3.2.12, in any case."""
    assert read_reply(reply(ATTENDEE=f"ATTENDEE;PARTSTAT={partstat}:MAILTO:ada@example.org")).partstat is rsvp


def test_calendars_have_their_ways() -> None:
    """No SEQUENCE is 0; bare line ends, a byte order mark, folded lines, an alarm and a zone are as good."""
    assert read_reply(reply(SEQUENCE=None)).sequence == 0
    assert read_reply(b"\xef\xbb\xbf" + reply().replace(b"\r\n", b"\n")).sequence == 2
    assert read_reply(reply().replace(b"@holdspace", b"@hold\r\n space")).uid == "0123456789abcdef@holdspace"
    assert read_reply(reply("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT5M", "END:VALARM")).sequence == 2
    encoded = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:%C5%BEofie%2Btalk@example.org"
    assert read_reply(reply(ATTENDEE=encoded)).attendee == "žofie+talk@example.org"


@pytest.mark.parametrize(
    "line", ["RECURRENCE-ID;TZID=Europe/Berlin:20261206T190000", "RECURRENCE-ID:20261206T180000Z"]
)
def test_one_occurrence_is_known_by_its_moment(line: str) -> None:
    """However the calendar writes it."""
    read = read_reply(reply(line))
    assert (read.recurrence_id, read.and_later) == (datetime(2026, 12, 6, 18, tzinfo=UTC), False)
    assert read_reply(reply(line.replace("-ID", "-ID;RANGE=THISANDFUTURE"))).and_later


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Send one iCalendar object"),
        (b"hello", "Send one iCalendar object"),
        (b"BEGIN:VCALENDAR\r\n", "Send one iCalendar object"),
        (b"\xff\xfe\x00", "UTF-8"),
        (reply() * 2, "Send one iCalendar object"),
        (reply(method="REQUEST"), "METHOD must be REPLY"),
        (reply().replace(b"METHOD:REPLY\r\n", b""), "METHOD must be REPLY"),
        (reply(method="COUNTER"), "propose another time on the page"),
        (reply().replace(b"VEVENT", b"VTODO"), "exactly one VEVENT"),
        (reply("END:VEVENT", "BEGIN:VEVENT", *USUAL.values()), "exactly one VEVENT"),
        (reply(UID=None), "UID"),
        (reply(UID="UID:" + "x" * 300), "UID"),
        (reply("UID:another@holdspace"), "only once"),
        (reply(SEQUENCE="SEQUENCE:many"), "SEQUENCE"),
        (reply(SEQUENCE="SEQUENCE:-1"), "SEQUENCE"),
        (reply(DTSTAMP=None), "DTSTAMP"),
        (reply(DTSTAMP="DTSTAMP:20261125T101500"), "DTSTAMP"),
        (reply(DTSTAMP="DTSTAMP;VALUE=DATE:20261125"), "DTSTAMP"),
        (reply("RECURRENCE-ID;VALUE=DATE:20261206"), "RECURRENCE-ID"),
        (reply("RECURRENCE-ID:20261206T190000"), "RECURRENCE-ID"),
        (reply(ATTENDEE=None), "exactly one ATTENDEE"),
        (reply("ATTENDEE;PARTSTAT=ACCEPTED:mailto:ben@example.org"), "exactly one ATTENDEE"),
        (reply(ATTENDEE="ATTENDEE;PARTSTAT=ACCEPTED:https://example.org/ada"), "mailto:"),
        (reply(ATTENDEE="ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:ada@example.org"), "PARTSTAT"),
        (reply(ATTENDEE="ATTENDEE;PARTSTAT=DELEGATED:mailto:ada@example.org"), "PARTSTAT"),
        (reply(ATTENDEE="ATTENDEE:mailto:ada@example.org"), "PARTSTAT"),
    ],
)
def test_what_is_no_reply_is_refused_in_words(data: bytes, words: str) -> None:
    """Each by what is wrong with it."""
    assert words in refused(data)


def test_bombs_are_refused_before_they_are_unpacked() -> None:
    """Many events, deep nesting, endless lines and sheer size cost nothing but a look."""
    event = "\r\n".join(["BEGIN:VEVENT", *USUAL.values(), "END:VEVENT", ""])
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REPLY\r\n"
    assert "exactly one VEVENT" in refused(f"{head}{event * 200}END:VCALENDAR\r\n".encode())
    assert "more lines" in refused(("begin:vcalendar\r\n" * 3000).encode())
    assert "Send one" in refused(("begin:vcalendar\r\n" * 1999).encode())
    assert "more lines" in refused(b"x:\n" * 20_000)
    assert "too large" in refused(b"x" * (MAX_BYTES + 1))
    assert "too large" in refused(reply() + b" " * 10_000_000)
    long_rule = reply("RRULE:FREQ=SECONDLY", "RDATE:" + ",".join(["20261206T180000Z"] * 2000))
    assert read_reply(long_rule).sequence == 2


def test_a_zone_goes_by_its_name_and_its_rules_are_never_followed() -> None:
    """A file may describe a zone as it likes: with changes every second since 1601, or under the name of a real one."""
    endless = ["DTSTART:16010101T000000", "TZOFFSETFROM:+0000", "TZOFFSETTO:+0900", "RRULE:FREQ=SECONDLY"]
    for name, moment in (("Europe/Berlin", datetime(2026, 12, 6, 18, tzinfo=UTC)), ("Made/Up", None)):
        zone = [
            "BEGIN:VTIMEZONE",
            f"TZID:{name}",
            "BEGIN:STANDARD",
            *endless,
            "END:STANDARD",
            "END:VTIMEZONE",
            "",
        ]
        data = reply(f"RECURRENCE-ID;TZID={name}:20261206T190000")
        data = data.replace(b"BEGIN:VEVENT", "\r\n".join(zone).encode() + b"BEGIN:VEVENT")
        if moment is None:
            assert "RECURRENCE-ID" in refused(data)
        else:
            assert read_reply(data).recurrence_id == moment
    windows = reply("RECURRENCE-ID;TZID=W. Europe Standard Time:20261206T190000")
    assert read_reply(windows).recurrence_id == datetime(2026, 12, 6, 18, tzinfo=UTC)


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_garbage_is_refused_and_nothing_else_happens(data: bytes) -> None:
    """Bytes of any kind."""
    assert refused(data)


@settings(deadline=None)
@given(st.data())
def test_a_damaged_reply_is_read_or_refused(data: st.DataObject) -> None:
    """A good reply with lines dropped, repeated, cut or overwritten: an answer or a refusal, never another error."""
    lines = reply("RECURRENCE-ID;TZID=Europe/Berlin:20261206T190000", "BEGIN:VALARM", "END:VALARM").split(
        b"\r\n"
    )
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.sampled_from(["drop", "repeat", "cut", "overwrite"])):
            case "drop" if len(lines) > 1:
                del lines[at]
            case "repeat":
                lines.insert(at, lines[at])
            case "cut":
                lines[at] = lines[at][: data.draw(st.integers(0, len(lines[at])))]
            case _:
                place = data.draw(st.integers(0, len(lines[at])))
                lines[at] = lines[at][:place] + data.draw(st.binary(max_size=8)) + lines[at][place:]
    try:
        read = read_reply(b"\r\n".join(lines))
    except CalendarReplyError as error:
        assert error.detail  # noqa: PT017 - either outcome is right, and each is looked at
    else:
        assert read.dtstamp.tzinfo is not None
        assert read.attendee
