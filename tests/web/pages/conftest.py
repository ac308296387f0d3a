"""A scripted call: the real pages and the real security headers, with a door and a line that say what a test wants."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

from server.security_headers import set_headers
from tests.web.pages.scripted_calls import FakeApi, FakeDoor, call_info
from tests.web.pages.scripted_line import DEADLINE_S, ScriptedCall
from tests.web.scheduling_scene import Scene, serving
from web.pages import add_pages
from web.site import Site

if TYPE_CHECKING:
    from pathlib import Path

    from signaling.calls import CallInfo

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


@dataclass
class Stage:
    """Everything a page test needs."""

    url: str
    door: FakeDoor
    line: ScriptedCall
    api: FakeApi
    server: TestServer

    @property
    def call_url(self) -> str:
        """Return the address of Anna's call page."""
        return f"{self.url}/calls/c1?as=anna"


StageMaker = Callable[..., Any]
Visitor = Callable[[str], Awaitable[Page]]
"""Brings somebody in a zone to a browser of their own."""


@pytest_asyncio.fixture(loop_scope="module")
async def make_stage() -> AsyncIterator[StageMaker]:
    """Return a coroutine function that starts the scripted server; all of them are closed afterwards."""
    stages: list[Stage] = []

    async def make(site: Site | None = None, call: CallInfo | None = None) -> Stage:
        door = FakeDoor(call or call_info())
        line, api = ScriptedCall(door.call), FakeApi()
        app = web.Application()
        app.on_response_prepare.append(set_headers)
        app.router.add_get("/api/v1/calls/{id}/signaling", line.handle)
        app.router.add_post("/api/v1/calls", api.create)
        app.router.add_delete("/api/v1/calls/{id}", api.cancel)
        app.router.add_get("/api/v1/calls/{id}/calendar.ics", api.calendar)
        add_pages(
            app,
            door,
            site or Site("http://127.0.0.1"),
            is_connected=line.is_connected,
            is_missed=line.is_missed,
        )
        server = TestServer(app, host="127.0.0.1")
        await server.start_server()
        stages.append(Stage(str(server.make_url("/")).rstrip("/"), door, line, api, server))
        return stages[-1]

    yield make
    for stage in stages:
        await stage.line.close()
        await stage.server.close()


@pytest_asyncio.fixture(loop_scope="module")
async def stage(make_stage: StageMaker) -> Stage:
    """Return a scripted call of three, with nothing special about it."""
    made: Stage = await make_stage()
    return made


# One browser for a module's tests, so everything that talks to it lives on the module's loop.
@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Return a real Chromium with a fake camera and microphone."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium, then run the tests again")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="module")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """Return a browser profile of a phone's width."""
    made = await browser.new_context(viewport={"width": 360, "height": 740}, permissions=["clipboard-write"])
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    """Return a tab in which any error of a script, or breach of the security policy, fails the test."""
    made = await context.new_page()
    made.set_default_timeout(DEADLINE_S * 1000)
    faults: list[str] = []
    made.on("pageerror", lambda error: faults.append(str(error)))
    made.on(
        "console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None
    )
    yield made
    assert not faults


@pytest_asyncio.fixture(loop_scope="module")
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """Return a real server with an empty database."""
    async with serving(tmp_path) as served:
        yield served


@pytest_asyncio.fixture(loop_scope="module")
async def visitor(browser: Browser) -> AsyncIterator[Visitor]:
    """Return a function that opens a browser of somebody in a zone; no script may fail, no request may be refused."""
    faults: list[str] = []
    async with AsyncExitStack() as stack:

        async def come(zone: str) -> Page:
            context = await browser.new_context(
                timezone_id=zone, viewport={"width": 360, "height": 740}, permissions=["clipboard-write"]
            )
            stack.push_async_callback(context.close)
            page = await context.new_page()
            page.set_default_timeout(DEADLINE_S * 1000)
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on("console", lambda said: faults.append(said.text) if _is_fault(said) else None)
            return page

        yield come
    assert not faults


def _is_fault(said: ConsoleMessage) -> bool:
    """Any error but what a browser notes of a line that a test has cut, or of somebody whom the desk does not know."""
    refused_at_desk = "the server responded" in said.text and "/api/v1/desk" in said.location["url"]
    return said.type == "error" and not refused_at_desk and "net::ERR_FAILED" not in said.text
