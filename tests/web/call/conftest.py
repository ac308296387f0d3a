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


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """`holdspace serve` on a free port, with an empty database."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    log = (tmp_path / "server.log").open("wb")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", "serve", "--port", str(port), "--data-dir", str(tmp_path / "data"),
        cwd=ROOT, stdout=log, stderr=log,
    )  # fmt: skip
    try:
        await _answers(f"http://127.0.0.1:{port}/readyz")
        yield Server(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 15)
        log.close()
    said = (tmp_path / "server.log").read_text()
    assert "Traceback" not in said, said
    assert process.returncode == 0


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
