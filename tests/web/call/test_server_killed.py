"""The server is killed in the middle of a call, and started again: people sit where they sat, without pressing anything."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.web.call.guests import assert_hears, assert_sees, assert_silent
from tests.web.call.test_three_browsers import couple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.web.call.conftest import Process
    from tests.web.call.fake_devices import FakeDevices
    from tests.web.call.guests import Guest

pytestmark = pytest.mark.chromium

BACK_S = 20
TURN_S = 170
BOTH_BACK = "s.participants.filter((p) => p.role === 'partner').every((p) => p.present && p.line !== 'lost')"


async def test_the_same_turn_goes_on_after_a_kill(
    process: Process, arrive: Callable[..., Awaitable[Guest]], devices: dict[str, FakeDevices]
) -> None:
    """The holder holds the stick with the time that was left, is heard and seen as before, and the other is silent."""
    _, ash, birch = await couple(process.server, arrive, devices, format="timed-turns", turn_seconds=TURN_S)
    await ash.choose_distance("Veiled")
    await ash.press("Take the talking stick")
    await assert_hears(birch, ash)
    await assert_sees(birch, ash, "veiled")
    before = await birch.state()
    loop = asyncio.get_running_loop()
    seen_at = loop.time()

    await process.kill()
    killed_at = loop.time()
    await process.start()
    for guest in (ash, birch):
        await guest.wait_state(f"s.revision > {before['revision']} && {BOTH_BACK}", timeout_s=BACK_S)
    await assert_hears(birch, ash, timeout_s=BACK_S)
    await assert_sees(birch, ash, "veiled")
    await assert_silent(ash, birch)
    after = await birch.state()
    assert (after["phase"], after["floor"]["holder"]) == ("talking", ash.id)
    assert after["floor"]["turn"] == before["floor"]["turn"]
    # The clock stood from the kill until the holder was back, and then went on.
    left_s = before["floor"]["remaining_s"] - (killed_at - seen_at)
    assert left_s - BACK_S <= after["floor"]["remaining_s"] <= left_s + 2
    for guest in (ash, birch):
        assert not guest.troubles
