"""The schedule page in a real Chromium, against a scripted API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.web.pages.visits import fill_schedule, submit_schedule
from web.closed_door import ClosedDoorError, Moment
from web.site import Site

if TYPE_CHECKING:
    from playwright.async_api import Browser, Dialog, Page, Route

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]


async def test_a_call_is_set_up_and_each_person_gets_a_link(page: Page, stage: Any) -> None:
    """The form posts what the contract says and shows each link once, names as text, within 360 px."""
    await page.goto(stage.url)
    await fill_schedule(page)
    await page.get_by_text("Open talk", exact=True).click()
    await page.get_by_text("5 minutes", exact=True).click()
    await submit_schedule(page)
    await expect(page.locator("#links li")).to_have_count(3)
    await expect(page.locator("#links li").nth(1)).to_contain_text("<b>Ben</b>")
    body = stage.api.requests[0][2]
    assert [p["role"] for p in body["participants"]] == ["partner", "partner", "therapist"]
    assert (body["format"], body["turn_seconds"], body["duration_minutes"]) == ("open-talk", 300, 50)
    assert "starts_at" not in body
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_the_distance_at_first_is_folded_away_and_clear(page: Page, stage: Any) -> None:
    """Who says nothing schedules a clear call; under the fold both can be chosen, and an error stands beside its field."""
    await page.goto(stage.url)
    await fill_schedule(page)
    await expect(page.get_by_label("How each person is seen at first")).to_be_hidden()
    await submit_schedule(page)
    await expect(page.locator("#links li")).to_have_count(3)
    assert (stage.api.requests[0][2]["distance"], stage.api.requests[0][2]["room_minimum"]) == (
        "clear",
        "clear",
    )
    await page.reload()
    await fill_schedule(page)
    await page.get_by_text("How clearly people are seen at first").click()
    await page.get_by_label("How each person is seen at first").select_option("Veiled")
    await page.get_by_label("The least distance for everyone").select_option("Softened")
    stage.api.problem = {
        "status": 422,
        "detail": "",
        "errors": [{"pointer": "/room_minimum", "detail": "Not here."}],
    }
    await submit_schedule(page)
    await expect(page.locator("#room-minimum-error")).to_have_text("Not here.")
    body = stage.api.requests[-1][2]
    assert (body["distance"], body["room_minimum"]) == ("veiled", "soft")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_another_time_is_sent_as_local_time_with_its_zone(page: Page, stage: Any) -> None:
    """A chosen time goes out without an offset, beside the IANA zone that the page shows."""
    await page.goto(stage.url)
    await fill_schedule(page)
    await page.get_by_text("At another time").click()
    await page.get_by_label("Date and time").fill("2026-12-06T19:00")
    zone = await page.locator("#starts-zone").inner_text()
    await submit_schedule(page)
    await expect(page.locator("#links li")).to_have_count(3)
    body = stage.api.requests[0][2]
    assert (body["starts_at"], body["timezone"]) == ("2026-12-06T19:00", zone)


async def test_errors_stand_beside_their_fields(page: Page, stage: Any) -> None:
    """A problem+json error is shown at its field, the rest above the button, and the keyboard is at the first."""
    errors = [
        {"pointer": "/participants/1/name", "detail": "Too long."},
        {"pointer": "/recurrence", "detail": "Not offered."},
    ]
    stage.api.problem = {"status": 422, "detail": "Please look again.", "errors": errors}
    await page.goto(stage.url)
    await fill_schedule(page)
    await submit_schedule(page)
    await expect(page.locator("#partner-1-error")).to_have_text("Too long.")
    await expect(page.locator("#form-error")).to_have_text("Not offered.")
    await expect(page.locator("#partner-1")).to_be_focused()


async def test_the_organizer_key_goes_into_the_header(page: Page, make_stage: Any) -> None:
    """With a key needed, the field's value is the bearer token and stands in no body."""
    stage = await make_stage(Site("http://127.0.0.1", organizer_key_needed=True))
    await page.goto(stage.url)
    await fill_schedule(page)
    await page.get_by_label("Organizer's key").fill("open sesame")
    await submit_schedule(page)
    await expect(page.locator("#links li")).to_have_count(3)
    _, authorization, body = stage.api.requests[0]
    assert authorization == "Bearer open sesame"
    assert "open sesame" not in str(body)


