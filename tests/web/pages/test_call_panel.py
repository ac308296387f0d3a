"""The further choices and the layout around them: what happens stays in sight, and the way out in reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.web.pages.visits import go_in, press, talk

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]

FORMAT = {
    "id": "1", "kind": "format", "by": "ben", "needs": ["anna", "ben"], "answers": {"ben": True},
    "expires_at": 1e9, "format": "open-talk", "turn_seconds": 180,
}  # fmt: skip

# Whether a person can really press or read it: what lies at its middle is the element itself or within it.
ON_TOP = """(element) => {
  const { left, top, width, height } = element.getBoundingClientRect();
  const found = document.elementFromPoint(left + width / 2, top + height / 2);
  return top >= 0 && top + height <= innerHeight && (found === element || element.contains(found));
}"""


async def test_with_the_choices_open_a_phone_still_shows_what_happens(page: Page, stage: Any) -> None:
    """Scrolled to the end of the choices, turn, news, questions and the way out are on the screen."""
    await go_in(page, stage)
    await talk(stage, "ben")
    await press(page, "More choices")
    await page.locator("#propose-end").scroll_into_view_if_needed()
    await stage.line.notice("distance.room", by="ben", level="veiled")
    await expect(page.locator("#news")).not_to_be_empty()
    for part in ("#turn-words", ".stick-words", "#news", "#leave", "#show-more"):
        assert await page.locator(part).evaluate(ON_TOP), part
    stage.line.proposals = [FORMAT]
    await stage.line.push()
    await expect(page.locator(".question")).to_be_visible()
    for part in (".question", "button[data-name=yes]", "button[data-name=no]", "#turn-words"):
        assert await page.locator(part).evaluate(ON_TOP), part


async def test_the_panel_leads_the_keyboard_in_and_escape_leads_out(page: Page, stage: Any) -> None:
    """Opening moves the focus into the panel; Escape closes it from inside and from anywhere else."""
    await go_in(page, stage)
    await talk(stage, "ben")
    await page.get_by_role("button", name="More choices").press("Enter")
    await expect(page.locator("#more")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("#more")).to_be_hidden()
    await expect(page.locator("#show-more")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.locator("#mute").focus()
    await page.keyboard.press("Escape")
    await expect(page.locator("#more")).to_be_hidden()
    await expect(page.locator("#mute")).to_be_focused()


async def test_the_therapists_phone_keeps_the_way_out_whole(page: Page, stage: Any) -> None:
    """With all of the chair's buttons at 360 x 740, leaving is on the screen, uncovered."""
    await go_in(page, stage, "doris")
    await talk(stage, "ben")
    await expect(page.get_by_role("button", name="Take the stick back")).to_be_attached()
    assert await page.locator("#leave").evaluate(ON_TOP)


async def test_beside_the_choices_a_laptop_shows_everyone(page: Page, stage: Any) -> None:
    """At 1280 x 800 the panel covers no picture, no part of the desk, and scrolls within itself."""
    await page.set_viewport_size({"width": 1280, "height": 800})
    await go_in(page, stage)
    await talk(stage, "anna")
    await press(page, "More choices")
    for part in [*await page.locator(".picture").all(), page.locator("#turn-words"), page.locator("#leave")]:
        assert await part.evaluate(ON_TOP)
    assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    await page.locator("#propose-end").scroll_into_view_if_needed()
    assert await page.locator("#propose-end").evaluate(ON_TOP)


async def test_at_a_phones_door_the_choice_and_the_button_come_early(page: Page, stage: Any) -> None:
    """Without scrolling, the levels and the one button are on the screen."""
    await page.goto(stage.call_url)
    await expect(page.locator("#camera option")).not_to_have_count(0)
    for part in ("#before .levels", "#go-in"):
        assert await page.locator(part).evaluate(ON_TOP), part


async def test_the_ring_around_the_chosen_level_can_be_seen(page: Page, stage: Any) -> None:
    """On the dark segment the focus ring is light."""
    await go_in(page, stage)
    await talk(stage, "ben")
    await page.get_by_role("button", name="Ask for the talking stick").focus()
    await page.keyboard.press("Tab")
    chosen = page.locator("#room .level :checked + span")
    colours = await chosen.evaluate(
        "(s) => { const c = getComputedStyle(s); return [c.outlineColor, c.color]; }"
    )
    assert colours[0] == colours[1]
