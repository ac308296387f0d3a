"""What letters look like: their parts, what a passer-by sees of them, and what calendars are told."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from html import unescape
from typing import TYPE_CHECKING, Any

import icalendar
import pytest

from media.mediation.people import Role
from server.desk.links import LINK_TTL
from server.mail.composer import CALENDAR_NOTE, ENTRY_NOTE, OPENING, SIGN_IN_OPENING, UNEXPECTED, Composer
from server.mail.letters import CallLetter, Claim, SignInLetter
from server.mail.sender import read_sender
from server.mail.wishes import MailKind
from server.records import Proposal, ProposalState, Rsvp
from server.secret import Pii
from tests.server.mail.post import BASE_URL, NOW, a_call, a_person, a_series, agreed

if TYPE_CHECKING:
    from email.message import EmailMessage

    from server.records import Call

TITLE = "What we owe each other"
SENDER = "Appointments <appointments@talk.example.org>"


def composer(subject: str = "An appointment") -> Composer:
    """A composer of a server on the network."""
    return Composer(
        base_url=BASE_URL, sender=read_sender(SENDER), subject=subject, door_before=timedelta(minutes=10)
    )


def written(kind: MailKind, calls: Call | tuple[Call, ...], place: int = 0, **more: Any) -> EmailMessage:
    """A letter to one person, read as a mail program reads it."""
    calls = calls if isinstance(calls, tuple) else (calls,)
    person = calls[0].at_place(place)
    assert person is not None
    fields = {"kind": kind, "call": calls[0], "calls": calls, "person": person, "about": "0:1"}
    letter = CallLetter(**{**fields, "feed": Pii("a-feed"), **more})
    outgoing = composer().compose(Claim("m1", "ticket", 0, letter), NOW)
    return message_from_bytes(outgoing.data, policy=policy.default)  # type: ignore[return-value]


def body(letter: EmailMessage, kind: str = "plain") -> str:
    """The text of a letter, without its line breaks."""
    part = letter.get_body((kind,))
    assert part is not None
    return " ".join(part.get_content().split())


def calendar_of(letter: EmailMessage) -> tuple[str, icalendar.Calendar]:
    """The method that the letter's calendar part names in its header, and the calendar."""
    (part,) = [part for part in letter.walk() if part.get_content_type() == "text/calendar"]
    return part.get_param("method"), icalendar.Calendar.from_ical(part.get_content())


def proposal_of(call: Call) -> Proposal:
    """Ben's proposal of a time three hours later."""
    at = call.starts_at + timedelta(hours=3)
    return Proposal("p1", call.id, 1, at, "Europe/Berlin", ProposalState.OPEN, frozenset(), NOW, NOW)


def agreed_series(weeks: int) -> tuple[Call, ...]:
    """A series to which both have said yes."""
    return tuple(agreed(call) for call in a_series(weeks))


def with_a_no(call: Call) -> Call:
    """The same call, to which Ben has said no."""
    ada, ben = call.people
    return replace(call, people=(ada, replace(ben, rsvp=Rsvp.DECLINED)))


def test_an_invitation_has_all_its_parts() -> None:
    """Plain text, HTML and a calendar part stand side by side as alternatives; the same calendar is attached as a file."""
    letter = written(MailKind.INVITATION, a_call())
    assert letter.get_content_type() == "multipart/mixed"
    alternative, attached = letter.iter_parts()
    assert alternative.get_content_type() == "multipart/alternative"
    kinds = [part.get_content_type() for part in alternative.iter_parts()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    entry = list(alternative.iter_parts())[2]
    assert (entry.get_param("method"), entry.get_content_charset()) == ("REQUEST", "utf-8")
    assert attached.get_content_type() == "application/ics"
    assert (attached.get_filename(), attached.get_content_disposition()) == ("appointment.ics", "attachment")
    assert attached.get_content() == entry.get_payload(decode=True)


def test_headers_say_who_and_nothing_more() -> None:
    """Neutral subject, an address without a name, automatic by its own word, and the same id on every attempt."""
    letter = written(MailKind.INVITATION, a_call())
    assert letter["Subject"] == "An appointment"
    assert (letter["From"], letter["To"]) == (SENDER, "ada@example.net")
    assert letter["Message-ID"] == "<m1@talk.example.org>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"].datetime == NOW
    assert set(letter.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"
    }  # fmt: skip


