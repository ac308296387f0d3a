"""Somebody whose line was lost opens their link again, in a new tab: the door disturbs nothing until they go in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.web.call.guests import assert_hears
from tests.web.call.test_three_browsers import couple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.web.call.conftest import Server
    from tests.web.call.fake_devices import FakeDevices
    from tests.web.call.guests import Guest

pytestmark = pytest.mark.chromium


async def test_the_turn_waits_while_its_lost_holder_stands_at_the_door(
    server: Server, arrive: Callable[..., Awaitable[Guest]], devices: dict[str, FakeDevices]
) -> None:
    """The stick stays with them, they stay willing and seen as they chose, and the press alone brings them back."""
    call, ash, birch = await couple(server, arrive, devices, format="timed-turns", turn_seconds=120)
    await ash.choose_distance("Softened")
    await ash.press("Take the talking stick")
    await assert_hears(birch, ash)
    turn = (await birch.state())["floor"]["turn"]

    await ash.leave()  # the browser is gone, without a word
    await birch.wait_state(f"s.floor.paused && s.floor.holder === '{ash.id}'")
    again = await arrive(call["participants"][0]["invitation_url"], devices["a"])
    await expect(again.page.locator("#missed")).to_contain_text("Going in goes on from there.")
    await expect(again.page.locator("#camera option")).not_to_have_count(0)
    assert await again.state() is None, "the door has joined without being asked to"
    state = await birch.state()
    assert (state["phase"], state["floor"]["turn"], state["floor"]["holder"]) == ("talking", turn, ash.id)

    await again.go_in()
    await birch.wait_state(f"s.floor.turn === {turn} && s.floor.holder === '{ash.id}' && !s.floor.paused")
    await assert_hears(birch, again)
    assert (await birch.state())["distance"]["outgoing"][ash.id] == "soft"
