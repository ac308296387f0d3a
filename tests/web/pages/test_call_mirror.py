"""Saying back on the page: who is asked, who alone is heard, and who alone says whether it was that."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.web.pages.visits import go_in, press

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]

TO_ANNA = {"speaker": "ben", "listener": "anna"}


async def test_the_speaker_asks_for_it(page: Page, stage: Any) -> None:
    """By a button that names whom; in a phase without saying back there is none."""
    await go_in(page, stage)
    stage.line.follow_course()
    await stage.line.push()
    await press(page, "Ask Ben to say it back")
    await stage.line.expect("mirror.start")
    stage.line.follow_course(mirror_seconds=0)
    await stage.line.push()
    await expect(page.locator("#say-back")).to_be_hidden()


async def test_the_speaker_listens_and_loses_no_time(page: Page, stage: Any) -> None:
    """The standing clock is told as what it is, no lost line; and the speaker may answer at once."""
    await go_in(page, stage)
    stage.line.follow_course()
    stage.line.say_back(40)
    await stage.line.push()
    await expect(page.locator("#turn-words")).to_have_text("Ben says back what they heard.")
    await expect(page.locator("#heard-words")).to_have_text(
        "You are not heard now. You are listening. Your turn goes on afterwards, with the time it had."
    )
    await expect(page.get_by_role("timer", name="Time left to say it back")).to_have_text("0:40")
    await expect(page.locator("#ring")).not_to_have_class("ring paused")
    await expect(page.get_by_role("article", name="Ben")).to_contain_text("says it back")
    await expect(page.locator("#prompts")).to_be_empty()
    await press(page, "There is more")
    assert (await stage.line.expect("mirror.answer"))["got_it"] is False


async def test_the_listener_alone_is_heard(page: Page, stage: Any) -> None:
    """Truly, by the views, with a countdown of their own and a way to be done."""
    await go_in(page, stage)
    stage.line.follow_course(**TO_ANNA)
    stage.line.say_back(40)
    await stage.line.push()
    await expect(page.locator("#turn-words")).to_have_text("Say back what you heard.")
    await expect(page.locator("#announcer")).to_contain_text("Say back what you heard.")
    await expect(page.locator("#heard-words")).to_have_text("You are heard by Ben and Dr Weiss.")
    await expect(page.get_by_role("button", name="You got it")).to_be_hidden()
    await press(page, "That is what I heard")
    await stage.line.expect("mirror.done")


async def test_a_gate_that_is_closed_is_not_called_open(page: Page, stage: Any) -> None:
    """What the page says of being heard follows the views, whatever the slot says."""
    await go_in(page, stage)
    stage.line.follow_course(**TO_ANNA)
    stage.line.say_back()
    stage.line.floor["mirror"]["by"] = "ben"
    state = stage.line.state()
    state["floor"] = {**state["floor"], "mirror": {**state["floor"]["mirror"], "by": "anna"}}
    await stage.line.send(state)
    await expect(page.locator("#heard-words")).to_have_text("Nobody hears you at the moment.")


async def test_at_the_end_of_the_slot_one_finishes_a_sentence(page: Page, stage: Any) -> None:
    """The listener is not cut off, and reads whose turn it is then."""
    await go_in(page, stage)
    stage.line.follow_course(**TO_ANNA)
    stage.line.say_back(0, grace_ends_at=asyncio.get_running_loop().time() + 15)
    await stage.line.push()
    await expect(page.locator("#heard-words")).to_have_text(
        "Your time is over. Finish your sentence: Ben goes on when you pause."
    )


async def test_the_speaker_is_asked_whether_it_was_that(page: Page, stage: Any) -> None:
    """Once it has been said: the question, what each answer does, and yes as the first thing at hand."""
    await go_in(page, stage)
    stage.line.follow_course()
    stage.line.floor["mirror_answer_due"] = True
    await stage.line.push()
    await expect(page.locator("#turn-words")).to_have_text("Did Ben hear what you meant?")
    await expect(page.locator("#answer-words")).to_have_text(
        "“You got it” ends your turn in this step. With “There is more” you go on."
    )
    await expect(page.locator("#say-back")).to_be_hidden()
    await page.get_by_role("button", name="You got it").press("Enter")
    assert (await stage.line.expect("mirror.answer"))["got_it"] is True
    stage.line.follow_course(**TO_ANNA)
    await stage.line.push()
    await expect(page.locator("#turn-words")).to_be_focused()


@pytest.mark.parametrize(
    ("got_it", "words"), [(True, "Ben: “You got it.”"), (False, "Ben: “There is more.”")]
)
async def test_the_listener_is_told_the_answer(page: Page, stage: Any, *, got_it: bool, words: str) -> None:
    """In the speaker's words."""
    await go_in(page, stage)
    stage.line.follow_course(**TO_ANNA)
    await stage.line.push()
    await expect(page.locator("#turn-words")).to_have_text("Ben has the talking stick.")
    await stage.line.notice("mirror.answered", by="ben", got_it=got_it)
    await expect(page.locator("#news")).to_have_text(words)


@pytest.mark.parametrize("step", [{}, TO_ANNA])
async def test_saying_back_fits_a_small_phone(page: Page, stage: Any, step: dict[str, Any]) -> None:
    """Both sides of it, at 360 px."""
    await go_in(page, stage)
    stage.line.follow_course(**step)
    stage.line.say_back()
    await stage.line.push()
    await expect(page.get_by_role("timer", name="Time left to say it back")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
