"""What forwarding adds to the way of a packet, with eight calls on one core; the callers have the other.

From the moment before the sender's `sendto` to the moment when the receiver has decrypted it, so the callers' own part and
the kernel's are in it, the same for everybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.bench.forwarding import JANUS_MISSING, callers_saturated
from tests.bench.janus_server import janus_libraries
from tests.bench.run import ENOUGH, HEADING, HOLDSPACE, JANUS, Run, measure, median_run, row
from tests.bench.table import table, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

CALLS: Final = 8
P50_BOUND_MS: Final = 1.0
P99_BOUND_MS: Final = 5.0


async def compare(seconds: float, rounds: int) -> dict[str, Run]:
    """Measure Holdspace, and Janus where it is installed, in turns; medians by name. Raises ChildGoneError."""
    servers = [HOLDSPACE, *(JANUS[:1] if janus_libraries() else ())]
    runs: dict[str, list[Run]] = {server.name: [] for server in servers}
    for _ in range(rounds):
        for server in servers:
            runs[server.name].append(await measure(server, CALLS, seconds, one_core=True))
    return {name: median_run(of_one) for name, of_one in runs.items()}


def holds(found: Mapping[str, Run]) -> bool:
    """Whether Holdspace delivered everything within the bounds."""
    run = found[HOLDSPACE.name]
    in_time = run.delay_p50_ms <= P50_BOUND_MS and run.delay_p99_ms <= P99_BOUND_MS
    return in_time and run.delivered >= ENOUGH


def report(found: Mapping[str, Run], seconds: float, rounds: int) -> str:
    """What was found, as text."""
    run = found[HOLDSPACE.name]
    bounds = (
        f"p50 at most {P50_BOUND_MS:g} ms, p99 at most {P99_BOUND_MS:g} ms: {verdict(holds=holds(found))}"
    )
    return "\n".join([
        f"Latency of {CALLS} calls on one core (median of {rounds} x {seconds:g} s, interleaved)",
        f"  Holdspace adds {run.delay_p50_ms:.2f} ms (p50), {run.delay_p99_ms:.2f} ms (p99); {bounds}",
        *([] if len(found) > 1 else [JANUS_MISSING]),
        *callers_saturated(found),
        table([HEADING, *(row(name, one) for name, one in found.items())]),
    ])  # fmt: skip
