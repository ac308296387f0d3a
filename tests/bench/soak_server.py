"""Child process: Holdspace's plane with several calls whose people come and go."""

from __future__ import annotations

import asyncio
import gc
import threading
from pathlib import Path
from typing import Any, Final

from media.mediation.distance import Distance
from media.mediation.plan import Plan, ViewPlan
from media.plane.blur_workers import BlurWorkers
from media.plane.plane import Plane
from server.memory import keep_giving_back
from tests.bench.child import consumption, run_child
from tests.bench.holdspace_server import SEATS, SETTINGS, Room

_OPEN_FILES: Final = Path("/proc/self/fd")


class SoakServer:
    """Does what the soak asks. Calls are numbers, seats are numbers within them."""

    def __init__(self) -> None:
        self._workers = BlurWorkers(2)
        self._planes: list[Plane] = []
        self._gives_back: asyncio.Task[None] | None = None

    async def do_run(self, calls: int) -> dict[str, Any]:
        """Make the calls; nobody is in them."""
        self._planes = [Plane(SEATS, Room(), SETTINGS, self._workers) for _ in range(calls)]
        self._gives_back = asyncio.create_task(keep_giving_back())  # as the product does
        for thread in [self._workers.submit(threading.get_ident) for _ in range(2)]:
            thread.result()
        return {}

    async def do_join(self, call: int, seat: int, sdp: str) -> dict[str, Any]:
        """Answer an offer."""
        return {"sdp": (await self._planes[call].offer(SEATS[seat], sdp)).sdp}

    async def do_leave(self, call: int, seat: int) -> dict[str, Any]:
        """Close what this seat has."""
        await self._planes[call].remove(SEATS[seat])
        return {}

    async def do_apply(self, call: int, views: list[tuple[int, int, bool, str]]) -> dict[str, Any]:
        """Obey: (viewer, subject, heard, distance) of every view."""
        plan = {
            (SEATS[viewer], SEATS[subject]): ViewPlan(heard=heard, distance=Distance(distance))
            for viewer, subject, heard, distance in views
        }
        self._planes[call].apply(Plan(plan))
        return {}

    async def do_count(self) -> dict[str, float]:
        """What this process has used."""
        return consumption()

    async def do_census(self) -> dict[str, float]:
        """What there is of everything that can grow."""
        gc.collect()
        return consumption() | {
            "tasks": len(asyncio.all_tasks()),
            "threads": threading.active_count(),
            "files": len(list(_OPEN_FILES.iterdir())) if _OPEN_FILES.exists() else 0,
        }

    async def close(self) -> None:
        """End the calls."""
        for plane in self._planes:
            await plane.close()
        self._workers.close()


if __name__ == "__main__":
    run_child(SoakServer)
