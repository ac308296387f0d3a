"""From the API to a real mail server and on into a calendar: what people's calendars hold is what the server says."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import icalendar
import pytest
import recurring_ical_events

from server.app import PARTS
from tests.server.scene import token_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from email.message import EmailMessage

    from tests.server.mail.mail_server import Inbox
    from tests.server.scene import Site

    OpenSite = Callable[..., Awaitable[Site]]

ADA, BEN = "ada@example.net", "ben@example.net"
PEOPLE = [
    {"role": "partner", "name": "Ada", "email": ADA},
    {"role": "partner", "name": "Ben", "email": BEN, "timezone": "America/New_York"},
]


@dataclass
class PersonsCalendar:
    """Takes the letters to one address in, as RFC 5546 has it: the newer for the older, by UID and RECURRENCE-ID."""

    address: str
    events: dict[str, dict[datetime | None, Any]] = field(default_factory=dict)
    sequences: list[int] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    _read: int = 0

    def take_in(self, inbox: Inbox) -> None:
        """Read what has come since the last time."""
        for letter, recipient in list(zip(inbox.letters, inbox.recipients, strict=True))[self._read :]:
            self._read += 1
            if recipient == self.address and (part := _calendar_part(letter)) is not None:
                self._apply(icalendar.Calendar.from_ical(part))

    def _apply(self, calendar: Any) -> None:
        self.methods.append(str(calendar["METHOD"]))
        for event in calendar.walk("VEVENT"):
            self.sequences.append(int(event["SEQUENCE"]))
            known = self.events.setdefault(str(event["UID"]), {})
            at = event["RECURRENCE-ID"].dt if "RECURRENCE-ID" in event else None
            assert at not in known or int(event["SEQUENCE"]) >= int(known[at]["SEQUENCE"])
            if at is None:
                known.clear()
            known[at] = event

    def starts(self) -> list[datetime]:
        """When this person has something to come to."""
        found: list[datetime] = []
        for events in self.events.values():
            calendar = icalendar.Calendar()
            gone = [at for at, event in events.items() if event["STATUS"] == "CANCELLED"]
            if None in gone:
                continue
            for at, event in events.items():
                kept = deepcopy(event)
                if at is None and gone:
                    kept.add("exdate", gone)
                if at not in gone:
                    calendar.add_component(kept)
            found += [
                one.start for one in recurring_ical_events.of(calendar).between((2026, 1, 1), (2029, 1, 1))
            ]
        return sorted(found)


def _calendar_part(letter: EmailMessage) -> bytes | None:
    parts = [part for part in letter.walk() if part.get_content_type() == "text/calendar"]
    return parts[0].get_payload(decode=True) if parts else None  # type: ignore[return-value]


@dataclass
class Post:
    """A site with a mail server, and both partners' calendars."""

    site: Site
    inbox: Inbox
    ada: PersonsCalendar
    ben: PersonsCalendar

    async def deliver(self) -> int:
        """Have sent what is due, and let both read it; how many letters came."""
        app: Any = self.site.client.app
        sent: int = await app[PARTS].postman.send_due()
        self.ada.take_in(self.inbox)
        self.ben.take_in(self.inbox)
        return sent

    async def do(self, method: str, call: dict[str, Any], token: str, tail: str = "", **more: Any) -> Any:
        """Make a request that succeeds, a second later, and deliver the letters about it."""
        self.site.clock.move(seconds=1)
        response = await self.site.ask(method, call, token, tail, **more)
        assert response.status < 300, await response.text()
        await self.deliver()
        return await response.json() if response.content_type == "application/json" else None

    def last_words(self, address: str) -> str:
        """The text of the newest letter to somebody."""
        letters = [
            one for one, to in zip(self.inbox.letters, self.inbox.recipients, strict=True) if to == address
        ]
        part = letters[-1].get_body(("plain",))
        assert part is not None
        return " ".join(part.get_content().split())


@pytest.fixture
async def mailed(open_site: OpenSite, inbox: Inbox) -> Post:
    """Return a site whose letters go to the mail server."""
    site = await open_site(
        smtp_host="localhost",
        smtp_port=inbox.port,
        smtp_security="none",
        mail_from="Appointments <appointments@talk.example.org>",
    )
    site.people = PEOPLE
    return Post(site, inbox, PersonsCalendar(ADA), PersonsCalendar(BEN))


def at(text: str) -> datetime:
    """A moment."""
    return datetime.fromisoformat(text)


