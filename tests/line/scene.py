"""A call between real browsers, everybody heard, some of them behind bad lines."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from playwright.async_api import async_playwright

from tests.line.busy_devices import busy_devices
from tests.line.link import LineSettings
from tests.line.reading import View, frames_after_ms, hears, start_reading, stop_reading
from tests.line.relay import REWRITE_DESCRIPTIONS, Relay
from tests.line.servers import holdspace
from tests.web.call.guests import Guest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from tests.line.servers import Opening

SETTLE_S: Final = 6.0
"""Between all being seen and heard and the first figure: jitter buffers and the camera's bit rate find their level."""
CONTROL: Final = "cedar"
PERFECT: Final = LineSettings()
PEOPLE: Final = {
    "ash": ("partner", 110, "left"),
    "birch": ("partner", 200, "right"),
    "cedar": ("therapist", 150, "left"),
}
"""Role, pitch of the voice in hertz, bright side of the picture."""
# Into a talk that goes on both partners would have to let them in; Janus's page knows no such thing.
THERAPIST_READY: Final = """() => !window.holdspace.state
  || window.holdspace.state()?.participants.some((p) => p.role === "therapist" && p.ready)"""


@dataclass(frozen=True, slots=True)
class Line:
    """One person's line, both ways."""

    up: LineSettings = PERFECT
    down: LineSettings = PERFECT
    seed: int = 1


@dataclass(slots=True)
class Scene:
    """Who is in the call, and the relays of those who are behind one."""

    guests: dict[str, Guest] = field(default_factory=dict)
    relays: dict[str, Relay] = field(default_factory=dict)

    async def watch(self, pairs: Mapping[str, str], seconds: float) -> dict[str, View]:
        """What arrives of one person (value) at each viewer (key) over this time."""
        await asyncio.gather(*(start_reading(self.guests[v], self.guests[s]) for v, s in pairs.items()))
        await asyncio.sleep(seconds)
        views = await asyncio.gather(*(stop_reading(self.guests[viewer]) for viewer in pairs))
        return dict(zip(pairs, views, strict=True))

    async def cut(self, name: str, seconds: float) -> None:
        """Let nothing through for this person, either way; returns when the line is back."""
        await asyncio.sleep(self.relays[name].cut(seconds) - asyncio.get_running_loop().time())

    async def moves_again_s(
        self, viewer: str, subject: str, frames: int = 5, at_most_s: float = 10.0
    ) -> float:
        """Seconds from now until this many further frames of a picture are decoded."""
        return await frames_after_ms(self.guests[viewer], self.guests[subject], frames, at_most_s) / 1000


@asynccontextmanager
async def talking(
    chromium: str,
    folder: Path,
    lines: Mapping[str, Line],
    *,
    third_sends: bool = False,
    server: Opening = holdspace,
    scripts: tuple[str, ...] = (),
) -> AsyncIterator[Scene]:
    """Everybody of `PEOPLE` in a call, hearing one another, and settled; those not in `lines` have a perfect line.

    Cedar is the control: on a perfect line, with no camera and no microphone unless `third_sends`. `scripts` run before each
    page's own.
    """
    senders = frozenset(name for name in PEOPLE if third_sends or name != CONTROL)
    async with AsyncExitStack() as stack:
        roles = {name: role for name, (role, *_) in PEOPLE.items()}
        links = await stack.enter_async_context(server(roles, senders))
        playwright = await stack.enter_async_context(async_playwright())
        scene = Scene()
        for name, (_, pitch_hz, side) in PEOPLE.items():
            devices = busy_devices(folder, name, pitch_hz, bright_side=side) if name in senders else None
            before = (REWRITE_DESCRIPTIONS, *scripts) if name in lines else scripts
            guest = await Guest.arrive(playwright, chromium, links[name], devices, scripts=before)
            stack.push_async_callback(guest.leave)
            scene.guests[name] = guest
        for name, line in lines.items():
            relay = await stack.enter_async_context(Relay(line.up, line.down, line.seed))
            await relay.serve(scene.guests[name].page)
            scene.relays[name] = relay
        await _settle(scene)
        yield scene


async def _settle(scene: Scene) -> None:
    """All hear all; what is seen is for the figures to tell, since some lines carry no picture."""
    guests = scene.guests.values()
    for name, guest in scene.guests.items():
        if PEOPLE[name][0] == "therapist":
            await guest.enter()
            await guest.page.wait_for_function(THERAPIST_READY)
    partners = [guest for name, guest in scene.guests.items() if PEOPLE[name][0] == "partner"]
    await asyncio.gather(*(guest.go_in() for guest in partners))
    pairs = [(viewer, subject) for viewer in guests for subject in guests if viewer is not subject]
    await asyncio.gather(*(hears(*pair) for pair in pairs if pair[1].devices is not None))
    await asyncio.sleep(SETTLE_S)
