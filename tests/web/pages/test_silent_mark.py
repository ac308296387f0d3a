"""The silent sign: a plain button and a key on a partner's page, a calm banner on the therapist's, no sound on either."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.web.pages.visits import enter, go_in, press, talk

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]

SOUNDS = """
window.sounds = 0;
for (const kind of [OscillatorNode, AudioBufferSourceNode]) {
  const start = kind.prototype.start;
  kind.prototype.start = function (...when) { window.sounds++; return start.apply(this, when); };
}
"""


async def test_the_button_tells_and_the_sender_alone_reads_it(page: Page, stage: Any) -> None:
    """One message, a quiet word beside the button that goes again, and not a sound."""
    await page.add_init_script(SOUNDS)
    await go_in(page, stage)
    await talk(stage, "ben")
    await press(page, "Mark")
    assert {k for k in await stage.line.expect("signal") if k != "id"} == {"type"}
    await expect(page.locator("#mark-said")).to_have_text("Your therapist has been told.")
    await expect(page.locator("#mark-said")).to_have_text("", timeout=10_000)
    assert await page.evaluate("window.sounds") == 0


async def test_the_key_does_the_same(page: Page, stage: Any) -> None:
    """F9, also while a word is being written; with another key held it is not ours."""
    await go_in(page, stage)
    await talk(stage, "ben")
    await page.get_by_text("A word for later").click()
    await page.locator("#word-field").press("F9")
    await stage.line.expect("signal")
    await page.keyboard.press("Control+F9")
    await page.keyboard.press("F9")
    await stage.line.expect("signal")
    assert "signal" not in {m["type"] for m in stage.line.received}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("not-present", "No therapist is connected now: nobody was told."),
        ("too-many", "Your therapist has been told."),
    ],
)
async def test_the_sender_learns_what_became_of_it(page: Page, stage: Any, code: str, words: str) -> None:
    """That nobody was there to be told must not be hidden; pressing twice is no fault."""
    await go_in(page, stage)
    stage.line.refuse["signal"] = (code, "…")
    await press(page, "Mark")
    await expect(page.locator("#mark-said")).to_have_text(words)


async def test_it_is_explained_at_the_door_with_its_limits(page: Page, stage: Any) -> None:
    """Before anybody needs it: the name of the button, the key, and what it does not do."""
    await page.goto(stage.call_url)
    await expect(page.locator("#mark")).to_be_hidden()
    await page.locator("#quiet-ways summary").click()
    for words in ("the key F9", "only while they are connected", "does not call anybody else"):
        await expect(page.locator("#quiet-ways")).to_contain_text(words)


async def test_the_therapist_sees_a_calm_banner_until_they_put_it_away(page: Page, stage: Any) -> None:
    """Said to a screen reader (a status), on every screen of the page, once for each person."""
    await page.add_init_script(SOUNDS)
    await page.goto(f"{stage.url}/calls/c1?as=doris")
    await enter(page)
    await stage.line.expect("offer")
    for by in ("anna", "anna", "ben"):
        await stage.line.notice("signal", by=by)
    banner = page.locator("#marked")
    await expect(banner.locator("p")).to_have_count(2)
    await expect(banner).to_contain_text("Anna has given you the silent sign: they need you.")
    assert await banner.get_attribute("role") == "status"
    await banner.get_by_role("button", name="Seen").first.click()
    await expect(banner.locator("p")).to_have_count(1)
    assert await page.evaluate("window.sounds") == 0
