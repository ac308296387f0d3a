"""Ten seconds without any network in the middle of one's turn: the same seat, the same turn, and the time that was left."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import pytest
from playwright.async_api import expect

from tests.line.reading import hears
from tests.line.scene import Line, talking

if TYPE_CHECKING:
    from pathlib import Path

    from tests.line.scene import Scene
    from tests.web.call.guests import Guest

pytestmark = pytest.mark.chromium

GONE_S: Final = 10.0
BACK_WITHIN_S: Final = 3.0
SLACK_S: Final = 2.0
"""For browsers that wait for a processor."""

LEFT: Final = """() => {
  const { floor, server_time } = window.holdspace.state();
  return floor.remaining_s ?? floor.ends_at - server_time;
}"""


async def test_a_turn_outlives_ten_seconds_without_network(chromium: str, tmp_path: Path) -> None:
    """The clock stands still, the stick stays where it is, the others read why; soon after the network's return all goes on."""
    async with talking(chromium, tmp_path, {"ash": Line()}) as scene:
        ash, birch = scene.guests["ash"], scene.guests["birch"]
        await ash.press("talking stick")
        await birch.wait_state(f"s.floor.holder === '{ash.id}'")
        await hears(birch, ash)
        turn = (await birch.state())["floor"]["turn"]

        left_then, returned_at = await without_network(scene, ash, birch)
        await birch.wait_state(
            f"s.floor.holder === '{ash.id}' && !s.floor.paused", timeout_s=BACK_WITHIN_S + SLACK_S
        )
        left = await birch.page.evaluate(LEFT)
        assert (await birch.state())["floor"]["turn"] == turn
        await hears(birch, ash)
        assert asyncio.get_running_loop().time() - returned_at < BACK_WITHIN_S + SLACK_S
        assert left == pytest.approx(left_then, abs=SLACK_S)
        await ash.wait_state(f"s.floor.holder === '{ash.id}'")


async def without_network(scene: Scene, gone: Guest, other: Guest) -> tuple[float, float]:
    """Cut both the WebSocket and the media for ten seconds, and look at what the other is told.

    Seconds of the turn that were left when its clock stopped, and when the network came back.
    """
    context = gone.page.context
    cut = asyncio.create_task(scene.cut("ash", GONE_S))
    await context.set_offline(True)
    await other.wait_state("s.floor.paused", timeout_s=5)
    tile = other.page.get_by_role("article", name="Ash")
    await expect(tile).to_contain_text("line")
    left = await other.page.evaluate(LEFT)
    await cut
    assert (await other.state())["floor"]["holder"] == gone.id
    await context.set_offline(False)
    return left, asyncio.get_running_loop().time()
