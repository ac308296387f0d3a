"""Offers and removals of a room's participants: one at a time for each, in tasks of their own.

A slow join must not hold up the participant's other messages; a removal that is under way must not take away what
the next offer sets up. Knows the plane, not the conversation.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from signaling.errors import OfferPendingError, TooManyError
from signaling.limits import MAX_OFFERS, OFFERS_WINDOW_S, Window
from signaling.tasks import OwnedTasks

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from media.plane.interface import Answer, MediaPlane

    Answered = Callable[[Answer], None]
    Refused = Callable[[Exception], None]
    _Earlier = asyncio.Task[None] | None

PLANE_CLOSE_S = 10.0
"""A plane that has not closed by then is given up; its own time limits are shorter."""


class Negotiation:
    """Owns the plane's slow work. `finish` leaves no task behind."""

    def __init__(self, plane: MediaPlane) -> None:
        self._plane = plane
        self._tasks = OwnedTasks()
        self._offers: dict[str, asyncio.Task[None]] = {}
        self._latest: dict[str, asyncio.Task[None]] = {}
        self._rates: dict[str, Window] = {}

    def offer(self, participant: str, sdp: str, now: float, answered: Answered, refused: Refused) -> None:
        """Have the offer answered; one of the two is called later. Raises OfferPendingError, TooManyError."""
        running = self._offers.get(participant)
        if running is not None and not running.done():
            raise OfferPendingError("An earlier offer is being answered.")
        rate = self._rates.setdefault(participant, Window(OFFERS_WINDOW_S, MAX_OFFERS + 1))
        if rate.count(now) > MAX_OFFERS:
            raise TooManyError(f"More than {MAX_OFFERS} offers in a minute.")
        work = self._answer(self._latest.get(participant), participant, sdp, answered, refused)
        self._offers[participant] = self._start(participant, work)

    def _start(self, participant: str, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = self._latest[participant] = self._tasks.start(work, "signaling-negotiation")
        return task

    async def _answer(
        self, earlier: _Earlier, participant: str, sdp: str, answered: Answered, refused: Refused
    ) -> None:
        await _over(earlier)
        try:
            answer = await self._plane.offer(participant, sdp)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client is told that its offer failed
            refused(error)
        else:
            answered(answer)

    def abandon(self, participant: str) -> None:
        """Nobody waits for the answer any more."""
        running = self._offers.pop(participant, None)
        if running is not None:
            running.cancel()

    def remove(self, participant: str) -> None:
        """Close the participant's media."""
        self.abandon(participant)
        self._start(participant, self._remove(self._latest.get(participant), participant))

    async def _remove(self, earlier: _Earlier, participant: str) -> None:
        await _over(earlier)
        await self._plane.remove(participant)

    async def finish(self) -> None:
        """Stop everything and close the plane."""
        await self._tasks.cancel()
        self._tasks.start(self._plane.close(), "signaling-plane-close")
        await self._tasks.finish(PLANE_CLOSE_S)


async def _over(earlier: _Earlier) -> None:
    """Wait for the participant's earlier work, however it ends."""
    if earlier is not None:
        await asyncio.wait({earlier})
