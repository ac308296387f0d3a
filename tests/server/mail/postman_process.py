"""A postman in a process of its own, to be killed: `python postman_process.py <folder> <port or 0> <lease in seconds>`.

With port 0 it writes into the outbox. With a negative port it stores a call, says so, and waits.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from server.clock import utc_now
from server.database import Database
from server.mail.wishes import invitations
from server.sealing import Sealer
from server.store import CallStore
from tests.server.mail.mail_server import Inbox
from tests.server.mail.post import KEY, a_call
from tests.server.mail.post_room import PostRoom, smtp

LOOK_EVERY_S = 0.2
"""More often than in a real server: these tests should not wait for leases."""
PATIENCE_S = 100.0
"""A letter that a slow machine keeps waiting is not put off for a minute."""


async def main(folder: Path, port: int, lease: float) -> None:
    """Send letters until killed."""
    sealer = Sealer(KEY)
    database = Database(f"sqlite+aiosqlite:///{folder / 'calls.sqlite3'}", sealer)
    await database.open()
    store = CallStore(database, sealer)
    if port < 0:
        now = utc_now()
        call = a_call(starts_at=now + timedelta(days=5), created_at=now)
        await store.add(call, letters=invitations(call, now))
        sys.stdout.write("stored\n")
        sys.stdout.flush()
        await asyncio.Event().wait()
    room = PostRoom(folder, utc_now, sealer, database, store)
    transport = smtp(Inbox(port=port), timeout_s=PATIENCE_S) if port else None
    postman = room.postman(transport, timedelta(seconds=lease))
    running = asyncio.create_task(postman.run())
    sys.stdout.write("running\n")
    sys.stdout.flush()
    while not running.done():
        await asyncio.sleep(LOOK_EVERY_S)
        postman.wake()


asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
