"""axe-core finds nothing on any page, on a phone and on a laptop, in the light and in the dark palette."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from signaling.calls import DoorRefusedError
from tests.web.accessibility import assert_accessible
from tests.web.pages.test_arriving import ARRIVALS
from tests.web.pages.visits import answer, enter, go_in, press, talk
from web.words import REFUSALS

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]


async def test_the_check_itself_can_fail(page: Page, stage: Any) -> None:
    """A picture without words is named, with the width, the palette and the place."""
    await page.goto(f"{stage.url}/measures")
    await page.evaluate(
        "document.querySelector('main').append(Object.assign(new Image(), { id: 'bare', src: 'data:,' }))"
    )
    with pytest.raises(AssertionError, match=r"(?s)at 360 px, light: image-alt.*#bare"):
        await assert_accessible(page)


async def test_the_page_of_measures(page: Page, stage: Any) -> None:
    """What stands there after a quiet exit."""
    await page.goto(f"{stage.url}/measures")
    await assert_accessible(page)


async def test_the_schedule_page(page: Page, stage: Any) -> None:
    """Setting up a call, with everything unfolded."""
    await page.goto(stage.url)
    await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    await assert_accessible(page)


@pytest.mark.parametrize("code", sorted(REFUSALS))
async def test_the_closed_doors(page: Page, stage: Any, code: str) -> None:
    """Every page that a closed door shows; their words differ, so the narrow one is enough."""
    stage.door.refusal = DoorRefusedError(code, "", 410)
    await page.goto(stage.call_url)
    await expect(page.locator("[data-refusal]")).to_be_visible()
    await assert_accessible(page, widths=(360,))


@pytest.mark.parametrize("who", ["anna", "doris"])
async def test_the_door(page: Page, stage: Any, who: str) -> None:
    """Before going in, with all that it can say unfolded."""
    stage.line.missed = True
    await page.goto(f"{stage.url}/calls/c1?as={who}")
    await expect(page.locator("#camera option")).not_to_have_count(0)
    await press(page, "I am here and ready")
    await answer(page, alone="no")
    await press(page, "I am here and ready")
    await page.evaluate("for (const one of document.querySelectorAll('#before details')) one.open = true")
    await assert_accessible(page)


async def test_the_call_in_a_turn(page: Page, stage: Any) -> None:
    """My turn with a word given back; then another's, with a question open and the panel of choices."""
    await go_in(page, stage)
    await talk(stage, "ben")
    await page.get_by_text("A word for later").click()
    await page.locator("#word-field").fill("Ask about June")
    await talk(stage, "anna")
    await expect(page.locator("#word-given")).to_be_visible()
    await assert_accessible(page)
    now = 10_000
    stage.line.proposals = [
        {"id": "1", "kind": "end", "by": "ben", "needs": ["anna", "ben"], "answers": {"ben": True}, "expires_at": now}
    ]  # fmt: skip
    await talk(stage, "ben")
    await press(page, "More choices")
    await page.evaluate("for (const one of document.querySelectorAll('#room details')) one.open = true")
    await assert_accessible(page)


async def test_the_call_of_a_therapist(page: Page, stage: Any) -> None:
    """What was said at the door, and a silent sign."""
    await page.goto(f"{stage.url}/calls/c1?as=doris")
    await enter(page)
    await stage.line.expect("offer")
    await talk(stage, "ben")
    await stage.line.send(ARRIVALS)
    await stage.line.notice("signal", by="anna")
    await page.locator("#arrivals summary").click()
    await assert_accessible(page)


async def test_a_break(page: Page, stage: Any) -> None:
    """The calm page."""
    await go_in(page, stage)
    stage.line.step_back()
    await stage.line.push()
    await expect(page.locator("#break-heading")).to_be_visible()
    await assert_accessible(page)


@pytest.mark.parametrize("who", ["anna", "ben"])
async def test_saying_back(page: Page, stage: Any, who: str) -> None:
    """A phase of a format, and the listener's slot in it: for the one who speaks and the one who says back."""
    await go_in(page, stage, who)
    stage.line.follow_course()
    await stage.line.push()
    await expect(page.locator("#turn-words")).not_to_be_empty()
    await assert_accessible(page)
    stage.line.say_back()
    await stage.line.push()
    await assert_accessible(page)


async def test_a_silence_and_a_phase_of_both(page: Page, stage: Any) -> None:
    """Between two turns, and where both say that they are ready to go on."""
    await go_in(page, stage)
    stage.line.rest()
    await stage.line.push()
    await assert_accessible(page)
    stage.line.follow_course(
        floor="open", speaker=None, listener=None, seconds=300, completes=["time", "both"]
    )
    await stage.line.push()
    await assert_accessible(page)


@pytest.mark.parametrize(
    ("who", "at"), [("anna", "talking"), ("ben", "talking"), ("doris", "talking"), ("anna", "returning")]
)
async def test_a_caucus(page: Page, stage: Any, who: str, at: str) -> None:
    """For the one within, the one who waits and the therapist, and on coming back."""
    await go_in(page, stage, who)
    stage.line.take_aside("anna", at=at)
    await stage.line.push()
    await assert_accessible(page)


async def test_a_therapist_at_the_door_of_a_talk(page: Page, stage: Any) -> None:
    """The question to the partners, in the middle of the talk."""
    await go_in(page, stage)
    stage.line.admitted = False
    stage.line.proposals = [
        {"id": "1", "kind": "admit", "by": "doris", "needs": ["anna", "ben"], "answers": {}, "expires_at": 10_000,
         "participant": "doris"}
    ]  # fmt: skip
    await talk(stage, "ben")
    await expect(page.locator(".question")).to_be_visible()
    await assert_accessible(page)


async def test_the_closing(page: Page, stage: Any) -> None:
    """After leaving."""
    await go_in(page, stage)
    await press(page, "Leave")
    await expect(page.locator("#closing-heading")).to_be_visible()
    await assert_accessible(page)
