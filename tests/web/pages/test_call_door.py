"""The door of a call page that was opened a second time: nothing is taken over before it is asked to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.web.pages.visits import enter, go_in, press

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]


async def test_a_second_page_joins_only_when_it_is_asked_to(page: Page, stage: Any) -> None:
    """The door says where I am, joins on the press alone, and takes over level, muting and readiness as they are."""
    stage.line.elsewhere = True
    stage.line.person("anna").update(ready=True, microphone=False)
    stage.line.distance["outgoing"]["anna"] = "veiled"
    await page.goto(stage.call_url)
    await expect(page.locator("#elsewhere")).to_contain_text("Going in here takes over from there.")
    await expect(page.locator("#camera option")).not_to_have_count(0)
    assert stage.line.connections == 0
    await enter(page)
    await stage.line.expect("offer")
    assert [m["type"] for m in stage.line.received if m["type"] != "arrive"] == ["join"]
    assert stage.line.distance["outgoing"]["anna"] == "veiled"
    await expect(page.locator("#mute-words")).to_have_text("Your microphone is off.")


async def test_a_level_chosen_at_the_second_door_counts(page: Page, stage: Any) -> None:
    """Taking over with a choice of my own sets it before anything is sent."""
    stage.line.elsewhere = True
    await page.goto(stage.call_url)
    await page.locator("#before .level", has_text="Softened").click()
    await enter(page)
    assert (await stage.line.expect("distance.set"))["outgoing"] == "soft"
    await stage.line.expect("offer")


async def test_a_reload_is_not_a_second_page(page: Page, stage: Any) -> None:
    """The server may still know the page before: a reload leads straight back all the same."""
    await go_in(page, stage)
    stage.line.elsewhere = True
    await page.reload()
    await stage.line.expect("offer")
    await expect(page.locator("#room")).to_be_visible()


async def test_whoever_was_away_for_long_reads_why_they_are_asked_again(page: Page, stage: Any) -> None:
    """A minute without the server, or a laptop that slept: at the door it is said once, and not at the next visit."""
    await page.goto(stage.call_url)
    await expect(page.locator("#away")).to_be_hidden()
    await page.evaluate(
        """() => {
          const [key] = Object.keys(sessionStorage).filter((name) => name.startsWith("holdspace:"));
          sessionStorage.setItem(key, JSON.stringify({ ...JSON.parse(sessionStorage.getItem(key)), away: true }));
        }"""
    )
    await page.reload()
    await expect(page.locator("#away")).to_contain_text("you are asked again whether you are ready")
    await page.reload()
    await expect(page.locator("#away")).to_be_hidden()


async def test_a_duplicated_tab_is_a_second_page(context: BrowserContext, page: Page, stage: Any) -> None:
    """A tab that was opened from the first inherits what it remembers, and asks at the door all the same."""
    await go_in(page, stage)
    stage.line.elsewhere = True
    async with context.expect_page() as opened:
        await page.evaluate("void window.open(location.href)")
    second = await opened.value
    await expect(second.locator("#elsewhere")).to_be_visible()
    assert stage.line.connections == 1


async def test_a_replaced_page_asks_before_it_takes_over_again(page: Page, stage: Any) -> None:
    """Coming back to the page that had to let go shows the door, not the room."""
    await go_in(page, stage)
    stage.line.elsewhere = True
    await stage.line.bye("replaced")
    await press(page, "Come back in")
    await expect(page.locator("#elsewhere")).to_be_visible()
    assert stage.line.connections == 1


async def test_a_changed_call_is_joined_again_under_its_new_name(page: Page, stage: Any) -> None:
    """After `bye` changed the page comes back by itself and shows what the call is called now."""
    await page.goto(stage.call_url)
    await expect(page.locator("#before-presence")).not_to_be_empty()
    stage.line.title = "Monday talk"
    await stage.line.bye("changed")
    await expect(page.locator("#before .lead")).to_contain_text("Monday talk")
    assert stage.line.connections == 2
