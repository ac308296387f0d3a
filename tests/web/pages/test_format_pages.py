"""The pages that tell of formats, in a real Chromium of a phone's width: read them, and watch one in fast motion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from media.formats.folders import shipped
from media.mediation.formats import FloorRule, Format
from web.site import Site

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

    from tests.web.pages.conftest import Stage, StageMaker

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]

HOSTILE = "</script><img src=x onerror=alert(1)>\"'&{{7*7}}"


async def assert_fits(page: Page) -> None:
    """Nothing sticks out sideways."""
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(wide) == 0


async def test_every_format_is_there_to_read(stage: Stage, page: Page) -> None:
    """Name, sentence, source and steps of each, and the way from the schedule page and back."""
    await page.goto(f"{stage.url}/")
    link = page.get_by_role("link", name="What are these? See each in fast motion")
    assert await link.get_attribute("href") == "/formats"
    await page.goto(f"{stage.url}/formats")
    for form in shipped().values():
        article = page.get_by_role("article", name=form.title)
        await expect(article).to_contain_text(form.sentence)
        await expect(article).to_contain_text(form.source)
        for one in form.rounds:
            for phase in one.phases:
                await expect(article).to_contain_text(phase.title)
    await assert_fits(page)
    await page.get_by_role("link", name="Imago dialogue").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Imago dialogue")


@pytest.mark.parametrize("name", list(shipped()))
async def test_each_can_be_gone_through_step_by_step(stage: Stage, page: Page, name: str) -> None:
    """With the keyboard alone, from its beginning to its end; every page fits a phone."""
    await page.goto(f"{stage.url}/formats/{name}")
    await assert_fits(page)
    following, seen = page.get_by_role("button", name="Next step"), []
    await following.focus()
    while await following.is_enabled():
        seen.append(await page.locator("#now-words").inner_text())
        await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Play again")).to_be_focused()
    last = "The call is over." if name in {"zwiegespraech", "closing"} else "It goes on from here"
    await expect(page.locator("#now-words")).to_contain_text(last)
    assert len(seen) > 1


async def test_who_is_heard_is_said_in_words(stage: Stage, page: Page) -> None:
    """Saying back: the listener is heard alone, in the phase of the speaker, and both are told what to do."""
    await page.goto(f"{stage.url}/formats/speaker-listener")
    person_a, person_b = page.locator('[data-person="first"]'), page.locator('[data-person="second"]')
    await expect(person_a).to_have_text("Partner A is heard")
    await expect(person_b).to_have_text("Partner B is not heard")
    await page.get_by_role("button", name="Next step").click()
    await expect(page.locator("#now-words")).to_have_text(
        "Partner B says back what they heard, and is heard alone."
    )
    await expect(person_a).to_have_text("Partner A is not heard")
    await expect(page.locator("#now-speaker")).to_contain_text("For Partner A: Speak for yourself")
    await expect(page.locator("#now-listener")).to_contain_text("For Partner B: Listen for what it is like")
    await page.get_by_role("button", name="Step before").click()
    await expect(person_a).to_have_text("Partner A is heard")


async def test_it_plays_to_its_end_and_again(stage: Stage, page: Page) -> None:
    """Two minutes in less than a second: it moves by itself, says so, and can begin anew."""
    await page.goto(f"{stage.url}/formats/closing")
    await page.get_by_label("How fast").select_option("300")
    await page.get_by_role("button", name="Play").click()
    await expect(page.locator("#now-words")).to_have_text("The call is over.")
    await expect(page.locator("#clock")).to_have_text("2:04 of 2:04")
    await page.get_by_label("How fast").select_option("30")
    await page.get_by_role("button", name="Play again").click()
    await expect(page.locator('[data-person="first"]')).to_have_text("Partner A is heard")
    await page.get_by_role("button", name="Pause").click()
    stands = await page.locator("#clock").inner_text()
    await expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    # Frames go by, and nothing moves.
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert await page.locator("#clock").inner_text() == stands


async def test_the_time_can_be_moved_with_the_keyboard(stage: Stage, page: Page) -> None:
    """The slider is a slider: its keys move it, and it says where it stands."""
    await page.goto(f"{stage.url}/formats/five-five-five")
    slider = page.get_by_role("slider")
    await slider.press("End")
    await expect(page.locator("#clock")).to_have_text("16:04 of 16:04")
    assert "Everyone is heard." in (await slider.get_attribute("aria-valuetext") or "")
    await slider.press("Home")
    await expect(page.locator("#now-title")).to_have_text("Five minutes each")
    await slider.press("ArrowRight")
    await expect(page.locator("#clock")).to_have_text("0:01 of 16:04")


async def test_nothing_moves_between_steps_where_little_motion_is_wanted(
    stage: Stage, browser: Browser
) -> None:
    """With reduced motion it goes from step to step: the clock shows beginnings of steps alone while it plays."""
    context = await browser.new_context(reduced_motion="reduce", viewport={"width": 360, "height": 740})
    page = await context.new_page()
    await page.goto(f"{stage.url}/formats/closing")
    await page.evaluate(
        """() => {
            window.clocks = new Set();
            const clock = document.getElementById("clock");
            new MutationObserver(() => clocks.add(clock.textContent)).observe(clock, { childList: true });
        }"""
    )
    await page.get_by_role("button", name="Play").click()
    await expect(page.locator("#now-words")).to_have_text("The call is over.")
    assert set(await page.evaluate("[...clocks]")) <= {"0:00 of 2:04", "1:02 of 2:04", "2:04 of 2:04"}
    await context.close()


async def test_an_operators_words_stay_text(make_stage: StageMaker, page: Page) -> None:
    """A format's own words make no element, on the list, on its page and while it plays."""
    own = Format("own", FloorRule.TURNS, HOSTILE, HOSTILE, HOSTILE)
    stage = await make_stage(Site("http://127.0.0.1", formats={"own": own}))
    for address in ("/formats", "/formats/own"):
        await page.goto(stage.url + address)
        await expect(page.locator("main")).to_contain_text(HOSTILE)
        assert await page.locator("main img").count() == 0
    await page.get_by_role("button", name="Next step").click()
    await expect(page.locator("#now-title")).to_have_text(HOSTILE)


