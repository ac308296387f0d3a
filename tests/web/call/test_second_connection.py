"""Make before break, on the whole product: media change over to a second connection, and outlive a lost WebSocket."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.web.call.guests import assert_hears, assert_sees
from tests.web.call.handover import KEEP_LINES, changed_over, stop_watching, watch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.web.call.conftest import Server
    from tests.web.call.fake_devices import FakeDevices
    from tests.web.call.guests import Guest

pytestmark = pytest.mark.chromium

STILL_MS, QUIET_MS = 700.0, 250.0
"""A key frame has to be asked for and made, on two shared cores; a jitter buffer has to fill."""


async def both(
    server: Server, arrive: Callable[..., Awaitable[Guest]], devices: dict[str, FakeDevices]
) -> tuple[Guest, Guest]:
    """Both partners in open talk, seeing and hearing each other; Birch's lines are noted."""
    call = await server.schedule(format="open-talk")
    links = [person["invitation_url"] for person in call["participants"]]
    ash, birch = await asyncio.gather(
        arrive(links[0], devices["a"]), arrive(links[1], devices["b"], scripts=(KEEP_LINES,))
    )
    await asyncio.gather(ash.go_in(), birch.go_in())
    await asyncio.gather(
        assert_hears(birch, ash),
        assert_hears(ash, birch),
        assert_sees(birch, ash, "clear"),
        assert_sees(ash, birch, "clear"),
    )
    return ash, birch


async def test_media_change_over_without_a_blank_or_a_gap(
    server: Server, arrive: Callable[..., Awaitable[Guest]], devices: dict[str, FakeDevices]
) -> None:
    """When the network changes a second connection takes over; neither side's picture goes away meanwhile, nor the sound."""
    ash, birch = await both(server, arrive, devices)
    await asyncio.gather(watch(birch, ash), watch(ash, birch))
    await birch.page.evaluate("dispatchEvent(new Event('online'))")
    await changed_over(birch)
    for change in await asyncio.gather(stop_watching(birch), stop_watching(ash)):
        assert change.looks > 20, change
        assert change.blank == 0, change
        assert change.longest_still_ms < STILL_MS, change
        assert change.longest_quiet_ms < QUIET_MS, change
    assert await birch.page.evaluate("lines.peers.length") == 2
    assert await birch.page.evaluate("lines.sockets.length") == 1
    await asyncio.gather(assert_hears(birch, ash), assert_hears(ash, birch), assert_sees(ash, birch, "clear"))


async def test_a_lost_websocket_alone_costs_no_media(
    server: Server, arrive: Callable[..., Awaitable[Guest]], devices: dict[str, FakeDevices]
) -> None:
    """The page comes back to the same seat with the same connection; sound and picture go on all the while."""
    ash, birch = await both(server, arrive, devices)
    await asyncio.gather(watch(birch, ash), watch(ash, birch))
    await birch.page.evaluate("lines.sockets[0].close()")
    await expect(birch.page.locator("#line")).to_contain_text("The line dropped")
    await birch.wait_state("s.participants.every((p) => p.role === 'therapist' || p.present)")
    await expect(birch.page.locator("#line")).to_be_hidden()
    assert (await stop_watching(birch)).blank == 0
    await ash.wait_state(f"s.participants.find((p) => p.id === '{birch.id}').line === 'good'")
    assert await birch.page.evaluate("[lines.sockets.length, lines.peers.length]") == [2, 1]
    await asyncio.gather(assert_hears(birch, ash), assert_hears(ash, birch), assert_sees(ash, birch, "clear"))


async def test_a_websocket_that_only_the_page_has_lost_costs_nothing(
    server: Server, arrive: Callable[..., Awaitable[Guest]], devices: dict[str, FakeDevices]
) -> None:
    """A page that gives its silent socket up before the server does is known again: the other never sees it gone."""
    ash, birch = await both(server, arrive, devices)
    gone = f"s.participants.some((p) => p.id === '{birch.id}' && !p.present)"
    await ash.page.evaluate(f"window.gone = () => {{ const s = holdspace.state(); return s && ({gone}); }}")
    await ash.page.evaluate("window.wasGone = false; setInterval(() => (wasGone ||= gone()), 20)")
    await asyncio.gather(watch(birch, ash), watch(ash, birch))
    # The socket's own close takes until the server answers it, so nothing is closed here: the page lets go of it by itself.
    await birch.page.evaluate("lines.sockets[0].close = () => {}; dispatchEvent(new Event('offline'))")
    await birch.page.wait_for_function("() => lines.sockets.length === 2")
    await birch.wait_state("s.phase === 'talking'")
    for change in await asyncio.gather(stop_watching(birch), stop_watching(ash)):
        assert change.blank == 0, change
        assert change.longest_quiet_ms < QUIET_MS, change
    assert await birch.page.evaluate("lines.peers.length") == 1
    assert await ash.page.evaluate("wasGone") is False
    await asyncio.gather(assert_hears(birch, ash), assert_hears(ash, birch))
