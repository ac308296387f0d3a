"""Child process: Holdspace's plane alone, with every view of one call clear and heard."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from media.mediation.distance import Distance
from media.mediation.plan import Plan, ViewPlan
from media.plane.plane import Plane
from media.plane.settings import PlaneSettings
from tests.bench.child import consumption, run_child

if TYPE_CHECKING:
    from collections.abc import Mapping

    from media.mediation.people import LineState

SEATS: Final = ("a", "b", "c")
ALL_CLEAR: Final = Plan(
    {
        (viewer, subject): ViewPlan(heard=True, distance=Distance.CLEAR)
        for viewer in SEATS
        for subject in SEATS
        if viewer != subject
    }
)


class _Room:
    """Takes the plane's news and needs none of it."""

    def line_changed(self, participant: str, line: LineState) -> None:
        """Ignore."""

    def plane_notice(self, participant: str | None, code: str, fields: Mapping[str, Any]) -> None:
        """Ignore."""


class HoldspaceServer:
    """Does what the forwarding benchmark asks."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1)
        self._plane = Plane(SEATS, _Room(), PlaneSettings(), self._executor)
        self._plane.apply(ALL_CLEAR)

    async def do_answer(self, offers: list[str]) -> dict[str, Any]:
        """Answer one offer for each seat."""
        answers = await asyncio.gather(*map(self._plane.offer, SEATS, offers))
        return {"answers": [answer.sdp for answer in answers]}

    async def do_count(self) -> dict[str, float]:
        """What this process has used."""
        return consumption()

    async def close(self) -> None:
        """End the call."""
        await self._plane.close()
        self._executor.shutdown()


if __name__ == "__main__":
    run_child(HoldspaceServer)
