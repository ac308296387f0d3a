"""A format with phases on the page: where it stands, what it asks of me, what completes it, and silences that nobody hurries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.web.pages.visits import go_in, press

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]

SILENCE = {
    "phase": "arrival", "title": "Arriving", "floor": "silence", "speaker": None, "listener": None, "number": 1, "of": 1,
    "repetitions": 1, "seconds": 300, "completes": ["time", "both"], "to_speaker": "Arrive, each for yourself.",
}  # fmt: skip
OPEN = {**SILENCE, "title": "Together", "floor": "open", "seconds": None, "completes": ["both"]}
LAST_WORD = {
    "title": "A last word",
    "number": 1,
    "of": 2,
    "repetitions": 1,
    "completes": ["time"],
    "then": "end",
}

NOTES = """
window.notes = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...at) { window.notes += 1; return start.apply(this, at); };
"""


async def follow(stage: Any, **step: Any) -> None:
    """The course stands at this step."""
    stage.line.follow_course(**step)
    await stage.line.push()


async def test_the_speaker_reads_the_phase_and_what_it_asks(page: Page, stage: Any) -> None:
    """Title, step and round, the speaker's own prompt, what completes it; said to screen readers as well."""
    await go_in(page, stage)
    await follow(stage)
    await expect(page.locator("#course-place")).to_have_text("Sending · step 2 of 7 · round 1 of 3")
    await expect(page.locator("#prompts")).to_have_text("Say one thing, in a few sentences, about yourself.")
    await expect(page.locator("#completion-words")).to_have_text(
        "It goes on when you say “You got it”, you hand the stick on or the time is over."
    )
    await expect(page.locator("#announcer")).to_have_text(
        "Sending · step 2 of 7 · round 1 of 3. It is your turn. Say one thing, in a few sentences, about yourself."
    )
    await press(page, "Hand the stick on")
    await stage.line.expect("floor.release")


async def test_the_listener_reads_their_own_prompt(page: Page, stage: Any) -> None:
    """And nothing is offered that the course would refuse: its turns come by themselves."""
    await go_in(page, stage)
    await follow(stage, speaker="ben", listener="anna")
    await expect(page.locator("#prompts")).to_have_text("Listen until it is your time to say it back.")
    await expect(page.locator("#completion-words")).to_contain_text("It goes on when Ben says “You got it”")
    await expect(page.locator(".stick-actions button:visible")).to_have_count(0)


async def test_the_therapist_reads_what_both_are_asked(page: Page, stage: Any) -> None:
    """Both prompts, each with the name of whom it is for."""
    await go_in(page, stage, "doris")
    await follow(stage)
    await expect(page.locator("#prompts .prompt")).to_have_text(
        [
            "Anna: Say one thing, in a few sentences, about yourself.",
            "Ben: Listen until it is your time to say it back.",
        ]
    )


async def test_a_shared_silence_has_a_countdown_and_no_hurry(page: Page, stage: Any) -> None:
    """Its own ring and words; being ready is one press, can be taken back, and is told with how many are."""
    await go_in(page, stage)
    await follow(stage, **SILENCE)
    await expect(page.locator("#turn-words")).to_have_text("A silence for all of you.")
    await expect(page.locator("#heard-words")).to_have_text("Nobody is heard. You see each other as before.")
    await expect(page.get_by_role("timer", name="Time left of this step")).to_have_text("5:00")
    await expect(page.get_by_role("timer", name="Time left of this step")).to_have_text("4:59")
    await expect(page.locator("#completion-words")).to_have_text(
        "It goes on when both of you are ready or the time is over."
    )
    await press(page, "I am ready to go on")
    assert (await stage.line.expect("phase.done"))["done"] is True
    stage.line.floor["done"] = ["anna"]
    await stage.line.push()
    await expect(page.locator("#ready-words")).to_have_text("You are ready, 1 of 2. Ben may take the time.")
    await expect(page.locator("#ready-to-go-on")).to_have_attribute("aria-pressed", "true")
    await press(page, "I am ready to go on")
    assert (await stage.line.expect("phase.done"))["done"] is False


async def test_the_end_of_a_silence_is_no_alarm(page: Page, stage: Any) -> None:
    """In its last seconds the ring is as calm as before."""
    await go_in(page, stage)
    await follow(stage, **{**SILENCE, "seconds": 9})
    await expect(page.locator("#clock")).to_have_text("0:08")
    await expect(page.locator("#ring")).to_have_class("ring")


async def test_a_talk_of_both_waits_for_both(page: Page, stage: Any) -> None:
    """Everyone can speak, and the other's being ready is told without hurry."""
    await go_in(page, stage)
    await follow(stage, **OPEN)
    stage.line.floor["done"] = ["ben"]
    await stage.line.push()
    await expect(page.locator("#turn-words")).to_have_text("Everyone can speak.")
    await expect(page.locator("#ring")).to_be_hidden()
    await expect(page.locator("#ready-words")).to_have_text(
        "Ben is ready to go on, 1 of 2. There is no hurry."
    )


