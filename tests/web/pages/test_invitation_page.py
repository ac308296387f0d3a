"""The page of somebody who is invited, in a real Chromium at the real server, whose clock a test moves."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from playwright.async_api import expect

from tests.web.accessibility import assert_accessible
from tests.web.scheduling_scene import open_invitation, press, propose

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from tests.web.pages.conftest import Visitor
    from tests.web.scheduling_scene import Scene

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]

PARTNERS = [{"role": "partner", "name": "Ash"}, {"role": "partner", "name": "Birch"}]
WEEKLY = {"frequency": "weekly", "count": 3}
SOON = "2026-11-24T14:00"
"""In Berlin, an hour from now."""


async def _scheduled(scene: Scene, **wish: Any) -> list[str]:
    """Schedule a call; the partners' own links."""
    body = {"participants": PARTNERS, "starts_at": "2026-12-06T19:00", "timezone": "Europe/Berlin", **wish}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{scene.url}/api/v1/calls", json=body) as answer,
    ):
        call = await answer.json()
        assert answer.status == 201, call
    return [person["invitation_url"] for person in call["participants"]]


async def test_not_now_is_one_press_and_can_be_taken_back(scene: Scene, visitor: Visitor) -> None:
    """No question, no reason asked; the other reads it without blame, and a yes afterwards counts."""
    links = await _scheduled(scene)
    ash, birch = [await visitor("Europe/Berlin") for _ in range(2)]
    await open_invitation(ash, links[0])
    await press(ash, "Not now")
    await expect(ash.locator("#invitation-heading")).to_have_text("You said not now")
    await expect(ash.locator("#answer-said")).to_be_focused()
    await open_invitation(birch, links[1])
    await expect(birch.locator("#standing")).to_contain_text("Ash said not now.")
    await assert_accessible(birch, widths=(360,))
    await press(ash, "Yes, I'll come")
    await expect(ash.locator("#invitation-heading")).to_have_text("You said yes")


async def test_it_turns_into_the_call_when_the_door_opens(scene: Scene, visitor: Visitor) -> None:
    """Only once both have said yes and it is time; nothing has to be pressed."""
    links = await _scheduled(scene, starts_at=SOON)
    ash, birch = [await visitor("Europe/Berlin") for _ in range(2)]
    await ash.clock.install()
    for page, link in zip((ash, birch), links, strict=True):
        await open_invitation(page, link)
    await press(ash, "Yes, I'll come")
    await expect(ash.locator("#invitation-heading")).to_have_text("You said yes")
    scene.clock.move(minutes=55)
    async with ash.expect_response("**/api/v1/calls/**"):
        await ash.clock.fast_forward(20_000)
    await expect(ash.locator("#standing")).to_have_text("The door opens once Birch has said yes too.")
    await press(birch, "Yes, I'll come")
    await expect(birch.locator("#invitation-heading")).to_have_text("Your call")
    await ash.clock.fast_forward(20_000)
    await expect(ash.locator("#before-heading")).to_be_visible()


async def test_nobody_who_writes_is_thrown_off_the_page(scene: Scene, visitor: Visitor) -> None:
    """The door opens while a proposal is being written: the page stays, and says so."""
    [link, _] = await _scheduled(scene, starts_at=SOON, on_the_spot=True)
    page = await visitor("Europe/Berlin")
    await page.clock.install()
    await open_invitation(page, link)
    await expect(page.locator("#standing")).to_contain_text("Nobody has to answer")
    await press(page, "Another time")
    await page.get_by_label("Date and time").fill("2026-11-25T19:00")
    scene.clock.move(minutes=55)
    await page.clock.fast_forward(20_000)
    await expect(page.locator("#door-open")).to_be_visible()
    await expect(page.get_by_label("Date and time")).to_have_value("2026-11-25T19:00")
    await page.get_by_role("link", name="Go in").click()
    await expect(page.locator("#before-heading")).to_be_visible()


async def test_a_proposal_is_taken_back_or_turned_down(scene: Scene, visitor: Visitor) -> None:
    """Neither changes the call; whoever proposed reads that the time does not suit."""
    links = await _scheduled(scene)
    ash, birch = [await visitor("Europe/Berlin") for _ in range(2)]
    await open_invitation(ash, links[0])
    await propose(ash, "2026-12-07T18:00")
    await press(ash, "Take it back: the proposal of Monday, 7 December 2026, 18:00")
    await expect(ash.locator("#proposals")).to_be_hidden()
    await propose(ash, "2026-12-08T18:00")
    await open_invitation(birch, links[1])
    await press(birch, "No, not then: Tuesday, 8 December 2026, 18:00")
    await expect(birch.locator("#proposals")).to_be_hidden()
    await ash.reload()
    await expect(ash.locator("#proposal-list")).to_contain_text("That time does not suit everyone.")
    await expect(ash.locator("#when")).to_have_text("Sunday, 6 December 2026, 19:00")


async def test_a_time_that_comes_twice_is_asked_about(scene: Scene, visitor: Visitor) -> None:
    """In the night when clocks go back one of two moments is chosen; a time that clocks jump over is none."""
    [link, _] = await _scheduled(scene)
    page = await visitor("Europe/Berlin")
    await open_invitation(page, link)
    await press(page, "Another time")
    field = page.get_by_label("Date and time")
    await field.fill("2027-03-28T02:30")
    await press(page, "Propose this time")
    await expect(page.locator("#proposed-error")).to_contain_text("The clocks jump over this time")
    await field.fill("2027-10-31T02:30")
    await expect(page.locator("#proposed-error")).to_be_empty()
    await press(page, "Propose this time")
    await expect(page.locator("#proposed-error")).to_have_text("Please say which of the two is meant.")
    await page.get_by_text("The second time").click()
    async with page.expect_request("**/proposals*") as sent:
        await press(page, "Propose this time")
    assert (await sent.value).post_data_json == {
        "starts_at": "2027-10-31T02:30+01:00", "timezone": "Europe/Berlin",
    }  # fmt: skip
    await expect(page.locator("#answer-said")).to_be_visible()


