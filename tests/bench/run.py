"""One measured run: calls of three through one server, and what it cost."""

from __future__ import annotations

import asyncio
import math
import os
from base64 import b64encode
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import cache
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from media.plane.lane.binding import lane_missing
from tests.bench.caller import OTHERS
from tests.bench.child import Child
from tests.bench.clip import encoded_pictures, encoded_sounds

if TYPE_CHECKING:
    from collections.abc import Sequence

WARM_UP_S: Final = 1.5
"""Until key frames have come and the rhythm is steady."""
ENOUGH: Final = 0.99
"""A server that delivers less than this share is saturated, or the callers are."""


@dataclass(frozen=True, slots=True)
class Server:
    """Somebody who forwards."""

    name: str
    module: str
    start: dict[str, Any] = field(default_factory=dict)
    """What it is told with `run` before the first call; nothing: it isn't."""
    apart: bool = False
    """Whether what is received comes on a second connection, which the server offers."""
    stamped: bool = True
    """Whether the packets may tell when they left; the pictures can't be decoded then."""
    most_calls: int = 100


COMPILED: Final = lane_missing() is None
"""Whether the compiled lane was built here; what is measured under the product's name is what `auto` chooses."""
PURE: Final = Server("Holdspace, pure Python", "holdspace_server", start={"compiled": False})
HOLDSPACE: Final = (
    Server("Holdspace, compiled path", "holdspace_server", start={"compiled": True}) if COMPILED else PURE
)
RELAY: Final = Server("MediaRelay", "relay_server", stamped=False, most_calls=1)
JANUS_AS_IT_COMES: Final = Server("Janus, as it comes", "janus_server", start={"event_loops": 0}, apart=True)
"""With the package's own settings: a thread for each connection."""
JANUS: Final = (
    JANUS_AS_IT_COMES,
    Server("Janus, event_loops=1", "janus_server", start={"event_loops": 1}, apart=True),
)


@dataclass(frozen=True, slots=True)
class Run:
    """What was measured; CPU and packets are per call, rates per second of the call."""

    cpu_share: float
    """CPU seconds of the server process in a second of one call."""
    cpu_us_per_packet: float
    """Microseconds of CPU for each packet that the callers sent, with all its copies out."""
    packets_in: float
    packets_out: float
    pictures: float
    """Share of the pictures sent that arrived: 1.0 is all of them at both others."""
    sounds: float
    delay_p50_ms: float
    delay_p99_ms: float
    rss_mib: float
    """Of the whole process."""
    rss_call_mib: float
    """What each call added."""
    callers_share: float
    """CPU seconds of the callers' process in a second, for all calls: near 1 they are saturated themselves."""

    @property
    def delivered(self) -> float:
        """The lesser of the two shares."""
        return min(self.pictures, self.sounds)


async def measure(server: Server, calls: int, seconds: float, *, one_core: bool = False) -> Run:
    """Carry that many calls at once. `one_core`: the server has one CPU and the callers another. Raises ChildGoneError."""
    async with AsyncExitStack() as stack:
        served, callers = [
            await stack.enter_async_context(Child(module)) for module in (server.module, "callers")
        ]
        if one_core:
            pin(served, callers)
        if server.start:
            await served.ask("run", **server.start)
        empty = await served.ask("count")
        await _connect(served, callers, server, calls)
        await asyncio.sleep(WARM_UP_S)
        before = await served.ask("count") | await callers.ask("count")
        await asyncio.sleep(seconds)
        after = await served.ask("count") | await callers.ask("count")
        return _run(empty, before, after, calls)


def median_run(runs: Sequence[Run]) -> Run:
    """The median of each figure."""
    return Run(*(median(getattr(run, name) for run in runs) for name in Run.__dataclass_fields__))


def pin(server: Child, callers: Child) -> None:
    """Give each a CPU of its own, where there are two and the system lets us."""
    if not hasattr(os, "sched_setaffinity"):
        return
    free = sorted(os.sched_getaffinity(0))
    if len(free) > 1:
        os.sched_setaffinity(server.pid, free[:1])
        os.sched_setaffinity(callers.pid, free[1:2])


HEADING: Final = (
    "server", "CPU s/call s", "µs/packet in", "packets in/s", "out/s", "pictures", "sounds", "latency p50", "p99",
    "RSS", "RSS/call", "callers' CPU",
)  # fmt: skip


def row(name: str, run: Run) -> tuple[str, ...]:
    """A line under HEADING."""
    return (
        name,
        f"{run.cpu_share:.4f}",
        f"{run.cpu_us_per_packet:.0f}",
        f"{run.packets_in:.0f}",
        f"{run.packets_out:.0f}",
        f"{run.pictures:.1%}",
        f"{run.sounds:.1%}",
        milliseconds(run.delay_p50_ms),
        milliseconds(run.delay_p99_ms),
        f"{run.rss_mib:.0f} MiB",
        f"{run.rss_call_mib:.1f} MiB",
        f"{run.callers_share:.0%}",
    )


def milliseconds(value: float) -> str:
    """With a dash for what could not be measured."""
    return "-" if math.isnan(value) else f"{value:.2f} ms"


async def _connect(served: Child, callers: Child, server: Server, calls: int) -> None:
    pictures, sounds = clip()
    offers = await callers.ask(
        "offer", calls=calls, pictures=pictures, sounds=sounds, stamped=server.stamped, apart=server.apart
    )
    await callers.ask("start", **await served.ask("answer", **offers))
    if server.apart:
        await served.ask("accept", **await callers.ask("take", **await served.ask("offer")))
        await callers.ask("receive")


@cache
def clip() -> tuple[list[str], list[str]]:
    """The pictures and sounds, Base64."""
    pictures, sounds = (
        [b64encode(part).decode() for part in parts] for parts in (encoded_pictures(), encoded_sounds())
    )
    return pictures, sounds


def _run(empty: dict[str, float], before: dict[str, float], after: dict[str, float], calls: int) -> Run:
    spent = {name: after[name] - before[name] for name in before}
    duration = spent["at_s"]
    return Run(
        cpu_share=spent["cpu_s"] / duration / calls,
        cpu_us_per_packet=spent["cpu_s"] / spent["packets_out"] * 1e6,
        packets_in=spent["packets_out"] / duration / calls,
        packets_out=spent["packets_in"] / duration / calls,
        pictures=spent["pictures_in"] / (OTHERS * spent["pictures_out"]),
        sounds=spent["sounds_in"] / (OTHERS * spent["sounds_out"]),
        delay_p50_ms=after["delay_p50_ms"],
        delay_p99_ms=after["delay_p99_ms"],
        rss_mib=after["rss_mib"],
        rss_call_mib=(after["rss_mib"] - empty["rss_mib"]) / calls,
        callers_share=spent["callers_cpu_s"] / duration,
    )