async def test_a_silence_between_two_turns(page: Page, stage: Any) -> None:
    """Nobody is heard, it counts down, whose turn follows is said, and both can end it sooner."""
    await go_in(page, stage)
    stage.line.follow_course(speaker="ben", listener="anna")
    stage.line.rest()
    await stage.line.push()
    await expect(page.locator("#turn-words")).to_have_text("A silence between two turns.")
    await expect(page.locator("#queue-words")).to_have_text("Next: Ben")
    await expect(page.get_by_role("timer", name="Time left of this silence")).to_be_visible()
    await expect(page.locator("#prompts")).to_be_empty()
    await press(page, "I am ready to go on")
    await stage.line.expect("phase.done")


async def test_after_a_silence_of_timed_turns_the_other_speaks(page: Page, stage: Any) -> None:
    """Who did not speak last is next, and reads so in the silence."""
    await go_in(page, stage)
    stage.line.rest(last_holder="ben")
    await stage.line.push()
    await expect(page.locator("#queue-words")).to_have_text("Next: you")
    await expect(page.locator("#course-place")).to_be_hidden()


async def test_a_halted_course_says_how_it_goes_on(page: Page, stage: Any) -> None:
    """Whoever may let it go on has the button for it."""
    await go_in(page, stage)
    await follow(stage, halted=True)
    await expect(page.locator("#heard-words")).to_have_text(
        "“Sending” waits. It goes on when one of you two asks for the stick."
    )
    await press(page, "Ask for the talking stick")
    await stage.line.expect("floor.request")


async def test_the_therapist_hands_a_halted_course_on(page: Page, stage: Any) -> None:
    """The stick is handed at the person's picture."""
    await go_in(page, stage, "doris")
    await follow(stage, halted=True)
    await expect(page.locator("#heard-words")).to_contain_text("when you hand the stick to Anna")
    await page.get_by_role("article", name="Anna").get_by_role("button", name="Hand it to Anna").click()
    assert (await stage.line.expect("floor.grant"))["to"] == "anna"


async def test_a_completed_course_says_so(page: Page, stage: Any) -> None:
    """What comes after is said as it is."""
    await go_in(page, stage)
    await follow(stage, over=True, floor=None, speaker=None, listener=None)
    await expect(page.locator("#course-place")).to_have_text("Speaker and listener is complete")
    await expect(page.locator("#turn-words")).to_have_text("Everyone can speak.")


async def test_what_begins_is_heard_softly_once(page: Page, stage: Any) -> None:
    """A phase that begins with saying back makes one sound and not two."""
    await page.add_init_script(NOTES)
    await go_in(page, stage)
    await follow(stage)
    await stage.line.notice("phase.started", phase="send", title="Sending", speaker="anna")
    await stage.line.notice("mirror.started", by="ben", ends_at=0)
    await stage.line.notice("distance.room", by="ben", level="veiled")
    await expect(page.locator("#news")).not_to_be_empty()
    assert await page.evaluate("window.notes") == 1


async def test_the_keyboard_is_never_lost(page: Page, stage: Any) -> None:
    """When the pressed button goes with what it did, the keyboard is on the sentence that tells of it."""
    await go_in(page, stage)
    await follow(stage)
    await page.get_by_role("button", name="Hand the stick on").press("Enter")
    await follow(stage, speaker="ben", listener="anna")
    await expect(page.locator("#turn-words")).to_be_focused()
    await expect(page.locator("#turn-words")).to_have_text("Ben has the talking stick.")


@pytest.mark.parametrize(
    ("who", "words"), [("anna", "Each of you had a closing word"), ("doris", "Each of you")]
)
async def test_after_the_closing_words_nothing_comes(page: Page, stage: Any, who: str, words: str) -> None:
    """The closing sheet says that the call ended with them, as agreed."""
    await go_in(page, stage, who)
    await follow(stage, **LAST_WORD)
    await expect(page.locator("#course-place")).to_have_text("A last word · step 1 of 2")
    stage.line.follow_course(**LAST_WORD, over=True)
    stage.line.floor["format"] = "closing"
    stage.line.phase = "ended"
    await stage.line.push()
    await expect(page.locator("#closing-words")).to_contain_text(words)
    await expect(page.locator("#closing-words")).to_contain_text("nothing comes after")


@pytest.mark.parametrize("step", [{}, SILENCE, OPEN, {"halted": True}, LAST_WORD])
async def test_no_step_overflows_a_small_phone(page: Page, stage: Any, step: dict[str, Any]) -> None:
    """At 360 px, with long names, for the speaker, in a silence, in a talk of both and in a halt."""
    stage.line.person("ben")["name"] = "Maximilian-Alexander von und zu Wolkenstein-Trostburg"
    await go_in(page, stage)
    await follow(stage, **step)
    await expect(page.locator("#course-place")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_a_laptop_shows_a_whole_step_without_scrolling(browser: Browser, stage: Any) -> None:
    """Place, prompt, countdown and the answers are on the screen at 1280 x 800, the therapist's long desk too."""
    page = await browser.new_page(viewport={"width": 1280, "height": 800})
    await go_in(page, stage, "doris")
    await follow(stage)
    for part in ("#course-place", "#prompts", "#ring", "#take-back", "#leave"):
        await expect(page.locator(part)).to_be_in_viewport(ratio=1)
    await page.close()
