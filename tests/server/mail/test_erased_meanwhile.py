"""What a letter tells of is erased while it is on its way into the outbox: it does not stay there, whichever was first."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from server import retention
from server.desk.listed import ListedTherapists
from server.erasing import erase_person, remove_letters
from server.mail.outbox import Outbox
from server.mail.wishes import invitations
from server.retention import Retention
from server.status import DoorHours
from tests.server.mail.post import NOW, a_call, a_person, the_queue

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from server.mail.composer import Outgoing
    from server.mail.transport import HandOver
    from server.records import Call
    from tests.server.mail.post_room import PostRoom

HOURS = DoorHours(before=timedelta(minutes=10), after=timedelta(hours=1))


async def nothing() -> None:
    """Nothing happens."""


class Hurried(Outbox):
    """An outbox beside which something happens just before a letter is written, or just after."""

    before: Callable[[], Awaitable[None]] = staticmethod(nothing)
    after: Callable[[], Awaitable[None]] = staticmethod(nothing)

    async def deliver(self, outgoing: Outgoing, hand_over: HandOver) -> None:
        """Write it."""
        await self.before()
        await super().deliver(outgoing, hand_over)
        await self.after()


async def a_letter(post: PostRoom) -> Call:
    """A call of which Ada alone has an address, so that one letter is to be written."""
    call = a_call(people=(a_person(0, "Ada", "ada@example.net"), a_person(1, "Ben", None)))
    await post.store.add(call, letters=invitations(call, NOW))
    return call


@pytest.mark.parametrize("when", ["before", "after"])
async def test_whoever_is_erased_leaves_no_letter(post: PostRoom, when: str) -> None:
    """Ada has herself erased while the letter to her is composed, or when it lies there and nobody has noted it yet."""
    call = await a_letter(post)
    outbox = Hurried(post.folder)

    async def erase() -> None:
        async with post.database.writing() as connection:
            letters = await erase_person(connection, [call.id], 0)
        await asyncio.to_thread(remove_letters, post.folder / "outbox", letters=letters)

    setattr(outbox, when, erase)
    await post.postman(outbox).send_due()
    assert await the_queue(post.database) == []
    assert post.letters() == []


async def test_a_call_that_is_erased_leaves_no_letter(
    post: PostRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The letter is written when the files are removed already and the rows are not gone yet."""
    await a_letter(post)
    outbox = Hurried(post.folder)
    removed, under_way = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    async def wait() -> None:
        under_way.set()
        await removed.wait()

    outbox.before = wait
    sending = asyncio.create_task(post.postman(outbox).send_due())
    await under_way.wait()

    async def go_on() -> None:
        removed.set()
        await asyncio.wait({sending}, timeout=0.5)

    def remove(*told: Any, **more: Any) -> None:
        remove_letters(*told, **more)
        if more.get("topics"):
            asyncio.run_coroutine_threadsafe(go_on(), loop).result()

    monkeypatch.setattr(retention, "remove_letters", remove)
    listed = ListedTherapists([], post.sealer, anybody=False)
    keeper = Retention(post.database, HOURS, listed, keep=timedelta(), outbox=post.folder / "outbox")
    assert await keeper.run(NOW + timedelta(days=30)) == 1
    await sending
    assert await the_queue(post.database) == []
    assert post.letters() == []
