"""What becomes of letters when the world has moved on before they are sent."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from server.mail.truth import MOST_ANSWERS
from server.mail.wishes import (
    MailKind,
    cancellations,
    changes,
    declined,
    invitations,
    proposal_declined,
    proposed,
    series_end,
    settled,
)
from server.records import Proposal, ProposalState, Rsvp
from server.secret import new_id
from tests.server.mail.post import NOW, a_call, a_person, a_series, the_queue

if TYPE_CHECKING:
    from email.message import EmailMessage

    from server.mail.wishes import MailWish
    from server.records import Call
    from tests.server.mail.post_room import PostRoom

LATER = timedelta(hours=3)


def a_call_of_adas(**more: Any) -> Call:
    """A call of which Ada alone has an address."""
    people = (a_person(0, "Ada", "ada@example.net"), a_person(1, "Ben", None))
    return a_call(**{"people": people, **more})


async def change(post: PostRoom, call: Call, seconds: int = 1, **values: Any) -> Call:
    """Change a call as scheduling does, with the letters about it, a second later."""
    post.clock.move(seconds=seconds)
    async with post.store.changing(call.id) as now:
        await now.write({**values, "sequence": now.call.sequence + 1})
        wish = cancellations if "cancelled_at" in values else changes
        await now.queue(wish(now.call, post.clock()), post.clock())
        return now.call


async def answer(post: PostRoom, call: Call, place: int, rsvp: Rsvp) -> Call:
    """Let somebody answer, without letters."""
    async with post.store.changing(call.id) as now:
        await now.write_rsvp(place, rsvp)
        return now.call


async def queue(post: PostRoom, call: Call, wishes: list[MailWish]) -> None:
    """Queue letters about a call, a second later."""
    post.clock.move(seconds=1)
    async with post.store.changing(call.id) as now:
        await now.queue(wishes, post.clock())


async def propose(
    post: PostRoom, call: Call, place: int, state: ProposalState = ProposalState.OPEN
) -> Proposal:
    """Let somebody propose another time."""
    at = call.starts_at + LATER
    proposal = Proposal(new_id(), call.id, place, at, "Europe/Berlin", state, frozenset(), NOW, NOW)
    async with post.store.changing(call.id) as now:
        await now.add_proposal(proposal)
    return proposal


async def write(post: PostRoom, proposal: Proposal, **values: Any) -> None:
    """Change a proposal."""
    async with post.store.changing(proposal.call_id) as now:
        await now.write_proposal(replace(proposal, **values))


async def fates(post: PostRoom) -> list[tuple[str, str]]:
    """Kind and state of all letters, the oldest first."""
    return [(row.kind, row.state) for row in await the_queue(post.database)]


def sent(post: PostRoom) -> list[EmailMessage]:
    """The letters in the outbox."""
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in post.letters()]  # type: ignore[misc]


def method_of(letter: EmailMessage) -> str:
    """The method of its calendar part."""
    (part,) = [part for part in letter.walk() if part.get_content_type() == "text/calendar"]
    return str(part.get_param("method"))


def words(letter: EmailMessage) -> str:
    """Its plain text, in one line."""
    part = letter.get_body(("plain",))
    assert part is not None
    return " ".join(part.get_content().split())


# Single calls


async def test_who_was_never_told_is_invited_to_what_is_true_now(post: PostRoom) -> None:
    """A call that moved before its invitation went out: one letter, an invitation, with the new time."""
    call = a_call_of_adas()
    await post.store.add(call, letters=invitations(call, NOW))
    moved = await change(post, call, starts_at=call.starts_at + LATER)
    moved = await change(post, moved, starts_at=moved.starts_at + LATER)
    assert await post.postman().send_due() == 1
    (letter,) = sent(post)
    assert "You are invited" in words(letter)
    assert "19:00 (Europe/Berlin)" in words(letter)
    assert await fates(post) == [("invitation", "dropped"), ("changed", "dropped"), ("changed", "sent")]


async def test_who_was_told_hears_of_the_newest_change(post: PostRoom) -> None:
    """After the invitation, two changes in a row make one letter, which says that something changed."""
    call = a_call_of_adas()
    await post.store.add(call, letters=invitations(call, NOW))
    assert await post.postman().send_due() == 1
    moved = await change(post, call, starts_at=call.starts_at + LATER)
    await change(post, moved, starts_at=moved.starts_at + LATER)
    assert await post.postman().send_due() == 1
    assert await fates(post) == [("invitation", "sent"), ("changed", "dropped"), ("changed", "sent")]
    assert any("has changed" in words(letter) for letter in sent(post))


async def test_a_call_that_nobody_heard_of_is_cancelled_in_silence(post: PostRoom) -> None:
    """Cancelled before anybody was told: nobody is bothered."""
    call = a_call_of_adas()
    await post.store.add(call, letters=invitations(call, NOW))
    await change(post, call, cancelled_at=NOW)
    assert await post.postman().send_due() == 0
    assert await fates(post) == [("invitation", "dropped"), ("cancelled", "dropped")]


async def test_a_cancellation_overtakes_everything(post: PostRoom) -> None:
    """Who was told hears of the cancellation and of nothing that came before it."""
    call = a_call_of_adas(on_the_spot=True)
    await post.store.add(call, letters=invitations(call, NOW))
    await post.postman().send_due()
    proposal = await propose(post, call, 1)
    await queue(post, call, [*proposed(call, proposal, NOW), *settled(call, NOW)])
    moved = await change(post, call, starts_at=call.starts_at + LATER)
    await change(post, moved, cancelled_at=post.clock())
    assert await post.postman().send_due() == 1
    states = {kind: state for kind, state in await fates(post) if state == "sent"}
    assert states == {"invitation": "sent", "cancelled": "sent"}
    assert "CANCEL" in {method_of(letter) for letter in sent(post)}


async def test_many_changes_within_one_second_end_with_the_last(post: PostRoom) -> None:
    """Moments are whole seconds: moved, moved again and cancelled in one of them, the end is what is told."""
    for _ in range(5):
        call = a_call_of_adas()
        await post.store.add(call, letters=invitations(call, post.clock()))
        await post.postman().send_due()
        first = await change(post, call, 0, starts_at=call.starts_at + LATER)
        second = await change(post, first, 0, starts_at=first.starts_at + LATER)
        await change(post, second, 0, cancelled_at=post.clock())
        assert await post.postman().send_due() == 1
    assert Counter(await fates(post)) == {
        ("invitation", "sent"): 5, ("changed", "dropped"): 10, ("cancelled", "sent"): 5
    }  # fmt: skip


async def test_what_is_over_is_not_told(post: PostRoom) -> None:
    """A server that was away for a week invites nobody to the past."""
    call = a_call_of_adas()
    await post.store.add(call, letters=invitations(call, NOW))
    post.clock.move(days=7)
    assert await post.postman().send_due() == 0
    assert await fates(post) == [("invitation", "dropped")]


async def test_an_erased_person_gets_nothing(post: PostRoom) -> None:
    """Without an address there is no letter, and the reason says so."""
    call = a_call_of_adas()
    await post.store.add(call, letters=invitations(call, NOW))
    async with post.store.changing(call.id) as now:
        await now.write_person(0, {"data_key": None, "email": None, "name": None, "token": None})
    assert await post.postman().send_due() == 0
    (row,) = await the_queue(post.database)
    assert (row.state, row.reason) == ("dropped", "There is no address any more.")


# Answers and proposals


async def told(post: PostRoom, **more: Any) -> Call:
    """A call of Ada's and Ben's, to which both were invited."""
    call = a_call(**more)
    await post.store.add(call, letters=invitations(call, NOW))
    assert await post.postman().send_due() == 2
    return call


async def last_fate(post: PostRoom) -> str:
    """Have what is due sent; the state of the newest letter."""
    await post.postman().send_due()
    return (await fates(post))[-1][1]


async def test_settled_is_told_while_it_is_true(post: PostRoom) -> None:
    """That both have said yes is told, unless one of them has changed their mind since."""
    call = await told(post)
    for place in (0, 1):
        call = await answer(post, call, place, Rsvp.ACCEPTED)
    await queue(post, call, settled(call, NOW))
    await answer(post, call, 1, Rsvp.DECLINED)
    assert await last_fate(post) == "dropped"
    await answer(post, call, 1, Rsvp.ACCEPTED)
    await queue(post, call, settled(replace(call, sequence=9), NOW))
    assert await last_fate(post) == "sent"


async def test_declined_is_told_while_it_is_true(post: PostRoom) -> None:
    """That somebody can't come is told the other, unless they have thought better of it."""
    call = await told(post)
    call = await answer(post, call, 1, Rsvp.DECLINED)
    await queue(post, call, declined(call, call.people[1], NOW))
    await answer(post, call, 1, Rsvp.ACCEPTED)
    assert await last_fate(post) == "dropped"
    await answer(post, call, 1, Rsvp.DECLINED)
    await queue(post, call, declined(replace(call, sequence=1), call.people[1], NOW))
    assert await last_fate(post) == "sent"
    assert any('Ben has said "not now"' in words(letter) for letter in sent(post))


