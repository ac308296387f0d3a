"""Another network in the middle of a call, or none for a while: soon after there is one again the call flows."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import pytest

from tests.line.scene import Line, talking

if TYPE_CHECKING:
    from pathlib import Path

    from tests.line.scene import Scene

pytestmark = pytest.mark.chromium

BACK_WITHIN_S: Final = 3.0
GONE_S: Final = 10.0
MAX_S: Final = 10.0

# Seconds until five pictures more of one person have been decoded and their voice has come, by whatever connection.
_FLOWS: Final = """async ([who, atMostS]) => {
  const startedAt = performance.now();
  const counts = async () => {
    const { audio, video } = window.holdspace.people()[who];
    const found = { peer: window.holdspace.peer(), frames: 0, energy: 0 };
    const ids = [audio, video].flatMap((element) => element.srcObject?.getTracks() ?? []).map((track) => track.id);
    for (const s of (await found.peer.getStats()).values()) {
      if (s.type !== "inbound-rtp" || !ids.includes(s.trackIdentifier)) continue;
      found.frames += s.framesDecoded ?? 0;
      found.energy += s.totalAudioEnergy ?? 0;
    }
    return found;
  };
  let before = await counts();
  for (;;) {
    const now = await counts();
    if (now.peer !== before.peer) before = { ...now, frames: 0, energy: 0 };
    const seconds = (performance.now() - startedAt) / 1000;
    if ((now.frames >= before.frames + 5 && now.energy > before.energy + 0.0005) || seconds > atMostS) return seconds;
    await new Promise((done) => setTimeout(done, 20));
  }
}"""


async def flows_again_s(scene: Scene, viewer: str, subject: str) -> float:
    """Seconds from now until `viewer` sees and hears `subject` again."""
    arguments = [scene.guests[subject].id, MAX_S]
    return float(await scene.guests[viewer].page.evaluate(_FLOWS, arguments))


async def both_ways_s(scene: Scene) -> list[float]:
    """The same for Ash's line, down and up."""
    return await asyncio.gather(flows_again_s(scene, "ash", "birch"), flows_again_s(scene, "birch", "ash"))


async def test_another_network_is_taken_up_within_three_seconds(chromium: str, tmp_path: Path) -> None:
    """When the old way to the server goes nowhere, and no browser says so, a second connection is built and takes over."""
    async with talking(chromium, tmp_path, {"ash": Line()}) as scene:
        scene.relays["ash"].move()
        seconds = await both_ways_s(scene)
        assert max(seconds) < BACK_WITHIN_S, seconds


async def test_media_flow_again_within_three_seconds_of_the_networks_return(
    chromium: str, tmp_path: Path
) -> None:
    """Ten seconds in which media get nowhere, while the WebSocket lives: trying goes on until there is a way."""
    async with talking(chromium, tmp_path, {"ash": Line()}) as scene:
        await scene.cut("ash", GONE_S)
        seconds = await both_ways_s(scene)
        assert max(seconds) < BACK_WITHIN_S, seconds