async def test_one_call_from_invitation_to_cancellation(mailed: Post) -> None:
    """Invited, another time proposed and agreed to, moved, settled, cancelled: each calendar follows by one UID."""
    call = await mailed.site.call(starts_at="2026-12-06T19:00", timezone="Europe/Berlin", title="Us")
    assert await mailed.deliver() == 2
    assert mailed.ada.starts() == mailed.ben.starts() == [at("2026-12-06T19:00+01:00")]
    assert "Sunday, 6 December 2026, 13:00 (America/New_York)" in mailed.last_words(BEN)
    ada, ben, manage = token_of(call, 0), token_of(call, 1), call["manage_token"]

    await mailed.do("POST", call, ada, "/rsvp", json={"answer": "accepted"})
    wish = {"starts_at": "2026-12-06T15:00", "timezone": "America/New_York"}
    seen = await mailed.do("POST", call, ben, "/proposals", json=wish)
    assert "Ben proposes another time" in mailed.last_words(ADA)
    assert "6 December 2026, 21:00 (Europe/Berlin)" in mailed.last_words(ADA)
    proposal = seen["proposals"][0]["id"]
    await mailed.do("POST", call, ada, f"/proposals/{proposal}/answer", json={"answer": "accepted"})
    assert mailed.ada.starts() == mailed.ben.starts() == [at("2026-12-06T21:00+01:00")]

    moved = {"starts_at": "2026-12-07T20:00", "timezone": "Europe/Berlin"}
    await mailed.do("PATCH", call, manage, json=moved)
    assert mailed.ada.starts() == mailed.ben.starts() == [at("2026-12-07T20:00+01:00")]
    assert "Say yes, not now, or propose another time" in mailed.last_words(ADA)
    await mailed.do("POST", call, ada, "/rsvp", json={"answer": "accepted"})
    await mailed.do("POST", call, ben, "/rsvp", json={"answer": "accepted"})
    assert "You have both said yes" in mailed.last_words(ADA)

    await mailed.do("DELETE", call, manage)
    assert mailed.ada.starts() == mailed.ben.starts() == []
    for calendar in (mailed.ada, mailed.ben):
        assert len(calendar.events) == 1
        assert calendar.methods == ["REQUEST", "REQUEST", "REQUEST", "CANCEL"]
        assert calendar.sequences == sorted(set(calendar.sequences))


async def test_a_series_in_peoples_calendars(mailed: Post) -> None:
    """Weekly across a clock change: moved, skipped and ended, each calendar shows what the server says after each step."""
    call = await mailed.site.call(
        starts_at="2027-03-14T19:00", timezone="Europe/Berlin", recurrence={"frequency": "weekly", "count": 6}
    )
    manage = call["manage_token"]

    async def both_agree_with_the_server() -> list[str]:
        response = await mailed.site.ask("GET", call, manage)
        body = await response.json()
        takes_place = [one["starts_at"] for one in body["series"]["calls"] if one["status"] != "cancelled"]
        assert mailed.ada.starts() == mailed.ben.starts() == sorted(map(at, takes_place))
        return takes_place

    assert await mailed.deliver() == 2
    assert len(await both_agree_with_the_server()) == 6
    assert {one.hour for one in mailed.ada.starts()} == {19}
    calls = [{"id": one["id"]} for one in call["series"]["calls"]]
    await mailed.do(
        "PATCH", calls[2], manage, json={"starts_at": "2027-03-29T20:30", "timezone": "Europe/Berlin"}
    )
    assert "2027-03-29T20:30:00+02:00" in await both_agree_with_the_server()
    await mailed.do("DELETE", calls[1], manage, "?scope=this")
    assert len(await both_agree_with_the_server()) == 5
    await mailed.do("DELETE", calls[4], manage, "?scope=series")
    assert len(await both_agree_with_the_server()) == 3
    assert "The series of calls with Ben ends: from Sunday, 11 April 2027, 19:00" in mailed.last_words(ADA)
    await mailed.do("DELETE", calls[0], manage, "?scope=series")
    assert await both_agree_with_the_server() == []
    assert len(mailed.ada.events) == 1


async def test_what_happened_before_the_first_letter_is_in_it(mailed: Post) -> None:
    """A series that was moved and skipped before its invitations went out is right in calendars by one letter each."""
    call = await mailed.site.call(
        starts_at="2027-03-14T19:00", timezone="Europe/Berlin", recurrence={"frequency": "weekly", "count": 4}
    )
    calls = [{"id": one["id"]} for one in call["series"]["calls"]]
    moved = {"starts_at": "2027-03-30T20:30", "timezone": "Europe/Berlin"}
    for method, one, more in (("PATCH", calls[2], {"json": moved}), ("DELETE", calls[1], {})):
        assert (await mailed.site.ask(method, one, call["manage_token"], **more)).status < 300
    assert await mailed.deliver() == 2
    expected = ["2027-03-14T19:00+01:00", "2027-03-30T20:30+02:00", "2027-04-04T19:00+02:00"]
    assert mailed.ada.starts() == mailed.ben.starts() == [at(text) for text in expected]


async def test_the_organizer_sees_what_became_of_letters(mailed: Post) -> None:
    """A refused address is shown to the organizer with the reason, and the letter can be sent again."""
    mailed.inbox.at_recipient = ["550 No such mailbox"] * 2
    call = await mailed.site.call(starts_at="2026-12-06T19:00", timezone="Europe/Berlin")
    await mailed.deliver()
    seen = await (await mailed.site.ask("GET", call, call["manage_token"])).json()
    states = {(one["mail"]["state"], one["mail"]["reason"]) for one in seen["participants"]}
    assert states == {("failed", "The mail server answered 550 No such mailbox")}
    wish = {"participant": seen["participants"][0]["id"]}
    await mailed.do("POST", call, call["manage_token"], "/letters", json=wish)
    assert mailed.inbox.recipients == [ADA]


async def test_reminders_come_by_mail(mailed: Post) -> None:
    """Accepted by both, a call is reminded of a day and ten minutes before, with the therapist's words."""
    call = await mailed.site.call(
        starts_at="2026-12-06T19:00", timezone="Europe/Berlin", reminder_words="Bring the list."
    )
    await mailed.deliver()
    for place in (0, 1):
        await mailed.do("POST", call, token_of(call, place), "/rsvp", json={"answer": "accepted"})
    starts = at("2026-12-06T19:00+01:00")
    for before in (timedelta(days=1), timedelta(minutes=10)):
        mailed.site.clock.move(seconds=(starts - before - mailed.site.clock()).total_seconds())
        assert await mailed.deliver() == 2
        assert "Bring the list." in mailed.last_words(BEN)
