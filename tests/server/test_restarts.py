"""Conversations that outlive the server: stored sealed, gone with their call, and there for the next process after a SIGKILL."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp.test_utils import unused_port
from sqlalchemy import select

from media.mediation.conversation import Conversation
from media.mediation.people import Role, Seat
from media.mediation.presence import HOLD_S
from server.app import PARTS
from server.conversations import StoredConversations
from server.erasing import erase_calls
from server.housekeeping import Housekeeping
from server.retention import Retention
from server.tables import conversations
from signaling.conversation_store import Standing
from tests.server.scene import CALLS, PUBLIC_URL, token_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from aiohttp import ClientWebSocketResponse

    from tests.server.scene import Site

    OpenSite = Callable[..., Awaitable[Site]]

ROOT = Path(__file__).parents[2]
DEADLINE_S = 30
SEEN_S = 1.0
"""The server says so often that it is alive; the holder may have gained as much after a kill."""
PEOPLE = [{"role": "partner", "name": "Ada"}, {"role": "partner", "name": "Ben"}]


@dataclass
class Guest:
    """Somebody in a call, by the public protocol."""

    socket: ClientWebSocketResponse
    state: dict[str, Any] = field(default_factory=dict)

    async def until(self, kind: str, **fields: Any) -> dict[str, Any]:
        """The next message of this type that has these fields."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                message: dict[str, Any] = json.loads(await self.socket.receive_str())
                if message["type"] == "conversation":
                    self.state = message
                if message["type"] == kind and fields.items() <= message.items():
                    return message

    async def does(self, kind: str, **fields: Any) -> None:
        """The server carries it out."""
        await self.socket.send_json({"type": kind, "id": kind, **fields})
        await self.until("ok", re=kind)

    async def sees(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first state that is so."""
        while not (self.state and wanted(self.state)):
            await self.until("conversation")
        return self.state


@dataclass
class Call:
    """A call and the way into it."""

    session: aiohttp.ClientSession
    url: str
    made: dict[str, Any]

    async def join(self, place: int) -> Guest:
        """Come in."""
        guest = Guest(
            await self.session.ws_connect(
                f"{self.url}{CALLS}/{self.made['id']}/signaling",
                headers={"Authorization": f"Bearer {token_of(self.made, place)}"},
                protocols=("holdspace.v1",),
            )
        )
        await guest.does("join")
        return guest

    async def talk(self) -> list[Guest]:
        """Both are there, and ready."""
        guests = [await self.join(place) for place in (0, 1)]
        for guest in guests:
            await guest.does("ready", ready=True)
        return guests


@asynccontextmanager
async def server(port: int, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """`holdspace serve`, once it answers; killed at the end if it still runs."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server", "serve", "--port", str(port), "--data-dir", str(folder)),
        cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(DEADLINE_S), aiohttp.ClientSession() as session:
            while not await answers(session, f"http://127.0.0.1:{port}/readyz"):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()
        # So that nothing of it is left when the test's loop closes.
        child._transport.close()  # type: ignore[attr-defined]


async def answers(session: aiohttp.ClientSession, url: str) -> bool:
    """Whether there is a server yet."""
    try:
        async with session.get(url) as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False


async def schedule(session: aiohttp.ClientSession, url: str) -> Call:
    """A call for now."""
    async with session.post(
        f"{url}{CALLS}", json={"participants": PEOPLE, "format": "timed-turns"}
    ) as response:
        assert response.status == 201
        return Call(session, url, await response.json())


def rows(folder: Path) -> int:
    """How many conversations are stored, as another process sees it."""
    with closing(sqlite3.connect(f"file:{folder / 'holdspace.sqlite3'}?mode=ro", uri=True)) as database:
        count: int = database.execute("select count(*) from conversations").fetchone()[0]
    return count


