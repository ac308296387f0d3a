"""What the call page tells: outcomes by name, what happened to people, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.web.pages.visits import go_in, press, talk

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]

ACCEPTED = [
    ({"kind": "format", "format": "open-talk", "turn_seconds": 180}, "Both said yes: open talk from now on."),
    (
        {"kind": "format", "format": "timed-turns", "turn_seconds": 300},
        "Both said yes: timed turns from now on, 5 minutes each turn.",
    ),
    ({"kind": "extend", "seconds": 120}, "Both said yes: 2 more minutes."),
    ({"kind": "room", "level": "soft"}, "Both said yes: less distance for everyone: softened."),
]


@pytest.mark.parametrize(("fields", "words"), ACCEPTED, ids=["open talk", "timed turns", "extend", "room"])
async def test_a_yes_says_to_what(page: Page, stage: Any, fields: dict[str, Any], words: str) -> None:
    """The news of an accepted proposal names what holds from now on."""
    await go_in(page, stage)
    await talk(stage, "ben")
    await stage.line.notice("proposal.accepted", proposal="1", by="ben", **fields)
    await expect(page.locator("#news")).to_have_text(words)


async def test_agreed_and_added_distance_read_differently(page: Page, stage: Any) -> None:
    """Lowering that both agreed to is not called adding; adding names who did it."""
    await go_in(page, stage)
    await talk(stage, "ben")
    await stage.line.notice("proposal.accepted", proposal="1", kind="room", by="ben", level="soft")
    await stage.line.notice("distance.room", by="ben", level="soft")
    await stage.line.notice("turn.ending", turn=1, seconds=30)
    await expect(page.locator("#announcer")).to_contain_text("About 30 seconds left")
    await expect(page.locator("#news")).to_contain_text("Both said yes")
    await stage.line.notice("distance.room", by="ben", level="veiled")
    await expect(page.locator("#news")).to_have_text("Ben added distance for everyone: veiled.")


@pytest.mark.parametrize(
    ("code", "whose", "words"),
    [
        (
            "blur.full",
            "ben",
            "Ben's softened picture waits behind the veil until the server has room for it.",
        ),
        (
            "blur.full",
            "anna",
            "Your softened picture waits behind the veil until the server has room for it.",
        ),
        ("line.slow", "ben", "Ben's line is slow, not Ben: softened pictures reach them for a while."),
        ("line.slow", "anna", "Your line is slow: you get softened pictures for a while. Sound comes first."),
    ],
)
async def test_what_the_media_path_lacks_is_not_put_down_to_the_person(
    page: Page, stage: Any, code: str, whose: str, words: str
) -> None:
    """Whose line or picture it is, and that it is the line or the server."""
    await go_in(page, stage)
    await talk(stage, "ben")
    await stage.line.notice(code, participant=whose)
    await expect(page.locator("#news")).to_have_text(words)


async def test_news_moves_nothing_and_goes_with_the_next_event(page: Page, stage: Any) -> None:
    """The place of the news is kept while it is empty, and another turn makes it empty."""
    await go_in(page, stage)
    await talk(stage, "ben")
    await expect(page.locator("#turn-words")).to_contain_text("Ben")
    before = await page.locator("#room .levels").bounding_box()
    await stage.line.notice("distance.room", by="ben", level="veiled")
    await expect(page.locator("#news")).not_to_be_empty()
    assert await page.locator("#room .levels").bounding_box() == before
    await talk(stage, "anna")
    await expect(page.locator("#news")).to_be_empty()


async def test_who_left_by_choice_is_not_waited_for_in_vain(page: Page, stage: Any) -> None:
    """Leaving is told as leaving, with what can be done now."""
    await go_in(page, stage)
    await talk(stage, "ben")
    stage.line.person("ben").update(present=False, ready=False, left=True)
    stage.line.phase = "waiting"
    await stage.line.push()
    await expect(page.locator("#turn-words")).to_have_text("Ben has left. You can wait here, or leave too.")
    await expect(page.get_by_role("article", name="Ben")).to_contain_text("has left")


async def test_nothing_is_proposed_that_is_so_already(page: Page, stage: Any) -> None:
    """The button waits until something differs, and while the question is open."""
    await go_in(page, stage)
    await talk(stage, "ben")
    await press(page, "More choices")
    button = page.locator("#propose-format")
    await expect(button).to_be_disabled()
    await expect(page.locator("#format-words")).to_have_text("This is how you talk now.")
    await page.locator("#new-turn").select_option("300")
    await expect(button).to_be_enabled()
    await page.locator("#new-turn").select_option("180")
    await expect(button).to_be_disabled()
    await page.locator("#new-format").select_option("open-talk")
    await button.click()
    assert (await stage.line.expect("format.set"))["format"] == "open-talk"


@pytest.mark.parametrize(
    ("who", "words"),
    [("anna", "You ended this call together."), ("doris", "Both partners ended this call together.")],
)
async def test_an_agreed_end_is_told_as_one(page: Page, stage: Any, who: str, words: str) -> None:
    """Who was in the room reads who ended it, and a kind next step."""
    await go_in(page, stage, who)
    await talk(stage, "ben")
    await expect(page.locator("#turn-words")).to_contain_text("Ben")
    stage.line.phase = "ended"
    await stage.line.push()
    await expect(page.locator("#closing-words")).to_contain_text(words)
    await expect(page.locator("#closing-next")).to_have_text("You can close this page.")
    assert await page.evaluate("sessionStorage.length") == 0


async def test_the_therapist_proposes_more_time_for_somebody(page: Page, stage: Any) -> None:
    """The button and the question name whose turn would be longer."""
    await go_in(page, stage, "doris")
    await talk(stage, "ben")
    await press(page, "Propose 2 more minutes for Ben")
    assert (await stage.line.expect("floor.extend"))["seconds"] == 120
    stage.line.proposals = [
        {"id": "1", "kind": "extend", "by": "doris", "needs": ["anna", "ben"], "answers": {}, "expires_at": 1e9,
         "seconds": 120},
    ]  # fmt: skip
    await stage.line.push()
    await expect(page.locator(".question")).to_have_text("You propose 2 more minutes for Ben.")


async def test_two_buttons_that_do_the_same_are_one(page: Page, stage: Any) -> None:
    """With timed turns and nobody else, the stick is passed on; with a third both ways are offered."""
    await go_in(page, stage)
    await talk(stage, "anna")
    await expect(page.get_by_role("button", name="Give the stick back")).to_be_visible()
    stage.line.person("doris").update(present=False, ready=False)
    await stage.line.push()
    await expect(page.get_by_role("button", name="Give the stick back")).to_be_hidden()
    await expect(page.get_by_role("button", name="Pass it to Ben")).to_be_visible()
