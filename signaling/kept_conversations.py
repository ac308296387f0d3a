"""What is remembered of a call while nobody is in it: its conversation, or at least everyone's choices of distance.

Bounded, in memory, and forgotten with the call's end. What is stored beside it is there for the next process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.mediation.conversation import Conversation
from media.mediation.distance_choices import DistanceChoices
from media.mediation.people import Seat
from signaling.conversation_store import Revived

if TYPE_CHECKING:
    from media.mediation.formats import Formats
    from signaling.calls import CallInfo
    from signaling.conversation_store import Words


def new_conversation(
    call: CallInfo, formats: Formats, distance: DistanceChoices | None = None
) -> Conversation:
    """The call's conversation from its beginning, with choices of distance that were made before in this call."""
    seats = [Seat(person.id, person.role) for person in call.participants]
    choices = (distance or DistanceChoices()).scheduled(call.distance, call.room_minimum)
    return Conversation(
        seats, format=call.format, turn_seconds=call.turn_seconds, distance=choices, formats=formats
    )


class KeptConversations:
    """By call, at most `most` of them; the one that was put away longest ago goes first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[str, Revived] = {}

    def __len__(self) -> int:
        """How many calls are remembered."""
        return len(self._kept)

    def __contains__(self, call_id: str) -> bool:
        """Whether anything is remembered of this call."""
        return call_id in self._kept

    def take(self, call_id: str) -> Revived | None:
        """What a new room of this call goes on with; it is not kept here any more."""
        return self._kept.pop(call_id, None)

    def keep(self, call_id: str, conversation: Conversation | DistanceChoices, words: Words) -> None:
        """The room is gone, the call goes on, with this conversation or with a new one at these distances."""
        self._kept.pop(call_id, None)
        self._kept[call_id] = Revived(conversation, words)
        while len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]

    def start_afresh(self, call_id: str) -> None:
        """The next conversation is a new one, in which nobody is seen nearer than they have said."""
        kept = self._kept.get(call_id)
        if kept is not None and isinstance(kept.conversation, Conversation):
            self._kept[call_id] = Revived(kept.conversation.distance, kept.words)

    def drop(self, call_id: str) -> None:
        """The call is over."""
        self._kept.pop(call_id, None)