async def test_an_unknown_format_has_no_page(stage: Stage, page: Page) -> None:
    """404, and no mistake of ours."""
    answer = await page.request.get(f"{stage.url}/formats/tango")
    assert answer.status == 404


async def test_choosing_a_format_brings_its_turns(stage: Stage, page: Page) -> None:
    """The usual length of a turn is chosen with the format; another one can be chosen afterwards, and is sent."""
    await page.goto(f"{stage.url}/")
    await page.get_by_text("Zwiegespräch", exact=True).click()
    assert await page.locator('input[name="turn"]:checked').input_value() == "900"
    await page.get_by_text("Imago dialogue", exact=True).click()
    assert await page.locator('input[name="turn"]:checked').input_value() == "300"
    await page.locator('input[name="turn"][value="600"]').check()
    await page.locator("#partner-0").fill("Ada")
    await page.locator("#partner-1").fill("Ben")
    await page.locator("#submit").click()
    await expect(page.locator("#links-shown")).to_be_visible()
    [(_, _, sent)] = stage.api.requests
    assert (sent["format"], sent["turn_seconds"]) == ("imago", 600)
    await assert_fits(page)


async def test_a_shuttle_asks_for_a_therapist(stage: Stage, page: Page) -> None:
    """It is explained as soon as it is chosen for two, and nothing is sent until there is a therapist."""
    await page.goto(f"{stage.url}/")
    await page.get_by_text("Shuttle", exact=True).click()
    await expect(page.locator("#format-needs")).to_contain_text("needs a therapist")
    await page.locator("#partner-0").fill("Ada")
    await page.locator("#partner-1").fill("Ben")
    await page.locator("#submit").click()
    await expect(page.locator("#format-error")).to_contain_text("needs a therapist")
    assert stage.api.requests == []
    await page.get_by_text("With a therapist", exact=True).click()
    await expect(page.locator("#format-needs")).to_be_hidden()
    await page.locator("#therapist").fill("Tess")
    await page.locator("#submit").click()
    await expect(page.locator("#links-shown")).to_be_visible()
    [(_, _, sent)] = stage.api.requests
    assert (sent["format"], sent["participants"][2]["role"]) == ("shuttle", "therapist")
