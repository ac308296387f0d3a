"""The postman's life: woken, stopped, and going on whatever happens."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from sqlalchemy import insert

from server.app import PARTS, make_app
from server.mail import postman as postman_module
from server.mail.queue import INTERRUPTED, LEASE, LostClaimError, MailQueue
from server.mail.transport import UncertainError
from server.mail.wishes import MailKind, MailState, MailWish, invitations, queue_mails
from server.secret import Pii, token_hash
from server.settings import Settings
from server.tables import desk_tokens, mails, therapists
from tests.server.mail.post import NOW, a_call, a_person, the_queue

if TYPE_CHECKING:
    from pathlib import Path

    from server.mail.queue import Claim
    from server.records import Call
    from tests.server.mail.mail_server import Inbox
    from tests.server.mail.post_room import PostRoom

DEADLINE_S = 20


async def invited(post: PostRoom) -> Call:
    """A call with one letter to be sent."""
    call = a_call(people=(a_person(0, "Ada", "ada@example.net"), a_person(1, "Ben", None)))
    await post.store.add(call, letters=invitations(call, post.clock()))
    return call


def queue_of(post: PostRoom) -> MailQueue:
    """A process's view of the queue."""
    return MailQueue(post.database, post.sealer, post.clock)


async def claimed(queue: MailQueue) -> Claim:
    """A letter that is ours."""
    claim = await queue.claim()
    assert claim is not None
    return claim


async def state(post: PostRoom) -> str:
    """The state of the one letter."""
    (row,) = await the_queue(post.database)
    return row.state


# Leases


async def test_a_letter_is_one_processs_alone(post: PostRoom) -> None:
    """While one process has it, another finds nothing to do."""
    await invited(post)
    await claimed(queue_of(post))
    assert await queue_of(post).claim() is None


async def test_whoever_sleeps_through_a_lease_must_not_send(post: PostRoom) -> None:
    """A process that comes back after its lease finds the letter gone, before it has said a word of it."""
    await invited(post)
    asleep, awake = queue_of(post), queue_of(post)
    old = await claimed(asleep)
    post.clock.move(seconds=LEASE.total_seconds() + 1)
    assert await awake.lapse() == 0
    new = await claimed(awake)
    with pytest.raises(LostClaimError):
        await asleep.hand_over(old)
    await awake.hand_over(new)
    await asleep.settle(old, MailState.FAILED)
    assert await state(post) == "handing-over"
    await awake.settle(new, MailState.SENT)
    assert await state(post) == "sent"


async def test_a_late_answer_ends_the_doubt(post: PostRoom) -> None:
    """Uncertain after its lease; but the process was only slow, and says that the mail server took it."""
    await invited(post)
    slow = queue_of(post)
    claim = await claimed(slow)
    await slow.hand_over(claim)
    post.clock.move(seconds=LEASE.total_seconds() + 1)
    assert await queue_of(post).lapse() == 1
    (row,) = await the_queue(post.database)
    assert (row.state, row.reason) == ("uncertain", INTERRUPTED)
    await slow.settle(claim, MailState.SENT)
    assert await state(post) == "sent"


async def test_letters_to_one_person_about_one_call_go_one_by_one(post: PostRoom) -> None:
    """A change waits until the invitation has gone, so that they arrive in their order."""
    call = await invited(post)
    queue = queue_of(post)
    first = await claimed(queue)
    wish = MailWish(MailKind.CHANGED, call.id, 0, "1", NOW)
    async with post.database.writing() as connection:
        await queue_mails(connection, [wish], NOW + timedelta(seconds=1))
    assert await queue.claim() is None
    await queue.settle(first, MailState.SENT)
    assert await queue.claim() is not None


async def test_nothing_is_queued_twice(post: PostRoom) -> None:
    """The same wish again changes nothing."""
    call = await invited(post)
    async with post.database.writing() as connection:
        assert await queue_mails(connection, invitations(call, NOW), NOW) == 0


# Sign-in letters


async def sign_in(post: PostRoom, *, minutes: int = 15) -> None:
    """A therapist asks for a link."""
    key, token = post.sealer.new_key(), "the-token-of-the-link"
    hashed = token_hash(Pii(token))
    row = {"id": "t1", "address_hash": "a", "data_key": key, "created_at": NOW}
    link = {"token_hash": hashed, "therapist_id": "t1", "kind": "link"}
    wish = MailWish(
        MailKind.SIGN_IN, None, None, hashed, NOW, therapist_id="t1", enclosed=post.sealer.seal(key, token)
    )
    async with post.database.writing() as connection:
        await connection.execute(
            insert(therapists).values({**row, "email": post.sealer.seal(key, "cho@example.net")})
        )
        await connection.execute(
            insert(desk_tokens).values({**link, "expires_at": NOW + timedelta(minutes=minutes)})
        )
        await queue_mails(connection, [wish], NOW)