@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM"])
async def test_the_same_call_goes_on_with_the_next_process(tmp_path: Path, how: str) -> None:
    """Killed right behind an `ok`: the same holder with the same time left, the same distances, nobody asked again."""
    port = unused_port()
    url = f"http://127.0.0.1:{port}"
    async with aiohttp.ClientSession() as session:
        async with server(port, tmp_path) as first:
            call = await schedule(session, url)
            ada, ben = await call.talk()
            await ben.does("distance.set", outgoing="veiled")
            await ada.does("floor.request")
            before = await ben.sees(lambda state: state["floor"]["holder"] is not None)
            loop = asyncio.get_running_loop()
            began_at = loop.time()
            (first.kill if how == "SIGKILL" else first.terminate)()
            killed_at = loop.time()
            await first.wait()
        async with server(port, tmp_path) as second:
            ada, ben = await call.join(0), await call.join(1)
            after = await ben.sees(lambda state: all(p["present"] for p in state["participants"]))
            assert (after["phase"], after["floor"]["holder"]) == ("talking", before["floor"]["holder"])
            assert after["revision"] > before["revision"]
            assert after["distance"]["outgoing"] == before["distance"]["outgoing"]
            left_s = before["floor"]["remaining_s"] - (killed_at - began_at)
            assert left_s - 1 <= after["floor"]["remaining_s"] <= left_s + SEEN_S + 1
            await ada.does("end")
            asked = await ben.sees(lambda state: bool(state["proposals"]))
            await ben.does("consent", proposal=asked["proposals"][0]["id"], answer=True)
            await ben.until("bye")
            second.terminate()
            await second.wait()
    assert rows(tmp_path) == 0


@pytest.mark.parametrize("last", ["leave", "end", "break"])
async def test_what_was_acknowledged_last_holds_after_a_kill(tmp_path: Path, last: str) -> None:
    """Killed on its `ok`: who left is gone, a call that was ended is over, one that was put off has its new time."""
    port = unused_port()
    async with aiohttp.ClientSession() as session:
        async with server(port, tmp_path) as child:
            call = await schedule(session, f"http://127.0.0.1:{port}")
            ada, ben = await call.talk()
            if last == "end":
                await ben.does("end")
                asked = await ada.sees(lambda state: bool(state["proposals"]))
                await ada.does("consent", proposal=asked["proposals"][0]["id"], answer=True)
            elif last == "leave":
                await ada.does("leave")
            else:
                await ada.does("break.start", seconds=8 * 3600)
            child.kill()
            await child.wait()
        async with server(port, tmp_path) as child:
            bearer = {"Authorization": f"Bearer {token_of(call.made)}"}
            async with session.get(f"{call.url}{CALLS}/{call.made['id']}", headers=bearer) as response:
                told = await response.json()
            if last == "end":
                assert told["status"] == "ended"
            elif last == "leave":
                ben = await call.join(1)
                state = await ben.sees(lambda state: state["participants"][1]["present"])
                assert (state["phase"], state["participants"][0]["left"]) == ("waiting", True)
            else:
                moved = datetime.fromisoformat(told["starts_at"]) - datetime.fromisoformat(
                    call.made["starts_at"]
                )
                assert timedelta(hours=7.9) < moved < timedelta(hours=8.1)


# In one process


SEATS = (Seat("a", Role.PARTNER), Seat("b", Role.PARTNER))


async def stored(site: Site, call_id: str) -> Any:
    """The row of a call's conversation, once what waits is written."""
    parts = site.client.app[PARTS]  # type: ignore[index]
    await parts.conversations.write()
    async with parts.database.reading() as connection:
        return (
            (await connection.execute(select(conversations).where(conversations.c.call_id == call_id)))
            .mappings()
            .one_or_none()
        )


def store_of(site: Site) -> StoredConversations:
    """The store of a running site."""
    found: StoredConversations = site.client.app[PARTS].conversations  # type: ignore[index]
    return found


def house_of(site: Site) -> Housekeeping:
    """Housekeeping as the application does it."""
    parts = site.client.app[PARTS]  # type: ignore[index]
    retention = Retention(
        parts.database, parts.hours, parts.desk.listed, keep=timedelta(days=30), outbox=site.folder / "outbox"
    )
    return Housekeeping(retention, parts.rooms, parts.store, parts.hours, site.clock)


def standing(now: float = 1.0) -> Standing:
    """A conversation that has just begun."""
    return Standing(Conversation(SEATS).state, 0, now, ("terms",), {})


