"""Leaving quietly: a neutral page in the call's place, nothing of the visit in the tab, and no `leave` on the wire."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.web.pages.visits import go_in, talk

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]

TRACKS = """
window.opened = [];
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await open(wanted);
  window.opened.push(...stream.getTracks());
  return stream;
};
// What the page is like at the moment of the swap, before the network is asked for anything.
navigation.addEventListener("navigate", () => window.holdspace && window.tellTest({
  opened: window.opened.length > 0,
  live: window.opened.filter((track) => track.readyState === "live").length,
  playing: Object.values(holdspace.people()).some(({ audio }) => audio.srcObject?.active),
  kept: Object.keys(sessionStorage),
  title: document.title,
  shown: getComputedStyle(document.documentElement).display,
}));
"""


async def is_neutral(page: Page) -> None:
    """The page of measures, without a word of the product."""
    await page.wait_for_url("**/measures")
    assert await page.title() == "Kitchen measures"
    assert not re.search(
        "holdspace|call|conversation|therap", await page.locator("body").inner_text(), re.IGNORECASE
    )
    assert "oldspace" not in await page.content()
    assert await page.locator("link[rel=icon]").get_attribute("href") == "data:,"
    assert await page.locator("script").count() == 0


@pytest.mark.parametrize("way", ["button", "key"])
async def test_it_swaps_at_once_and_leaves_no_trace_in_the_tab(page: Page, stage: Any, way: str) -> None:
    """Camera and microphone off, notes erased, screen empty before the neutral page is there; Back does not lead to the call."""
    await page.goto(f"{stage.url}/measures?before")
    told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    await page.expose_function("tellTest", told.put_nowait)
    await page.add_init_script(TRACKS)
    await go_in(page, stage)
    await talk(stage, "anna")
    length = await page.evaluate("history.length")
    if way == "button":
        await page.get_by_role("button", name="Leave quietly").click()
    else:
        for _ in range(3):
            await page.keyboard.press("Escape")
    assert await asyncio.wait_for(told.get(), 10) == {
        "opened": True, "live": 0, "playing": False, "kept": [], "title": "Kitchen measures", "shown": "none",
    }  # fmt: skip
    await is_neutral(page)
    assert await page.evaluate("history.length") == length
    assert await page.evaluate("Object.keys(sessionStorage).length + Object.keys(localStorage).length") == 0
    await page.go_back()
    assert page.url == f"{stage.url}/measures?before"
    await page.go_forward()
    await is_neutral(page)


async def test_the_server_gets_no_leave(page: Page, stage: Any) -> None:
    """The line closes without a word, as when a network is lost."""
    await go_in(page, stage)
    socket = stage.line._socket
    await page.get_by_role("button", name="Leave quietly").click()
    async with asyncio.timeout(10):
        while not socket.closed:  # noqa: ASYNC110 - the scripted line tells nobody of its end
            await asyncio.sleep(0.01)
    assert "leave" not in {m["type"] for m in stage.line.received}


async def test_two_presses_a_held_key_and_slow_ones_do_nothing(page: Page, stage: Any) -> None:
    """The first closes the panel, as ever, and a second is nobody's wish to go; a key that is held down is one press."""
    await go_in(page, stage)
    await page.get_by_role("button", name="More choices").click()
    for _ in range(4):
        await page.keyboard.down("Escape")
    await page.keyboard.up("Escape")
    await expect(page.locator("#more")).to_be_hidden()
    await page.keyboard.press("Escape")
    await page.evaluate("() => new Promise((done) => setTimeout(done, 2050))")
    await page.keyboard.press("Escape")
    await talk(stage, "ben")
    await expect(page.locator("#turn-words")).to_have_text(re.compile("Ben"))


async def test_it_is_at_the_door_and_in_a_break_too(page: Page, stage: Any) -> None:
    """Visible on every screen; the door explains it with its limits."""
    await page.goto(stage.call_url)
    await expect(page.get_by_role("button", name="Leave quietly")).to_be_visible()
    await page.locator("#quiet-ways summary").click()
    for words in (
        "Escape pressed three times",
        "browser's own history",
        "phone's records and bill",
        "as if your line were lost",
    ):
        await expect(page.locator("#quiet-ways")).to_contain_text(words)
    await go_in(page, stage)
    stage.line.step_back()
    await stage.line.push()
    await expect(page.locator("#break-heading")).to_be_visible()
    await page.get_by_role("button", name="Leave quietly").click()
    await is_neutral(page)


async def test_the_way_back_is_by_the_door(page: Page, stage: Any) -> None:
    """Opening one's own link again does not lead straight into the room."""
    await go_in(page, stage)
    await page.get_by_role("button", name="Leave quietly").click()
    await is_neutral(page)
    stage.line.missed = True
    await page.goto(stage.call_url)
    await expect(page.locator("#before-heading")).to_be_visible()
    await expect(page.locator("#missed")).to_be_visible()


async def test_the_neutral_page_is_never_kept(page: Page, stage: Any) -> None:
    """No copy of it in a cache, and it needs no invitation."""
    answer = await page.request.get(f"{stage.url}/measures")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.ok
