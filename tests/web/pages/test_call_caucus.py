"""The therapist alone with one partner: what each of the three is told, what each can do, and coming back together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.web.pages.visits import go_in, press, talk

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]

FITS = "document.documentElement.scrollWidth <= innerWidth"


async def aside(stage: Any, partner: str, **more: Any) -> None:
    """Dr Weiss is alone with one of them."""
    stage.line.take_aside(partner, **more)
    await stage.line.push()


async def test_who_waits_is_told_the_truth(page: Page, stage: Any) -> None:
    """With whom, since when, that nothing is heard or seen either way; the time counts up; nothing of the talk is left."""
    await go_in(page, stage)
    await talk(stage, "ben")
    await aside(stage, "ben", began_s=65)
    await expect(page.locator("#apart-heading")).to_have_text("Dr Weiss talks alone with Ben")
    await expect(page.locator("#apart-heading")).to_be_focused()
    await expect(page.locator("#apart-meaning")).to_contain_text(
        "You hear and see nothing of it, and nobody hears or sees you."
    )
    timer = page.get_by_role("timer", name="How long it has gone on")
    await expect(timer).to_have_text(re.compile(r"^1:(0[5-9]|[1-5]\d)$"))
    shown = await timer.inner_text()
    await expect(timer).not_to_have_text(shown)
    assert await timer.inner_text() > shown
    await expect(page.locator("#announcer")).to_contain_text("Dr Weiss talks alone with Ben.")
    for gone in ("#people", "#turn-words", "#ring", ".seen", "#show-more", "#show-self", "#come-back-in"):
        await expect(page.locator(gone)).to_be_hidden()
    await expect(page.get_by_role("button", name="Leave", exact=True)).to_be_visible()
    await page.keyboard.press("F8")
    await stage.line.expect("break.start")


async def test_who_is_within_can_end_it(page: Page, stage: Any) -> None:
    """They are told who hears them and what the other knows, and end it with one press."""
    await go_in(page, stage)
    await aside(stage, "anna")
    await expect(page.locator("#turn-words")).to_have_text("You are alone with Dr Weiss.")
    await expect(page.locator("#heard-words")).to_have_text(
        "You are heard by Dr Weiss. Ben hears and sees nothing of it, and is told so."
    )
    await expect(page.locator("#seen-words")).to_have_text("Now: Dr Weiss sees you clearly.")
    await press(page, "End this talk alone")
    await stage.line.expect("caucus.end")


async def test_the_therapist_begins_moves_and_ends_it(page: Page, stage: Any) -> None:
    """From the further choices, then at hand, with how much time each has had."""
    await go_in(page, stage, "doris")
    await talk(stage, "ben")
    await press(page, "More choices")
    await press(page, "Talk alone with Ben")
    assert (await stage.line.expect("caucus.start"))["with"] == "ben"
    await aside(stage, "ben", began_s=300)
    await expect(page.locator("#turn-words")).to_have_text("You are alone with Ben.")
    await expect(page.locator("#caucus-shares")).to_have_text(
        "Alone with the therapist so far: Anna no time yet and Ben 5 minutes. You can offer Anna as much."
    )
    await press(page, "Talk alone with Anna")
    assert (await stage.line.expect("caucus.start"))["with"] == "anna"
    await press(page, "End this talk alone")
    await stage.line.expect("caucus.end")


async def test_partners_have_no_such_choice(page: Page, stage: Any) -> None:
    """A caucus is the therapist's to begin."""
    await go_in(page, stage)
    await talk(stage, "ben")
    await press(page, "More choices")
    await expect(page.locator("#talk-alone")).to_be_hidden()


