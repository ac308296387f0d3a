"""On a bad line pictures wait a little for what is sent again; on a good line nothing waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]

# The page's own module beside a connection whose counts the test gives; returns the target after each look.
LOOKS = """async (counts) => {
  const { Patience } = await import("/static/js/patience.js");
  const [sound, picture] = ["audio", "video"].map((kind) => ({ track: { kind }, jitterBufferTarget: null }));
  let nackCount = 0;
  const connection = {
    connectionState: "connected",
    getReceivers: () => [sound, picture],
    getStats: async () => new Map([["v", { type: "inbound-rtp", kind: "video", nackCount }]]),
  };
  const patience = new Patience({ connection });
  const targets = [];
  for (nackCount of counts) {
    await patience.look();
    targets.push(picture.jitterBufferTarget);
  }
  return { targets, sound: sound.jitterBufferTarget };
}"""


async def test_pictures_wait_while_packets_are_asked_for_again(page: Page, stage: Any) -> None:
    """A few requests change nothing; many make pictures wait, until the line has been calm for a while; sound never waits."""
    await page.goto(stage.call_url)
    found = await page.evaluate(LOOKS, [0, 2, 4, 9, *[9] * 9, 9, 30])
    assert found["targets"] == [None, None, None, *[250] * 10, None, 250]
    assert found["sound"] is None
