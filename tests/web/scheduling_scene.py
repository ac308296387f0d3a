"""A real server whose time stands at noon UTC on 24 November 2026, and what people do there with a browser."""

from __future__ import annotations

import asyncio
import email
import re
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.policy import default as modern
from typing import TYPE_CHECKING, Final

from aiohttp.test_utils import TestServer
from playwright.async_api import expect

from server.app import make_app
from server.settings import Settings
from tests.server.scene import ObedientClock, QuietPlane

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Page

DEADLINE_S: Final = 10
SUNDAY: Final = "2026-12-06T19:00"
"""In the organizer's zone, Europe/Berlin."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where the server is, its clock, and the folder with its letters."""

    url: str
    clock: ObedientClock
    outbox: Path

    async def link_in_a_letter(self, to: str, pattern: str) -> str:
        """Wait for a letter to an address that holds a link of this pattern."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                for file in sorted(self.outbox.glob("*.eml")):
                    letter = email.message_from_bytes(file.read_bytes(), policy=modern)
                    found = re.search(pattern, _text(letter)) if to in str(letter["To"]) else None
                    if found:
                        return found[0]
                await asyncio.sleep(0.05)


def _text(letter: email.message.EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@dataclass(frozen=True, slots=True)
class Links:
    """What the page shows once a call is set up."""

    people: list[str]
    own: str


@asynccontextmanager
async def serving(data_dir: Path) -> AsyncIterator[Scene]:
    """Serve from an empty database, for this machine alone: anybody may set up a call, any therapist has a desk."""
    clock = ObedientClock()
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    settings = Settings(port=port, data_dir=data_dir)
    app = make_app(settings, clock=clock, plane_factory=lambda _seats, _events: QuietPlane())
    server = TestServer(app, host="127.0.0.1", port=port)
    await server.start_server()
    try:
        yield Scene(settings.base_url, clock, data_dir / "outbox")
    finally:
        await server.close()


async def fill_in(page: Page, url: str, *, names: tuple[str, str] = ("Ash", "Birch")) -> None:
    """Open the first page and write who and when."""
    await page.goto(url)
    await page.get_by_label("One partner's name").fill(names[0])
    await page.get_by_label("The other partner's name").fill(names[1])
    await page.locator("#email-0").fill("ash@example.org")
    await page.get_by_text("At another time").click()
    await page.get_by_label("Date and time").fill(SUNDAY)


async def set_up(page: Page) -> Links:
    """Send the form; the links that the page shows."""
    await press(page, "Set up the call")
    await expect(page.locator("#links li").first).to_be_visible()
    people = [await one.input_value() for one in await page.locator("#links input").all()]
    return Links(people, await page.locator("#manage-url").input_value())


async def open_invitation(page: Page, link: str) -> None:
    """Open an own link, up to where one can answer."""
    await page.goto(link)
    await expect(page.locator("#answering")).to_be_visible()


async def propose(page: Page, local: str) -> None:
    """Propose another time, in the zone of the page's own browser."""
    await press(page, "Another time")
    await page.get_by_label("Date and time").fill(local)
    await press(page, "Propose this time")
    await expect(page.locator("#answer-said")).to_have_text("Your proposal is on its way.")


async def open_manage(page: Page, link: str) -> None:
    """Open the organizer's own link."""
    await page.goto(link)
    await expect(page.locator("#known")).to_be_visible()


async def open_desk(page: Page, scene: Scene, address: str) -> None:
    """Sign in to the desk by a mailed link."""
    await page.goto(f"{scene.url}/desk")
    await page.get_by_label("Your e-mail address").fill(address)
    await press(page, "Send me a link")
    await expect(page.locator("#sign-in-said")).not_to_be_empty()
    await page.goto(await scene.link_in_a_letter(address, r"http\S+/desk/enter/\S+"))
    await press(page, "Sign in")
    await expect(page.locator("#at-desk")).to_be_visible()


async def press(page: Page, name: str) -> None:
    """Press a button by the words on it."""
    await page.get_by_role("button", name=name, exact=True).click()
