"""Where conversations outlive the process, and how one that was stored goes on: everybody in it lost their line with the server.

The store is implemented above (by the server, with a database behind it); nothing here knows how it keeps anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from media.mediation.commands import Lost
from media.mediation.people import Phase
from media.mediation.saved import UnreadableError, restored

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from media.mediation.conversation import Conversation
    from media.mediation.distance_choices import DistanceChoices
    from media.mediation.formats import Formats
    from media.mediation.state import State
    from signaling.calls import CallInfo

_log = structlog.get_logger("holdspace.signaling")


@dataclass(frozen=True, slots=True)
class Found:
    """A conversation that was stored, as `media.mediation.saved` made it."""

    kept: Mapping[str, Any]
    stored_s: float
    """Seconds since then."""
    down_s: float
    """Seconds of these in which the server was not there: everybody's line was lost when they began."""
    choices_only: bool
    """The call has begun a new conversation since: of this one the wishes about distance alone still count."""


class ConversationStore(Protocol):
    """Keeps the newest state of each conversation until its call is over."""

    def put(self, call_id: str, state: State, revision: int, now: float) -> None:
        """Store this state of `now` (monotonic s), soon; an older one that waits is not stored any more."""
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

    def put(self, call_id: str, state: State, revision: int, now: float) -> None:
        """Let it go."""

    def keep_choices(self, call_id: str) -> None:
        """There is nothing to keep."""

    def drop(self, call_id: str) -> None:
        """There is nothing to forget."""

    def stored(self) -> None:
        """Nothing ever waits."""

    async def find(self, call_id: str) -> None:
        """Nothing is ever found."""


def gone_on(
    found: Found, call: CallInfo, formats: Formats, now: float
) -> Conversation | DistanceChoices | None:
    """The stored conversation at `now` (monotonic s); None if it can't be read, is not of these people, or has ended.

    Time went on while the server was there. From then on everybody was lost, with all that follows from it: the holder's clock
    stands, a place is held for a while, and a yes from long ago opens no microphone.
    """
    try:
        conversation = restored(found.kept, formats, now - found.stored_s)
    except UnreadableError as error:
        _log.error("conversation.unreadable", call=call.id, reason=str(error))
        return None
    state = conversation.state
    if {(seat.id, seat.role) for seat in state.seats} != {(one.id, one.role) for one in call.participants}:
        _log.warning("conversation.of_others", call=call.id)
        return None
    if found.choices_only:
        return conversation.distance
    lost_at = now - found.down_s
    conversation.tick(lost_at)
    if conversation.phase is not Phase.ENDED:
        for person in [person for person, presence in conversation.state.people.items() if presence.present]:
            conversation.handle(Lost(person), lost_at)
        conversation.tick(now)
    return None if conversation.phase is Phase.ENDED else conversation
