"""Stepping back in three real browsers: quiet by tones and by pixels, and a return that begins with one voice."""

from __future__ import annotations

import asyncio
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from tests.web.call.guests import assert_hears, assert_sees, assert_silent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.web.call.conftest import Server
    from tests.web.call.fake_devices import FakeDevices
    from tests.web.call.guests import Guest

    Arrive = Callable[..., Awaitable[Guest]]

pytestmark = pytest.mark.chromium

# Pictures decoded up to 150 ms after the page knows of the break, and a second later: equal if nothing more came.
DECODED = """async () => {
  const known = () => new Promise((done) => {
    const look = () => (window.holdspace.state()?.break ? done() : setTimeout(look, 2));
    look();
  });
  const count = async () => {
    let frames = 0;
    for (const s of (await window.holdspace.peer().getStats()).values()) frames += s.framesDecoded ?? 0;
    return frames;
  };
  await known();
  await new Promise((done) => setTimeout(done, 150));
  const soon = await count();
  await new Promise((done) => setTimeout(done, 1000));
  return [soon, await count()];
}"""


async def test_a_partner_steps_back_while_the_therapist_speaks(
    server: Server, arrive: Arrive, devices: dict[str, FakeDevices]
) -> None:
    """One key, and nobody hears or sees anybody; both come back, and whoever stepped back is heard first, alone."""
    call = await server.schedule(format="timed-turns", turn_seconds=600)
    links = [person["invitation_url"] for person in call["participants"]]
    guests = await asyncio.gather(
        *(arrive(link, devices[name]) for link, name in zip(links, "abt", strict=True))
    )
    ash, birch, cedar = guests
    await cedar.go_in()
    await cedar.wait_state("s.participants.some((p) => p.role === 'therapist' && p.ready)")
    await asyncio.gather(ash.go_in(), birch.go_in())
    await asyncio.gather(*(guest.wait_state("s.phase === 'talking'") for guest in guests))
    await cedar.press("Take the talking stick")
    await asyncio.gather(assert_hears(ash, cedar), assert_hears(birch, cedar))
    await asyncio.gather(*(assert_sees(viewer, of, "clear") for viewer, of in permutations(guests, 2)))

    counting = [asyncio.create_task(guest.page.evaluate(DECODED)) for guest in guests]
    await ash.page.keyboard.press("F8")
    for soon, later in await asyncio.gather(*counting):
        # What came before the close is decoded within this time; the veil is one picture a view.
        assert later == soon, "pictures went on arriving in the break"
    await asyncio.gather(assert_silent(ash, cedar), assert_silent(birch, cedar))
    await asyncio.gather(*(assert_sees(viewer, of, "nothing") for viewer, of in permutations(guests, 2)))
    await birch.page.get_by_role("heading", name="Ash stepped back").wait_for()

    await asyncio.gather(ash.press("I am back"), birch.press("I am back"))
    await asyncio.gather(*(returned(guest, ash) for guest in guests))
    await asyncio.gather(assert_hears(birch, ash), assert_hears(cedar, ash))
    await asyncio.gather(assert_silent(ash, birch), assert_silent(ash, cedar))
    await ash.press("Give the stick back")
    await asyncio.gather(assert_hears(ash, birch), assert_hears(cedar, birch))
    await birch.press("Give the stick back")
    await asyncio.gather(assert_hears(ash, cedar), assert_hears(birch, cedar))
    await asyncio.gather(*(assert_sees(viewer, of, "clear") for viewer, of in permutations(guests, 2)))


async def returned(guest: Guest, first: Guest) -> Any:
    """The talk goes on with the short turn of whoever stepped back."""
    await guest.wait_state(f"s.phase === 'talking' && s.floor.return_turn && s.floor.holder === '{first.id}'")
