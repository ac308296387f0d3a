"""A partner's silent word to the therapist: "I need you". It reaches therapists' connections and leaves nothing behind.

It is no command of the conversation: no revision, no snapshot, no log and no number tells that it was given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.mediation.errors import NotPresent, NotYourRight
from signaling.errors import TooManyError
from signaling.limits import SIGNAL_SPACING_S, Spacing
from signaling.messages import NoticeMessage

if TYPE_CHECKING:
    from collections.abc import Collection

    from signaling.audience import Audience


class SilentSignals:
    """One room's; `therapists` are those who may be told."""

    def __init__(self, audience: Audience, therapists: Collection[str]) -> None:
        self._audience = audience
        self._therapists = therapists
        self._spacing = Spacing(SIGNAL_SPACING_S)

    def give(self, by: str, now: float) -> None:
        """Tell every therapist who is connected. Raises NotYourRight, NotPresent, TooManyError."""
        if by in self._therapists:
            raise NotYourRight("The signal is the partners' to give.")
        reached = [one for one in self._therapists if self._is_connected(one)]
        if not reached:
            raise NotPresent("No therapist is connected now.")
        if not self._spacing.lets_through(by, now):
            raise TooManyError("Your therapist was told a moment ago.")
        for therapist in reached:
            self._audience.send(therapist, NoticeMessage.model_validate({"code": "signal", "by": by}))

    def _is_connected(self, participant: str) -> bool:
        connection = self._audience.connections.get(participant)
        return connection is not None and not connection.ending
