"""The end of a turn on the page: a soft sound, a silent last cue, and words for the time after it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.web.pages.visits import go_in, talk

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]

NOTES = """
window.notes = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...at) { window.notes += 1; return start.apply(this, at); };
"""


async def time_is_up(stage: Any, holder: str) -> None:
    """The holder's time is over, and they go on speaking."""
    stage.line.talk(holder, 0.0)
    stage.line.floor["grace_ends_at"] = asyncio.get_running_loop().time() + 15
    await stage.line.push()


async def test_one_soft_sound_at_the_first_cue(page: Page, stage: Any) -> None:
    """`turn.ending` is heard once, and said to screen readers; nothing else of a turn makes a sound."""
    await page.add_init_script(NOTES)
    await go_in(page, stage)
    await talk(stage, "ben", left_s=30)
    assert await page.evaluate("window.notes") == 0
    await stage.line.notice("turn.ending", turn=1, seconds=30)
    await expect(page.locator("#announcer")).to_have_text("About 30 seconds left in this turn.")
    assert await page.evaluate("window.notes") == 2
    await stage.line.notice("turn.closing", turn=1, ends_at=0)
    await talk(stage, "anna")
    await expect(page.locator("#turn-words")).to_have_text("It is your turn.")
    assert await page.evaluate("window.notes") == 2


async def test_the_last_ten_seconds_are_seen(page: Page, stage: Any) -> None:
    """The ring grows heavier, without a sound."""
    await go_in(page, stage)
    await talk(stage, "ben", left_s=11)
    await expect(page.locator("#ring")).not_to_have_class("ring ending last")
    await expect(page.locator("#ring")).to_have_class("ring ending last")


async def test_after_the_time_one_finishes_a_sentence(page: Page, stage: Any) -> None:
    """Both are told what happens, the holder how; the clock stands at nought, and the stick can be given back."""
    await go_in(page, stage)
    await time_is_up(stage, "anna")
    await expect(page.locator("#heard-words")).to_have_text(
        "Your time is over. Finish your sentence: the stick goes on when you pause."
    )
    await expect(page.locator("#clock")).to_have_text("0:00")
    await expect(page.get_by_role("button", name="Pass it to Ben")).to_be_visible()
    await time_is_up(stage, "ben")
    await expect(page.locator("#heard-words")).to_have_text("The time is over. Ben finishes their sentence.")
