"""Sound and picture of one person stay in step: clear, softened, and across the changes between them.

A softened picture is decoded and encoded on its way and comes some milliseconds later than the clear one did. It keeps the
time stamps of the camera, and the sender reports of both kinds map to the camera's own clock, so the receiver sees how late it
is and holds the sound back for it. `estimatedPlayoutTimestamp` is the sender's time of what is being played just now.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import pytest

from tests.web.call.guests import assert_hears, assert_sees, look
from tests.web.call.test_three_browsers import couple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.web.call.conftest import Server
    from tests.web.call.fake_devices import FakeDevices
    from tests.web.call.guests import Guest

pytestmark = pytest.mark.chromium

IN_STEP_MS: Final = 80.0
WITHIN_S: Final = 30.0
TIMES: Final = 5
"""Looks in a row that agree; once a second, for Chromium moves its delays about so often. It knows after two sender reports."""

# How far the picture is behind the sound, in milliseconds, by what Chromium plays of one person now; null: not known yet.
_BEHIND: Final = """async (who) => {
  const { audio, video } = window.holdspace.people()[who];
  const ids = { audio: audio.srcObject?.getAudioTracks()[0]?.id, video: video.srcObject?.getVideoTracks()[0]?.id };
  const at = {};
  for (const s of (await window.holdspace.peer().getStats()).values()) {
    if (s.type === "inbound-rtp" && s.trackIdentifier === ids[s.kind]) at[s.kind] = s.estimatedPlayoutTimestamp;
  }
  return at.audio && at.video ? at.audio - at.video : null;
}"""


async def assert_in_step(viewer: Guest, subject: Guest, when: str) -> None:
    """Sound and picture come to be in step, and stay so."""
    loop = asyncio.get_running_loop()
    end = loop.time() + WITHIN_S
    seen: list[float | None] = []
    while len(seen) < TIMES or any(one is None or abs(one) > IN_STEP_MS for one in seen[-TIMES:]):
        assert loop.time() < end, f"{when}: the picture is behind by {seen} ms"
        seen.append(await viewer.page.evaluate(_BEHIND, subject.id))
        await asyncio.sleep(1.0)


async def test_sound_and_picture_stay_in_step_across_blur(
    server: Server, arrive: Callable[..., Awaitable[Guest]], devices: dict[str, FakeDevices]
) -> None:
    """Clear, then softened, then clear again: less than a glance apart, each time."""
    _, ash, birch = await couple(server, arrive, devices, format="open-talk")
    await asyncio.gather(assert_sees(birch, ash, "clear"), assert_hears(birch, ash))
    await assert_in_step(birch, ash, "clear")
    await ash.choose_distance("Softened")
    await birch.wait_state(f"s.distance.outgoing['{ash.id}'] === 'soft'")
    await assert_in_step(birch, ash, "softened")
    assert (await look(birch, ash)).width <= 64
    await ash.choose_distance("Clear")
    await assert_sees(birch, ash, "clear")
    await assert_in_step(birch, ash, "clear again")
