"""Calls of three, everybody clear and heard: Holdspace beside Janus's VideoRoom and beside aiortc's MediaRelay.

Everyone sends 640 x 480 VP8 at about 1 Mbit/s and 30 frames a second, and Opus at 50 packets a second. Each server is a
process of its own and its CPU time alone is counted; the callers are another. The rounds are interleaved, so that a busy
machine is busy for all. MediaRelay takes part with one call: it can't carry more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.bench.janus_server import janus_libraries
from tests.bench.run import (
    ENOUGH,
    HEADING,
    HOLDSPACE,
    JANUS,
    JANUS_AS_IT_COMES,
    PURE,
    RELAY,
    Run,
    Server,
    measure,
    median_run,
    row,
)
from tests.bench.table import table, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BOUND: Final = 0.1
"""Holdspace's CPU time is at most this share of MediaRelay's."""
JANUS_BOUND: Final = 0.9
"""The same, of Janus's as it comes, with packets in Python alone."""
JANUS_BOUND_COMPILED: Final = 0.6
"""The same, on the compiled path."""
BUSY_CALLERS: Final = 0.85
"""From this share of a core on the callers may be what limits."""
JANUS_MISSING: Final = "  Janus is left out: it is not installed (on Debian: apt-get install janus)."


@dataclass(frozen=True, slots=True)
class Comparison:
    """The medians of everyone, with this many calls at once."""

    calls: int
    holdspace: Run
    relay: Run | None = None
    janus: Mapping[str, Run] | None = None
    """By name; None where it is not installed."""
    pure: Run | None = None
    """Holdspace with packets in Python alone, where `holdspace` takes the compiled path."""

    @property
    def named(self) -> dict[str, Run]:
        """Everybody's medians, by name, in the order in which they are told."""
        relay = {RELAY.name: self.relay} if self.relay is not None else {}
        pure = {PURE.name: self.pure} if self.pure is not None else {}
        return {HOLDSPACE.name: self.holdspace} | pure | dict(self.janus or {}) | relay

    @property
    def ratio(self) -> float:
        """Holdspace's CPU time as a share of MediaRelay's, whatever that delivered for it; 0 without it."""
        return self.holdspace.cpu_share / self.relay.cpu_share if self.relay else 0.0

    @property
    def ratio_delivered(self) -> float:
        """The same for each picture and sound delivered: what counts when MediaRelay can't keep up."""
        return self.ratio * self.relay.delivered / self.holdspace.delivered if self.relay else 0.0

    @property
    def saturated(self) -> bool:
        """Whether MediaRelay delivered less than it was sent."""
        return self.relay is not None and self.relay.delivered < ENOUGH

    @property
    def holds(self) -> bool:
        """Whether Holdspace delivered all, for at most a tenth of the CPU time that MediaRelay takes for the same."""
        ratio = self.ratio_delivered if self.saturated else self.ratio
        return ratio <= BOUND and self.holdspace.delivered >= ENOUGH

    @property
    def beside_janus(self) -> list[tuple[str, float, float]]:
        """Each of our runs, by name: its CPU time as a share of Janus's as it comes, and what it may be; empty without one."""
        if not self.janus:
            return []
        theirs = self.janus[JANUS_AS_IT_COMES.name].cpu_share
        first_bound = JANUS_BOUND if HOLDSPACE is PURE else JANUS_BOUND_COMPILED
        found = [(HOLDSPACE.name, self.holdspace.cpu_share / theirs, first_bound)]
        if self.pure is not None:
            found.append((PURE.name, self.pure.cpu_share / theirs, JANUS_BOUND))
        return found

    @property
    def holds_beside_janus(self) -> bool:
        """Whether every share is within its bound, or there is no Janus."""
        return all(share <= bound for _, share, bound in self.beside_janus)


async def compare(
    seconds: float, rounds: int, calls: int = 1, *, relay: bool = True, janus: bool = True
) -> Comparison:
    """Measure everyone, in turns. Raises ChildGoneError."""
    ours = [HOLDSPACE] if HOLDSPACE is PURE else [HOLDSPACE, PURE]
    servers = [*ours, *(JANUS if janus and janus_libraries() else ())]
    if relay and calls <= RELAY.most_calls:
        servers.append(RELAY)
    runs: dict[str, list[Run]] = {server.name: [] for server in servers}
    for _ in range(rounds):
        for server in servers:
            runs[server.name].append(await measure(server, calls, seconds))
    found = {name: median_run(of_one) for name, of_one in runs.items()}
    return _comparison(calls, found, servers)


def report(found: Comparison, seconds: float, rounds: int) -> str:
    """What was found, as text."""
    many = "one three-person call" if found.calls == 1 else f"{found.calls} three-person calls at once"
    title = (
        f"Forwarding {many}, every view clear (median of {rounds} x {seconds:g} s, interleaved; CPU per call)"
    )
    rows = [HEADING, *(row(name, run) for name, run in found.named.items())]
    said = [*_beside_janus(found), *_beside_relay(found), *callers_saturated(found.named)]
    return "\n".join([title, *said, table(rows)])


def callers_saturated(named: Mapping[str, Run]) -> list[str]:
    """A line for every run whose callers may have been what limited it."""
    return [
        f"  The callers used {run.callers_share:.0%} of a core with {name}, which delivered {run.delivered:.1%}: "
        "its figures may be theirs."
        for name, run in named.items()
        if run.callers_share >= BUSY_CALLERS
    ]


def _comparison(calls: int, found: Mapping[str, Run], servers: Sequence[Server]) -> Comparison:
    janus = {server.name: found[server.name] for server in JANUS if server in servers}
    pure = None if HOLDSPACE is PURE else found[PURE.name]
    return Comparison(calls, found[HOLDSPACE.name], found.get(RELAY.name), janus or None, pure)


def _beside_janus(found: Comparison) -> list[str]:
    if not found.janus:
        return [JANUS_MISSING]
    lines = []
    for name, share, bound in found.beside_janus:
        run = found.named[name]
        ratios = ", ".join(
            f"{run.cpu_share / one.cpu_share:.2f} : 1 ({who})" for who, one in found.janus.items()
        )
        held = verdict(holds=share <= bound)
        lines.append(f"  CPU of {name} : Janus = {ratios}; at most {bound} of Janus as it comes: {held}")
    return lines


def _beside_relay(found: Comparison) -> list[str]:
    if found.relay is None:
        return []
    held = f"at most one tenth: {verdict(holds=found.holds)}"
    ran = f"  CPU of Holdspace : MediaRelay = 1 : {1 / found.ratio:.1f}"
    if not found.saturated:
        return [f"{ran}; {held}"]
    lag = f"  MediaRelay could not keep up and delivered {found.relay.delivered:.0%}: all of it costs more than that."
    return [f"{ran} as they ran, 1 : {1 / found.ratio_delivered:.1f} for the same delivered; {held}", lag]
