"""Nothing is recorded: over a real call a real server process writes its database and nothing else, and no media is in that.

Three witnesses, since none sees everything: an audit hook inside the process (what Python opens), its descriptors as the kernel
knows them (what anything opens, compiled code too), and all that lies in every folder it may write to afterwards.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from media.plane.interface import Answer, Receive
from signaling.socket import SUBPROTOCOL
from tests.media.plane.wire_client import WireClient
from tests.signaling.world import Client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = Path(__file__).parents[3]
SERVER = Path(__file__).with_name("audited_server.py")
DATABASE = re.compile(r"holdspace\.sqlite3(-wal|-shm|-journal)?|holdspace\.key(\.[0-9a-f]{8})?")
"""The database, and the key that opens the names in it."""
MIN_MARK_BYTES = 12
"""Fewer bytes than this of a payload may stand in any file by chance."""

pytestmark = pytest.mark.skipif(not Path("/proc/self/fdinfo").is_dir(), reason="reads Linux's /proc")


@dataclass
class Watched:
    """The server process, and what its witnesses said."""

    url: str
    folder: Path
    pid: int
    told: Path
    open_for_writing: set[str] = field(default_factory=set)
    looks: int = 0
    started: int = 0
    """How much the hook had told when the server was ready: until then libraries were looked for, and there was no media."""

    async def keep_looking(self) -> None:
        """Read its descriptors again and again."""
        while True:
            self.look()
            await asyncio.sleep(0.02)

    def look(self) -> None:
        """Note every regular file that it has open for writing now."""
        self.looks += 1
        for link in Path(f"/proc/{self.pid}/fd").iterdir():
            try:
                target, info = str(link.readlink()), Path(f"/proc/{self.pid}/fdinfo/{link.name}").read_text()
            except FileNotFoundError:
                continue  # closed meanwhile
            flags = int(re.search(r"flags:\s*(\d+)", info)[1], 8)  # type: ignore[index]
            if flags & (os.O_WRONLY | os.O_RDWR) and not re.match(r"(socket|pipe|anon_inode):|/dev/", target):
                self.open_for_writing.add(target)

    def hooked(self) -> list[str]:
        """What the audit hook told, in order."""
        return self.told.read_text().splitlines()

    def files(self) -> list[Path]:
        """All that lies in the folders that are its own."""
        return [path for path in self.folder.rglob("*") if path.is_file()]


@asynccontextmanager
async def watched_server(tmp_path: Path) -> AsyncIterator[Watched]:
    """`holdspace serve` with its home, its temporary folder and its working folder in one place that was empty."""
    folder = tmp_path / "all-it-has"
    for name in ("home", "tmp", "work"):
        (folder / name).mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    told, log = tmp_path / "told", tmp_path / "server.log"
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp"),
        "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    with told.open("ab") as witness, log.open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(SERVER), str(witness.fileno()),
            "serve", "--port", str(port), "--data-dir", str(folder / "data"),
            cwd=folder / "work", env=environment, stdout=said, stderr=said, pass_fds=(witness.fileno(),),
        )  # fmt: skip
        watched = Watched(f"http://127.0.0.1:{port}", folder, process.pid, told)
        try:
            await _answers(watched.url)
            watched.started = len(watched.hooked())
            yield watched
        finally:
            process.terminate()
            await asyncio.wait_for(process.wait(), 15)
    assert process.returncode == 0, log.read_text()


async def _answers(url: str) -> None:
    async with asyncio.timeout(30), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"{url}/readyz") as response:
                    if response.ok:
                        return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)


class Guest:
    """One person who came in by their invitation, with a connection of our own."""

    _numbers = count()

    def __init__(self, line: Client, client: WireClient, participant: str) -> None:
        self.line = line
        self.client = client
        self.id = participant

    @classmethod
    async def come_in(
        cls, session: aiohttp.ClientSession, url: str, call: dict[str, Any], person: dict[str, Any]
    ) -> Guest:
        """Join, offer, connect and be ready."""
        token = person["invitation_url"].rpartition("/")[2]
        socket = await session.ws_connect(
            f"{url}/api/v1/calls/{call['id']}/signaling",
            headers={"Authorization": f"Bearer {token}"}, protocols=(SUBPROTOCOL,),
        )  # fmt: skip
        line, client = Client(socket), WireClient(person["id"], next(cls._numbers) % 3)
        await line.does("join")
        await line.send("offer", sdp=await client.offer(), id="offer")
        answer = await line.until("answer")
        await client.accept(Answer(answer["sdp"], tuple(Receive(**one) for one in answer["receive"])))
        await line.does("ready", ready=True)
        return cls(line, client, person["id"])

    async def gets(self, of: Guest, kind: str, packets: int) -> None:
        """Wait until so many further packets of somebody have come."""
        goal = len(self.client.stream(of.id, kind)) + packets
        await self.client.until(
            lambda: len(self.client.stream(of.id, kind)) >= goal, f"{packets} more packets of {kind}"
        )

    async def leave(self) -> None:
        """Close everything."""
        await self.client.close()
        await self.line.socket.close()


async def test_a_whole_call_leaves_nothing_but_the_database(tmp_path: Path) -> None:
    """Clear and blurred pictures, sound, words at the door and a silent sign: no file holds a byte of them."""
    people = [
        {"role": "partner", "name": "Ash"},
        {"role": "partner", "name": "Birch"},
        {"role": "therapist", "name": "Cedar"},
    ]
    async with watched_server(tmp_path) as watched, aiohttp.ClientSession() as session:
        looking = asyncio.create_task(watched.keep_looking())
        body = {"participants": people, "format": "open-talk"}
        async with session.post(f"{watched.url}/api/v1/calls", json=body) as response:
            call = await response.json()
        guests = [
            await Guest.come_in(session, watched.url, call, person)
            for person in reversed(call["participants"])
        ]
        _, birch, ash = guests
        await ash.line.does("arrive", alone=False, good_time=True, where="12 Quince Street", contact="Olive")
        await ash.line.does("signal")
        await birch.gets(ash, "audio", 40)
        await birch.gets(ash, "video", 20)
        await ash.line.does("distance.set", outgoing="soft")
        await birch.gets(ash, "video", 20)
        await birch.line.does("break.start")
        await ash.client.until(lambda: ash.client.sent["audio"] > 200, "more to be sent in the break")
        watched.look()
        looking.cancel()
        for guest in guests:
            await guest.leave()
    assert_the_database_alone(watched)
    assert_nothing_sent_is_kept(watched, [guest.client for guest in guests])


def assert_the_database_alone(watched: Watched) -> None:
    """By each witness."""
    assert watched.looks > 20
    kept = {path.name for path in watched.files()}
    assert kept, "the database itself"
    assert not {name for name in kept if not DATABASE.fullmatch(name)}
    outside = {Path(path).name for path in watched.open_for_writing} - {watched.told.name, "server.log"}
    assert outside, "the kernel's witness saw the database"
    assert not {name for name in outside if not DATABASE.fullmatch(name)}
    assert any(line.startswith("sqlite3.connect") for line in watched.hooked()), "the hook was there"
    # Several things at once read the database, each by a connection of its own.
    later = [line for line in watched.hooked()[watched.started :] if not _connects(line)]
    assert later == []


def _connects(line: str) -> bool:
    event, _, path = line.partition(" ")
    return event == "sqlite3.connect" and DATABASE.fullmatch(Path(path).name) is not None


def assert_nothing_sent_is_kept(watched: Watched, clients: list[WireClient]) -> None:
    """No sound and no picture that anybody sent or got, and no word that is for memory alone."""
    marks = {
        payload for client in clients for payload in (*client.sent_at, *(p.payload for p in client.packets))
    }
    marks = {mark for mark in marks if len(mark) >= MIN_MARK_BYTES}
    assert len(marks) > 500
    # What stands in every payload of a kind is looked for as well as the payloads themselves.
    for path in [*watched.files(), watched.folder.parent / "server.log"]:
        content = path.read_bytes()
        assert b"Quince" not in content
        assert b"sound of " not in content
        assert not [mark for mark in marks if mark in content], path.name