async def test_a_calendar_file_is_fetched_with_that_persons_token(page: Page, stage: Any) -> None:
    """The .ics download authorises with the person's own invitation token."""
    await page.goto(stage.url)
    await fill_schedule(page)
    await submit_schedule(page)
    async with page.expect_download() as downloaded:
        await page.get_by_role("button", name="Calendar file (.ics) for Dr Weiss").click()
    download = await downloaded.value
    assert download.suggested_filename == "Dr Weiss.ics"
    assert await download.failure() is None
    assert stage.api.requests[-1][1] == f"Bearer 2{'k7Qd' * 10}xYz"


async def test_leaving_asks_until_every_link_is_kept(page: Page, stage: Any) -> None:
    """The page warns before it closes until each link was copied, saved or opened, and not any longer."""
    await page.goto(stage.url)
    await fill_schedule(page)
    await submit_schedule(page)
    await expect(page.locator("#links li")).to_have_count(3)
    await page.get_by_role("button", name="Copy link for Anna").click()
    await expect(page.locator("#links li").first.locator(".said")).to_have_text("Copied.")
    async with page.expect_download():
        await page.get_by_role("button", name="Calendar file (.ics) for Dr Weiss").click()
    assert await _asks_before_leaving(page) is True
    async with page.context.expect_page() as opened:
        await page.get_by_role("link", name="Open the call as <b>Ben</b>").click()
    await (await opened.value).close()
    assert await _asks_before_leaving(page) is False


