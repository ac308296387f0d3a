"""One three-person call, everybody clear and heard: Holdspace beside aiortc's MediaRelay.

Everyone sends 640 x 480 VP8 at about 1 Mbit/s and 30 frames a second, and Opus at 50 packets a second. The server is a
process of its own and its CPU time alone is counted; the callers are another. The rounds of the two are interleaved, so that
a busy machine is busy for both.
"""

from __future__ import annotations

import asyncio
import math
from base64 import b64encode
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

from tests.bench.caller import OTHERS
from tests.bench.child import Child
from tests.bench.clip import encoded_pictures, encoded_sounds
from tests.bench.table import table, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

WARM_UP_S: Final = 1.5
"""Until key frames have come and the rhythm is steady."""
BOUND: Final = 0.1
"""Holdspace's CPU time is at most this share of MediaRelay's."""
ENOUGH: Final = 0.99
"""A server that delivers less than this share is saturated."""


@dataclass(frozen=True, slots=True)
class Run:
    """One measured call; rates are per second of the call."""

    cpu_share: float
    """CPU seconds of the server process in a second of the call."""
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

    @property
    def delivered(self) -> float:
        """The lesser of the two shares."""
        return min(self.pictures, self.sounds)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The medians of both servers."""

    holdspace: Run
    relay: Run

    @property
    def ratio(self) -> float:
        """Holdspace's CPU time as a share of MediaRelay's, whatever that delivered for it."""
        return self.holdspace.cpu_share / self.relay.cpu_share

    @property
    def ratio_delivered(self) -> float:
        """The same for each picture and sound delivered: what counts when MediaRelay can't keep up."""
        return self.ratio * self.relay.delivered / self.holdspace.delivered

    @property
    def saturated(self) -> bool:
        """Whether MediaRelay delivered less than it was sent."""
        return self.relay.delivered < ENOUGH

    @property
    def holds(self) -> bool:
        """Whether Holdspace delivered all, for at most a tenth of the CPU time that MediaRelay takes for the same."""
        ratio = self.ratio_delivered if self.saturated else self.ratio
        return ratio <= BOUND and self.holdspace.delivered >= ENOUGH


async def compare(seconds: float, rounds: int) -> Comparison:
    """Measure both, in turns. Raises ChildGoneError."""
    clip = [[b64encode(part).decode() for part in parts] for parts in (encoded_pictures(), encoded_sounds())]
    holdspace, relay = [], []
    for _ in range(rounds):
        holdspace.append(await _measure("holdspace_server", seconds, clip, stamped=True))
        relay.append(await _measure("relay_server", seconds, clip, stamped=False))
    return Comparison(_median(holdspace), _median(relay))


async def _measure(
    server_module: str, seconds: float, clip: Sequence[Sequence[str]], *, stamped: bool
) -> Run:
    """One call through one server."""
    async with Child(server_module) as server, Child("callers") as callers:
        offers = await callers.ask("offer", pictures=clip[0], sounds=clip[1], stamped=stamped)
        await callers.ask("start", **await server.ask("answer", **offers))
        await asyncio.sleep(WARM_UP_S)
        before = await server.ask("count") | await callers.ask("count")
        await asyncio.sleep(seconds)
        return _run(before, await server.ask("count") | await callers.ask("count"))


def report(found: Comparison, seconds: float, rounds: int) -> str:
    """What was found, as text."""
    title = f"Forwarding one three-person call, every view clear (median of {rounds} x {seconds:g} s, interleaved)"
    rows = [_HEADING, _row("Holdspace", found.holdspace), _row("MediaRelay", found.relay)]
    return "\n".join([title, *_verdict(found), table(rows)])


def _verdict(found: Comparison) -> list[str]:
    held = f"at most one tenth: {verdict(holds=found.holds)}"
    ran = f"  CPU of Holdspace : MediaRelay = 1 : {1 / found.ratio:.1f}"
    if not found.saturated:
        return [f"{ran}; {held}"]
    lag = f"  MediaRelay could not keep up and delivered {found.relay.delivered:.0%}: all of it costs more than that."
    return [f"{ran} as they ran, 1 : {1 / found.ratio_delivered:.1f} for the same delivered; {held}", lag]


_HEADING: Final = (
    "server", "CPU s/call s", "µs/packet in", "packets in/s", "out/s", "pictures", "sounds", "latency p50", "p99", "RSS",
)  # fmt: skip


def _row(name: str, run: Run) -> tuple[str, ...]:
    return (
        name,
        f"{run.cpu_share:.4f}",
        f"{run.cpu_us_per_packet:.0f}",
        f"{run.packets_in:.0f}",
        f"{run.packets_out:.0f}",
        f"{run.pictures:.1%}",
        f"{run.sounds:.1%}",
        _milliseconds(run.delay_p50_ms),
        _milliseconds(run.delay_p99_ms),
        f"{run.rss_mib:.0f} MiB",
    )


def _milliseconds(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2f} ms"


def _run(before: dict[str, float], after: dict[str, float]) -> Run:
    spent = {name: after[name] - before[name] for name in before}
    duration = spent["at_s"]
    return Run(
        cpu_share=spent["cpu_s"] / duration,
        cpu_us_per_packet=spent["cpu_s"] / spent["packets_out"] * 1e6,
        packets_in=spent["packets_out"] / duration,
        packets_out=spent["packets_in"] / duration,
        pictures=spent["pictures_in"] / (OTHERS * spent["pictures_out"]),
        sounds=spent["sounds_in"] / (OTHERS * spent["sounds_out"]),
        delay_p50_ms=after["delay_p50_ms"],
        delay_p99_ms=after["delay_p99_ms"],
        rss_mib=after["rss_mib"],
    )


def _median(runs: Sequence[Run]) -> Run:
    return Run(*(median(getattr(run, name) for run in runs) for name in Run.__dataclass_fields__))