@pytest.mark.parametrize("kind", [kind for kind in MailKind if kind is not MailKind.SIGN_IN])
def test_a_passer_by_sees_an_appointment_and_no_more(kind: MailKind) -> None:
    """Of every kind of letter, neither subject nor preview nor the first words name the other person or the matter."""
    call = agreed(a_call(reminder_words="Bring the list."))
    call = replace(call, cancelled_at=NOW) if kind is MailKind.CANCELLED else call
    letter = written(kind, call, proposal=proposal_of(call))
    plain, html = body(letter), body(letter, "html")
    assert plain.startswith(f"Hello Ada, {OPENING}")
    seen = html.partition("<main")[2]
    assert html.partition("<body> <div")[2].partition(">")[2].startswith(OPENING)
    assert seen.index(OPENING) < seen.index("Ben")
    for early in (letter["Subject"], plain[:120], html.partition("<main")[0]):
        assert not any(word in early for word in ("Ben", TITLE, "call", "partner", "therap", "couple"))
    assert "Ben" in plain
    assert TITLE in plain
    assert plain.endswith(f"{UNEXPECTED} -- {BASE_URL}")


@pytest.mark.parametrize("kind", [kind for kind in MailKind if kind is not MailKind.SIGN_IN])
def test_html_is_plain_and_says_the_same(kind: MailKind) -> None:
    """HTML has a language, a heading and both colour schemes, loads nothing, runs nothing, and has the same words."""
    call = a_call()
    letter = written(kind, call, proposal=proposal_of(call))
    html = body(letter, "html")
    assert '<html lang="en">' in html
    assert html.count("<h1>") == 1
    assert 'name="color-scheme" content="light dark"' in html
    for loaded in ("<img", "<script", "<link", "src=", "url(", "@import", "http-equiv"):
        assert loaded not in html
    shown = re.sub(r"<[^>]+>", " ", html.partition("</h1>")[2])
    assert re.findall(r"\w+", unescape(shown)) == re.findall(r"\w+", body(letter))


def test_own_link_and_own_feed_are_told() -> None:
    """The letter holds the person's own link and own feed, and nobody else's link."""
    call = a_call()
    ada, ben = call.people
    letter = written(MailKind.INVITATION, call)
    assert ada.token is not None
    assert ben.token is not None
    for kind in ("plain", "html"):
        assert f"{BASE_URL}/i/{ada.token.value}" in body(letter, kind)
        assert "webcal://talk.example.org/feeds/a-feed.ics" in body(letter, kind)
    assert ben.token.value not in letter.as_string()
    assert "ben@example.net" not in letter.as_string()


def test_each_reads_their_own_time() -> None:
    """The time is the person's own; the call's own stands beside it where the clocks differ, and only there."""
    ada = a_person(0, "Ada", "ada@example.net", timezone="America/New_York")
    ben = a_person(1, "Ben", "ben@example.net", timezone="Europe/Paris")
    call = a_call(people=(ada, ben))
    hers, his = body(written(MailKind.INVITATION, call)), body(written(MailKind.INVITATION, call, place=1))
    assert "When: Sunday, 29 November 2026, 07:00 (America/New_York)" in hers
    assert "In the call's own time zone: Sunday, 29 November 2026, 13:00 (Europe/Berlin)" in hers
    assert "When: Sunday, 29 November 2026, 13:00 (Europe/Paris)" in his
    assert "own time zone" not in his