def put(site: Site, call_id: str) -> None:
    """A conversation that has just begun is stored."""
    store_of(site).put(call_id, standing())


async def test_what_is_stored_is_sealed(site: Site) -> None:
    """With a key of its own each time; nothing of it stands in the row."""
    call = await site.call()
    put(site, call["id"])
    first = await stored(site, call["id"])
    assert b"seats" not in first["body"]
    put(site, call["id"])
    second = await stored(site, call["id"])
    assert second["data_key"] != first["data_key"]
    found = await store_of(site).find(call["id"])
    assert found is not None
    assert found.kept is not None
    assert [seat["id"] for seat in found.kept["conversation"]["state"]["seats"]] == ["a", "b"]
    assert b'"seats"' not in (site.folder / "holdspace.sqlite3-wal").read_bytes()


async def measured(site: Site, call_id: str) -> tuple[float, float]:
    """Since when a conversation is stored, and how long of that no server was there."""
    found = await store_of(site).find(call_id)
    assert found is not None
    return found.stored_s, found.down_s


async def test_time_goes_on_while_it_lies_there(site: Site, open_site: OpenSite) -> None:
    """A server says of the calls that people are in that it is there, and of no others."""
    call, other = await site.call(), await site.call()
    for one in (call, other):
        put(site, one["id"])
    await store_of(site).write()
    site.clock.move(seconds=30)
    await store_of(site).write(live=(call["id"],))
    site.clock.move(seconds=12)
    again = await open_site(public_url=PUBLIC_URL)
    assert await measured(again, call["id"]) == (42, 12)
    assert await measured(again, other["id"]) == (42, 42)


async def test_a_clock_that_was_set_back_holds_nobodys_place(site: Site, open_site: OpenSite) -> None:
    """How long the server was away nobody knows then: too long."""
    call = await site.call()
    put(site, call["id"])
    await store_of(site).write()
    site.clock.move(seconds=-300)
    again = await open_site(public_url=PUBLIC_URL)
    assert (await measured(again, call["id"]))[1] > HOLD_S


async def test_it_is_said_each_second_that_the_server_is_there(site: Site) -> None:
    """While somebody is in a call, though nothing happens in it; and a write that failed does not end that."""
    call = await site.call()
    parts = site.client.app[PARTS]  # type: ignore[index]
    async with site.client.ws_connect(
        f"{CALLS}/{call['id']}/signaling",
        headers={"Authorization": f"Bearer {token_of(call)}"},
        protocols=("holdspace.v1",),
    ) as socket:
        await Guest(socket).does("join")  # type: ignore[arg-type]
        first = (await stored(site, call["id"]))["seen_at"]
        works = parts.database.write_at_once
        failed = asyncio.Event()

        async def fails(_write: Any) -> None:
            failed.set()
            raise DiskFullError

        parts.database.write_at_once = fails
        async with asyncio.timeout(DEADLINE_S):
            await failed.wait()
        parts.database.write_at_once = works
        site.clock.move(seconds=5)
        async with asyncio.timeout(DEADLINE_S):
            while await seen(site, call["id"]) == first:  # noqa: ASYNC110 - a row in the database tells nobody
                await asyncio.sleep(0.05)


async def seen(site: Site, call_id: str) -> datetime:
    """When it was last said of a call, without writing anything."""
    async with site.client.app[PARTS].database.reading() as connection:  # type: ignore[index]
        found: datetime = await connection.scalar(
            select(conversations.c.seen_at).where(conversations.c.call_id == call_id)
        )
    return found


async def test_a_server_that_stops_writes_what_waits(site: Site) -> None:
    """The last thing that happened, too."""
    call = await site.call()
    store = StoredConversations(site.client.app[PARTS].database, site.client.app[PARTS].sealer, site.clock)  # type: ignore[index]
    store.put(call["id"], standing())
    await store.close()
    assert await stored(site, call["id"]) is not None


