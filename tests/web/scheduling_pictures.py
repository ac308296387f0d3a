"""The pictures of docs/scheduling.md: an appointment from the first page to the day it is moved, and a therapist's desk."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from playwright.async_api import async_playwright

from tests.web.scheduling_scene import (
    fill_in,
    open_desk,
    open_invitation,
    open_manage,
    press,
    propose,
    serving,
    set_up,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from playwright.async_api import Browser, Page

    from tests.web.scheduling_scene import Scene

    Take = Callable[..., Awaitable[None]]

DEADLINE_S: Final = 240
HERE: Final = "Europe/Berlin"
FAR: Final = "America/New_York"
COUPLES: Final = (
    (("Ash", "Birch"), "2026-12-01T17:00", "Once", 1),
    (("Hazel", "Rowan"), "2026-12-02T18:30", "Every week", 2),
)
"""Whose calls a therapist has: names, when, how often, and how many have said yes."""


async def take_scheduling_pictures(chromium: str, take: Take) -> None:
    """Have a call set up, answered and moved; `take(page, name, at)` takes a picture of a page, from an element on."""
    with tempfile.TemporaryDirectory(prefix="holdspace-pictures-") as folder:
        async with (
            asyncio.timeout(DEADLINE_S),
            serving(Path(folder)) as scene,
            async_playwright() as playwright,
        ):
            browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            await _appointment(browser, scene, take)
            await _desk(browser, scene, take)
            await browser.close()


async def _appointment(browser: Browser, scene: Scene, take: Take) -> None:
    organizer, ash, birch, manage = [await _visitor(browser, zone) for zone in (HERE, HERE, FAR, HERE)]
    await fill_in(organizer, scene.url)
    await take(organizer, "when", "fieldset:has(#later)")
    links = await set_up(organizer)
    await take(organizer, "links", "body")
    await open_invitation(birch, links.people[1])
    await take(birch, "invitation")
    await press(birch, "Another time")
    await birch.get_by_label("Date and time").fill("2026-12-07T12:00")
    await take(birch, "another-time", "#answering")
    await press(birch, "Leave it")
    await open_invitation(ash, links.people[0])
    await press(ash, "Yes, I'll come")
    await ash.locator("#answer-said").wait_for()
    await propose(birch, "2026-12-07T12:00")
    await ash.reload()
    await ash.locator("#proposal-list li").wait_for()
    await take(ash, "proposal", "#answering")
    await open_manage(manage, links.own)
    await take(manage, "manage", "body")


async def _desk(browser: Browser, scene: Scene, take: Take) -> None:
    desk = await _visitor(browser, HERE)
    await desk.goto(f"{scene.url}/desk")
    await desk.locator("#signing-in").wait_for()
    await take(desk, "sign-in")
    await open_desk(desk, scene, "cedar@example.org")
    for names, day, repeat, answers in COUPLES:
        await desk.goto(f"{scene.url}/desk/new")
        await desk.get_by_label("One partner's name").fill(names[0])
        await desk.get_by_label("The other partner's name").fill(names[1])
        await desk.get_by_label("The therapist's name").fill("Dr Cedar")
        await desk.get_by_label("Date and time").fill(day)
        await desk.get_by_label("How often").select_option(repeat)
        await desk.locator("#email-0").fill(f"{names[0].lower()}@example.org")
        links = await set_up(desk)
        for link in links.people[:answers]:
            await _accept(browser, link)
    await desk.goto(f"{scene.url}/desk")
    await desk.locator("#coming-list li").first.wait_for()
    await take(desk, "desk")


async def _accept(browser: Browser, link: str) -> None:
    page = await _visitor(browser, HERE)
    await open_invitation(page, link)
    await press(page, "Yes, I'll come")
    await page.locator("#answer-said").wait_for()
    await page.context.close()


async def _visitor(browser: Browser, zone: str) -> Page:
    context = await browser.new_context(timezone_id=zone, locale="en-GB")
    return await context.new_page()
