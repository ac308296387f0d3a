"""Real processes, really killed (SIGKILL): each letter arrives once, or is uncertain and says why; none is lost or doubled."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from server.clock import utc_now
from server.mail.queue import INTERRUPTED
from server.mail.wishes import invitations
from server.tables import mails
from tests.server.mail.post import a_call, a_person, the_queue

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Callable

    from tests.server.mail.mail_server import Inbox
    from tests.server.mail.post_room import PostRoom

ROOT = Path(__file__).parents[3]
SHORT_LEASE_S = 1.5
LONG_LEASE_S = 180
DEADLINE_S = 120
HUNDRED = 100
SOME = 20


@asynccontextmanager
async def process(post: PostRoom, port: int, lease: float = SHORT_LEASE_S) -> AsyncIterator[Process]:
    """A postman in a process of its own, once it runs."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("postman_process.py")),
        *(str(post.folder), str(port), str(lease)),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert child.stdout is not None
    try:
        line = await asyncio.wait_for(child.stdout.readline(), DEADLINE_S)
        assert line in {b"running\n", b"stored\n"}
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()
        # So that nothing of it is left when the test's loop closes.
        child._transport.close()  # type: ignore[attr-defined]


async def many_letters(post: PostRoom, count: int) -> None:
    """So many letters: calls, each of which two people are invited to."""
    now = utc_now()
    calls = [
        a_call(
            starts_at=now + timedelta(days=5),
            created_at=now,
            people=(
                a_person(0, "Ada", f"ada{number}@example.net"),
                a_person(1, "Ben", f"ben{number}@example.net"),
            ),
        )
        for number in range(count // 2)
    ]
    for call in calls:
        await post.store.add(call, letters=invitations(call, now))


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something to become so, with a deadline."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 - it becomes so in another process
            await asyncio.sleep(0.02)


async def until_settled(post: PostRoom) -> dict[str, int]:
    """Wait until no letter waits any more; how many are in each state."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            states = Counter(row.state for row in await the_queue(post.database))
            if not states.keys() & {"queued", "claimed", "handing-over"}:
                return dict(states)
            await asyncio.sleep(0.1)


async def assert_each_once(post: PostRoom, inbox: Inbox) -> int:
    """Assert that what counts as sent arrived once and what may not have says so; how many are uncertain."""
    rows = await the_queue(post.database)
    arrived = Counter(inbox.ids)
    assert set(arrived.values()) <= {1}, "a letter came twice"
    for row in rows:
        count = arrived[f"<{row.id}@talk.example.org>"]
        if row.state == "uncertain":
            assert row.reason == INTERRUPTED
        else:
            assert (row.state, count) == ("sent", 1), row
    return sum(row.state == "uncertain" for row in rows)


async def test_killed_between_storing_and_sending(post: PostRoom, inbox: Inbox) -> None:
    """What was stored is sent by the next process."""
    async with process(post, -1) as child:
        child.kill()
        await child.wait()
    assert inbox.letters == []
    async with process(post, inbox.port):
        assert await until_settled(post) == {"sent": 2}
    assert await assert_each_once(post, inbox) == 0


async def test_killed_before_a_word_was_said(post: PostRoom, inbox: Inbox) -> None:
    """Letters that a process had taken, and not begun to hand over, are sent by the next one; none is uncertain."""
    await many_letters(post, SOME)
    inbox.hold = asyncio.Event()
    async with process(post, inbox.port) as child:
        await until(lambda: inbox.connections > 0)
        assert "claimed" in {row.state for row in await the_queue(post.database)}
        child.kill()
        await child.wait()
    inbox.hold.set()
    async with process(post, inbox.port):
        assert await until_settled(post) == {"sent": SOME}
    assert await assert_each_once(post, inbox) == 0


async def test_killed_in_the_middle_of_a_hundred_letters(post: PostRoom, inbox: Inbox) -> None:
    """Killed while letters leave: those that were on the wire are uncertain, at most as many as go at once."""
    await many_letters(post, HUNDRED)
    async with process(post, inbox.port) as child:

        async def kill(count: int) -> None:
            if count == HUNDRED // 2:
                child.kill()
                await child.wait()

        inbox.on_letter = kill
        await child.wait()
    inbox.on_letter = lambda _count: None
    before = len(inbox.letters)
    assert HUNDRED // 2 <= before < HUNDRED
    async with process(post, inbox.port):
        states = await until_settled(post)
    assert sum(states.values()) == HUNDRED
    uncertain = await assert_each_once(post, inbox)
    assert 1 <= uncertain <= 4
    assert len(inbox.letters) >= HUNDRED - uncertain


async def test_an_outbox_knows_no_doubt(post: PostRoom) -> None:
    """Killed in the middle of a file: the next process writes it again under the same name, and nothing is uncertain."""
    await many_letters(post, SOME)
    async with post.database.reading() as connection:
        call_id, mail_id = (await connection.execute(select(mails.c.call_id, mails.c.id).limit(1))).one()
    outbox = post.folder / "outbox"
    outbox.mkdir(mode=0o700)
    # Opening a pipe that nobody reads takes for ever.
    stuck = outbox / f"{call_id}-{mail_id}.part"
    os.mkfifo(stuck)
    async with process(post, 0) as child:
        await until(lambda: sum(file.suffix == ".eml" for file in post.letters()) == SOME - 1)
        child.kill()
        await child.wait()
    assert stuck.is_fifo()
    stuck.unlink()
    async with process(post, 0):
        assert await until_settled(post) == {"sent": SOME}
    files = post.letters()
    assert len(files) == SOME
    assert all(file.suffix == ".eml" and file.read_bytes().endswith(b"--\r\n") for file in files)


async def test_two_processes_send_each_letter_once(post: PostRoom, inbox: Inbox) -> None:
    """Two processes on one database share the work, and no letter goes twice."""
    await many_letters(post, SOME)
    inbox.hold = asyncio.Event()
    async with process(post, inbox.port, LONG_LEASE_S), process(post, inbox.port, LONG_LEASE_S):
        await until(lambda: inbox.connections > 4)
        inbox.hold.set()
        assert await until_settled(post) == {"sent": SOME}
    assert await assert_each_once(post, inbox) == 0
    assert len(inbox.letters) == SOME