async def test_minds_may_change_but_not_for_ever(post: PostRoom) -> None:
    """Yes and no to and fro are told each time, up to a bound, and the last of what waits counts."""
    call = await told(post)
    for _ in range(MOST_ANSWERS + 3):
        call = await answer(post, call, 1, Rsvp.DECLINED)
        await queue(post, call, declined(call, call.people[1], post.clock()))
        await post.postman().send_due()
        call = await answer(post, call, 1, Rsvp.ACCEPTED)
    states = Counter(state for kind, state in await fates(post) if kind == "declined")
    assert states == {"sent": MOST_ANSWERS, "dropped": 3}


async def test_proposals_are_told_while_they_are_open(post: PostRoom) -> None:
    """A proposal that was withdrawn, agreed to or overtaken meanwhile is not told; an open one is."""
    call = await told(post)
    for values in ({"state": ProposalState.WITHDRAWN}, {"agreed": frozenset({0})}):
        proposal = await propose(post, call, 1)
        await queue(post, call, proposed(call, proposal, NOW))
        await write(post, proposal, **values)
        assert await last_fate(post) == "dropped"
    proposal = await propose(post, call, 1)
    await queue(post, call, proposed(call, proposal, NOW))
    assert await last_fate(post) == "sent"
    await write(post, proposal, state=ProposalState.DECLINED)
    await queue(post, call, proposal_declined(call, proposal, NOW))
    assert await last_fate(post) == "sent"