async def test_nobody_is_brought_back_unasked(page: Page, stage: Any) -> None:
    """Each partner is asked; who has said yes reads that the other may take the time."""
    await go_in(page, stage)
    await aside(stage, "ben")
    await aside(stage, "ben", at="returning", back=["ben"])
    await expect(page.locator("#apart-heading")).to_have_text("Will you come back in?")
    await expect(page.locator("#apart-heading")).to_be_focused()
    await expect(page.locator("#apart-meaning")).to_have_text(
        "Dr Weiss and Ben have finished talking alone. Nobody hears or sees anybody until both partners have said yes."
    )
    await expect(page.locator("#apart-back")).to_have_text("Ben will come back in. There is no hurry.")
    await page.get_by_role("button", name="I will come back in").press("Enter")
    await stage.line.expect("caucus.back")
    await aside(stage, "ben", at="returning", back=["anna"])
    await expect(page.locator("#apart-back")).to_have_text("You will come back in. Ben may take the time.")
    await expect(page.locator("#apart-heading")).to_be_focused()
    stage.line.caucus = None
    await talk(stage, "ben")
    await expect(page.locator("#apart")).to_be_hidden()
    await expect(page.locator("#turn-words")).to_be_focused()


async def test_the_therapist_waits_for_both(page: Page, stage: Any) -> None:
    """They read who has said yes, and have no word in it."""
    await go_in(page, stage, "doris")
    await aside(stage, "ben", at="returning", back=["ben"])
    await expect(page.locator("#apart-heading")).to_have_text("The two are asked whether they come back in")
    await expect(page.locator("#apart-back")).to_have_text("Ben will come back in.")
    await expect(page.locator("#come-back-in")).to_be_hidden()
    await press(page, "Talk alone with Anna")
    assert (await stage.line.expect("caucus.start"))["with"] == "anna"


async def test_it_survives_a_lost_line_and_a_reload(page: Page, stage: Any) -> None:
    """The calm page stays while the line is away, and is there again after a reload."""
    await go_in(page, stage)
    await aside(stage, "ben")
    await stage.line.drop()
    await expect(page.locator("#line")).to_have_text("The line dropped. Coming back by itself …")
    await expect(page.locator("#apart")).to_be_visible()
    await expect(page.locator("#line")).to_be_hidden()
    await page.reload()
    await expect(page.locator("#apart-heading")).to_have_text("Dr Weiss talks alone with Ben")


async def test_in_a_shuttle_the_partners_read_that_they_share_nothing(page: Page, stage: Any) -> None:
    """Truthfully, with who goes from one to the other; no stick is offered."""
    await go_in(page, stage)
    stage.line.floor["format"] = "shuttle"
    await talk(stage, None)
    await expect(page.locator("#turn-words")).to_have_text("You two share no sound and no picture.")
    await expect(page.locator("#heard-words")).to_have_text(
        "Dr Weiss talks with each of you alone, and comes to you."
    )
    await expect(page.get_by_role("article", name="Ben")).to_contain_text(
        "No sound and no picture are shared"
    )
    await expect(page.locator(".stick-actions button:visible")).to_have_count(0)


async def test_in_a_shuttle_the_therapist_has_both_at_hand(page: Page, stage: Any) -> None:
    """Talking alone is what is next, so it needs no search."""
    await go_in(page, stage, "doris")
    stage.line.floor["format"] = "shuttle"
    await talk(stage, None)
    await press(page, "Talk alone with Anna")
    assert (await stage.line.expect("caucus.start"))["with"] == "anna"


@pytest.mark.parametrize(("who", "partner", "at"), [
    ("anna", "ben", "talking"), ("anna", "anna", "talking"), ("doris", "ben", "talking"), ("anna", "ben", "returning"),
    ("doris", "ben", "returning"),
])  # fmt: skip
@pytest.mark.parametrize(("width", "height"), [(360, 740), (1280, 800)])
async def test_every_side_of_it_fits_the_screen(
    browser: Browser, stage: Any, who: str, partner: str, at: str, width: int, height: int
) -> None:
    """Nothing overflows sideways, and leaving is on the screen."""
    page = await browser.new_page(viewport={"width": width, "height": height})
    await go_in(page, stage, who)
    await aside(stage, partner, at=at)
    await expect(page.locator("#turn-words, #apart-heading").filter(visible=True)).to_have_count(1)
    assert await page.evaluate(FITS)
    await expect(page.locator("#leave")).to_be_in_viewport(ratio=1)
    await page.close()
