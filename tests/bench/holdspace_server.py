"""Child process: Holdspace's plane alone, with every view of each call clear and heard."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from media.mediation.distance import Distance
from media.mediation.plan import Plan, ViewPlan
from media.plane.blur_workers import BlurWorkers
from media.plane.plane import Plane
from media.plane.settings import PlaneSettings
from tests.bench.child import ADDRESS, consumption, run_child

if TYPE_CHECKING:
    from collections.abc import Mapping

    from media.mediation.people import LineState

SEATS: Final = ("a", "b", "c")
PAIRS: Final = tuple((viewer, subject) for viewer in SEATS for subject in SEATS if viewer != subject)
ALL_CLEAR: Final = Plan(dict.fromkeys(PAIRS, ViewPlan(heard=True, distance=Distance.CLEAR)))
SETTINGS: Final = PlaneSettings(media_addresses=(ADDRESS,))


class Room:
    """Takes a plane's news and needs none of it."""

    def line_changed(self, participant: str, line: LineState) -> None:
        """Ignore."""

    def speech_paused(self, participant: str) -> None:
        """Nobody is listened to here."""

    def line_thin(self, participant: str, *, thin: bool) -> None:
        """Ignore."""

    def plane_notice(self, participant: str | None, code: str, fields: Mapping[str, Any]) -> None:
        """Ignore."""


class HoldspaceServer:
    """Does what the forwarding benchmark asks."""

    def __init__(self) -> None:
        self._workers = BlurWorkers(1)
        self._planes: list[Plane] = []
        self._settings = SETTINGS

    async def do_run(self, *, compiled: bool) -> dict[str, Any]:
        """Choose the packets' path; without it, pure Python."""
        self._settings = replace(SETTINGS, compiled=compiled)
        return {}

    async def do_answer(self, calls: list[list[str]]) -> dict[str, Any]:
        """Answer one offer for each seat of each call."""
        return {"calls": [await self._call(offers) for offers in calls]}

    async def do_count(self) -> dict[str, float]:
        """What this process has used."""
        return consumption()

    async def close(self) -> None:
        """End the calls."""
        for plane in self._planes:
            await plane.close()
        self._workers.close()

    async def _call(self, offers: list[str]) -> list[str]:
        plane = Plane(SEATS, Room(), self._settings, self._workers)
        plane.apply(ALL_CLEAR)
        self._planes.append(plane)
        answers = await asyncio.gather(*map(plane.offer, SEATS, offers))
        return [answer.sdp for answer in answers]


if __name__ == "__main__":
    run_child(HoldspaceServer)