async def test_a_sign_in_link_is_mailed_and_forgotten(post: PostRoom, inbox: Inbox) -> None:
    """The link reaches the therapist, and its token does not stay in the database."""
    await sign_in(post)
    assert await post.by_mail(inbox).send_due() == 1
    assert inbox.recipients == ["cho@example.net"]
    assert "/desk/enter/the-token-of-the-link" in inbox.letters[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    async with post.database.reading() as connection:
        assert await connection.scalar(mails.select().with_only_columns(mails.c.enclosed)) is None


async def test_a_link_that_is_over_is_not_mailed(post: PostRoom, inbox: Inbox) -> None:
    """A letter that was held up for longer than its link is good is dropped."""
    await sign_in(post)
    post.clock.move(minutes=15)
    assert await post.by_mail(inbox).send_due() == 0
    assert await state(post) == "dropped"


# Running


async def until_state(post: PostRoom, wanted: str) -> None:
    """Wait for the one letter to be in this state."""
    async with asyncio.timeout(DEADLINE_S):
        while await state(post) != wanted:  # noqa: ASYNC110 - the database has no event for it
            await asyncio.sleep(0.01)


async def test_waking_sends_at_once(post: PostRoom, inbox: Inbox) -> None:
    """A running postman sends what comes as soon as he is told, and stops when he is asked to."""
    postman = post.by_mail(inbox)
    running = asyncio.create_task(postman.run())
    await asyncio.sleep(0)
    await invited(post)
    postman.wake()
    await until_state(post, "sent")
    await postman.stop(running)
    assert running.done()
    assert (postman.counts.sent, postman.counts.waiting) == (1, 0)


async def test_he_survives_a_database_that_fails(
    post: PostRoom, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look that ends in an error is followed by another one; nothing of the error's text is logged."""
    await invited(post)
    postman = post.by_mail(inbox)
    whole = postman._queue.lapse
    failing = [RuntimeError("about ada@example.net")]

    async def lapse() -> int:
        if failing:
            raise failing.pop()
        return await whole()

    monkeypatch.setattr(postman._queue, "lapse", lapse)
    monkeypatch.setattr(postman_module, "LOOK_EVERY_S", 0.01)
    with structlog.testing.capture_logs() as logged:
        running = asyncio.create_task(postman.run())
        await until_state(post, "sent")
        await postman.stop(running)
    assert next(entry["event"] for entry in logged) == "letters could not be sent"
    assert "ada" not in str(logged)


async def test_a_stop_lets_a_letter_finish(post: PostRoom, inbox: Inbox) -> None:
    """A letter that is leaving when the server stops is waited for, and no other is begun."""
    await invited(post)
    await invited(post)
    leaving, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_count: int) -> None:
        leaving.set()
        await go_on.wait()

    inbox.on_letter = wait
    postman = post.by_mail(inbox)
    running = asyncio.create_task(postman.run())
    await asyncio.wait_for(leaving.wait(), DEADLINE_S)
    stopping = asyncio.create_task(postman.stop(running))
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.wait_for(stopping, DEADLINE_S)
    states = {row.state for row in await the_queue(post.database)}
    assert "sent" in states
    assert states <= {"sent", "queued"}


@pytest.mark.parametrize(("at", "wanted"), [("greeting", "queued"), ("text", "uncertain")])
async def test_patience_has_an_end(
    post: PostRoom, inbox: Inbox, monkeypatch: pytest.MonkeyPatch, at: str, wanted: str
) -> None:
    """When the mail server keeps a stopping process waiting: not begun is given back, begun is uncertain."""
    monkeypatch.setattr(postman_module, "PATIENCE_S", 0.1)
    await invited(post)
    reached, never = asyncio.Event(), asyncio.Event()

    async def wait(_count: int) -> None:
        reached.set()
        await never.wait()

    inbox.on_letter = wait
    inbox.hold = never if at == "greeting" else None
    postman = post.by_mail(inbox)
    running = asyncio.create_task(postman.run())
    if at == "greeting":
        await until_state(post, "claimed")
    else:
        await asyncio.wait_for(reached.wait(), DEADLINE_S)
    await postman.stop(running)
    assert await state(post) == wanted
    never.set()


async def test_no_log_names_anybody(post: PostRoom, inbox: Inbox) -> None:
    """Refused, undeliverable or broken: logs have the letter's id and the reason, and no name and no address."""
    for _ in range(3):
        await invited(post)
    inbox.at_recipient = ["550 <ada@example.net> unknown", "450 <ada@example.net> later"]
    with structlog.testing.capture_logs() as logged:
        await post.by_mail(inbox).send_due()
    assert len(logged) == 2
    assert "ada" not in str(logged).lower()


def test_errors_carry_no_address() -> None:
    """Also an error that is shown somewhere by mistake."""
    assert "ada@" not in repr(UncertainError("lost at ada@example.net"))
    assert "ada@" not in repr(a_call())


# In the application


async def test_the_application_posts(tmp_path: Path, aiohttp_client: Any) -> None:
    """In a running server without a mail server, a letter is in the outbox soon after its call was stored."""
    app = make_app(Settings(data_dir=tmp_path))
    client = await aiohttp_client(app)
    parts = app[PARTS]
    call = a_call(starts_at=parts.clock() + timedelta(days=5))
    call = replace(call, created_at=parts.clock())
    await parts.store.add(call, letters=invitations(call, parts.clock()))
    async with asyncio.timeout(DEADLINE_S):
        while parts.postman.counts.sent < 2:  # noqa: ASYNC110 - nobody is told of it
            await asyncio.sleep(0.01)
    assert len(list((tmp_path / "outbox").glob(f"{call.id}-*.eml"))) == 2
    numbers = await (await client.get("/metrics")).text()
    assert 'holdspace_letters_total{state="sent"} 2.0' in numbers
    assert 'holdspace_letters_total{state="uncertain"} 0.0' in numbers
    assert "holdspace_letters_waiting" in numbers
