"""Distance on the call page: adding it is easy, taking it away is deliberate, and one sees what the others see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.web.pages.scripted_calls import ANNA, BEN, call_info
from tests.web.pages.visits import enter, go_in, press, talk

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
    await enter(page)
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
    await enter(page)
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
    choice = page.get_by_role("group", name="How I see the others").get_by_label("Ben", exact=True)
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


async def test_each_persons_own_sight_of_me_is_said_with_its_reason(page: Page, stage: Any) -> None:
    """What each of the others sees stands there by the views, and whose word it is; alike goes together."""
    await go_in(page, stage)
    words = page.locator("#seen-words")
    stage.line.distance["outgoing_to"] = {"anna": {"ben": "veiled"}}
    await talk(stage, "ben")
    await expect(words).to_have_text("Now: Dr Weiss sees you clearly; Ben sees you veiled, as you chose.")
    stage.line.distance |= {"outgoing_to": {}, "room": "soft", "listening": ["doris"]}
    await stage.line.push()
    await expect(words).to_have_text(
        "Now: Ben sees you softened, the least for everyone; Dr Weiss gets no picture of you, since Dr Weiss only listens."
    )
    stage.line.distance |= {
        "room": "clear",
        "listening": [],
        "thin": ["ben"],
        "incoming": {"doris": {"anna": "soft"}},
    }
    await stage.line.push()
    await expect(words).to_have_text(
        "Now: Ben sees you softened, since Ben's line is slow; Dr Weiss sees you softened, as Dr Weiss chose."
    )


async def test_one_person_may_see_me_otherwise(page: Page, stage: Any) -> None:
    """For one person more distance holds at once and less takes a button; my own picture says whose sight it is."""
    await go_in(page, stage)
    stage.line.distance["outgoing"]["anna"] = "soft"
    await talk(stage, "ben")
    await press(page, "See myself")
    await press(page, "More choices")
    group = page.get_by_role("group", name="How each person sees me")
    await expect(group.get_by_label("Ben")).to_have_value("soft")
    await group.get_by_label("Ben").select_option("veiled")
    assert (await stage.line.expect("distance.set")).items() >= {"outgoing": "veiled", "to": "ben"}.items()
    await expect(group).to_contain_text("Now Ben sees you veiled, as you chose.")
    await group.get_by_label("Dr Weiss").select_option("clear")
    await press(page, "Let Dr Weiss see me clearly")
    assert (await stage.line.expect("distance.set")).items() >= {"outgoing": "clear", "to": "doris"}.items()
    await expect(page.locator("#self-view figcaption")).to_have_text("About how Dr Weiss sees you.")
    await page.locator("#room .level", has_text="Audio only").click()
    await expect(group.get_by_label("Ben")).to_have_value("audio-only")


async def test_with_one_other_person_there_is_one_way_to_be_seen(page: Page, make_stage: Any) -> None:
    """A choice for one viewer is the choice for everyone when there is one."""
    stage = await make_stage(call=call_info(people=(ANNA, BEN)))
    await go_in(page, stage)
    await talk(stage, "ben")
    await press(page, "More choices")
    await expect(page.locator("#incoming")).to_be_visible()
    await expect(page.locator("#outgoing-to")).to_be_hidden()


async def test_only_listening_is_one_press_there_and_back(page: Page, stage: Any) -> None:
    """The page says that I see nobody, everybody stays there without a picture, and the wishes from before come back."""
    await go_in(page, stage)
    stage.line.distance["incoming"] = {"anna": {"ben": "soft"}}
    await talk(stage, "ben")
    button = page.get_by_role("button", name="Only listen")
    await button.click()
    assert (await stage.line.expect("distance.set"))["listening"] is True
    await expect(button).to_have_attribute("aria-pressed", "true")
    await expect(page.locator("#listening-words")).to_contain_text("you see nobody")
    await expect(page.get_by_label("Ben, without a picture")).to_be_attached()
    await press(page, "More choices")
    await expect(page.locator("#incoming")).to_contain_text("Now without a picture, since you only listen.")
    await expect(page.get_by_role("group", name="How I see the others").get_by_label("Ben")).to_have_value(
        "soft"
    )
    await button.click()
    assert (await stage.line.expect("distance.set"))["listening"] is False
    await expect(page.locator("#listening-words")).to_be_hidden()
    await expect(page.locator("#incoming")).to_contain_text("Now you see Ben softened, as you chose.")


async def test_who_only_listens_is_said_to(page: Page, stage: Any) -> None:
    """The others know that they are heard and not seen."""
    await go_in(page, stage)
    stage.line.distance["listening"] = ["ben"]
    await talk(stage, "anna")
    await expect(page.get_by_role("article", name="Ben").locator(".tags")).to_contain_text("only listens")


async def test_silence_is_not_absence(page: Page, stage: Any) -> None:
    """Without a picture a person is said to be silent, muted, or kept silent by the stick."""
    await go_in(page, stage)
    stage.line.distance["outgoing"] = dict.fromkeys(("anna", "ben", "doris"), "audio-only")
    await talk(stage, "ben")
    ben = page.get_by_role("article", name="Ben").locator(".stand-in")
    doris = page.get_by_role("article", name="Dr Weiss").locator(".stand-in")
    await expect(ben).to_contain_text("Here, and silent just now")
    await expect(ben.locator(".initial")).to_have_attribute("data-presence", "silent")
    await expect(doris).to_contain_text("Here, and listening")
    stage.line.person("ben")["microphone"] = False
    await talk(stage, None)
    await expect(ben).to_contain_text("Here. The microphone is off")
    await expect(doris.locator(".initial")).to_have_attribute("data-presence", "free")


async def test_the_light_follows_the_level_that_comes_with_the_sound(page: Page, stage: Any) -> None:
    """A level above the room's noise is a voice; nothing new for a while is silence."""
    await page.add_init_script(LEVELS_OF_SOUND)
    await go_in(page, stage)
    stage.line.distance["outgoing"]["ben"] = "audio-only"
    await talk(stage, "ben")
    initial = page.get_by_role("article", name="Ben").locator(".initial")
    await expect(initial).to_have_attribute("data-presence", "silent")
    await page.evaluate("() => (window.soundLevel = 0.3)")
    await expect(initial).to_have_attribute("data-presence", "speaking")
    assert float(await initial.evaluate("(e) => e.style.getPropertyValue('--voice')")) > 0.5
    await page.evaluate("() => (window.soundLevel = 0.002)")
    await expect(initial).to_have_attribute("data-presence", "silent")


