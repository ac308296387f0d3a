"""Child process: the three callers of each call, and what they sent and got. Calls are lists of three descriptions."""

from __future__ import annotations

import asyncio
import time
from base64 import b64decode
from itertools import chain
from typing import TYPE_CHECKING, Any

from aioice import ice

from tests.bench.caller import OTHERS, Caller, Clip
from tests.bench.child import ADDRESS, run_child
from tests.bench.table import percentile

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

NAMES = ("packets_out", "pictures_out", "sounds_out", "packets_in", "pictures_in", "sounds_in")


class Callers:
    """Does what the forwarding benchmark asks."""

    def __init__(self) -> None:
        self._callers: list[Caller] = []
        ice.get_host_addresses = one_address

    async def do_offer(
        self, calls: int, pictures: list[str], sounds: list[str], *, stamped: bool, apart: bool
    ) -> dict[str, Any]:
        """Make the callers, who send these VP8 frames and Opus packets (Base64), and their offers."""
        clip = Clip.of(
            *([b64decode(part) for part in parts] for parts in (pictures, sounds)), stamped=stamped
        )
        count = calls * (OTHERS + 1)
        self._callers = [Caller(clip, apart=apart, phase=i / count) for i in range(count)]
        return {"calls": _in_calls([await caller.offer() for caller in self._callers])}

    async def do_start(self, calls: list[list[str]]) -> dict[str, Any]:
        """Connect all, then talk; `calls` holds the answers."""
        await _all(caller.start(answer) for caller, answer in zip(self._callers, chain(*calls), strict=True))
        return {}

    async def do_take(self, calls: list[list[str]]) -> dict[str, Any]:
        """Answer the offers of what there is to receive, when that is apart."""
        offers = chain(*calls)
        answers = [await one.answer(offer) for one, offer in zip(self._callers, offers, strict=True)]
        return {"calls": _in_calls(answers)}

    async def do_receive(self) -> dict[str, Any]:
        """Wait until all receive, when that is apart."""
        await _all(caller.receive() for caller in self._callers)
        return {}

    async def do_count(self) -> dict[str, float]:
        """Sums since the start; delays since the last count."""
        counts = [caller.counts for caller in self._callers]
        found: dict[str, float] = {name: sum(getattr(one, name) for one in counts) for name in NAMES}
        delays = sorted(delay for one in counts for delay in one.delays_ms)
        for one in counts:
            one.delays_ms.clear()
        return found | {
            "callers_cpu_s": time.process_time(),
            "delay_p50_ms": percentile(delays, 50),
            "delay_p99_ms": percentile(delays, 99),
        }

    async def close(self) -> None:
        """Hang up."""
        await asyncio.gather(*(caller.close() for caller in self._callers), return_exceptions=True)


def one_address(use_ipv4: bool, use_ipv6: bool) -> list[str]:  # noqa: ARG001, FBT001 - aioice's signature
    """One candidate instead of all, so that every server is reached the same way."""
    return [ADDRESS]


def _in_calls(descriptions: list[str]) -> list[list[str]]:
    size = OTHERS + 1
    return [descriptions[i : i + size] for i in range(0, len(descriptions), size)]


async def _all(awaitables: Iterable[Coroutine[Any, Any, None]]) -> None:
    async with asyncio.TaskGroup() as group:
        for one in awaitables:
            group.create_task(one)


if __name__ == "__main__":
    run_child(Callers)
