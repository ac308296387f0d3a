"""Calls whose people join, leave, veil themselves and pass the stick for minutes: nothing may grow.

From time to time everybody leaves. Then tasks, threads and open files must be what they were the first time; memory is
sampled all along, and the end is compared with the end of a warm-up.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from media.mediation.distance import Distance
from tests.bench.child import Child
from tests.bench.holdspace_server import SEATS
from tests.bench.table import table, verdict

WARM_UP: Final = 1 / 6
"""Of the whole: 5 of 30 minutes."""
GROWTH_BOUND: Final = 0.05
RESTS: Final = 6
"""How often everybody leaves, evenly over the time; the first time ends the warm-up."""
STEP_S: Final = 0.4
"""Between two doings of people."""
WINDOW: Final = 12
"""Samples of memory whose median stands for a moment."""
COUNTED: Final = ("tasks", "threads", "files")


@dataclass(slots=True)
class Soak:
    """What was found."""

    calls: int
    minutes: float
    joins: int = 0
    leaves: int = 0
    toggles: int = 0
    packets: int = 0
    rss_warm_mib: float = 0.0
    rss_end_mib: float = 0.0
    rests: list[dict[str, float]] = field(default_factory=list)
    """What there was of each of COUNTED whenever nobody was there."""

    @property
    def growth(self) -> float:
        """Of the memory since the warm-up, as a share."""
        return self.rss_end_mib / self.rss_warm_mib - 1

    @property
    def leaks(self) -> list[str]:
        """What there was more of at the last rest than at the first."""
        return [name for name in COUNTED if self.rests[-1][name] > self.rests[0][name]]


async def soak(calls: int, minutes: float, seed: int = 1) -> Soak:
    """Let people come and go for so long. Raises ChildGoneError."""
    async with AsyncExitStack() as stack:
        server, callers = [
            await stack.enter_async_context(Child(module)) for module in ("soak_server", "soak_callers")
        ]
        await server.ask("run", calls=calls)
        return await _Doings(Soak(calls, minutes), server, callers, random.Random(seed)).run()


def report(found: Soak) -> str:
    """What was found, as text."""
    flat = verdict(holds=found.growth <= GROWTH_BOUND)
    came = f"{found.joins} joins, {found.leaves} leaves, {found.toggles} changes of distance and floor"
    rss = f"{found.rss_warm_mib:.1f} MiB after {found.minutes * WARM_UP:.1f} min, {found.rss_end_mib:.1f} MiB at the end"
    rows = [("with nobody there", "first", "last")]
    rows += [(name, *(f"{rest[name]:.0f}" for rest in (found.rests[0], found.rests[-1]))) for name in COUNTED]
    return "\n".join([
        f"Soak of {found.calls} calls for {found.minutes:g} min: {came}, {found.packets} packets delivered",
        f"  RSS {rss} ({found.growth:+.1%}); flat within {GROWTH_BOUND:.0%}: {flat}",
        f"  nothing left over: {verdict(holds=not found.leaks)}",
        table(rows),
    ])  # fmt: skip


class _Doings:
    """One soak, step by step."""

    def __init__(self, found: Soak, server: Child, callers: Child, chance: random.Random) -> None:
        self._found, self._server, self._callers, self._chance = found, server, callers, chance
        self._there: set[tuple[int, int]] = set()
        self._chairs = [(call, seat) for call in range(found.calls) for seat in range(len(SEATS))]
        self._rss: list[float] = []

    async def run(self) -> Soak:
        """Act until the time is over."""
        found, began_at = self._found, time.perf_counter()
        while len(found.rests) < RESTS:
            await self._live(began_at + found.minutes * 60 * (len(found.rests) + 1) / RESTS)
            rss = median(self._rss[-WINDOW:])
            if not found.rests:
                found.rss_warm_mib = rss
            found.rss_end_mib = rss
            await self._rest()
        found.packets = (await self._callers.ask("count"))["packets_in"]
        return found

    async def _live(self, until: float) -> None:
        """All come, then somebody does something again and again."""
        for chair in self._chairs:
            await self._join(*chair)
        while time.perf_counter() < until:
            await self._act(*self._chance.choice(self._chairs))
            self._rss.append((await self._server.ask("count"))["rss_mib"])
            await asyncio.sleep(STEP_S)

    async def _rest(self) -> None:
        """All leave; what is there then is counted."""
        for chair in sorted(self._there):
            await self._leave(*chair)
        self._found.rests.append(await self._server.ask("census"))

    async def _act(self, call: int, seat: int) -> None:
        if (call, seat) not in self._there:
            await self._join(call, seat)
        elif self._chance.random() < 0.3:
            await self._leave(call, seat)
        else:
            self._found.toggles += 1
            await self._apply(call)

    async def _join(self, call: int, seat: int) -> None:
        offer = await self._callers.ask("offer", call=call, seat=seat)
        answer = await self._server.ask("join", call=call, seat=seat, **offer)
        await self._callers.ask("start", call=call, seat=seat, **answer)
        self._there.add((call, seat))
        self._found.joins += 1
        await self._apply(call)

    async def _leave(self, call: int, seat: int) -> None:
        """Half of them go without a word to the server, which is told later."""
        children = [self._server, self._callers]
        self._chance.shuffle(children)
        for child in children:
            await child.ask("leave", call=call, seat=seat)
        self._there.discard((call, seat))
        self._found.leaves += 1

    async def _apply(self, call: int) -> None:
        """Another plan: somebody has the stick or nobody, and everyone sees everyone at some distance."""
        heard = self._chance.choice([*range(len(SEATS)), None])
        seats = range(len(SEATS))
        views = [
            (viewer, subject, heard in {subject, None}, str(self._chance.choice(list(Distance))))
            for viewer in seats
            for subject in seats
            if viewer != subject
        ]
        await self._server.ask("apply", call=call, views=views)
