"""What can be chosen when a call is set up: addresses, zones, a yes of both, how often; against a scripted API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.web.accessibility import assert_accessible
from tests.web.pages.visits import fill_schedule, submit_schedule
from web.site import Site

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]


async def _fill_later(page: Page, url: str, local: str) -> None:
    await page.goto(url)
    await fill_schedule(page)
    await page.get_by_text("At another time").click()
    await page.get_by_label("Date and time").fill(local)


async def test_addresses_and_zones_go_with_their_people(page: Page, stage: Any) -> None:
    """What stays empty is not sent; whoever has an address is told about on the next page, and need not be copied."""
    await page.goto(stage.url)
    await fill_schedule(page)
    await page.locator("#email-0").fill("anna@example.org")
    await page.get_by_text("Somebody is in another time zone").click()
    await page.get_by_label("The other partner's time zone").fill("America/New_York")
    assert await page.locator('#zone-names option[value="America/New_York"]').count() == 1
    await submit_schedule(page)
    await expect(page.locator("#links li").first).to_contain_text(
        "The invitation goes to anna@example.org by mail."
    )
    assert stage.api.requests[0][2]["participants"] == [
        {"role": "partner", "name": "Anna", "email": "anna@example.org"},
        {"role": "partner", "name": "<b>Ben</b>", "timezone": "America/New_York"},
        {"role": "therapist", "name": "Dr Weiss"},
    ]
    await page.get_by_role("button", name="Set up another call").click()
    await expect(page.locator("#another-question")).to_contain_text("the links for <b>Ben</b> and Dr Weiss")


async def test_without_mail_it_is_said_where_letters_lie(page: Page, make_stage: Any) -> None:
    """Nobody waits for a letter that never comes: the link has to be passed on, and is asked about."""
    stage = await make_stage(Site("http://127.0.0.1", sends_mail=False))
    await page.goto(stage.url)
    await fill_schedule(page)
    await page.locator("#email-0").fill("anna@example.org")
    await submit_schedule(page)
    await expect(page.locator("#links li").first).to_contain_text("lies in its outbox")
    await page.get_by_role("button", name="Set up another call").click()
    await expect(page.locator("#another-question")).to_contain_text("Anna")


@pytest.mark.parametrize(("choice", "on_the_spot"), [("Ask both first", False), ("agreed already", True)])
async def test_a_later_call_asks_both_first_unless_told_otherwise(
    page: Page, stage: Any, choice: str, *, on_the_spot: bool
) -> None:
    """Asking is what is chosen; a call that starts now asks nobody."""
    await page.goto(stage.url)
    await expect(page.locator("#now-words")).to_contain_text("nobody is asked first")
    await _fill_later(page, stage.url, "2026-12-06T19:00")
    await expect(page.get_by_label("Ask both first")).to_be_checked()
    await page.get_by_text(choice).click()
    await submit_schedule(page)
    await expect(page.locator("#links li")).to_have_count(3)
    assert stage.api.requests[0][2]["on_the_spot"] is on_the_spot
    await expect(page.locator("#asked-words")).to_be_visible(visible=not on_the_spot)


async def test_a_series_is_told_in_local_time(page: Page, stage: Any) -> None:
    """By a number of times or a last day, with the dates that it comes to; an error of it stands beside its field."""
    await _fill_later(page, stage.url, "2026-12-06T19:00")
    await page.get_by_label("How often").select_option("Every second week")
    await expect(page.locator("#series-words")).to_contain_text(
        "8 times at 19:00, from Sunday, 6 December 2026"
    )
    await page.get_by_text("On a last day").click()
    await submit_schedule(page)
    await expect(page.locator("#until-error")).to_have_text("Please choose the last day.")
    await page.get_by_label("The last day").fill("2027-01-03")
    await expect(page.locator("#series-words")).to_contain_text("3 times")
    stage.api.problem = {
        "status": 422,
        "detail": "",
        "errors": [{"pointer": "/recurrence/until", "detail": "Too far."}],
    }
    await submit_schedule(page)
    await expect(page.locator("#until-error")).to_have_text("Too far.")
    stage.api.problem = None
    stage.api.series = {
        "id": "s",
        "rule": "",
        "calls": [{"starts_at": f"2026-12-{day:02}T19:00:00+01:00"} for day in (6, 20)],
    }
    await submit_schedule(page)
    body = stage.api.requests[-1][2]
    assert body["starts_at"] == "2026-12-06T19:00"
    assert body["recurrence"] == {"frequency": "weekly", "interval": 2, "until": "2027-01-03"}
    await expect(page.locator("#dates-heading")).to_have_text("All 2 dates")
    await page.get_by_role("button", name="Cancel all of these calls").click()
    await page.get_by_role("button", name="Yes, cancel the call").click()
    await expect(page.locator("#links-heading")).to_have_text("The calls are cancelled")


async def test_a_format_that_needs_longer_brings_its_length(page: Page, stage: Any) -> None:
    """It is said why the length has changed; a length that is enough stays."""
    await page.goto(stage.url)
    await page.get_by_text("Zwiegespräch", exact=True).click()
    await expect(page.get_by_label("How long")).to_have_value("90")
    await expect(page.locator("#length-hint")).to_contain_text("takes 90 minutes")
    await page.get_by_label("How long").select_option("120 minutes")
    await page.get_by_text("5-5-5", exact=True).click()
    await page.get_by_text("Zwiegespräch", exact=True).click()
    await expect(page.get_by_label("How long")).to_have_value("120")


async def test_the_own_link_is_kept_before_the_page_closes(page: Page, stage: Any) -> None:
    """Whoever arranges a call for later can look after it by a link, and is asked before it is lost."""
    await _fill_later(page, stage.url, "2026-12-06T19:00")
    await submit_schedule(page)
    await expect(page.get_by_label("Your link")).to_have_value(f"{stage.url}/m/manage-me")
    await page.get_by_role("button", name="Set up another call").click()
    await expect(page.locator("#another-question")).to_contain_text("and yourself")
    await page.get_by_role("button", name="Copy your link").click()
    await expect(page.locator("#organise-said")).to_have_text("Copied.")
    await page.get_by_role("button", name="Stay here").click()
    await page.get_by_role("button", name="Set up another call").click()
    await expect(page.locator("#another-question")).not_to_contain_text("yourself")


async def test_where_nobody_may_schedule_the_page_is_kind(page: Page, make_stage: Any) -> None:
    """It says what to do with an invitation, and leads therapists to their desk."""
    stage = await make_stage(Site("http://127.0.0.1", open_scheduling=False))
    await page.goto(stage.url)
    await expect(page.locator("main")).to_contain_text("If you are invited to a call")
    await assert_accessible(page, widths=(360,))
    await page.get_by_role("link", name="Sign in to your desk").click()
    await expect(page.get_by_label("Your e-mail address")).to_be_visible()
