"""What the tests of the pages do again and again: set up a call, go in, and let the scripted line talk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playwright.async_api import expect

if TYPE_CHECKING:
    from playwright.async_api import Page


async def go_in(page: Page, stage: Any, who: str = "anna") -> None:
    """Open the call page as one of the people and pass the device check."""
    await page.goto(f"{stage.url}/calls/c1?as={who}")
    await expect(page.locator("#camera option")).not_to_have_count(0)
    await enter(page)
    await stage.line.expect("ready")


async def enter(page: Page) -> None:
    """Answer what the door asks, and say that one is ready."""
    await answer(page)
    await press(page, "I am here and ready")


async def answer(page: Page, alone: str = "yes", good_time: str = "yes") -> None:
    """Say whether one is alone, and whether it is a good time (therapists are not asked that)."""
    await page.locator(f'input[name="alone"][value="{alone}"]').check()
    if await page.locator('input[name="good-time"]').count():
        await page.locator(f'input[name="good-time"][value="{good_time}"]').check()


async def talk(stage: Any, holder: str | None, left_s: float = 100.0) -> None:
    """Everyone is here; `holder` has the stick."""
    stage.line.talk(holder, left_s)
    await stage.line.push()


async def press(page: Page, name: str) -> None:
    """Press a button by the words on it."""
    await page.get_by_role("button", name=name, exact=True).click()


async def fill_schedule(page: Page) -> None:
    """Write who is to talk, one of them with a name that looks like markup."""
    await page.get_by_label("One partner's name").fill("Anna")
    await page.get_by_label("The other partner's name").fill("<b>Ben</b>")
    await page.get_by_text("With a therapist").click()
    await page.get_by_label("The therapist's name").fill("Dr Weiss")


async def submit_schedule(page: Page) -> None:
    """Send the form that sets up a call."""
    await page.get_by_role("button", name="Set up the call").click()
