"""The pictures of docs/talk.md: three people in real Chromium, from the door to the closing words (`make pictures`)."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from playwright.async_api import async_playwright

from media.plane.simulated_picture import FRAMES_PER_S, HEIGHT, WIDTH, Portrait
from tests.web.call.fake_devices import FakeDevices, make_devices
from tests.web.call.guests import Guest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from playwright.async_api import Page

    Take = Callable[[Page, str], Awaitable[None]]

PEOPLE: Final = (("partner", "Ash"), ("partner", "Birch"), ("therapist", "Dr Cedar"))
PORTRAIT_S: Final = 4
DEADLINE_S: Final = 240
# Chromium calls a fake camera by its file's path, which is nobody's business.
NAMED_DEVICES: Final = """(() => {
  const listed = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
  const names = { videoinput: "Camera", audioinput: "Microphone", audiooutput: "Loudspeaker" };
  navigator.mediaDevices.enumerateDevices = async () => (await listed())
    .map(({ deviceId, groupId, kind, label }) => ({ deviceId, groupId, kind, label: label && names[kind] }));
})();"""


async def take_talk_pictures(base_url: str, chromium: str, take: Take) -> None:
    """Have three people go through a call at the server; `take(page, name)` takes a picture of a page."""
    with tempfile.TemporaryDirectory(prefix="holdspace-pictures-") as folder:
        async with asyncio.timeout(DEADLINE_S), async_playwright() as playwright:
            links = await _schedule(base_url)
            guests = [
                await Guest.arrive(
                    playwright, chromium, link, _devices(Path(folder), number), scripts=(NAMED_DEVICES,)
                )
                for number, link in enumerate(links)
            ]
            try:
                await _talk(*guests, take=take)
            finally:
                await asyncio.gather(*(guest.leave() for guest in guests))


async def _talk(ash: Guest, birch: Guest, cedar: Guest, *, take: Take) -> None:
    """A speaker and a listener, a caucus, a break and the closing words."""
    await take(ash.page, "arriving")
    await cedar.go_in()
    await asyncio.gather(ash.go_in(), birch.go_in())
    await ash.wait_state(f"s.floor.holder === '{ash.id}'")
    await _all_seen(ash)
    await take(ash.page, "turn")
    await ash.press("Ask Birch to say it back")
    await birch.wait_state("s.floor.mirror")
    await take(birch.page, "mirror")
    await birch.press("That is what I heard")

    await cedar.press("More choices")
    await cedar.press("Talk alone with Ash")
    await birch.wait_state("s.phase === 'caucus'")
    await take(birch.page, "caucus")
    await ash.wait_state("s.caucus")
    await cedar.press("End this talk alone")
    await birch.wait_state("s.caucus.stage === 'returning'")
    await asyncio.gather(*(guest.press("I will come back in") for guest in (ash, birch)))
    await asyncio.gather(*(guest.wait_state("s.phase === 'talking'") for guest in (ash, birch)))

    await ash.page.keyboard.press("F8")
    await birch.wait_state("s.phase === 'break'")
    await take(birch.page, "break")
    await asyncio.gather(*(guest.press("I am back") for guest in (ash, birch)))
    await asyncio.gather(*(guest.wait_state("s.phase === 'talking'") for guest in (ash, birch)))

    await ash.press("More choices")
    await ash.press("Propose closing words")
    await birch.press("Yes")
    await birch.wait_state("s.floor.format === 'closing' && s.floor.holder")
    await _all_seen(birch)
    await take(birch.page, "closing")
    for guest in (ash, birch):
        await guest.wait_state(f"s.floor.holder === '{guest.id}'")
        await guest.page.locator("#give-back").click()
    await birch.page.locator("#closing-heading").wait_for()
    await take(birch.page, "closed")


async def _all_seen(guest: Guest) -> None:
    await guest.page.wait_for_function(
        "() => Object.values(window.holdspace.people()).every((person) => person.shown)"
    )


async def _schedule(base_url: str) -> list[str]:
    """The invitation links of a call for three."""
    wish: dict[str, Any] = {
        "title": "Sunday talk",
        "format": "speaker-listener",
        "participants": [{"role": role, "name": name} for role, name in PEOPLE],
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{base_url}/api/v1/calls", json=wish) as response,
    ):
        call = await response.json()
    return [person["invitation_url"] for person in call["participants"]]


def _devices(folder: Path, number: int) -> FakeDevices:
    """A tone, and the drawn portrait of nobody instead of the tests' pattern."""
    devices = make_devices(folder, str(number), 400 + 200 * number, bright_side="left")
    portrait = Portrait(number)
    with devices.picture.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FRAMES_PER_S}:1 Ip A1:1 C420\n".encode())
        for frame in range(PORTRAIT_S * FRAMES_PER_S):
            file.write(b"FRAME\n" + portrait.draw(frame / FRAMES_PER_S, 0.2).tobytes())
    return devices
