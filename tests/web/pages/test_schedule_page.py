"""The schedule page in a real Chromium, against a scripted API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from web.pages import Site

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]


async def _fill(page: Page) -> None:
    await page.get_by_label("One partner's name").fill("Anna")
    await page.get_by_label("The other partner's name").fill("<b>Ben</b>")
    await page.get_by_text("With a therapist").click()
    await page.get_by_label("The therapist's name").fill("Dr Weiss")


async def _submit(page: Page) -> None:
    await page.get_by_role("button", name="Set up the call").click()


async def test_a_call_is_set_up_and_each_person_gets_a_link(page: Page, stage: Any) -> None:
    """The form posts what the contract says and shows each link once, names as text, within 360 px."""
    await page.goto(stage.url)
    await _fill(page)
    await page.get_by_text("Open talk", exact=True).click()
    await page.get_by_text("5 minutes", exact=True).click()
    await _submit(page)
    await expect(page.locator("#links li")).to_have_count(3)
    await expect(page.locator("#links li").nth(1)).to_contain_text("<b>Ben</b>")
    body = stage.api.requests[0][2]
    assert [p["role"] for p in body["participants"]] == ["partner", "partner", "therapist"]
    assert (body["format"], body["turn_seconds"], body["duration_minutes"]) == ("open-talk", 300, 50)
    assert "starts_at" not in body
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_another_time_is_sent_as_local_time_with_its_zone(page: Page, stage: Any) -> None:
    """A chosen time goes out without an offset, beside the IANA zone that the page shows."""
    await page.goto(stage.url)
    await _fill(page)
    await page.get_by_text("At another time").click()
    await page.get_by_label("Date and time").fill("2026-12-06T19:00")
    zone = await page.locator("#zone").inner_text()
    await _submit(page)
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
    await _fill(page)
    await _submit(page)
    await expect(page.locator("#partner-1-error")).to_have_text("Too long.")
    await expect(page.locator("#form-error")).to_have_text("Not offered.")
    await expect(page.locator("#partner-1")).to_be_focused()


async def test_the_organizer_key_goes_into_the_header(page: Page, make_stage: Any) -> None:
    """With a key needed, the field's value is the bearer token and stands in no body."""
    stage = await make_stage(Site("http://127.0.0.1", organizer_key_needed=True))
    await page.goto(stage.url)
    await _fill(page)
    await page.get_by_label("Organizer's key").fill("open sesame")
    await _submit(page)
    await expect(page.locator("#links li")).to_have_count(3)
    _, authorization, body = stage.api.requests[0]
    assert authorization == "Bearer open sesame"
    assert "open sesame" not in str(body)


async def test_a_calendar_file_is_fetched_with_that_persons_token(page: Page, stage: Any) -> None:
    """The .ics download authorises with the person's own invitation token."""
    await page.goto(stage.url)
    await _fill(page)
    await _submit(page)
    async with page.expect_download() as downloaded:
        await page.get_by_role("button", name="Calendar file (.ics) for Dr Weiss").click()
    download = await downloaded.value
    assert download.suggested_filename == "Dr Weiss.ics"
    assert await download.failure() is None
    assert stage.api.requests[-1][1] == f"Bearer 2{'k7Qd' * 10}xYz"


async def test_cancelling_asks_once_more_and_uses_the_manage_token(page: Page, stage: Any) -> None:
    """One press cancels nothing; the second does, with the manage token, and the links are gone."""
    await page.goto(stage.url)
    await _fill(page)
    await _submit(page)
    await page.get_by_role("button", name="Cancel this call").click()
    assert [r[0] for r in stage.api.requests] == ["POST"]
    await page.get_by_role("button", name="Yes, cancel the call").click()
    await expect(page.locator("#links-heading")).to_have_text("The call is cancelled")
    assert stage.api.requests[-1][:2] == ("DELETE", "Bearer manage-me")
    await expect(page.locator("#links")).to_be_hidden()
