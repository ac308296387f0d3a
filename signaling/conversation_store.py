"""Where conversations outlive the process, and how one that was stored goes on: everybody in it lost their line with the server.

The store is implemented above (by the server, with a database behind it); nothing here knows how it keeps anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog

from media.mediation.commands import Lost
from media.mediation.distance import Distance
from media.mediation.distance_choices import DistanceChoices
from media.mediation.people import Phase
from media.mediation.saved import restored, saved

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping, Sequence

    from media.mediation.conversation import Conversation
    from media.mediation.formats import Formats
    from media.mediation.state import State
    from signaling.calls import CallInfo

    Words = Mapping[str, Sequence[str | None]]
    """By which words pages come back to their places; see `signaling.places`."""

_log = structlog.get_logger("holdspace.signaling")

STORED_WITHIN_S: Final = 0.5
"""A disk that is slower holds no acknowledgement up for longer: it is said, and the store goes on trying."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a call stands at one moment. Never changes, so that any thread may write it down."""

    state: State
    revision: int
    now: float
    """Monotonic s."""
    terms: tuple[str, ...]
    """How the call was scheduled; see `terms_of`."""
    words: Words

    def as_json(self) -> dict[str, Any]:
        """All of it in JSON's types."""
        conversation = saved(self.state, self.revision, self.now)
        return {
            "conversation": conversation,
            "terms": [*self.terms],
            "words": {who: [*known] for who, known in self.words.items()},
        }


@dataclass(frozen=True, slots=True)
class Found:
    """A standing that was stored."""

    kept: Mapping[str, Any] | None
    """As `Standing.as_json` made it; None if there is something and it can't be read."""
    stored_s: float
    """Seconds since then."""
    down_s: float
    """Seconds of these in which the server was not there: everybody's line was lost when they began."""
    choices_only: bool
    """The call has begun a new conversation since: of this one the wishes about distance alone still count."""


class ConversationStore(Protocol):
    """Keeps the newest standing of each call until it is over."""

    def put(self, call_id: str, standing: Standing) -> None:
        """Store this, soon; an older one that waits is not stored any more."""
        ...

    def keep_choices(self, call_id: str) -> None:
        """From now on the wishes about distance alone count of what is stored; the call begins a new conversation."""
        ...

    def drop(self, call_id: str) -> None:
        """Forget the conversation, soon; the call is over."""
        ...

    def stored(self) -> asyncio.Future[None] | None:
        """Done once everything that was said until now is stored, or could not be; None when nothing waits."""
        ...

    async def find(self, call_id: str) -> Found | None:
        """What is stored, with everything that was said until now."""
        ...


class NoStore:
    """Keeps nothing: with the process every conversation is gone."""

    def put(self, call_id: str, standing: Standing) -> None:
        """Let it go."""

    def keep_choices(self, call_id: str) -> None:
        """There is nothing to keep."""

    def drop(self, call_id: str) -> None:
        """There is nothing to forget."""

    def stored(self) -> None:
        """Nothing ever waits."""

    async def find(self, call_id: str) -> None:
        """Nothing is ever found."""


@dataclass(frozen=True, slots=True)
class Revived:
    """What a new room begins with, after the one before or after a restart."""

    conversation: Conversation | DistanceChoices
    """The one to go on with, or for a new one everybody's wishes about distance."""
    words: Words = field(default_factory=dict)


def terms_of(call: CallInfo) -> tuple[str, ...]:
    """What a conversation is held by: under other terms it does not go on."""
    people = (f"{person.role} {person.id}" for person in call.participants)
    return (call.format, str(call.turn_seconds), call.distance, call.room_minimum, *sorted(people))


def revived(found: Found, call: CallInfo, formats: Formats, now: float) -> Revived:
    """The stored conversation at `now` (monotonic s), or at least the wishes about distance in it.

    Time went on while the server was there. From then on everybody was lost, with all that follows from it: the holder's clock
    stands, a place is held for a while, and a yes from long ago opens no microphone. Where it can't be read, nobody is seen
    until they say how: nobody knows any more what they chose.
    """
    try:
        if found.kept is None:
            raise ValueError("it is sealed with another key")  # noqa: TRY301 - one way for all that can't be read
        conversation = restored(found.kept["conversation"], formats, now - found.stored_s)
        if found.choices_only or (*found.kept["terms"],) != terms_of(call):
            return Revived(conversation.distance, dict(found.kept["words"]))
        _lose_everybody(conversation, now - found.down_s, now)
    except Exception as error:  # noqa: BLE001 - whatever it holds, people must be able to meet
        # The type alone: what a conversation holds is nobody else's to read.
        _log.error("conversation.unreadable", call=call.id, error=type(error).__name__)
        unseen = dict.fromkeys((person.id for person in call.participants), Distance.AUDIO_ONLY)
        return Revived(DistanceChoices(outgoing=unseen))
    if conversation.phase is Phase.ENDED:
        return Revived(conversation.distance)
    return Revived(conversation, dict(found.kept["words"]))


def _lose_everybody(conversation: Conversation, lost_at: float, now: float) -> None:
    conversation.tick(lost_at)
    if conversation.phase is Phase.ENDED:
        return
    for person in [person for person, presence in conversation.state.people.items() if presence.present]:
        conversation.handle(Lost(person), lost_at)
    conversation.tick(now)
