"""What people said at the door, for the therapists of the call alone.

Whether they are alone, whether it is a good time, where they are and whom to call. In memory for as long as the room
is there; never stored, never logged, and no part of the conversation, so that no snapshot can carry it to the partner.
In a call without a therapist nothing is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signaling.messages import ArrivalsMessage
from signaling.shapes import ArrivalState

if TYPE_CHECKING:
    from collections.abc import Collection

    from signaling.audience import Audience
    from signaling.messages import ArriveMessage


class Arrivals:
    """By participant, at most one for each seat; `therapists` are told of every change."""

    def __init__(self, audience: Audience, therapists: Collection[str]) -> None:
        self._audience = audience
        self._therapists = therapists
        self._said: dict[str, ArrivalState] = {}

    def say(self, participant: str, message: ArriveMessage) -> None:
        """Somebody's answers, in place of those they gave before."""
        said = ArrivalState(
            participant=participant,
            alone=message.alone,
            good_time=message.good_time,
            where=message.where,
            contact=message.contact,
        )
        if self._therapists and self._said.get(participant) != said:
            self._said[participant] = said
            self._tell_all()

    def forget(self, participant: str) -> None:
        """Erase what one person said, who has left."""
        if self._said.pop(participant, None) is not None:
            self._tell_all()

    def clear(self) -> None:
        """Erase everything: the room has ended."""
        self._said.clear()

    def greet(self, participant: str) -> None:
        """Somebody has come in: a therapist is told what there is, nothing included, which erases what their page had."""
        if participant in self._therapists:
            self._audience.send(participant, self._message())

    def _tell_all(self) -> None:
        for therapist in self._therapists:
            self._audience.send(therapist, self._message())

    def _message(self) -> ArrivalsMessage:
        return ArrivalsMessage(arrivals=tuple(self._said.values()))
