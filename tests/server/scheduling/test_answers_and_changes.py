"""Answers, changes and cancellations: who is asked again, and which letters go out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from server.app import PARTS
from server.calls import Calls
from server.problems import Problem
from server.records import Rsvp
from server.scheduling.rules import Rules
from tests.server.scene import assert_problem
from tests.server.scheduling.letters import ADA, BEN, THREE, answers, letters, rows, seen

if TYPE_CHECKING:
    from tests.server.scene import Site

LATER = {"starts_at": "2026-12-06T19:00", "timezone": "Europe/Berlin", "participants": THREE}


def _calls(site: Site) -> Calls:
    parts = site.client.app[PARTS]  # type: ignore[union-attr]
    rules = Rules(parts.hours, parts.clock, max_therapists=1, formats=parts.formats)
    return Calls(parts.store, rules)


async def test_everyone_with_an_address_is_invited(site: Site) -> None:
    """An invitation is queued with the call itself; who has no address gets none."""
    await site.call(participants=[ADA, {"role": "partner", "name": "Ben"}])
    assert await letters(site) == [("invitation", 0)]


async def test_the_others_learn_of_a_no_once(site: Site) -> None:
    """Declining tells the others; saying it again tells nobody."""
    call = await site.call(**LATER)
    for _ in range(2):
        await site.answer(call, 1, "declined")
    assert await letters(site, "declined") == [("declined", 0), ("declined", 2)]


async def test_everyone_learns_when_both_have_accepted(site: Site) -> None:
    """It is settled by the second partner's yes: not by the first, and not by the therapist's."""
    call = await site.call(**LATER)
    for place in (2, 0):
        seen_then = await site.answer(call, place, "accepted")
        assert (await letters(site, "settled"), seen_then["agreed"]) == ([], False)
    assert (await site.answer(call, 1, "accepted"))["agreed"] is True
    assert await letters(site, "settled") == [("settled", place) for place in range(3)]


async def test_a_yes_that_became_a_perhaps_is_told(site: Site) -> None:
    """The others were told that the call takes place: they don't stand before a closed door unawares."""
    call = await site.call(**LATER)
    await site.answer(call, 1, "tentative")
    assert await letters(site, "declined") == []
    await site.accept(call)
    await site.answer(call, 2, "tentative")
    assert await letters(site, "declined") == []
    await site.answer(call, 1, "tentative")
    assert await letters(site, "declined") == [("declined", 0), ("declined", 2)]
    assert await site.client.app[PARTS].postman.send_due()  # type: ignore[union-attr]
    outbox = [path.read_text() for path in (site.folder / "outbox").glob("*.eml")]
    assert sum('Ben has said "perhaps"' in text for text in outbox) == 2


async def test_an_answer_tells_where_somebody_is(site: Site) -> None:
    """The zone is kept with the person and shown; one that does not exist is refused with the whole answer."""
    call = await site.call(**LATER)
    told = await site.answer(call, 1, "tentative", timezone="America/New_York")
    assert [person["timezone"] for person in told["participants"]] == [None, "America/New_York", None]
    token = call["participants"][0]["invitation_url"].rsplit("/", 1)[1]
    body = {"answer": "accepted", "timezone": "Mars/Olympus"}
    await assert_problem(await site.ask("POST", call, token, "/rsvp", json=body), 422, "invalid", "/timezone")
    assert answers(await seen(site, call)) == ["needs-action", "tentative", "needs-action"]


async def test_an_older_answer_of_a_calendar_counts_for_nothing(site: Site) -> None:
    """A reply that was written before the newest answer is refused (RFC 5546, 2.1.5); a newer one counts."""
    call = await site.call(**LATER)
    calls, now = _calls(site), site.clock.now
    await calls.answer(call["id"], 0, Rsvp.ACCEPTED, stamped=now - timedelta(minutes=2))
    with pytest.raises(Problem, match="reply-outdated"):
        await calls.answer(call["id"], 0, Rsvp.DECLINED, stamped=now - timedelta(minutes=3))
    assert answers(await seen(site, call))[0] == "accepted"
    await calls.answer(call["id"], 0, Rsvp.DECLINED, stamped=now - timedelta(minutes=1))
    await site.answer(call, 0, "accepted")
    with pytest.raises(Problem, match="reply-outdated"):
        await calls.answer(call["id"], 0, Rsvp.DECLINED, stamped=now - timedelta(seconds=1))
    assert answers(await seen(site, call))[0] == "accepted"


