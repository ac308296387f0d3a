"""The organizer's page and the desk, in a real Chromium; what letters may come to is told by a scripted answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.web.accessibility import assert_accessible
from tests.web.scheduling_scene import fill_in, open_desk, open_manage, press, set_up

if TYPE_CHECKING:
    from playwright.async_api import Page, Route

    from tests.web.pages.conftest import Visitor
    from tests.web.scheduling_scene import Scene

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]


async def _arrange(scene: Scene, page: Page, *, times: int = 1) -> str:
    """Set up a call, or a weekly series; the organizer's own link."""
    await fill_in(page, scene.url)
    if times > 1:
        await page.get_by_label("How often").select_option("Every week")
        await page.get_by_label("How many times").fill(str(times))
    return (await set_up(page)).own


LETTERS = {
    "queued": ("The invitation waits to be sent", False),
    "sent": ("The invitation lies in the outbox folder of this server", True),
    "failed": ("The invitation could not be sent", True),
    "uncertain": ("The invitation may or may not have arrived", True),
}
"""The words of each state, and whether the letter can be sent again."""


async def test_how_letters_fared(scene: Scene, visitor: Visitor) -> None:
    """Each state in words with its reason, and sending again where that makes sense."""
    page = await visitor("Europe/Berlin")
    own = await _arrange(scene, page)
    mail = {"kind": "invitation", "at": "2026-11-24T12:00:00Z", "reason": "No such mailbox"}

    async def tell(route: Route) -> None:
        call: dict[str, Any] = await (await route.fetch()).json()
        call["participants"][0]["mail"] = mail
        await route.fulfill(json=call)

    await page.route("**/api/v1/calls/*?as=organizer", tell)
    ash, birch = page.locator("#people li").nth(0), page.locator("#people li").nth(1)
    for state, (words, can_send) in LETTERS.items():
        mail["state"] = state
        await open_manage(page, own)
        await expect(ash).to_contain_text(words)
        await expect(ash).to_contain_text("No such mailbox.")
        await expect(birch).to_contain_text("No address")
        assert await ash.get_by_role("button", name="Send it again to Ash").count() == can_send
    await expect(page.get_by_text("This server sends no mail yet")).to_be_visible()
    await assert_accessible(page, widths=(360,))


async def test_a_server_with_mail_says_that_a_letter_was_sent(scene: Scene, visitor: Visitor) -> None:
    """Without a mail server it is a file in a folder, and that is what the page says; with one it was sent."""
    page = await visitor("Europe/Berlin")
    own = await _arrange(scene, page)

    async def with_mail(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, body=(await answer.text()).replace(" data-outbox", ""))

    async def tell(route: Route) -> None:
        call: dict[str, Any] = await (await route.fetch()).json()
        call["participants"][0]["mail"] = {
            "kind": "invitation", "state": "sent", "at": "2026-11-24T12:00:00Z", "reason": None,
        }  # fmt: skip
        await route.fulfill(json=call)

    await page.route("**/manage", with_mail)
    await page.route("**/api/v1/calls/*?as=organizer", tell)
    await open_manage(page, own)
    await page.reload()  # what a redirect leads to is not routed
    await expect(page.locator("#people li").first).to_contain_text("The invitation was sent (")


async def test_a_series_ends_and_earlier_dates_stay(scene: Scene, visitor: Visitor) -> None:
    """From its second date on; the question comes first, and no is where the keyboard is."""
    page = await visitor("Europe/Berlin")
    await open_manage(page, await _arrange(scene, page, times=3))
    await page.get_by_text("All 3 dates").click()
    await page.get_by_role("link", name="Sunday, 13 December 2026, 19:00").click()
    await press(page, "End the series here")
    await expect(page.locator("#end-series-no")).to_be_focused()
    await press(page, "Yes, end it")
    await expect(page.locator("#said")).to_contain_text("The series has ended.")
    await page.locator("#dates summary").click()
    await expect(page.locator("#dates-list li").first).not_to_contain_text("left out")
    await expect(page.locator("#standing")).to_have_text("It is cancelled.")


async def test_a_length_alone_can_be_changed(scene: Scene, visitor: Visitor) -> None:
    """No time has to be written for it; without either, a time is asked for."""
    page = await visitor("Europe/Berlin")
    await open_manage(page, await _arrange(scene, page))
    await page.get_by_text("Move this call").click()
    await press(page, "Move it")
    await expect(page.locator("#starts-error")).to_have_text("Please choose a date and a time.")
    await page.get_by_label("How long").select_option("75 minutes")
    await press(page, "Move it")
    await expect(page.locator("#length-words")).to_have_text("75 minutes.")


async def test_without_the_link_nothing_is_told(scene: Scene, visitor: Visitor) -> None:
    """Somebody else's browser shows neither names nor times, and says what would help."""
    organizer = await visitor("Europe/Berlin")
    await open_manage(organizer, await _arrange(scene, organizer))
    stranger = await organizer.context.browser.new_page()  # type: ignore[union-attr]
    await stranger.goto(organizer.url)
    await expect(stranger.locator("#trouble")).to_contain_text("Please open your own link")
    assert "Ash" not in await stranger.content()
    await stranger.close()


async def test_a_couple_is_chosen_again(scene: Scene, visitor: Visitor) -> None:
    """Names, addresses and the way to talk come along; signing out shows the sign-in."""
    page = await visitor("Europe/Berlin")
    await open_desk(page, scene, "cedar@example.org")
    await page.goto(f"{scene.url}/desk/new")
    await page.get_by_label("One partner's name").fill("Ash")
    await page.get_by_label("The other partner's name").fill("Birch")
    await page.locator("#email-1").fill("birch@example.org")
    await page.get_by_label("The therapist's name").fill("Dr Cedar")
    await page.get_by_label("Date and time").fill("2026-12-01T17:00")
    await page.get_by_text("Zwiegespräch", exact=True).click()
    await set_up(page)
    await page.goto(f"{scene.url}/desk/new")
    await page.get_by_label("A couple you have met here").select_option("Ash and Birch")
    await expect(page.locator("#email-1")).to_have_value("birch@example.org")
    await expect(page.locator("#therapist")).to_have_value("Dr Cedar")
    await expect(page.get_by_label("How long")).to_have_value("90")
    await expect(page.locator('input[value="zwiegespraech"]')).to_be_checked()
    await assert_accessible(page, widths=(360,))
    await page.goto(f"{scene.url}/desk")
    await press(page, "Past")
    await expect(page.locator("#past-none")).to_have_text("No call has taken place yet.")
    await press(page, "Sign out")
    await expect(page.locator("#signing-in")).to_be_visible()
    await assert_accessible(page, widths=(360,))


async def test_a_sign_in_link_is_good_once(scene: Scene, visitor: Visitor) -> None:
    """The second time it is said that it is spent, with a way to another one; the secret is out of the address bar."""
    page = await visitor("Europe/Berlin")
    await open_desk(page, scene, "cedar@example.org")
    link = await scene.link_in_a_letter("cedar@example.org", r"http\S+/desk/enter/\S+")
    await page.goto(link)
    await expect(page).to_have_url(f"{scene.url}/desk/enter/once")
    async with page.expect_response("**/api/v1/desk/sessions") as answered:
        await press(page, "Sign in")
    assert (await answered.value).status == 410
    await expect(page.get_by_role("link", name="Ask for another link")).to_be_visible()
    await assert_accessible(page, widths=(360,))
