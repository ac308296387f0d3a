"""A simulated line in one direction: what becomes of each datagram, decided by a seed.

`Link` is the pure core: given the moment and the size of a datagram it says when that arrives, or that it never does. A
bottleneck of a given rate with a bounded queue comes first (what doesn't fit is dropped at the tail), then the way itself:
losses, delay, jitter, outages. The same seed and the same datagrams give the same fate, whatever the clock. `Carrier` is the
asyncio shell that lets them arrive.
"""

from __future__ import annotations

import asyncio
import heapq
import random
from collections import Counter
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

OVERHEAD_BYTES: Final = 28
"""IPv4 and UDP headers, which a real bottleneck carries too."""


@dataclass(frozen=True, slots=True)
class LineSettings:
    """How bad a line is, in one direction. The defaults are a perfect one."""

    loss: float = 0.0
    """Share of datagrams lost on the way, 0 to below 1."""
    burst: float | None = None
    """Mean length of a run of losses, in datagrams, at least 1 (Gilbert's model); None: each is lost independently."""
    delay_s: float = 0.0
    """Mean time on the way."""
    jitter_s: float = 0.0
    """Largest deviation from the mean; every deviation up to it is equally likely."""
    reorders: bool = True
    """Whether jitter lets one datagram overtake another, as `tc netem` does; else each waits for the one before."""
    rate_bps: float | None = None
    """Bits per second through the bottleneck; None: no bottleneck."""
    bucket_bytes: int = 3000
    """What the bottleneck lets pass at once after a pause (token bucket)."""
    queue_bytes: int = 15_000
    """What waits in front of the bottleneck at most: 0.4 s of 300 kbit/s."""


class Link:
    """Decides over one direction of one line. Pure: `now` is handed in and never goes back."""

    def __init__(self, settings: LineSettings, seed: int) -> None:
        self._settings = settings
        self._chance = random.Random(seed)
        self._losing = False
        self._outages: list[tuple[float, float]] = []
        self._bucket_at = float("-inf")
        """When the bucket is full again: it lies in the future by as much as has been taken out."""
        self._last_arrival_at = float("-inf")
        self.fates: Counter[str] = Counter()
        """How many datagrams were `carried`, `lost` on the way, `dropped` at the queue, or lost to an `outage`."""

    def cut(self, start: float, end: float) -> None:
        """Nothing sent between these moments arrives."""
        self._outages.append((start, end))

    def arrival(self, now: float, size: int) -> float | None:
        """When a datagram of `size` bytes sent now arrives, or None."""
        lost, deviation = self._is_lost(), self._chance.uniform(-1, 1)
        fate, leaves_at = self._fate(now, size + OVERHEAD_BYTES, lost=lost)
        self.fates[fate] += 1
        if fate != "carried":
            return None
        at = leaves_at + max(0.0, self._settings.delay_s + deviation * self._settings.jitter_s)
        if not self._settings.reorders:
            at = max(at, self._last_arrival_at)
        self._last_arrival_at = at
        return at

    def _fate(self, now: float, size: int, *, lost: bool) -> tuple[str, float]:
        leaves_at = self._pass_bottleneck(now, size)
        if leaves_at is None:
            return "dropped", now
        if any(start <= leaves_at < end for start, end in self._outages):
            return "outage", now
        return ("lost" if lost else "carried"), leaves_at

    def _is_lost(self) -> bool:
        """Two draws a datagram at every setting, so that a seed means the same fates at every rate and delay."""
        loss, burst, draw = self._settings.loss, self._settings.burst, self._chance.random()
        if burst is None:
            return draw < loss
        begins = loss / (burst * (1 - loss))
        self._losing = draw < (1 - 1 / burst if self._losing else begins)
        return self._losing

    def _pass_bottleneck(self, now: float, size: int) -> float | None:
        """When the datagram leaves the bottleneck; None when the queue has no room for it."""
        rate = self._settings.rate_bps
        if rate is None:
            return now
        full_at = max(self._bucket_at, now) + size * 8 / rate
        waits_s = full_at - now - self._settings.bucket_bytes * 8 / rate
        if waits_s > self._settings.queue_bytes * 8 / rate:
            return None
        self._bucket_at = full_at
        return now + max(0.0, waits_s)


class Carrier:
    """Carries datagrams over one link on the event loop's clock, to `deliver`. Owns its one timer."""

    def __init__(self, link: Link, deliver: Callable[[bytes], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._link = link
        self._deliver = deliver
        self._under_way: list[tuple[float, int, bytes]] = []
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None

    def send(self, data: bytes) -> None:
        """Put a datagram on the line."""
        at = self._link.arrival(self._loop.time(), len(data))
        if at is not None:
            heapq.heappush(self._under_way, (at, next(self._order), data))
            self._arm()

    def close(self) -> None:
        """What is still under way never arrives."""
        self._under_way.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _arm(self) -> None:
        """Keep the timer at the next arrival."""
        at = self._under_way[0][0]
        if self._timer is not None:
            if self._timer.when() <= at:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(at, self._arrive)

    def _arrive(self) -> None:
        self._timer = None
        while self._under_way and self._under_way[0][0] <= self._loop.time():
            self._deliver(heapq.heappop(self._under_way)[2])
        if self._under_way:
            self._arm()