def test_who_is_asked_is_asked() -> None:
    """A partner is asked for yes, not now or another time; a therapist and guests of an on-the-spot call are not."""
    therapist = a_person(2, "Dr Cho", "cho@example.net", Role.THERAPIST)
    call = a_call()
    call = replace(call, people=(*call.people, therapist))
    assert "Say yes, not now, or propose another time:" in body(written(MailKind.INVITATION, call))
    assert "with Ben, with Dr Cho as therapist" in body(written(MailKind.INVITATION, call))
    assert "once both partners have said yes" in body(written(MailKind.INVITATION, call, place=2))
    assert "with Ada and Ben." in body(written(MailKind.INVITATION, call, place=2))
    spot = body(written(MailKind.INVITATION, replace(call, on_the_spot=True)))
    assert "Nothing needs to be answered. The door opens 10 minutes before" in spot
    assert "Say yes" not in spot


def test_who_has_said_yes_is_not_asked() -> None:
    """A therapist who set up the call at their desk gets the entry, and no question."""
    therapist = a_person(2, "Dr Cho", "cho@example.net", Role.THERAPIST)
    ada, ben = a_call().people
    told = [
        body(written(MailKind.INVITATION, a_call(people=(ada, ben, who)), place=2))
        for who in (therapist, replace(therapist, rsvp=Rsvp.ACCEPTED))
    ]
    for text, note in zip(told, (CALENDAR_NOTE, ENTRY_NOTE), strict=True):
        assert [one in text for one in (CALENDAR_NOTE, ENTRY_NOTE)] == [
            note is CALENDAR_NOTE,
            note is ENTRY_NOTE,
        ]
    assert "You are invited" in told[0]
    assert "A call with Ada and Ben is set up. Your yes to it is noted." in told[1]
    assert "invited" not in told[1]


def test_a_series_lists_its_times_in_the_persons_zone() -> None:
    """Times of a series are listed one by one, across a clock change too, and the rest is counted."""
    ada = a_person(0, "Ada", "ada@example.net", timezone="America/New_York")
    calls = a_series(20, people=(ada, a_person(1, "Ben", None)))
    text = body(written(MailKind.INVITATION, calls))
    assert "a series of calls with Ben" in text
    assert "Next: Sunday, 29 November 2026, 13:00 (America/New_York)" in text
    assert "Then: 12 more" in text


def test_reminders_hold_the_therapists_words() -> None:
    """The sentence for reminders stands in both reminders and in no other letter; reminders carry no calendar."""
    call = agreed(a_call(reminder_words="Bring the\r\nlist."))
    for kind in (MailKind.REMINDER_DAY, MailKind.REMINDER_SOON):
        letter = written(kind, call)
        assert "Bring the list." in body(letter)
        assert "Bring the list." in body(letter, "html")
        assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    assert "Bring" not in body(written(MailKind.SETTLED, call))


def test_a_proposal_tells_both_times() -> None:
    """Who is to answer reads who proposes, the new time and the old one."""
    call = a_call()
    text = body(written(MailKind.PROPOSED, call, proposal=proposal_of(call)))
    assert "Ben proposes another time" in text
    assert text.index("16:00 (Europe/Berlin)") < text.index("When: Sunday, 29 November 2026, 13:00")
    assert "Answer, or propose yet another time:" in text


@pytest.mark.parametrize(
    ("kind", "method", "status"),
    [
        (MailKind.INVITATION, "REQUEST", "CONFIRMED"),
        (MailKind.CHANGED, "REQUEST", "CONFIRMED"),
        (MailKind.CANCELLED, "CANCEL", "CANCELLED"),
    ],
)
def test_a_single_calls_calendar(kind: MailKind, method: str, status: str) -> None:
    """One event with the call's UID and SEQUENCE, asked of this person alone, neutral to whoever sees it."""
    call = a_call(sequence=3, cancelled_at=NOW if kind is MailKind.CANCELLED else None)
    named, calendar = calendar_of(written(kind, call))
    (event,) = calendar.walk("VEVENT")
    assert named == calendar["METHOD"] == method
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (call.uid, 3, status)
    assert event["SUMMARY"] == "An appointment"
    assert event["ATTENDEE"] == "mailto:ada@example.net"
    assert event["ORGANIZER"] == "mailto:appointments@talk.example.org"
    assert event.start == call.starts_at
    assert TITLE in event["DESCRIPTION"]


