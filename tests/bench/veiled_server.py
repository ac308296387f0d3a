"""Child process: Holdspace's plane alone, with every view of each call veiled."""

from __future__ import annotations

from itertools import chain
from typing import Any, Final

from media.mediation.distance import Distance
from media.mediation.plan import Plan, ViewPlan
from tests.bench.child import run_child
from tests.bench.holdspace_server import PAIRS, HoldspaceServer

ALL_VEILED: Final = Plan(dict.fromkeys(PAIRS, ViewPlan(heard=True, distance=Distance.VEILED)))


class VeiledServer(HoldspaceServer):
    """Does what the benchmark of veiled calls asks; one worker blurs for all of them."""

    async def do_answer(self, calls: list[list[str]]) -> dict[str, Any]:
        """Answer one offer for each seat of each call."""
        answers = await super().do_answer(calls)
        for plane in self._planes:
            plane.apply(ALL_VEILED)
        return answers

    async def do_queues(self) -> dict[str, float]:
        """Frames that wait for the worker now; the most that ever did, of one person; failures."""
        blurs = list(chain.from_iterable(plane.numbers().blurs for plane in self._planes))
        return {
            "queued": sum(blur.queued for blur in blurs),
            "most": max(blur.most_queued for blur in blurs),
            "restarts": sum(blur.restarts for blur in blurs),
        }


if __name__ == "__main__":
    run_child(VeiledServer)
