"""How is the line: asked for only while somebody looks, and said in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.web.pages.visits import go_in, press, talk

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]

GOOD = {
    "loss": 0.0,
    "jitter": 0.004,
    "round_trip": 0.08,
    "estimate": 900_000,
    "thin": False,
    "loss_up": 0.005,
}
UNKNOWN = {"loss": None, "jitter": None, "round_trip": None, "estimate": None, "thin": True, "loss_up": None}


async def look(page: Page) -> None:
    """Open the further choices, and the panel in them."""
    await press(page, "More choices")
    await page.locator("#line-panel summary").click()


async def test_the_line_is_said_in_words(page: Page, stage: Any) -> None:
    """One's own line, then everyone's who is there; what is not known is left out, and nobody is blamed."""
    await go_in(page, stage)
    await talk(stage, "ben")
    stage.line.person("doris")["present"] = False
    stage.line.numbers = {
        "line": GOOD,
        "others": [
            {"participant": "ben", "line": "weak", "loss": 0.25},
            {"participant": "doris", "line": "lost", "loss": None},
        ],
    }
    await stage.line.push()
    await look(page)
    lines = page.locator("#line-panel li")
    await expect(lines).to_have_text(
        [
            "On the way to you nothing is lost.",
            "On the way from you less than 1 % is lost.",
            "There and back takes 80 ms.",
            "What arrives is early or late by about 4 ms.",
            "Your line can carry about 0.9 Mbit/s to you.",
            "Ben: their line is slow, not the person; 25 % of what they send is lost.",
        ]
    )
    stage.line.numbers = {"line": UNKNOWN, "others": []}
    await expect(lines).to_have_text(["You get small pictures for now, so that you hear everyone well."])
    stage.line.numbers = {"line": None, "others": []}
    await expect(lines).to_have_text(["Your sound and picture are not connected just now."])


async def test_nobody_is_asked_unless_somebody_looks(page: Page, stage: Any) -> None:
    """Closed, or within closed choices, the panel asks nothing; open it asks again and again."""
    await page.clock.install()
    await go_in(page, stage)
    await talk(stage, "ben")
    asked = lambda: sum(m["type"] == "line.numbers" for m in stage.line.received)  # noqa: E731 - short and local
    await press(page, "More choices")
    await page.clock.run_for(10_000)
    assert asked() == 0
    await page.locator("#line-panel summary").click()
    for _ in range(2):
        await stage.line.expect("line.numbers")
        await page.clock.run_for(2_000)
    await press(page, "Fewer choices")
    await expect(page.locator("#more")).to_be_hidden()
    await page.locator("#mute").click()
    await stage.line.expect("microphone.set")
    before = asked()
    await page.clock.run_for(10_000)
    await page.locator("#mute").click()
    await stage.line.expect("microphone.set")
    assert asked() == before


async def test_a_refusal_is_said_and_survived(page: Page, stage: Any) -> None:
    """When the server won't say, the panel says so, and asks again."""
    await go_in(page, stage)
    await talk(stage, "ben")
    stage.line.refuse["line.numbers"] = ("too-many", "slowly")
    await look(page)
    lines = page.locator("#line-panel li")
    await expect(lines).to_have_text(["Nothing can be said of the line just now."])
    del stage.line.refuse["line.numbers"]
    await expect(lines).to_have_text(["Your sound and picture are not connected just now."])
