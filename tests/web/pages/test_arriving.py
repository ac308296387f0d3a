"""Arriving: alone first, honest words where it is hard, and what the therapist alone is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.web.pages.scripted_calls import ANNA, BEN, call_info
from tests.web.pages.visits import answer, enter, go_in, press

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]

GO_IN = "I am here and ready"


async def test_nobody_goes_in_without_an_answer(page: Page, stage: Any) -> None:
    """Pressing first leads to the question, by keyboard too; the room stays closed and nothing is told."""
    await page.goto(stage.call_url)
    await press(page, GO_IN)
    await expect(page.locator("#arriving-missing")).to_have_text("Please answer this first.")
    await expect(page.locator('input[name="alone"][value="yes"]')).to_be_focused()
    await page.locator('input[name="alone"][value="yes"]').check()
    await press(page, GO_IN)
    await expect(page.locator('input[name="good-time"][value="yes"]')).to_be_focused()
    await expect(page.locator("#room")).to_be_hidden()
    assert {m["type"] for m in stage.line.received} == {"join"}


async def test_the_answers_go_to_the_server_once_one_goes_in(page: Page, stage: Any) -> None:
    """Before `ready`, with what was said for help, trimmed; what was left open is not sent."""
    await page.goto(stage.call_url)
    await answer(page)
    await page.get_by_text("If help should be needed").click()
    await page.get_by_label("Where are you?").fill("  12 Quince Street ")
    assert {m["type"] for m in stage.line.received} <= {"join"}
    await press(page, GO_IN)
    await stage.line.expect("ready")
    said = await stage.line.expect("arrive")
    assert {k: v for k, v in said.items() if k != "id"} == {
        "type": "arrive", "alone": True, "good_time": True, "where": "12 Quince Street",
    }  # fmt: skip


async def test_where_it_is_hard_going_in_is_the_persons_own_word(page: Page, stage: Any) -> None:
    """Calm words, and a press alone does not do; after saying so it does, and the server is told how it is."""
    await page.goto(stage.call_url)
    await answer(page, alone="no", good_time="no")
    await expect(page.locator("#arriving-words")).to_contain_text("no unseen ears")
    await expect(page.locator("#arriving-words")).to_contain_text("You can wait here until it is different")
    await press(page, GO_IN)
    await expect(page.locator("#all-the-same")).to_be_focused()
    await expect(page.locator("#before")).to_be_visible()
    await page.get_by_label("I go in all the same").check()
    await press(page, GO_IN)
    said = await stage.line.expect("arrive")
    assert (said["alone"], said["good_time"]) == (False, False)


async def test_once_it_is_different_the_way_is_open(page: Page, stage: Any) -> None:
    """Whoever waited and is alone now goes in by the one press."""
    await page.goto(stage.call_url)
    await answer(page, alone="no")
    await page.get_by_label("I go in all the same").check()
    await answer(page, alone="yes")
    await expect(page.locator("#arriving-hard")).to_be_hidden()
    await expect(page.locator("#all-the-same")).not_to_be_checked()
    await press(page, GO_IN)
    await stage.line.expect("ready")


async def test_a_therapist_is_asked_whether_they_are_alone_and_tells_nobody(page: Page, stage: Any) -> None:
    """No good or bad time, no place and no number; nothing is sent."""
    await page.goto(f"{stage.url}/calls/c1?as=doris")
    await expect(page.locator("#arriving-time, #where, #mark")).to_have_count(0)
    await enter(page)
    await stage.line.expect("offer")
    await stage.line.expect("ready")
    assert "arrive" not in {m["type"] for m in stage.line.received}


async def test_without_a_therapist_nothing_leaves_the_page(page: Page, make_stage: Any) -> None:
    """The questions are for oneself then, and the page says so."""
    stage = await make_stage(call=call_info((ANNA, BEN)))
    await page.goto(stage.call_url)
    await expect(page.locator("#arriving")).to_contain_text("Nobody is told your answers. They are for you.")
    await expect(page.locator("#where, #mark")).to_have_count(0)
    await enter(page)
    await stage.line.expect("ready")
    assert "arrive" not in {m["type"] for m in stage.line.received}


async def test_nothing_of_it_stays_in_the_browser(page: Page, stage: Any) -> None:
    """Neither storage nor the fields hold it after leaving; the fields ask the browser to remember nothing."""
    await page.goto(stage.call_url)
    await answer(page)
    await page.get_by_text("If help should be needed").click()
    for field in ("#where", "#contact"):
        await page.locator(field).fill("Quince")
        assert await page.locator(field).get_attribute("autocomplete") == "off"
        assert await page.locator(field).get_attribute("spellcheck") == "false"
    await press(page, GO_IN)
    await stage.line.expect("ready")
    stores = "JSON.stringify([{ ...sessionStorage }, { ...localStorage }])"
    assert "Quince" not in await page.evaluate(stores)
    await press(page, "Leave")
    await stage.line.expect("leave")
    assert await page.locator("#where").input_value() == ""


async def test_a_new_connection_is_told_again(page: Page, stage: Any) -> None:
    """After a lost line the server may be another one: the page repeats what it was told, before it is ready."""
    await go_in(page, stage)
    await stage.line.expect("arrive")
    await stage.line.drop()
    await stage.line.expect("arrive")


ARRIVALS = {
    "type": "arrivals",
    "arrivals": [
        {"participant": "anna", "alone": False, "good_time": True, "where": "<b>Quince Street</b>", "contact": None},
        {"participant": "ben", "alone": True, "good_time": True, "where": None, "contact": "Olive, 0123"},
    ],
}  # fmt: skip


async def test_the_therapist_sees_the_weighty_part_at_a_glance(page: Page, stage: Any) -> None:
    """One line, said to a screen reader too; places and numbers on demand alone; text stays text; erased when it is."""
    await page.goto(f"{stage.url}/calls/c1?as=doris")
    await enter(page)
    await stage.line.expect("offer")
    await stage.line.send(ARRIVALS)
    await expect(page.locator("#arrivals-summary")).to_have_text("At the door: Anna is not alone.")
    await expect(page.locator("#arrivals-list")).to_be_hidden()
    await page.locator("#arrivals summary").click()
    await expect(page.locator("#arrivals-list")).to_contain_text("Where: <b>Quince Street</b>")
    await expect(page.locator("#arrivals-list")).to_contain_text("Whom to call: Olive, 0123")
    await stage.line.send({"type": "arrivals", "arrivals": []})
    await expect(page.locator("#arrivals")).to_be_hidden()
    await expect(page.locator("#arrivals-list dd")).to_have_count(0)


async def test_a_partners_page_has_no_place_for_it(page: Page, stage: Any) -> None:
    """The server sends a partner nothing; the page would not show it either."""
    await go_in(page, stage)
    await stage.line.send(ARRIVALS)
    await stage.line.push()
    await expect(page.locator("#room")).to_be_visible()
    assert "Quince" not in await page.content()


@pytest.mark.parametrize("width", [320, 360, 740])
async def test_the_answers_to_one_question_stand_side_by_side(page: Page, stage: Any, width: int) -> None:
    """At the width of a phone, too; each on one line, as high as a finger needs, and nothing reaches over the edge."""
    await page.set_viewport_size({"width": width, "height": 740})
    await page.goto(stage.call_url)
    asked = await page.locator(".questions fieldset").evaluate_all(ANSWERS)
    assert [[one["words"] for one in answers] for answers in asked] == [["Yes", "No"], ["Yes", "Not now"]]
    for answers in asked:
        assert len({one["top"] for one in answers}) == 1, answers
        assert all(one["height"] >= FINGER and one["lines"] == 1 for one in answers), answers
    assert await page.evaluate("document.documentElement.scrollWidth") <= width


FINGER = 44
"""CSS pixels."""
ANSWERS = """(questions) => questions.map((question) => [...question.querySelectorAll(".answer")].map((label) => {
  const words = document.createRange();
  words.selectNodeContents(label.lastChild);
  const seen = [...words.getClientRects()].filter(({ width }) => width > 0);
  const { top, height } = label.getBoundingClientRect();
  return { words: label.textContent.trim(), lines: new Set(seen.map((one) => one.top)).size, top, height };
}))"""
