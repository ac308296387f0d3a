"""Choosing how to talk, closing words, letting a therapist in: the choices, and the questions that say all of it in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.web.pages.scripted_calls import ANNA, BEN, call_info
from tests.web.pages.visits import go_in, press, talk

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]

OPTIONS = "e => [...e.options].map((o) => o.value)"
ADMIT = {
    "id": "1", "kind": "admit", "by": "doris", "participant": "doris", "needs": ["anna", "ben"], "answers": {},
    "expires_at": 1e9,
}  # fmt: skip
FORMAT = {
    "id": "1", "kind": "format", "by": "ben", "needs": ["anna", "ben"], "answers": {"ben": True}, "expires_at": 1e9,
    "format": "speaker-listener", "turn_seconds": 300, "rest_seconds": 30, "first": "anna",
}  # fmt: skip


async def ask(stage: Any, proposal: dict[str, Any], holder: str | None = "ben") -> None:
    """A question is open while they talk."""
    stage.line.proposals = [proposal]
    await talk(stage, holder)


async def test_a_format_is_chosen_with_its_lengths_and_who_begins(page: Page, stage: Any) -> None:
    """Its sentence and steps stand below; its usual lengths are taken over; silence and beginning are asked for."""
    await go_in(page, stage)
    await talk(stage, "ben")
    await press(page, "More choices")
    await expect(page.locator("#new-first")).to_be_hidden()
    await page.locator("#new-format").select_option("zwiegespraech")
    await expect(page.locator("#format-about")).to_contain_text("Then the call ends.")
    await page.locator("#new-format").select_option("imago")
    await expect(page.locator("#format-about")).to_contain_text("Sending and mirroring · Summing up")
    await page.locator("#new-format").select_option("speaker-listener")
    await expect(page.locator("#format-about")).to_contain_text("One speaks in short parts")
    await page.locator("#new-turn").select_option("300")
    await page.locator("#new-rest").select_option(label="Half a minute")
    await page.locator("#new-first").select_option(label="Ben begins")
    await press(page, "Propose this to both partners")
    sent = await stage.line.expect("format.set")
    del sent["id"]
    assert sent == {
        "type": "format.set",
        "format": "speaker-listener",
        "turn_seconds": 300,
        "rest_seconds": 30,
        "first": "ben",
    }


async def test_a_course_can_begin_anew(page: Page, stage: Any) -> None:
    """What goes on already is no question, but a course from its beginning is one."""
    await go_in(page, stage)
    stage.line.follow_course()
    await stage.line.push()
    await press(page, "More choices")
    await expect(page.locator("#format-words")).to_have_text(
        "It would begin anew. This needs both partners' yes."
    )
    await expect(page.locator("#propose-format")).to_be_enabled()


async def test_all_ways_to_talk_stand_side_by_side(page: Page, stage: Any) -> None:
    """Each with its sentence; the closing words are no way to go on, so they are not among them."""
    await go_in(page, stage)
    await talk(stage, "ben")
    await press(page, "More choices")
    await page.get_by_text("All ways to talk, side by side").click()
    offered = await page.locator("#new-format").evaluate(OPTIONS)
    assert {"imago", "shuttle", "timed-turns"} < set(offered)
    assert "closing" not in offered
    await expect(page.locator("#format-list li")).to_have_count(len(offered))
    await expect(page.locator("#format-list")).to_contain_text("One person speaks at a time")


async def test_two_alone_are_offered_no_shuttle(page: Page, make_stage: Any) -> None:
    """Nobody would go from one to the other."""
    stage = await make_stage(call=call_info((ANNA, BEN)))
    await go_in(page, stage)
    await talk(stage, "ben")
    assert "shuttle" not in await page.locator("#new-format").evaluate(OPTIONS)


async def test_a_proposal_says_all_of_it(page: Page, stage: Any) -> None:
    """Which way, how long, which silence, who begins, and what that way is."""
    await go_in(page, stage)
    await ask(stage, FORMAT)
    await expect(page.locator(".question")).to_have_text(
        "Ben proposes to go on with “Speaker and listener”: 5 minutes each turn, half a minute of silence "
        "between turns; you begin."
    )
    await expect(page.locator(".proposal .about")).to_contain_text("One speaks in short parts")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_closing_words_stand_beside_ending(page: Page, stage: Any) -> None:
    """One press proposes them; the question says that nothing comes after."""
    await go_in(page, stage)
    await talk(stage, "ben")
    await press(page, "More choices")
    await press(page, "Propose closing words")
    assert (await stage.line.expect("format.set"))["format"] == "closing"
    await ask(stage, {**FORMAT, "format": "closing", "by": "anna", "answers": {"anna": True}})
    await expect(page.locator(".question")).to_have_text(
        "You propose a closing word each. Then the call ends, with nothing after."
    )


async def test_a_partner_is_asked_whether_a_therapist_takes_part(page: Page, stage: Any) -> None:
    """Who is here, and that they are not let in yet: nobody hears them."""
    await go_in(page, stage)
    stage.line.admitted = False
    await ask(stage, ADMIT, "anna")
    await expect(page.locator(".question")).to_have_text("Dr Weiss is here. Shall they take part?")
    await expect(page.get_by_role("article", name="Dr Weiss")).to_contain_text("Here, and not let in yet")
    await expect(page.locator("#heard-words")).to_have_text("You are heard by Ben.")
    await press(page, "No")
    assert (await stage.line.expect("consent"))["answer"] is False


async def test_a_partner_can_ask_once_more(page: Page, stage: Any) -> None:
    """At the therapist's own place, once no such question is open."""
    await go_in(page, stage)
    stage.line.admitted = False
    await talk(stage, "ben")
    await press(page, "Ask to let Dr Weiss in")
    assert (await stage.line.expect("admit"))["participant"] == "doris"


