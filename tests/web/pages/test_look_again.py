"""A door that opens with time: the page stays as it is while it is closed, and lets in when it opens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from signaling.calls import DoorRefusedError

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]


async def test_the_page_is_replaced_only_when_the_door_has_opened(page: Page, stage: Any) -> None:
    """A minute later it has looked and kept the reader's place; once the door is open it goes on by itself."""
    stage.door.refusal = DoorRefusedError("call-not-open", "", 403)
    await page.clock.install()
    await page.goto(stage.call_url)
    await page.evaluate("window.place = 'kept'")
    async with page.expect_response(stage.call_url):
        await page.clock.fast_forward(60_000)
    assert await page.evaluate("window.place") == "kept"
    stage.door.refusal = None
    await page.clock.fast_forward(60_000)
    await expect(page.locator("#before-heading")).to_be_visible()
