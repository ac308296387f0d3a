"""A real server in a process of its own, and real Chromium with fake microphones and cameras."""

from __future__ import annotations

import asyncio
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from playwright.async_api import async_playwright

from tests.web.call.fake_devices import FakeDevices, make_devices
from tests.web.call.guests import Guest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

ROOT = Path(__file__).parents[3]
LEFT_OUT = "no Chromium here; to run this test: apt-get install chromium"


@dataclass(frozen=True, slots=True)
class Server:
    """Where the server under test is reached."""

    url: str

    async def schedule(self, **fields: Any) -> dict[str, Any]:
        """Schedule a call for three, as any client would."""
        people = [
            {"role": "partner", "name": "Ash"},
            {"role": "partner", "name": "Birch"},
            {"role": "therapist", "name": "Cedar"},
        ]
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/api/v1/calls", json={"participants": people} | fields) as response,
        ):
            assert response.status == 201, await response.text()
            return await response.json()


@pytest.fixture
def chromium() -> str:
    """Path of a Chromium; the test is left out where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if (path := shutil.which(name)) is not None:
            return path
    pytest.skip(LEFT_OUT)


class Process:
    """`holdspace serve` on a port of its own, as often as a test starts it."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as found:
            self._port = found.getsockname()[1]
        self._folder = folder
        self._log = (folder / "server.log").open("wb")
        self._running: asyncio.subprocess.Process | None = None
        self.server = Server(f"http://127.0.0.1:{self._port}")

    async def start(self) -> None:
        """Return when it answers."""
        self._running = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "server", "serve", "--port", str(self._port)),
            *("--data-dir", str(self._folder / "data")),
            cwd=ROOT,
            stdout=self._log,
            stderr=self._log,
        )
        await _answers(f"{self.server.url}/readyz")

    async def kill(self) -> None:
        """SIGKILL."""
        assert self._running is not None
        self._running.kill()
        await self._running.wait()

    async def stop(self) -> None:
        """As an operator does; it ends well, and has logged no traceback."""
        assert self._running is not None
        self._running.terminate()
        await asyncio.wait_for(self._running.wait(), 15)
        self._log.close()
        said = (self._folder / "server.log").read_text()
        assert "Traceback" not in said, said
        assert self._running.returncode == 0


@pytest.fixture
async def process(tmp_path: Path) -> AsyncIterator[Process]:
    """A server with an empty database, which a test may kill and start again."""
    process = Process(tmp_path)
    await process.start()
    try:
        yield process
    finally:
        await process.stop()


@pytest.fixture
def server(process: Process) -> Server:
    """Where the server under test is reached."""
    return process.server


async def _answers(url: str) -> None:
    async with asyncio.timeout(20), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(url) as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)


@pytest.fixture
def devices(tmp_path: Path) -> dict[str, FakeDevices]:
    """A tone and a pattern for each of three people."""
    return {
        "a": make_devices(tmp_path, "a", 500, bright_side="left"),
        "b": make_devices(tmp_path, "b", 900, bright_side="right"),
        "t": make_devices(tmp_path, "t", 1500, bright_side="left"),
    }


@pytest.fixture
async def arrive(chromium: str) -> AsyncIterator[Callable[..., Awaitable[Guest]]]:
    """Bring somebody to a link, with a microphone and a camera or without."""
    guests: list[Guest] = []
    async with async_playwright() as playwright:

        async def arrive(link: str, devices: FakeDevices | None = None, **more: Any) -> Guest:
            guests.append(await Guest.arrive(playwright, chromium, link, devices, **more))
            return guests[-1]

        yield arrive
        await asyncio.gather(*(guest.leave() for guest in guests))
    assert not [trouble for guest in guests for trouble in guest.troubles]
