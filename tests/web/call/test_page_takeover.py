"""One's own link opened a second time, on the whole product: the first page goes on until the second takes over."""

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


async def test_a_second_page_takes_over_when_asked_and_the_turn_goes_on(
    server: Server, arrive: Callable[..., Awaitable[Guest]], devices: dict[str, FakeDevices]
) -> None:
    """Opening one's link again disturbs nothing; going in there moves voice and turn over, and the first page lets go."""
    call, ash, birch = await couple(server, arrive, devices, format="timed-turns", turn_seconds=120)
    await ash.choose_distance("Softened")
    await ash.press("Take the talking stick")
    await assert_hears(birch, ash)
    turn = (await birch.state())["floor"]["turn"]

    second = await arrive(call["participants"][0]["invitation_url"], devices["a"])
    await expect(second.page.locator("#elsewhere")).to_contain_text("Going in here takes over from there.")
    await expect(second.page.locator("#camera option")).not_to_have_count(0)
    assert await second.state() is None, "the second page has joined without being asked to"
    await assert_hears(birch, ash)
    assert (await ash.state())["floor"]["turn"] == turn

    await second.go_in()
    await expect(ash.page.locator("#closing-heading")).to_have_text("This call is open somewhere else")
    await assert_hears(birch, second)
    state = await birch.state()
    assert (state["floor"]["turn"], state["floor"]["holder"], state["phase"]) == (turn, second.id, "talking")
    assert state["distance"]["outgoing"][second.id] == "soft"
