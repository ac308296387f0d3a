"""Stepping back on the page: one press or one key, a calm page, the time of return, and coming back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.web.pages.visits import enter, go_in, press, talk

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]

BREATHES = "element => getComputedStyle(element).animationName"


async def in_a_break(page: Page, stage: Any, by: str = "ben", who: str = "anna", **more: Any) -> None:
    """Anna is in the call, and somebody steps back."""
    await go_in(page, stage, who)
    await talk(stage, "doris")
    stage.line.step_back(by, **more)
    await stage.line.push()
    await expect(page.locator("#break")).to_be_visible()


@pytest.mark.parametrize("key", ["F8", "Pause"])
async def test_one_key_steps_back(page: Page, stage: Any, key: str) -> None:
    """From wherever the keyboard is, once; with a modifier, or outside the talk, it does nothing."""
    await go_in(page, stage)
    await page.keyboard.press(key)
    await expect(page.locator("#step-back")).to_be_hidden()
    await talk(stage, "ben")
    await expect(page.locator("#step-back")).to_be_visible()
    await page.locator("#mute").focus()
    await page.keyboard.press(f"Control+{key}")
    await page.keyboard.press(key)
    await stage.line.expect("break.start")
    assert not [m for m in stage.line.received if m["type"] == "break.start"]


async def test_one_press_steps_back(page: Page, stage: Any) -> None:
    """The button is there whoever holds the stick, asks nothing and names no reason."""
    await go_in(page, stage)
    await talk(stage, "doris")
    await page.get_by_role("button", name="Step back").press("Enter")
    assert set(await stage.line.expect("break.start")) == {"type", "id"}


async def test_a_break_is_a_calm_page(page: Page, stage: Any) -> None:
    """Nothing of the talk is left on it; it says who, what, and until when, to eyes and to screen readers."""
    await in_a_break(page, stage)
    await expect(page.locator("#break-heading")).to_be_focused()
    await expect(page.locator("#break-heading")).to_have_text("Ben stepped back")
    await expect(page.locator("#break-time")).to_contain_text(", in about 20 minutes.")
    for gone in ("#people", "#stick", ".seen", "#show-more", "#show-self", "#step-back"):
        await expect(page.locator(gone)).to_be_hidden()
    for there in ("#am-back", "#break-when", "#name-time", "#leave"):
        await expect(page.locator(there)).to_be_visible()
    await expect(page.locator("#announcer")).to_contain_text(
        re.compile(
            r"Ben stepped back\. Nobody hears or sees anybody\. You come back (tomorrow )?at \d\d:\d\d"
        )
    )


async def test_the_guide_breathes_unless_motion_is_unwelcome(page: Page, stage: Any) -> None:
    """A slow breath of ten seconds; with reduced motion it stands still, and its words are not shown."""
    await in_a_break(page, stage)
    assert await page.locator(".breath i").evaluate(BREATHES) == "breath"
    await page.emulate_media(reduced_motion="reduce")
    assert await page.locator(".breath i").evaluate(BREATHES) == "none"
    assert await page.locator(".breath .in").evaluate("e => getComputedStyle(e).opacity") == "0"


async def test_coming_back_by_keyboard(page: Page, stage: Any) -> None:
    """Tab leads from the heading to "I am back"; the return puts the keyboard on whose turn it is."""
    await in_a_break(page, stage)
    await page.keyboard.press("Tab")
    await expect(page.locator("#am-back")).to_be_focused()
    await page.keyboard.press("Enter")
    await stage.line.expect("break.end")
    stage.line.step_back(left_s=900, back=["anna"])
    await stage.line.push()
    await expect(page.locator("#break-back")).to_have_text("You are back. Ben may take the time until then.")
    await expect(page.locator("#am-back")).to_be_hidden()
    stage.line.come_back("anna")
    await stage.line.push()
    await expect(page.locator("#break")).to_be_hidden()
    await expect(page.locator("#turn-words")).to_be_focused()
    await expect(page.locator("#turn-words")).to_have_text("You are both back. Say how you feel now.")
    await expect(page.locator("#announcer")).to_have_text("You are both back. Say how you feel now.")


async def test_the_short_turn_of_the_other(page: Page, stage: Any) -> None:
    """It says what the turn is for and who comes next; the ring is full at its beginning; no time is asked for."""
    await in_a_break(page, stage)
    stage.line.come_back("ben")
    await stage.line.push()
    await expect(page.locator("#turn-words")).to_have_text("Ben says how they feel now.")
    await expect(page.locator("#queue-words")).to_have_text("Next: you")
    dashes = await page.locator("#ring-left").get_attribute("stroke-dasharray")
    assert dashes is not None
    assert float(dashes.split()[0]) > 90
    await expect(page.locator("#more-time")).to_be_hidden()


async def test_later_is_named_and_earlier_is_asked(page: Page, stage: Any) -> None:
    """More time is one press; less is a question, said so beforehand."""
    await in_a_break(page, stage, left_s=3600, began_s=600)
    assert await page.locator("#break-when").evaluate(
        "e => [...e.options].map((o) => Number(o.value) / 60)"
    ) == [*(10, 20, 30, 45, 90, 120, 180, 240, 360, 720, 1080, 1440)]
    await page.locator("#break-when").select_option("7200")
    await expect(page.locator("#break-rule")).to_have_text("More time needs nobody's yes.")
    await press(page, "Take longer: come back then")
    assert (await stage.line.expect("break.time"))["seconds"] == 7200
    await page.locator("#break-when").select_option("1800")
    await expect(page.locator("#break-rule")).to_have_text("Coming back sooner needs both partners' yes.")
    await press(page, "Ask to come back then")
    assert (await stage.line.expect("break.time"))["seconds"] == 1800


async def test_a_return_on_another_day_is_an_appointment(page: Page, stage: Any) -> None:
    """Beyond four hours the page says that the link leads there, and gives the calendar entry; a short break has none."""
    await in_a_break(page, stage, left_s=3 * 3600)
    await expect(page.locator("#break-calendar")).to_be_hidden()
    stage.line.step_back(left_s=24 * 3600)
    await stage.line.push()
    await expect(page.locator("#break-time")).to_contain_text("You come back tomorrow at ")
    entry = page.locator("#break-calendar a")
    await expect(entry).to_be_visible()
    assert "/calendar.ics?as=anna" in (await entry.get_attribute("href") or "")


async def test_a_question_about_the_return_is_answered_on_the_calm_page(page: Page, stage: Any) -> None:
    """It stands there with its time, and with yes and no."""
    await in_a_break(page, stage, left_s=3600)
    at = stage.line.pause["started_at"] + 1800
    stage.line.proposals = [
        {"id": "1", "kind": "return", "by": "ben", "needs": ["anna", "ben"], "answers": {"ben": True},
         "expires_at": at, "returns_at": at}
    ]  # fmt: skip
    await stage.line.push()
    await expect(page.locator(".question")).to_contain_text(
        re.compile(r"Ben asks whether you both can come back sooner, (tomorrow )?at \d\d:\d\d\.")
    )
    await press(page, "No")
    assert (await stage.line.expect("consent"))["answer"] is False


async def test_when_the_time_has_come(page: Page, stage: Any) -> None:
    """It is said, "I am back" comes first, and "not yet" is as near."""
    await in_a_break(page, stage, left_s=-1, began_s=1201)
    await stage.line.notice("break.due")
    await expect(page.locator("#break-time")).to_have_text("It is time to come back, if you can.")
    await expect(page.locator("#news")).to_contain_text("“not yet” needs no reason")
    await expect(page.locator("#am-back")).to_have_class("button main")
    await expect(page.locator("#name-time")).to_have_text("Not yet: come back then")
    await press(page, "Not yet: come back then")
    assert (await stage.line.expect("break.time"))["seconds"] == 1200


async def test_the_therapist_waits_for_the_partners(page: Page, stage: Any) -> None:
    """The chair is told who is back, and has no word in it."""
    await page.goto(f"{stage.url}/calls/c1?as=doris")
    await enter(page)
    await talk(stage, "ben")
    stage.line.step_back("anna", back=["ben"])
    await stage.line.push()
    await expect(page.locator("#break-back")).to_have_text("Ben is back.")
    await expect(page.locator("#am-back")).to_be_hidden()


async def test_a_break_survives_a_reload_and_a_lost_line(page: Page, stage: Any) -> None:
    """The calm page stays while the line is away, and is there again after a reload."""
    await in_a_break(page, stage)
    await stage.line.drop()
    await expect(page.locator("#line")).to_have_text("The line dropped. Coming back by itself …")
    await expect(page.locator("#break")).to_be_visible()
    await expect(page.locator("#line")).to_be_hidden()
    await page.reload()
    await expect(page.locator("#break-heading")).to_have_text("Ben stepped back")


@pytest.mark.parametrize(("width", "height"), [(360, 740), (1280, 800)])
async def test_everything_of_a_break_is_on_the_screen(
    browser: Browser, stage: Any, width: int, height: int
) -> None:
    """Nothing overflows sideways, and who, when and the way back need no scrolling."""
    page = await browser.new_page(viewport={"width": width, "height": height})
    await in_a_break(page, stage, back=["ben"])
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for part in ("#break-heading", "#break-time", "#am-back", "#leave"):
        await expect(page.locator(part)).to_be_in_viewport(ratio=1)
    await page.close()
