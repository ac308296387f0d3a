"""Distance on the call page: adding it is easy, taking it away is deliberate, and one sees what the others see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.web.pages.visits import go_in, press, talk

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]

NO_CAMERA = """
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = (wanted) =>
  wanted.video ? Promise.reject(new DOMException("none", "NotFoundError")) : open(wanted);
"""

CANVAS = (
    "(frame) => { const { width, height } = frame.querySelector('canvas'); return `${width}x${height}`; }"
)
DRAWN = """(selector) => {
  const canvas = document.querySelector(`${selector} canvas`);
  return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0);
}"""


async def test_an_arrow_never_takes_distance_away(page: Page, stage: Any) -> None:
    """From the furthest level arrows lead nowhere further, and back without choosing; Enter chooses, once."""
    await page.goto(stage.call_url)
    await page.locator("#before .level", has_text="Audio only").click()
    await press(page, "I am here and ready")
    await stage.line.expect("distance.set")
    await talk(stage, "ben")
    furthest = page.locator("#room input[name=outgoing][value=audio-only]")
    await furthest.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
        await page.keyboard.press(key)
    await expect(page.locator("#room input[name=outgoing][value=soft]")).to_be_focused()
    await expect(furthest).to_be_checked()
    await expect(page.locator("#room-press")).to_have_text("Enter chooses “Softened”.")
    await page.keyboard.press("Enter")
    assert (await stage.line.expect("distance.set"))["outgoing"] == "soft"
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Space")
    assert (await stage.line.expect("distance.set"))["outgoing"] == "clear"


async def test_an_arrow_towards_more_distance_acts_at_once(page: Page, stage: Any) -> None:
    """Away from the others one key is enough."""
    await go_in(page, stage)
    await talk(stage, "ben")
    await page.locator("#room input[name=outgoing][value=clear]").focus()
    await page.keyboard.press("ArrowRight")
    assert (await stage.line.expect("distance.set"))["outgoing"] == "soft"


async def test_the_row_at_the_device_check_has_ends_too(page: Page, stage: Any) -> None:
    """Before going in, arrows neither wrap nor choose less distance."""
    await page.goto(stage.call_url)
    await page.locator("#before .level", has_text="Audio only").click()
    for _ in range(4):
        await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator("#before input[value=audio-only]")).to_be_checked()
    await expect(page.locator("#before input[value=veiled]")).to_be_focused()


async def test_the_check_shows_about_what_the_others_will_see(page: Page, stage: Any) -> None:
    """Softened and veiled are drawn with as few pixels as the server leaves; audio only shows no picture."""
    await page.goto(stage.call_url)
    frame = page.locator("#preview .own-frame")
    for level, value, size in (("Softened", "soft", "64x48"), ("Veiled", "veiled", "32x24")):
        await page.locator("#before .level", has_text=level).click()
        await page.wait_for_function(DRAWN, arg="#preview")
        assert await frame.evaluate(CANVAS) == size
        await expect(frame).to_have_attribute("data-level", value)
        await expect(frame.locator("video")).to_have_css("opacity", "0")
    await expect(page.locator("#preview-words")).to_have_text("About how the others see you.")
    await page.locator("#before .level", has_text="Audio only").click()
    await expect(frame.locator("canvas")).to_have_css("opacity", "0")
    await expect(frame.locator("video")).to_have_css("opacity", "0")
    await expect(frame).to_contain_text("Nobody gets a picture of you.")


async def test_seeing_myself_shows_the_level_that_holds(page: Page, stage: Any) -> None:
    """In the room my own picture follows the plan: veiled by the room is veiled for me too."""
    await go_in(page, stage)
    stage.line.distance["outgoing"]["anna"] = "veiled"
    await talk(stage, "ben")
    await press(page, "See myself")
    await page.wait_for_function(DRAWN, arg="#self-view")
    frame = page.locator("#self-view .own-frame")
    await expect(frame).to_have_attribute("data-level", "veiled")
    await expect(page.locator("#self-view figcaption")).to_have_text("About how the others see you.")
    stage.line.distance["outgoing"]["anna"] = "audio-only"
    await talk(stage, "ben")
    await expect(frame).to_have_attribute("data-level", "audio-only")


async def test_without_a_camera_nothing_is_said_of_a_picture(page: Page, stage: Any) -> None:
    """Who has no camera is told that nobody gets a picture, at the check and in the room."""
    await page.add_init_script(NO_CAMERA)
    words = "You have no camera, so nobody gets a picture of you."
    await page.goto(stage.call_url)
    await expect(page.locator("#outgoing-before-words")).to_have_text(words)
    await press(page, "I am here and ready")
    await stage.line.expect("ready")
    await talk(stage, "ben")
    await expect(page.locator("#seen-words")).to_have_text(words)


async def test_the_least_for_everyone_waits_for_a_press(page: Page, stage: Any) -> None:
    """Looking through the list sends nothing; the button says whether it adds or proposes."""
    await go_in(page, stage)
    stage.line.distance["room"] = "soft"
    await talk(stage, "ben")
    await press(page, "More choices")
    level, button = page.locator("#room-level"), page.locator("#set-room")
    await expect(button).to_be_disabled()
    await level.select_option("clear")
    await expect(button).to_have_text("Propose to both")
    await level.select_option("veiled")
    await expect(button).to_have_text("Add for everyone")
    await button.click()
    assert (await stage.line.expect("distance.set"))["room"] == "veiled"


async def test_seeing_somebody_more_clearly_waits_for_a_press(page: Page, stage: Any) -> None:
    """For my own eyes more distance holds at once, less takes a button."""
    await go_in(page, stage)
    await talk(stage, "ben")
    await press(page, "More choices")
    choice = page.get_by_label("Ben", exact=True).and_(page.locator("select"))
    await choice.select_option("veiled")
    assert (await stage.line.expect("distance.set"))["incoming"] == "veiled"
    await choice.select_option("clear")
    await choice.select_option("soft")
    await press(page, "See Ben softened again")
    sent = await stage.line.expect("distance.set")
    assert (sent["incoming"], sent["of"]) == ("soft", "ben")
    await expect(choice).to_be_focused()


async def test_a_picture_has_a_name(page: Page, stage: Any) -> None:
    """A remote picture says whose it is and how it is seen."""
    await go_in(page, stage)
    stage.line.distance["outgoing"]["ben"] = "veiled"
    await talk(stage, "ben")
    await expect(page.get_by_label("Ben, seen veiled")).to_be_attached()