async def test_the_therapist_reads_that_they_are_asked_about(page: Page, stage: Any) -> None:
    """While the question is open; no stick and no clock of a talk that is not theirs; after a no they can ask again."""
    await go_in(page, stage, "doris")
    stage.line.admitted = False
    await ask(stage, ADMIT)
    await expect(page.locator("#turn-words")).to_have_text("The two are asked whether you may take part.")
    await expect(page.locator("#heard-words")).to_contain_text("you hear and see nothing of their talk")
    for gone in ("#ring", "#take", "#take-back", "#ask-again"):
        await expect(page.locator(gone)).to_be_hidden()
    await expect(page.get_by_role("button", name="Hand it to")).to_have_count(0)
    stage.line.proposals = []
    await stage.line.push()
    await expect(page.locator("#turn-words")).to_have_text("The two go on without you for now.")
    await expect(page.locator("#heard-words")).to_contain_text("A no needs no reason.")
    await press(page, "Ask them again")
    assert [(await stage.line.expect("ready"))["ready"] for _ in range(2)] == [False, True]


async def test_the_stick_is_drawn_where_it_is_and_handed_there(page: Page, stage: Any) -> None:
    """At the picture of whoever has it, at my own words when it is mine, and passed at somebody's picture by keyboard."""
    await go_in(page, stage)
    await talk(stage, "ben")
    ben = page.get_by_role("article", name="Ben")
    await expect(ben.locator(".stick-here svg")).to_be_visible()
    await expect(page.locator("#own-stick")).to_be_hidden()
    await talk(stage, "anna")
    await expect(page.locator("#own-stick svg")).to_be_visible()
    await expect(ben.locator(".stick-here")).to_be_hidden()
    await ben.get_by_role("button", name="Pass it to Ben").press("Enter")
    assert (await stage.line.expect("floor.pass"))["to"] == "ben"
    await talk(stage, "ben")
    await expect(page.locator("#turn-words")).to_be_focused()


async def test_who_spoke_for_how_long_is_a_fact_among_the_choices(page: Page, stage: Any) -> None:
    """Me first and the others as they sit, whoever spoke more; nothing before anybody has."""
    await go_in(page, stage)
    await talk(stage, None)
    await press(page, "More choices")
    await expect(page.locator("#airtime")).to_be_hidden()
    stage.line.floor["airtime"] = {"ben": 361.0, "anna": 242.0}
    await stage.line.push()
    await expect(page.locator("#airtime-words")).to_have_text(
        "You have spoken for 4 minutes and Ben for 6 minutes."
    )
    stage.line.floor["airtime"] = {"ben": 20.0}
    await stage.line.push()
    await expect(page.locator("#airtime-words")).to_have_text(
        "You have not spoken yet and Ben for less than a minute."
    )


async def test_at_the_door_of_a_talk_the_therapist_reads_that_the_two_are_asked(
    page: Page, stage: Any
) -> None:
    """Before going in: nobody just walks into a talk that goes on."""
    await page.goto(f"{stage.url}/calls/c1?as=doris")
    await expect(page.locator("#before-presence")).to_contain_text("Anna is here")
    await talk(stage, "ben")
    await expect(page.locator("#before-presence")).to_contain_text(
        "They are asked whether you may take part once you are ready."
    )


async def test_at_the_door_of_a_caucus_it_is_said(page: Page, stage: Any) -> None:
    """Who is alone with whom, before going in."""
    await page.goto(stage.call_url)
    await expect(page.locator("#before-presence")).not_to_be_empty()
    stage.line.take_aside("ben")
    await stage.line.push()
    await expect(page.locator("#before-presence")).to_contain_text("Dr Weiss is alone with Ben.")