LEVELS_OF_SOUND = """
window.soundLevel = 0;
RTCRtpReceiver.prototype.getSynchronizationSources = () => [{ timestamp: performance.now(), audioLevel: window.soundLevel }];
"""


async def test_every_wish_outlives_a_server_that_forgot_it(page: Page, stage: Any) -> None:
    """After a restart the page says again, before it is ready, whatever would be nearer: for one viewer, of one, and for all."""
    await go_in(page, stage)
    stage.line.distance.update(
        room="soft", outgoing_to={"anna": {"ben": "audio-only"}}, incoming={"anna": {"ben": "veiled"}}
    )
    await talk(stage, "ben")
    await expect(page.locator("#turn-words")).to_contain_text("Ben")
    stage.line.distance.update(room="clear", outgoing_to={}, incoming={})
    stage.line.person("anna")["ready"] = False
    stage.line.received.clear()
    await stage.line.bye("draining")
    await stage.line.expect("ready")
    said = [message for message in stage.line.received if message["type"] == "distance.set"]
    assert [{key: one[key] for key in one if key not in {"type", "id"}} for one in said] == [
        {"outgoing": "audio-only", "to": "ben"},
        {"incoming": "veiled", "of": "ben"},
        {"room": "soft"},
    ]


@pytest.mark.parametrize("look", ["clear", "soft", "veiled"])
async def test_a_picture_is_covered_at_once_however_it_looked(page: Page, stage: Any, look: str) -> None:
    """There is no fade on the way out: a clear picture would stay on the screen behind the word that it may not be seen."""
    await go_in(page, stage)
    await talk(stage, "ben")
    assert await page.evaluate(
        """async (look) => {
          const { video } = window.holdspace.people().ben;
          const opacity = () => getComputedStyle(video).opacity;
          const settle = () => video.getAnimations().forEach((one) => one.finish());
          video.dataset.look = look;
          video.classList.remove("covered", "at-once");
          settle();
          const shown = opacity();
          video.classList.add("covered");
          return [shown, opacity()];
        }""",
        look,
    ) == ["1", "0"]