async def test_a_lost_line_loses_nothing_that_was_written(scene: Scene, visitor: Visitor) -> None:
    """It is said that nothing was proposed, and the time still stands in its field."""
    [link, _] = await _scheduled(scene)
    page = await visitor("Europe/Berlin")
    await open_invitation(page, link)
    await page.route("**/proposals*", lambda route: route.abort())
    await press(page, "Another time")
    await page.get_by_label("Date and time").fill("2026-12-07T18:00")
    await press(page, "Propose this time")
    await expect(page.locator("#proposal-error")).to_contain_text("Nothing was proposed. Please try again.")
    await expect(page.get_by_label("Date and time")).to_have_value("2026-12-07T18:00")


async def test_a_series_is_answered_as_a_whole_or_for_one_date(scene: Scene, visitor: Visitor) -> None:
    """As a whole unless something else is said; each date has a page of its own."""
    [link, _] = await _scheduled(scene, recurrence=WEEKLY)
    page = await visitor("Europe/Berlin")
    await open_invitation(page, link)
    await expect(page.locator("#scope-all")).to_have_text("This one and the 2 later ones")
    await press(page, "Yes, I'll come")
    await expect(page.locator("#accepted")).to_have_attribute("aria-pressed", "true")
    await page.get_by_text("All 3 dates").click()
    await page.get_by_role("link", name="Sunday, 20 December 2026, 19:00").click()
    await expect(page.locator("#when")).to_have_text("Sunday, 20 December 2026, 19:00")
    await expect(page.locator("#scope-field")).to_be_hidden()
    await expect(page.locator("#accepted")).to_have_attribute("aria-pressed", "true")
    await page.get_by_text("All 3 dates").click()
    await assert_accessible(page, widths=(360,))


async def test_what_is_kept_is_shown_saved_and_erased(
    scene: Scene, visitor: Visitor, browser: Browser
) -> None:
    """In words and as a file; erased only after a second word, and then nothing is left, and the call is called off."""
    people = [{**PARTNERS[0], "email": "ash@example.org"}, PARTNERS[1]]
    links = await _scheduled(scene, participants=people)
    ash = await visitor("Europe/Berlin")
    await open_invitation(ash, links[0])
    await ash.get_by_text("What is kept about you").click()
    await press(ash, "See all of it")
    await expect(ash.locator("#kept-list")).to_contain_text("ash@example.org")
    await assert_accessible(ash, widths=(360,))
    async with ash.expect_download() as downloaded:
        await press(ash, "Save it as a file")
    file = await (await downloaded.value).path()
    saved = json.loads(await asyncio.to_thread(file.read_text))
    assert saved["you"]["email"] == "ash@example.org"
    await press(ash, "Erase it")
    await expect(ash.locator("#erase-no")).to_be_focused()
    await press(ash, "Keep it")
    await press(ash, "Erase it")
    await press(ash, "Yes, erase it")
    await expect(ash.locator("#invitation-heading")).to_have_text("It is erased")
    birch = await browser.new_page()  # a closed door is a fault to `visitor`
    await birch.goto(links[1])
    await expect(birch.locator("#refusal-heading")).to_have_text("This call was cancelled")
    await expect(birch.locator("main")).to_contain_text(
        "has had what is kept about them erased, as everybody may"
    )
    await expect(birch.locator("#kept")).to_be_visible()
    assert "Ash" not in await birch.locator("main").inner_text()
    await birch.close()


async def test_the_hour_of_the_door_moves_with_the_call(scene: Scene, visitor: Visitor) -> None:
    """Whoever says yes to another time reads at once when the door opens then."""
    links = await _scheduled(scene)
    ash, birch = [await visitor("Europe/Berlin") for _ in range(2)]
    await open_invitation(ash, links[0])
    await expect(ash.locator("#door-opens")).to_contain_text("Sunday, 6 December 2026, 18:50")
    await propose(ash, "2026-12-07T20:00")
    await open_invitation(birch, links[1])
    await press(birch, "Yes, that suits me: Monday, 7 December 2026, 20:00")
    await expect(birch.locator("#when")).to_have_text("Monday, 7 December 2026, 20:00")
    await expect(birch.locator("#door-opens")).to_contain_text("Monday, 7 December 2026, 19:50")


async def test_what_is_kept_of_a_call_that_is_over_can_be_erased(scene: Scene, browser: Browser) -> None:
    """The own link of somebody who was in it shows what is left of them, and takes it away."""
    [link, _] = await _scheduled(scene, starts_at=SOON, on_the_spot=True)
    scene.clock.move(hours=4)
    page = (
        await browser.new_page()
    )  # not a visitor's: a browser notes it as an error that this door stays closed
    await page.goto(link)
    await expect(page.locator("#refusal-heading")).to_have_text("This call is over")
    await page.get_by_text("What is kept about you").click()
    await press(page, "See all of it")
    await expect(page.locator("#kept-list")).to_contain_text("Ash")
    await assert_accessible(page, widths=(360,))
    await press(page, "Erase it")
    await press(page, "Yes, erase it")
    await expect(page.locator("#refusal-heading")).to_have_text("It is erased")
    await page.goto(link)
    await expect(page.locator("h1")).to_have_text("This link does not open a call")
    await page.context.close()