@pytest.mark.parametrize(("kind", "method"), [(MailKind.CHANGED, "REQUEST"), (MailKind.CANCELLED, "CANCEL")])
def test_one_call_of_a_series_is_told_by_itself(kind: MailKind, method: str) -> None:
    """A moved or skipped call of a series is one event with the series' UID and its RECURRENCE-ID."""
    calls = a_series()
    moved = replace(
        calls[1],
        starts_at=calls[1].starts_at + timedelta(hours=1),
        cancelled_at=NOW if kind is MailKind.CANCELLED else None,
    )
    named, calendar = calendar_of(written(kind, (moved, calls[0], calls[2])))
    (event,) = calendar.walk("VEVENT")
    assert named == method
    assert event["UID"] == calls[0].uid
    assert event["RECURRENCE-ID"].dt == calls[1].occurrence_at
    assert event.start == moved.starts_at


def test_the_end_of_a_series() -> None:
    """A series of which nothing is left is cancelled as a whole; otherwise calendars get what is left of it."""
    calls = a_series()
    over = tuple(replace(call, cancelled_at=NOW) for call in calls)
    letter = written(MailKind.SERIES_ENDED, over)
    assert calendar_of(letter)[0] == "CANCEL"
    assert "own link" not in body(letter)
    named, calendar = calendar_of(written(MailKind.SERIES_ENDED, (calls[0], *over[1:]), call=over[1]))
    assert named == "REQUEST"
    assert calendar.walk("VEVENT")[0]["UID"] == calls[0].uid


def test_a_sign_in_link_names_the_way_and_nobody() -> None:
    """A therapist's letter has a link that is good once, for how long, and no word about anybody's calls."""
    letter = SignInLetter("cho@example.net", Pii("a-token"))
    outgoing = composer().compose(Claim("m2", "ticket", 0, letter), NOW)
    read: Any = message_from_bytes(outgoing.data, policy=policy.default)
    assert f"{BASE_URL}/desk/enter/a-token" in body(read)
    assert body(read).startswith(f"Hello, {SIGN_IN_OPENING}")
    assert timedelta(minutes=15) == LINK_TTL
    assert "good once, for fifteen minutes after it was asked for" in body(read)
    assert UNEXPECTED not in body(read)
    for word in ("appointment", "call"):
        assert word not in body(read).replace(BASE_URL, "")
    assert (read["Subject"], outgoing.topic, outgoing.recipient) == (
        "An appointment",
        "sign-in",
        "cho@example.net",
    )


@pytest.mark.parametrize(
    "name",
    [
        "Ada\r\nBcc: thief@example.com",
        "Ada\nX-Evil: 1",
        'Ada" <thief@example.com>',
        "A\u2028B",
        "Ada\x00",
        "Ä" * 300,
    ],
)
def test_a_name_is_a_name(name: str) -> None:
    """Whatever a name holds, it adds no header, no recipient and no line to the envelope, and stays text in HTML."""
    call = a_call(people=(a_person(0, name, "ada@example.net"), a_person(1, f"<b>{name}", "ben@example.net")))
    letter = written(MailKind.INVITATION, call)
    assert [address.addr_spec for address in letter["To"].addresses] == ["ada@example.net"]
    assert letter["Bcc"] is letter["X-Evil"] is None
    assert "<b>" not in body(letter, "html")
    assert len(letter.defects) == 0


def test_letters_are_ascii_on_the_wire() -> None:
    """Any mail server takes them: ASCII alone, lines no longer than RFC 5321 allows, CRLF at their ends."""
    call = a_call(
        title="Über uns 我们", people=(a_person(0, "Zoë", "z@bücher.example"), a_person(1, "Łukasz", None))
    )
    letter = CallLetter(MailKind.INVITATION, call, (call,), call.people[0], "", Pii("f"))
    outgoing = composer().compose(Claim("m1", "t", 0, letter), NOW)
    assert outgoing.data.isascii()
    assert max(map(len, outgoing.data.split(b"\r\n"))) <= 998
    assert b"\n" not in outgoing.data.replace(b"\r\n", b"")
    assert outgoing.recipient == "z@xn--bcher-kva.example"
    read: Any = message_from_bytes(outgoing.data, policy=policy.default)
    assert "Über uns 我们" in body(read)
    assert "Hello Zoë," in body(read)


