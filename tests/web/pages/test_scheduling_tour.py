"""In real Chromium at the real server: a call is set up, accepted, proposed anew, agreed on, moved and cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.web.accessibility import assert_accessible
from tests.web.scheduling_scene import (
    fill_in,
    open_desk,
    open_invitation,
    open_manage,
    press,
    propose,
    set_up,
)

if TYPE_CHECKING:
    from tests.web.pages.conftest import Visitor
    from tests.web.scheduling_scene import Scene

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]


async def test_from_setting_up_to_cancelling(scene: Scene, visitor: Visitor) -> None:
    """Both answer in their own time, agree on another one, the organizer moves it and cancels; each page is accessible."""
    organizer, ash, birch = [
        await visitor(zone) for zone in ("Europe/Berlin", "Europe/Berlin", "America/New_York")
    ]
    await fill_in(organizer, scene.url)
    await assert_accessible(organizer)
    links = await set_up(organizer)
    await expect(organizer.locator("#links li").first).to_contain_text("ash@example.org")
    await assert_accessible(organizer)

    await open_invitation(ash, links.people[0])
    await expect(ash.locator("#when")).to_have_text("Sunday, 6 December 2026, 19:00")
    await expect(ash.locator("#when-elsewhere")).to_be_hidden()
    await press(ash, "Yes, I'll come")
    await expect(ash.locator("#standing")).to_have_text("The door opens once Birch has said yes too.")

    await open_invitation(birch, links.people[1])
    await expect(birch.locator("#when")).to_have_text("Sunday, 6 December 2026, 13:00")
    await expect(birch.locator("#when-elsewhere")).to_contain_text("19:00 in Berlin")
    await press(birch, "Another time")
    await assert_accessible(birch)
    await press(birch, "Leave it")
    await propose(birch, "2026-12-07T12:00")

    await ash.reload()
    await expect(ash.locator("#proposal-list")).to_contain_text(
        "Birch proposes Monday, 7 December 2026, 18:00"
    )
    await assert_accessible(ash)
    await ash.get_by_role("button", name="Yes, that suits me").click()
    await expect(ash.locator("#when")).to_have_text("Monday, 7 December 2026, 18:00")
    await expect(ash.locator("#standing")).to_contain_text("Both partners have said yes.")

    manage = await visitor("Europe/Berlin")
    await open_manage(manage, links.own)
    await expect(manage.locator("#standing")).to_contain_text("Both partners have said yes.")
    await manage.get_by_text("Move this call").click()
    await assert_accessible(manage)
    await manage.get_by_label("Date and time").fill("2026-12-08T20:15")
    await press(manage, "Move it")
    await expect(manage.locator("#when")).to_have_text("Tuesday, 8 December 2026, 20:15")
    await expect(manage.locator("#standing")).to_have_text("The door opens once Ash and Birch have said yes.")

    await ash.reload()
    await expect(ash.locator("#when")).to_have_text("Tuesday, 8 December 2026, 20:15")
    await expect(ash.locator("#accepted")).to_have_attribute("aria-pressed", "false")

    await press(manage, "Cancel this call")
    await press(manage, "Yes, cancel it")
    await expect(manage.locator("#standing")).to_have_text("It is cancelled.")
    for state in await manage.locator("#people .state").all():
        await expect(state).to_be_empty()
    await expect(manage.locator("#changing")).to_be_hidden()


async def test_a_series_from_the_desk(scene: Scene, visitor: Visitor) -> None:
    """A therapist signs in by mail and sets up a series; a partner answers for one date alone; one is left out."""
    desk, ash = [await visitor("Europe/Berlin") for _ in range(2)]
    await open_desk(desk, scene, "cedar@example.org")
    await desk.get_by_text("How your calls usually begin").click()
    await desk.get_by_label("How long").select_option("75 minutes")
    await press(desk, "Keep these")
    await expect(desk.locator("#defaults-said")).to_contain_text("Kept.")
    await desk.get_by_role("link", name="Set up a call").click()
    await expect(desk.get_by_label("How long")).to_have_value("75")
    await desk.get_by_label("One partner's name").fill("Ash")
    await desk.get_by_label("The other partner's name").fill("Birch")
    await desk.get_by_label("The therapist's name").fill("Dr Cedar")
    await desk.get_by_label("Date and time").fill("2026-12-06T19:00")
    await desk.get_by_label("How often").select_option("Every week")
    await desk.get_by_label("How many times").fill("3")
    links = await set_up(desk)
    await expect(desk.locator("#dates-list li")).to_have_count(3)

    await open_invitation(ash, links.people[0])
    await ash.get_by_text("Only this one").click()
    await press(ash, "Yes, I'll come")
    await expect(ash.locator("#accepted")).to_have_attribute("aria-pressed", "true")
    await ash.get_by_text("All 3 dates").click()
    await ash.get_by_role("link", name="Sunday, 13 December 2026, 19:00").click()
    await expect(ash.locator("#accepted")).to_have_attribute("aria-pressed", "false")

    await desk.goto(f"{scene.url}/desk")
    await expect(desk.locator("#coming-list li")).to_have_count(3)
    await assert_accessible(desk)
    await desk.locator("#coming-list a").nth(1).click()
    await press(desk, "Leave out this date")
    await press(desk, "Yes, leave it out")
    await expect(desk.locator("#standing")).to_have_text("It is cancelled.")
    await expect(desk.locator("#dates-list")).to_contain_text("left out")
