"""The whole product at once: three real browsers, each with its own microphone and camera, mediated by the server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.line.starvation import waited_for_cpu_s
from tests.web.call.guests import SLOW_DEVICES, Guest, assert_hears, assert_sees, assert_silent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.web.call.conftest import Server
    from tests.web.call.fake_devices import FakeDevices

    Arrive = Callable[..., Awaitable[Guest]]

pytestmark = pytest.mark.chromium
TURN_S = 20
COUNTS = ("timestamp", "packetsLost", "packetsReceived", "concealedSamples", "totalSamplesReceived")
KEPT_UP = 0.5
"""While somebody waits for a processor for less of the time than this, what a browser makes up is for want of packets."""
MADE_UP = 0.08
"""Share of the samples; building the connection anew would cost more."""


async def couple(
    server: Server, arrive: Arrive, devices: dict[str, FakeDevices], **fields: Any
) -> tuple[dict[str, Any], Guest, Guest]:
    """Schedule a call; both partners come in."""
    call = await server.schedule(**fields)
    links = [person["invitation_url"] for person in call["participants"]]
    ash, birch = await asyncio.gather(arrive(links[0], devices["a"]), arrive(links[1], devices["b"]))
    await asyncio.gather(ash.go_in(), birch.go_in())
    await asyncio.gather(*(guest.wait_state("s.phase === 'talking'") for guest in (ash, birch)))
    return call, ash, birch


async def test_only_the_holder_is_heard_and_the_turn_changes_hands(
    server: Server, arrive: Arrive, devices: dict[str, FakeDevices]
) -> None:
    """With timed turns the holder alone is heard, by everyone; time changes that; a third changes nothing."""
    call, ash, birch = await couple(server, arrive, devices, format="timed-turns", turn_seconds=TURN_S)
    await assert_silent(birch, ash)
    await assert_silent(ash, birch)

    await ash.press("Take the talking stick")
    await assert_hears(birch, ash)
    await assert_silent(ash, birch)
    connection = await mark_connection(birch)

    cedar = await arrive(call["participants"][2]["invitation_url"], devices["t"])
    before, waited_s = await heard_audio(birch), waited_for_cpu_s()
    await cedar.go_in()
    await assert_silent(cedar, ash)  # until both partners have let them in
    await asyncio.gather(ash.press("Yes"), birch.press("Yes"))
    await assert_hears(cedar, ash)
    await assert_silent(cedar, birch)
    await assert_silent(birch, cedar)
    after, waited_s = await heard_audio(birch), waited_for_cpu_s() - waited_s
    assert await mark_connection(birch) == connection, "the third made the second negotiate again"
    grown = {name: after[name] - before[name] for name in COUNTS}
    seconds = grown["timestamp"] / 1000
    assert grown["packetsLost"] == 0
    assert grown["packetsReceived"] > 0.95 * 50 * seconds
    # A browser that waits for a processor makes samples up though every packet came.
    if waited_s < KEPT_UP * seconds:
        assert grown["concealedSamples"] < MADE_UP * grown["totalSamplesReceived"], grown

    await ash.wait_state(f"s.floor.holder === '{birch.id}'", timeout_s=TURN_S + 20)
    await asyncio.gather(assert_hears(ash, birch), assert_hears(cedar, birch))
    await asyncio.gather(assert_silent(birch, ash), assert_silent(cedar, ash))


async def test_distance_changes_what_is_seen(
    server: Server, arrive: Arrive, devices: dict[str, FakeDevices]
) -> None:
    """Veiled keeps the broad shape without the detail; audio only shows nothing, sound goes on; clear comes back."""
    _, ash, birch = await couple(server, arrive, devices, format="open-talk")
    await asyncio.gather(
        assert_sees(birch, ash, "clear"), assert_sees(ash, birch, "clear"), assert_hears(birch, ash)
    )

    await ash.choose_distance("Veiled")
    sight = await assert_sees(birch, ash, "veiled")
    assert sight.left > sight.right + 60, "the bright side is the left one, veiled too"
    await assert_sees(ash, birch, "clear")

    await ash.choose_distance("Audio only")
    await assert_sees(birch, ash, "nothing")
    await assert_hears(birch, ash)  # meanwhile what was in the browser's own buffer has been decoded
    decoded = await pictures(birch)
    await assert_hears(birch, ash)
    assert await pictures(birch) == decoded, "a picture went on arriving"

    await ash.choose_distance("Softened")
    await ash.choose_distance("Clear")
    await assert_sees(birch, ash, "clear")


async def test_without_camera_and_microphone_one_can_listen(
    server: Server, arrive: Arrive, devices: dict[str, FakeDevices]
) -> None:
    """A browser with no device at all joins, hears and sees."""
    call = await server.schedule(format="open-talk")
    links = [person["invitation_url"] for person in call["participants"]]
    ash, birch = await asyncio.gather(arrive(links[0], devices["a"]), arrive(links[1]))
    await asyncio.gather(ash.go_in(), birch.go_in())
    await assert_hears(birch, ash)
    await assert_sees(birch, ash, "clear")


async def test_a_reload_takes_the_same_seat_and_turn_back(
    server: Server, arrive: Arrive, devices: dict[str, FakeDevices]
) -> None:
    """Who reloads in the middle of their turn is back in it, without a press, and heard."""
    _, ash, birch = await couple(server, arrive, devices, format="timed-turns", turn_seconds=120)
    await ash.press("Take the talking stick")
    await assert_hears(birch, ash)
    turn = (await birch.state())["floor"]["turn"]
    await ash.page.reload()
    await birch.wait_state(f"s.floor.turn === {turn} && s.floor.holder === '{ash.id}' && !s.floor.paused")
    await assert_hears(birch, ash, timeout_s=12)
    await assert_sees(birch, ash, "clear")


async def test_a_camera_that_opens_late_is_seen(
    server: Server, arrive: Arrive, devices: dict[str, FakeDevices]
) -> None:
    """Who goes in before the camera and the microphone have opened is seen and heard as soon as they have."""
    call = await server.schedule(format="open-talk")
    links = [person["invitation_url"] for person in call["participants"]]
    ash, birch = await asyncio.gather(
        arrive(links[0], devices["a"], scripts=(SLOW_DEVICES,)), arrive(links[1], devices["b"])
    )
    await asyncio.gather(ash.go_in(), birch.go_in())
    await asyncio.gather(assert_sees(birch, ash, "clear"), assert_hears(birch, ash))


async def heard_audio(guest: Guest) -> dict[str, Any]:
    """The statistics of the audio stream that delivers most."""
    audio = [one for one in await guest.stats() if one["kind"] == "audio"]
    return max(audio, key=lambda one: one["packetsReceived"])


async def pictures(guest: Guest) -> int:
    """How many video frames were decoded in all."""
    return sum(one["framesDecoded"] for one in await guest.stats() if one["kind"] == "video")


async def mark_connection(guest: Guest) -> Any:
    """Something that stays the same as long as the page's connection does."""
    return await guest.page.evaluate("() => (window.holdspace.peer().mark ??= Math.random())")