@pytest.mark.parametrize(
    "address", ["nobody", "a@b@c.example", "ä@example.net", "a b@example.net", "a@\r\nb.example"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    """No letter is written to what is no address."""
    call = a_call(people=(a_person(0, "Ada", address), a_person(1, "Ben", None)))
    letter = CallLetter(MailKind.INVITATION, call, (call,), call.people[0], "", Pii("f"))
    with pytest.raises(ValueError, match="not an address"):
        composer().compose(Claim("m1", "t", 0, letter), NOW)


def test_a_no_says_whether_the_call_takes_place_all_the_same() -> None:
    """A partner's no keeps the door closed; a therapist's does not, nor anybody's where nobody was asked."""
    three = (*a_call().people, a_person(2, "Tess", "tess@example.net", Role.THERAPIST))
    no, all_the_same = "So it does not take place as it is.", "The door opens all the same"
    asked, on_the_spot = a_call(people=three), a_call(people=three, on_the_spot=True)
    for call, place, words in ((asked, 1, no), (asked, 2, all_the_same), (on_the_spot, 1, all_the_same)):
        text = body(written(MailKind.DECLINED, call, about=f"0:1:{place}"))
        assert [said in text for said in (no, all_the_same)] == [words == no, words == all_the_same]
    ada, ben = a_call().people
    unsure = a_call(people=(ada, replace(ben, rsvp=Rsvp.TENTATIVE)))
    text = body(written(MailKind.DECLINED, unsure))
    assert 'Ben has said "perhaps" to the call below. Its door stays closed until they say yes.' in text


def test_a_letter_about_an_answer_says_how_far_it_reaches() -> None:
    """In a series an answer is for one call or for the later ones, too; whoever reads of it is told which."""
    first, *later = agreed_series(4)
    assert "takes place, and with it 3 later ones of the series." in body(
        written(MailKind.SETTLED, (first, *later))
    )
    told = body(written(MailKind.DECLINED, (with_a_no(first), *map(with_a_no, later[:1]), *later[1:])))
    assert 'has said "not now" to the call below, and to one later one of the series.' in told
    for kind in (MailKind.SETTLED, MailKind.DECLINED):
        skipped = tuple(replace(with_a_no(call), cancelled_at=NOW) for call in later)
        assert "series" not in body(written(kind, (first, *skipped)))


def test_a_change_that_both_have_said_yes_to_takes_place() -> None:
    """A call that was moved to a proposed time has everyone's yes already: nobody reads that one is still missing."""
    call = agreed(a_call())
    three = replace(call, people=(*call.people, a_person(2, "Tess", "tess@example.net", Role.THERAPIST)))
    assert "You have both said yes to it as it is now" in body(written(MailKind.CHANGED, three))
    to_the_therapist = body(written(MailKind.CHANGED, three, place=2))
    assert "Both partners have said yes to it as it is now" in to_the_therapist
    assert "once both" not in to_the_therapist
    assert "once both partners have said yes" in body(
        written(MailKind.CHANGED, replace(three, people=(a_call().people[0], *three.people[1:])), place=2)
    )


def test_a_letter_about_one_call_of_a_series_leads_to_that_one() -> None:
    """The bare link leads to the next call; who reads of another one is not sent to the next to answer."""
    calls = a_series()
    changed = body(written(MailKind.CHANGED, calls, call=calls[1]))
    assert f"/i/{calls[1].people[0].token.value}?call={calls[1].id}" in changed  # type: ignore[union-attr]
    assert "?call=" not in body(written(MailKind.INVITATION, calls))
    assert "?call=" not in body(written(MailKind.CHANGED, a_call()))