async def test_reading_waits_for_no_writer(site: Site) -> None:
    """Somebody holds the database, or the disk is full: whoever comes in meanwhile does, with all that was said."""
    one, other, third = [(await site.call())["id"] for _ in range(3)]
    put(site, one)
    put(site, third)
    await store_of(site).write()
    async with site.client.app[PARTS].database.writing():  # type: ignore[index]
        put(site, other)
        store_of(site).keep_choices(one)
        store_of(site).drop(third)
        async with asyncio.timeout(2):
            first, second = await store_of(site).find(one), await store_of(site).find(other)
            assert await store_of(site).find(third) is None
    assert first is not None
    assert first.choices_only
    assert second is not None
    assert second.kept == standing().as_json()


async def test_one_that_cannot_be_written_down_holds_no_other_up(site: Site) -> None:
    """A number that JSON has no word for, say."""
    one, other = [(await site.call())["id"] for _ in range(2)]
    store_of(site).put(one, standing(float("nan")))
    put(site, other)
    assert await stored(site, other) is not None
    assert await stored(site, one) is None


async def test_the_newest_alone_is_kept_and_a_dropped_one_is_gone(site: Site) -> None:
    """However they follow each other before they are written."""
    call = await site.call()
    put(site, call["id"])
    store_of(site).keep_choices(call["id"])
    assert (await stored(site, call["id"]))["choices_only"]
    put(site, call["id"])
    assert not (await stored(site, call["id"]))["choices_only"]
    store_of(site).keep_choices(call["id"])
    assert (await stored(site, call["id"]))["choices_only"]
    put(site, call["id"])
    store_of(site).drop(call["id"])
    assert await stored(site, call["id"]) is None
    put(site, call["id"])
    await store_of(site).write()
    store_of(site).drop(call["id"])
    store_of(site).keep_choices(call["id"])
    assert await stored(site, call["id"]) is None


async def test_the_journal_is_emptied_of_a_call_that_is_over(site: Site) -> None:
    """No sealed copy of how it stood before is left there, nor of the keys."""
    call = await site.call()
    parts = site.client.app[PARTS]  # type: ignore[index]
    put(site, call["id"])
    row = await stored(site, call["id"])
    async with asyncio.timeout(DEADLINE_S):
        while not await parts.database.empty_journal():  # noqa: ASYNC110 - somebody reads
            await asyncio.sleep(0.05)
    assert row["data_key"] in (site.folder / "holdspace.sqlite3").read_bytes()
    store_of(site).drop(call["id"])
    await store_of(site).write()
    house = house_of(site)
    for _ in range(2):
        await house.run_once(site.clock())
    for path in site.folder.glob("holdspace.sqlite3*"):
        assert row["data_key"] not in path.read_bytes(), path


async def test_what_was_erased_does_not_come_back(site: Site) -> None:
    """Erasing a call takes what is stored of it along; what is put after it is stored no more."""
    call = await site.call()
    put(site, call["id"])
    assert await stored(site, call["id"]) is not None
    async with site.client.app[PARTS].database.writing() as connection:  # type: ignore[index]
        await erase_calls(connection, [call["id"]], site.clock())
    assert await stored(site, call["id"]) is None
    put(site, call["id"])
    assert await stored(site, call["id"]) is None


class DiskFullError(OSError):
    """There is no room left."""


async def test_the_next_write_stores_what_one_could_not(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk, say: calls go on, nothing is lost that can still be stored, and nobody waits for it."""
    call = await site.call()
    parts = site.client.app[PARTS]  # type: ignore[index]

    async def fails(_write: Any) -> None:
        raise DiskFullError

    with monkeypatch.context() as patch:
        patch.setattr(parts.database, "write_at_once", fails)
        put(site, call["id"])
        waits = store_of(site).stored()
        assert waits is not None
        with pytest.raises(DiskFullError):
            await store_of(site).write()
        assert waits.done()
        store_of(site).keep_choices(call["id"])
    row = await stored(site, call["id"])
    assert row["choices_only"]
    assert store_of(site).stored() is None


async def test_housekeeping_forgets_what_nobody_ended(site: Site) -> None:
    """The time of a call has passed, and no room knew of it."""
    call = await site.call()
    put(site, call["id"])
    await store_of(site).write()
    site.clock.move(days=2)
    await house_of(site).run_once(site.clock())
    assert await stored(site, call["id"]) is None
