"""Veiled calls of three on one core: whether the server keeps up, by the frames that wait to be blurred."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from tests.bench.caller import OTHERS
from tests.bench.child import Child
from tests.bench.clip import FRAMES_PER_S, HEIGHT, WIDTH
from tests.bench.run import WARM_UP_S, clip, pin
from tests.bench.table import table, verdict

CALLS: Final = 4
MOST_QUEUED: Final = 4
"""Frames of one person: not one is left behind by more than a moment."""
LEAST_PICTURES: Final = 0.9 * FRAMES_PER_S / 2
"""Veiled pictures a second and view; every second frame of the camera is shown."""


@dataclass(frozen=True, slots=True)
class Veiled:
    """What was measured."""

    calls: int
    core: float
    """CPU seconds of the server in a second."""
    pictures: float
    """That each viewer got of each person in a second."""
    most_queued: int
    """In each second that was measured: the last ones are not longer than the first."""
    queued: tuple[int, ...]
    restarts: int

    @property
    def holds(self) -> bool:
        """Whether it keeps up."""
        return (
            self.core < 1
            and self.pictures >= LEAST_PICTURES
            and self.most_queued <= MOST_QUEUED
            and not self.restarts
        )


async def measure(seconds: int, calls: int = CALLS) -> Veiled:
    """Carry that many calls on one core. Raises ChildGoneError."""
    async with Child("veiled_server") as server, Child("callers") as callers:
        pin(server, callers)
        pictures, sounds = clip()
        offers = await callers.ask(
            "offer", calls=calls, pictures=pictures, sounds=sounds, stamped=False, apart=False
        )
        await callers.ask("start", **await server.ask("answer", **offers))
        await asyncio.sleep(WARM_UP_S)
        before = await server.ask("count") | await callers.ask("count")
        queues = []
        for _ in range(seconds):
            await asyncio.sleep(1)
            queues.append(await server.ask("queues"))
        after = await server.ask("count") | await callers.ask("count")
    duration = after["at_s"] - before["at_s"]
    views = calls * (OTHERS + 1) * OTHERS
    return Veiled(
        calls,
        (after["cpu_s"] - before["cpu_s"]) / duration,
        (after["pictures_in"] - before["pictures_in"]) / duration / views,
        queues[-1]["most"],
        tuple(queue["queued"] for queue in queues),
        queues[-1]["restarts"],
    )


def report(found: Veiled) -> str:
    """What was found, as text."""
    rows = [
        ("all on one core", ""),
        ("of the core", f"{found.core:.0%}"),
        ("veiled pictures a second and view", f"{found.pictures:.1f}"),
        ("frames that wait, of all people, second by second", " ".join(map(str, found.queued))),
        ("most that ever waited of one person", f"{found.most_queued}"),
        ("blurs that fell behind", f"{found.restarts}"),
    ]
    title = f"{found.calls} veiled calls of three, {WIDTH} x {HEIGHT} and {FRAMES_PER_S} frames a second"
    return "\n".join([title, table(rows), f"  keeps up: {verdict(holds=found.holds)}"])