async def test_an_answer_waits_for_the_invitation(post: PostRoom) -> None:
    """While the invitation could not go yet, nobody hears that somebody they know nothing of can't come."""
    call = a_call_of_adas()
    (invitation,) = invitations(call, NOW)
    await post.store.add(call, letters=[replace(invitation, due_at=NOW + timedelta(minutes=5))])
    call = await answer(post, call, 1, Rsvp.DECLINED)
    await queue(post, call, declined(call, call.people[1], post.clock()))
    assert await post.postman().send_due() == 0
    post.clock.move(minutes=5)
    assert await post.postman().send_due() == 2


# Series


async def test_a_series_is_told_in_one_letter(post: PostRoom) -> None:
    """Whatever happens to single calls before the invitation goes out is in it, and makes no letters of its own."""
    calls = a_series(people=(a_person(0, "Ada", "ada@example.net"), a_person(1, "Ben", None)))
    await post.store.add(*calls, letters=invitations(calls[0], NOW))
    await change(post, calls[1], starts_at=calls[1].starts_at + LATER)
    await change(post, calls[2], cancelled_at=NOW)
    assert await post.postman().send_due() == 1
    (letter,) = sent(post)
    assert "Then: Sunday, 6 December 2026, 22:00 (Europe/Berlin)" in words(letter)
    assert "13 December" not in words(letter)
    assert await fates(post) == [("invitation", "sent"), ("changed", "dropped"), ("cancelled", "dropped")]


async def test_calls_of_a_series_change_one_by_one(post: PostRoom) -> None:
    """After the invitation, a moved and a skipped call are told by themselves, and then the end of it all."""
    calls = a_series(people=(a_person(0, "Ada", "ada@example.net"), a_person(1, "Ben", None)))
    await post.store.add(*calls, letters=invitations(calls[0], NOW))
    await post.postman().send_due()
    await change(post, calls[0], starts_at=calls[0].starts_at + LATER)
    await change(post, calls[2], cancelled_at=NOW)
    assert await post.postman().send_due() == 2
    for call in calls[:2]:
        async with post.store.changing(call.id) as now:
            await now.write({"cancelled_at": post.clock()})
    await queue(post, calls[0], series_end(calls[0], post.clock()))
    assert await post.postman().send_due() == 1
    told_of = {kind for kind, state in await fates(post) if state == "sent"}
    assert told_of == {"invitation", "changed", "cancelled", "series-ended"}
    assert [method_of(letter) for letter in sent(post)].count("CANCEL") == 2


def test_every_kind_of_letter_has_its_words() -> None:
    """No kind is forgotten between queue and template."""
    folder = files("server.mail") / "templates" / "words"
    assert {file.name for file in folder.iterdir()} == {f"{kind.value}.txt" for kind in MailKind}