async def _asks_before_leaving(page: Page) -> bool:
    """Whether the browser would ask: a listener has spoken against closing."""
    asked: bool = await page.evaluate(
        "() => !window.dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    )
    return asked


async def test_a_reload_is_asked_about(page: Page, stage: Any) -> None:
    """The browser's own question comes up on a reload, and staying keeps the links."""
    await page.goto(stage.url)
    await fill_schedule(page)
    await submit_schedule(page)
    await expect(page.locator("#links li")).to_have_count(3)
    asked = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.on("dialog", stay)
    await page.close(run_before_unload=True)
    await expect(page.locator("#links li")).to_have_count(3)
    assert asked == ["beforeunload"]


async def test_another_call_asks_about_links_that_would_be_lost(page: Page, stage: Any) -> None:
    """Setting up another call names the people whose links nobody has kept, and goes on only after a yes."""
    await page.goto(stage.url)
    await fill_schedule(page)
    await submit_schedule(page)
    await page.get_by_role("button", name="Copy link for Anna").click()
    await expect(page.locator("#links li").first.locator(".said")).to_have_text("Copied.")
    await page.get_by_role("button", name="Set up another call").click()
    await expect(page.locator("#another-question")).to_contain_text("the links for <b>Ben</b> and Dr Weiss")
    await expect(page.locator("#another-no")).to_be_focused()
    await page.get_by_role("button", name="Stay here").click()
    await expect(page.locator("#links li")).to_have_count(3)
    await page.get_by_role("button", name="Set up another call").click()
    await page.get_by_role("button", name="Yes, set up another").click()
    await expect(page.locator("#partner-0")).to_be_focused()
    assert await _asks_before_leaving(page) is False


async def test_the_manage_token_can_be_kept(page: Page, stage: Any) -> None:
    """Whoever organises finds the token and a command that cancels, and can copy both."""
    await page.goto(stage.url)
    await fill_schedule(page)
    await submit_schedule(page)
    await expect(page.get_by_label("Manage token")).to_be_hidden()
    await page.get_by_text("For a command line").click()
    await expect(page.get_by_label("Manage token")).to_have_value("manage-me")
    await expect(page.get_by_label("To cancel the call")).to_have_value(
        f"curl -X DELETE {stage.url}/api/v1/calls/c1 -H 'Authorization: Bearer manage-me'"
    )
    await page.get_by_role("button", name="Copy command").click()
    await expect(page.locator("#organise-said")).to_have_text("Copied.")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(
    ("occupied", "asked", "said"),
    [
        (
            True,
            "Somebody is in this call now. Cancelling ends it for everyone at once.",
            "It has ended for everyone",
        ),
        (False, "Cancel it for everyone?", "The links no longer open it."),
        (None, "If somebody is in it now, it ends for them at once.", "If somebody was in it"),
    ],
)
async def test_cancelling_says_whom_it_ends_for(
    page: Page, stage: Any, occupied: Any, asked: str, said: str
) -> None:
    """The question and the answer say whether somebody is in the call, or that it is not known."""

    async def show(route: Route) -> None:
        if route.request.method != "GET":
            await route.fallback()
        elif occupied is None:
            await route.abort()
        else:
            await route.fulfill(json={"occupied": occupied})

    await page.route("**/api/v1/calls/c1", show)
    await page.goto(stage.url)
    await fill_schedule(page)
    await submit_schedule(page)
    await page.get_by_role("button", name="Set up another call").click()
    await page.get_by_role("button", name="Cancel this call").click()
    await expect(page.locator("#cancel-question")).to_contain_text(asked)
    await page.get_by_role("button", name="Yes, cancel the call").click()
    await expect(page.locator("#links-said")).to_contain_text(said)
    for useless in ("#links-hint", "#organise", "#another-sure"):
        await expect(page.locator(useless)).to_be_hidden()
    assert await _asks_before_leaving(page) is False


async def test_times_are_the_readers_own_in_plain_english(browser: Browser, stage: Any) -> None:
    """Whatever language and zone the browser has, the wording is the page's and the zone the reader's."""
    context = await browser.new_context(locale="de-DE", timezone_id="America/New_York")
    page = await context.new_page()
    await page.goto(stage.url)
    await fill_schedule(page)
    await page.get_by_text("At another time").click()
    await page.get_by_label("Date and time").fill("2026-11-26T14:00")
    await expect(page.locator("#starts-words")).to_have_text("Thursday, 26 November 2026, 14:00.")
    await submit_schedule(page)
    await expect(page.locator("#links-lead")).to_contain_text("Sunday, 6 December 2026, 13:00")
    starts, opens = (
        Moment(f"2026-12-06T{at}:00+01:00", f"Sunday, 6 December 2026, {at} (Europe/Berlin)")
        for at in ("19:00", "18:50")
    )
    stage.door.refusal = ClosedDoorError(
        "call-not-open", "", 403, stage.door.call, starts=starts, opens=opens
    )
    await page.goto(stage.call_url)
    await expect(page.get_by_text("The door opens on")).to_contain_text("6 December 2026, 12:50 (your time)")
    assert "Berlin" not in await page.locator("main").inner_text()
    await context.close()


async def test_what_can_be_pressed_is_large_enough(page: Page, stage: Any) -> None:
    """Links and buttons of the first page are at least 24 px high (WCAG 2.5.8)."""
    await page.goto(stage.url)
    for target in await page.locator("a:visible, button:visible, label.choice:visible").all():
        box = await target.bounding_box()
        assert box is not None
        assert box["height"] >= 24


async def test_cancelling_asks_once_more_and_uses_the_manage_token(page: Page, stage: Any) -> None:
    """One press cancels nothing; the second does, with the manage token, and the links are gone."""
    await page.goto(stage.url)
    await fill_schedule(page)
    await submit_schedule(page)
    await page.get_by_role("button", name="Cancel this call").click()
    assert [r[0] for r in stage.api.requests] == ["POST"]
    await page.get_by_role("button", name="Yes, cancel the call").click()
    await expect(page.locator("#links-heading")).to_have_text("The call is cancelled")
    assert stage.api.requests[-1][:2] == ("DELETE", "Bearer manage-me")
    await expect(page.locator("#links")).to_be_hidden()
