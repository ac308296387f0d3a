"""A word for later: written while listening, given back at one's own turn, in this tab alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.web.pages.visits import go_in, press, talk

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]

WORDS = "The holiday:\n<i>ask</i> about June"


async def write(page: Page, stage: Any) -> None:
    """Note a word while Ben speaks."""
    await go_in(page, stage)
    await talk(stage, "ben")
    await page.get_by_text("A word for later").click()
    await page.locator("#word-field").fill(WORDS)


async def test_it_is_given_back_at_ones_own_turn(page: Page, stage: Any) -> None:
    """Prominent when the turn begins, as it was written; not while somebody else speaks."""
    await write(page, stage)
    await expect(page.locator("#word-given")).to_be_hidden()
    await talk(stage, "anna")
    await expect(page.locator("#word-given")).to_be_visible()
    assert await page.locator("#word-text").text_content() == WORDS
    await talk(stage, "ben")
    await expect(page.locator("#word-given")).to_be_hidden()
    assert await page.locator("#word-field").input_value() == WORDS


async def test_put_away_it_is_gone(page: Page, stage: Any) -> None:
    """What has been said is not given back again."""
    await write(page, stage)
    await talk(stage, "anna")
    await press(page, "Put it away")
    await expect(page.locator("#word-given")).to_be_hidden()
    assert "holiday" not in await page.evaluate("JSON.stringify(sessionStorage)")


async def test_it_is_never_sent(page: Page, stage: Any) -> None:
    """Not one message or request of the page holds it, a turn later either."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.url} {request.post_data}"))
    page.on("websocket", lambda socket: socket.on("framesent", lambda text: asked.append(str(text))))
    await write(page, stage)
    await talk(stage, "anna")
    await press(page, "Give the stick back")
    await stage.line.expect("floor.release")
    assert asked
    assert not [one for one in asked if "holiday" in one]


async def test_it_outlives_a_reload_and_not_leaving(page: Page, stage: Any) -> None:
    """The tab remembers it through a reload; leaving erases it."""
    await write(page, stage)
    await page.reload()
    await stage.line.expect("offer")
    assert await page.locator("#word-field").input_value() == WORDS
    await press(page, "Leave")
    await stage.line.expect("leave")
    assert await page.locator("#word-field").input_value() == ""
    assert "holiday" not in await page.evaluate("JSON.stringify(sessionStorage)")
