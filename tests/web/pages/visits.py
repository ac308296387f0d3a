"""What the tests of the call page do again and again: go in, and let the scripted line talk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playwright.async_api import expect

if TYPE_CHECKING:
    from playwright.async_api import Page


async def go_in(page: Page, stage: Any, who: str = "anna") -> None:
    """Open the call page as one of the people and pass the device check."""
    await page.goto(f"{stage.url}/calls/c1?as={who}")
    await expect(page.locator("#camera option")).not_to_have_count(0)
    await press(page, "I am here and ready")
    await stage.line.expect("ready")


async def talk(stage: Any, holder: str | None, left_s: float = 100.0) -> None:
    """Everyone is here; `holder` has the stick."""
    stage.line.talk(holder, left_s)
    await stage.line.push()


async def press(page: Page, name: str) -> None:
    """Press a button by the words on it."""
    await page.get_by_role("button", name=name, exact=True).click()
