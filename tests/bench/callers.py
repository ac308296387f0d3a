"""Child process: the three callers of one call, and what they sent and got."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from typing import Any

from tests.bench.caller import OTHERS, Caller
from tests.bench.child import run_child
from tests.bench.table import percentile


class Callers:
    """Does what the forwarding benchmark asks."""

    def __init__(self) -> None:
        self._callers: list[Caller] = []

    async def do_offer(self, pictures: list[str], sounds: list[str], *, stamped: bool) -> dict[str, Any]:
        """Make the callers, who send these VP8 frames and Opus packets (Base64), and their offers."""
        clip = [b64decode(part) for part in pictures], [b64decode(part) for part in sounds]
        self._callers = [Caller(i, *clip, stamped=stamped) for i in range(OTHERS + 1)]
        return {"offers": [await caller.offer() for caller in self._callers]}

    async def do_start(self, answers: list[str]) -> dict[str, Any]:
        """Connect all, then talk."""
        async with asyncio.TaskGroup() as group:
            for caller, answer in zip(self._callers, answers, strict=True):
                group.create_task(caller.start(answer))
        return {}

    async def do_count(self) -> dict[str, float]:
        """Sums since the start; delays since the last count."""
        counts = [caller.counts for caller in self._callers]
        names = ("packets_out", "pictures_out", "sounds_out", "packets_in", "pictures_in", "sounds_in")
        found: dict[str, float] = {name: sum(getattr(one, name) for one in counts) for name in names}
        delays = sorted(delay for one in counts for delay in one.delays_ms)
        for one in counts:
            one.delays_ms.clear()
        return found | {"delay_p50_ms": percentile(delays, 50), "delay_p99_ms": percentile(delays, 99)}

    async def close(self) -> None:
        """Hang up."""
        for caller in self._callers:
            await caller.close()


if __name__ == "__main__":
    run_child(Callers)
