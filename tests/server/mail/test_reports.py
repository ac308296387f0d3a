"""What organizers are told of letters, and sending one again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from server.erasing import erase_calls
from server.mail.reports import MOST_AGAIN, MailReport, latest_mails, send_again
from server.mail.wishes import MailKind, MailState, changes, invitations
from server.problems import Problem
from tests.server.mail.post import NOW, a_call, a_person, a_series, the_queue

if TYPE_CHECKING:
    from server.records import Call
    from tests.server.mail.mail_server import Inbox
    from tests.server.mail.post_room import PostRoom


def of_adas() -> Call:
    """A call of which Ada alone has an address."""
    return a_call(people=(a_person(0, "Ada", "ada@example.net"), a_person(1, "Ben", None)))


async def report(post: PostRoom, call: Call, place: int = 0) -> MailReport | None:
    """What is told of the newest letter to somebody."""
    async with post.database.reading() as connection:
        return (await latest_mails(connection, [call.id])).get((call.id, place))


async def test_the_newest_letter_is_reported(post: PostRoom, inbox: Inbox) -> None:
    """Waiting, failed with its reason, or sent and when; nothing for who has no address."""
    call = of_adas()
    await post.store.add(call, letters=invitations(call, NOW))
    assert await report(post, call) == MailReport(MailKind.INVITATION, MailState.QUEUED, NOW, None)
    assert await report(post, call, 1) is None
    inbox.at_recipient = ["550 No"]
    await post.by_mail(inbox).send_due()
    failed = MailReport(MailKind.INVITATION, MailState.FAILED, NOW, "The mail server answered 550 No")
    assert await report(post, call) == failed
    post.clock.move(seconds=5)
    await send_again(post.database, call.id, 0, post.clock())
    await post.by_mail(inbox).send_due()
    sent = await report(post, call)
    assert sent == MailReport(MailKind.INVITATION, MailState.SENT, NOW + timedelta(seconds=5), None)


async def test_dropped_letters_hide_no_other(post: PostRoom) -> None:
    """What was overtaken is reported only where there is nothing else."""
    calls = a_series(people=of_adas().people)
    await post.store.add(*calls, letters=invitations(calls[0], NOW))
    post.clock.move(seconds=1)
    async with post.store.changing(calls[1].id) as now:
        await now.write({"starts_at": now.call.starts_at + timedelta(hours=1), "sequence": 1})
        await now.queue(changes(now.call, post.clock()), post.clock())
    await post.postman().send_due()
    for call in calls:
        found = await report(post, call)
        assert found is not None
        assert (found.kind, found.state) == (MailKind.INVITATION, MailState.SENT)


async def test_a_letter_is_sent_again(post: PostRoom, inbox: Inbox) -> None:
    """The newest letter goes once more for each time it is asked for, as a letter of its own, with what is true now."""
    call = of_adas()
    await post.store.add(call, letters=invitations(call, NOW))
    postman = post.by_mail(inbox)
    await postman.send_due()
    for _ in range(2):
        post.clock.move(minutes=1)
        await send_again(post.database, call.id, 0, post.clock())
        assert await postman.send_due() == 1
    assert len(set(inbox.ids)) == 3
    assert inbox.recipients == ["ada@example.net"] * 3


async def test_a_letter_that_waits_goes_at_once(post: PostRoom, inbox: Inbox) -> None:
    """Asked for again while it waits for a later attempt, a letter is tried now, and there are not two of it."""
    call = of_adas()
    await post.store.add(call, letters=invitations(call, NOW))
    inbox.at_recipient = ["450 Later"]
    postman = post.by_mail(inbox)
    assert await postman.send_due() == 0
    await send_again(post.database, call.id, 0, post.clock())
    assert await postman.send_due() == 1
    assert len(await the_queue(post.database)) == 1


async def test_letters_do_not_become_a_nuisance(post: PostRoom, inbox: Inbox) -> None:
    """A person is sent only so many letters again in a day; then the organizer is told when there may be more."""
    call = of_adas()
    await post.store.add(call, letters=invitations(call, NOW))
    postman = post.by_mail(inbox)
    await postman.send_due()
    for _ in range(MOST_AGAIN):
        post.clock.move(minutes=1)
        await send_again(post.database, call.id, 0, post.clock())
        await postman.send_due()
    with pytest.raises(Problem) as refused:
        await send_again(post.database, call.id, 0, post.clock())
    assert (refused.value.slug, refused.value.status) == ("too-many-letters", 429)
    wait = int(refused.value.headers["Retry-After"])
    post.clock.move(seconds=wait)
    await send_again(post.database, call.id, 0, post.clock())
    assert await postman.send_due() == 1


async def test_where_there_was_no_letter_there_is_none_again(post: PostRoom) -> None:
    """Somebody without an address never got one."""
    call = of_adas()
    await post.store.add(call, letters=invitations(call, NOW))
    with pytest.raises(Problem) as refused:
        await send_again(post.database, call.id, 1, NOW)
    assert (refused.value.slug, refused.value.status) == ("no-letter", 409)


async def test_a_series_letter_is_sent_again_from_any_of_its_calls(post: PostRoom) -> None:
    """Asked for at a later call, the invitation of the whole series goes again."""
    calls = a_series(people=of_adas().people)
    await post.store.add(*calls, letters=invitations(calls[0], NOW))
    await post.postman().send_due()
    await send_again(post.database, calls[2].id, 0, post.clock())
    assert await post.postman().send_due() == 1
    rows = await the_queue(post.database)
    assert [(row.kind, row.occasion, row.state) for row in rows] == [
        ("invitation", "", "sent"), ("invitation", "+again1", "sent")
    ]  # fmt: skip
    assert len({replace(row, id="") for row in rows}) == 2


async def test_a_series_is_written_about_again_once_its_first_call_is_erased(post: PostRoom) -> None:
    """The invitation's row is gone with that call; asked for at a later one, what is still to come is told again."""
    calls = a_series(people=of_adas().people)
    await post.store.add(*calls, letters=invitations(calls[0], NOW))
    await post.postman().send_due()
    post.clock.move(days=6)
    async with post.database.writing() as connection:
        await erase_calls(connection, [calls[0].id], post.clock())
    assert await the_queue(post.database) == []
    for _ in range(2):
        await send_again(post.database, calls[2].id, 0, post.clock())
        assert await post.postman().send_due() == 1
        post.clock.move(minutes=1)
    rows = await the_queue(post.database)
    assert [(row.kind, row.occasion, row.state) for row in rows] == [
        ("invitation", "+again1", "sent"), ("invitation", "+again2", "sent")
    ]  # fmt: skip
    (path,) = (one for one in post.letters() if rows[-1].id in one.name)
    assert "Next: Sunday, 6 December 2026" in path.read_text()