@pytest.mark.parametrize("wish", [{"starts_at": "2026-12-07T19:00"}, {"duration_minutes": 90}])
async def test_another_time_or_length_asks_again(site: Site, wish: dict[str, object]) -> None:
    """Who said yes said it to the old time: all are asked again, and told of the change."""
    call = await site.call(**LATER)
    await site.accept(call)
    changed = await (await site.ask("PATCH", call, call["manage_token"], json=wish)).json()
    assert (answers(changed), changed["agreed"], changed["sequence"]) == (["needs-action"] * 3, False, 1)
    assert await letters(site, "changed") == [("changed", place) for place in range(3)]


async def test_another_title_asks_nobody_again(site: Site) -> None:
    """What does not touch the time leaves the answers, and is told all the same."""
    call = await site.call(**LATER)
    await site.accept(call)
    changed = await (await site.ask("PATCH", call, call["manage_token"], json={"title": "New"})).json()
    assert (answers(changed)[:2], changed["sequence"]) == (["accepted", "accepted"], 1)
    assert len(await letters(site, "changed")) == 3


async def test_what_changes_nothing_tells_nobody(site: Site) -> None:
    """The same time, written otherwise, is no change: no letter, no new sequence, the answers stay."""
    call = await site.call(**LATER)
    await site.accept(call)
    before = await rows(site)
    wish = {"starts_at": "2026-12-06T18:00:00Z", "title": call["title"]}
    changed = await (await site.ask("PATCH", call, call["manage_token"], json=wish)).json()
    assert (changed["sequence"], changed["agreed"], await rows(site)) == (0, True, before)


async def test_a_cancellation_is_told_once(site: Site) -> None:
    """Everyone learns of it; cancelling again changes nothing."""
    call = await site.call(**LATER)
    for _ in range(2):
        cancelled = await (await site.ask("DELETE", call, call["manage_token"])).json()
        assert (cancelled["status"], cancelled["sequence"]) == ("cancelled", 1)
    assert await letters(site, "cancelled") == [("cancelled", place) for place in range(3)]


async def test_an_appointment_made_inside_a_call_is_told_and_asks_nobody(site: Site) -> None:
    """A long break moves the call: both agreed to it in there, so their yes stays, and calendars follow."""
    call = await site.call(**LATER, on_the_spot=False)
    await site.accept(call)
    site.clock.now = site.clock.now.replace(month=12, day=6, hour=18)
    door = site.client.app[PARTS].door  # type: ignore[union-attr]
    await door.began(call["id"])
    await door.postponed(call["id"], 20 * 3600)
    after = await seen(site, call)
    assert (after["starts_at"], after["agreed"], after["sequence"]) == ("2026-12-07T15:00:00+01:00", True, 1)
    assert len(await letters(site, "changed")) == 3


async def test_nothing_is_changed_or_answered_afterwards(site: Site) -> None:
    """A call that is over or cancelled takes neither answers nor changes nor proposals, and nobody is written to."""
    over, cancelled = await site.call(participants=THREE), await site.call(**LATER)
    await site.ask("DELETE", cancelled, cancelled["manage_token"])
    site.clock.move(hours=4)
    before = await rows(site)
    for call, slug in ((over, "call-over"), (cancelled, "call-cancelled")):
        token = call["participants"][0]["invitation_url"].rsplit("/", 1)[1]
        for method, who, tail, body in (
            ("PATCH", call["manage_token"], "", {"title": "Late"}),
            ("POST", token, "/rsvp", {"answer": "accepted"}),
            ("POST", token, "/proposals", {"starts_at": "2026-12-06T20:00:00Z"}),
        ):
            await assert_problem(await site.ask(method, call, who, tail, json=body), 409, slug)
    assert await rows(site) == before


async def test_two_people_need_two_addresses(site: Site) -> None:
    """With one mailbox for two each would read the other's link; upper and lower case make no difference."""
    twice = [ADA, {**BEN, "email": "ADA@example.org"}]
    await assert_problem(await site.post(participants=twice), 422, "invalid", "/participants/1/email")
