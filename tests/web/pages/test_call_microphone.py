"""Muting on the call page: it lasts, it is said in words, and the others are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.web.pages.visits import enter, go_in, press, talk

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]

# A microphone that is silent until `tone()` is called.
SILENT_MICROPHONE = """
navigator.mediaDevices.getUserMedia = async (wanted) => {
  if (wanted.video) throw new DOMException("none", "NotFoundError");
  const context = new AudioContext();
  const [tone, volume, microphone] = [context.createOscillator(), context.createGain(), context.createMediaStreamDestination()];
  volume.gain.value = 0;
  tone.connect(volume).connect(microphone);
  tone.start();
  window.tone = () => {
    context.resume();
    volume.gain.value = 0.3;
  };
  return microphone.stream;
};
"""
SENT = "holdspace.peer().getSenders()[0].track.enabled"


async def _mute(page: Page, stage: Any) -> None:
    await press(page, "Mute me")
    assert (await stage.line.expect("microphone.set"))["on"] is False


async def test_muting_is_said_shown_and_told(page: Page, stage: Any) -> None:
    """The words stand with the turn's, the button is pressed, the server knows; and all of it back again."""
    await go_in(page, stage)
    await talk(stage, "anna")
    await _mute(page, stage)
    await expect(page.locator("#mute-words")).to_have_text("Your microphone is off.")
    await expect(page.locator("#heard-words")).to_have_text(
        "Unmute yourself to be heard by Ben and Dr Weiss."
    )
    await expect(page.get_by_role("button", name="Mute me", pressed=True)).to_be_visible()
    assert await page.evaluate(SENT) is False
    await press(page, "Mute me")
    assert (await stage.line.expect("microphone.set"))["on"] is True
    await expect(page.locator("#mute-words")).to_be_empty()
    assert await page.evaluate(SENT) is True


async def test_a_reload_does_not_open_a_muted_microphone(page: Page, stage: Any) -> None:
    """After a reload the track that is offered is muted, and a server that assumes otherwise is told."""
    await go_in(page, stage)
    await _mute(page, stage)
    await stage.line.expect("offer")
    stage.line.person("anna")["microphone"] = True
    await page.reload()
    assert (await stage.line.expect("microphone.set"))["on"] is False
    await stage.line.expect("offer")
    assert await page.evaluate(SENT) is False
    await expect(page.locator("#mute-words")).to_have_text("Your microphone is off.")


async def test_coming_back_after_leaving_stays_muted(page: Page, stage: Any) -> None:
    """Who left muted is told so at the door, and goes in muted."""
    await go_in(page, stage)
    await _mute(page, stage)
    await press(page, "Leave")
    await expect(page.locator("#closing-heading")).to_be_visible()
    stage.line.person("anna").update(microphone=True, ready=False)
    await press(page, "Come back in")
    await expect(page.locator("#stays-muted")).to_be_visible()
    await enter(page)
    assert (await stage.line.expect("microphone.set"))["on"] is False


async def test_a_muted_person_is_not_taken_for_a_silent_one(page: Page, stage: Any) -> None:
    """Beside a muted person stands a tag, and the words say it of who has the stick."""
    await go_in(page, stage)
    stage.line.person("ben")["microphone"] = False
    await talk(stage, "ben")
    tags = page.get_by_role("article", name="Ben").locator(".tag")
    await expect(tags).to_have_text(["has the talking stick", "microphone off"])
    await expect(page.locator("#heard-words")).to_contain_text("Ben's microphone is off.")
    stage.line.person("ben")["microphone"] = True
    await stage.line.push()
    await expect(tags).to_have_text(["has the talking stick"])


async def test_a_microphone_works_only_once_it_was_heard(page: Page, stage: Any) -> None:
    """Silence is not called working; a voice is."""
    await page.add_init_script(SILENT_MICROPHONE)
    await page.goto(stage.call_url)
    words = page.locator("#level-words")
    await expect(words).to_have_text("Say a few words: the bar should move.")
    await page.locator("#before .level", has_text="Clear").click()  # sound needs a press in this browser
    await expect(words).to_have_text("Say a few words: the bar should move.")
    await page.evaluate("tone()")
    await expect(words).to_have_text("Your microphone works.")
