"""How one person is seen and sees; the room's distance needs consent and is in `consent`."""

from media.mediation.commands import DistanceIncoming, DistanceOutgoing, Listen
from media.mediation.errors import OutOfRange
from media.mediation.state import Draft


def set_outgoing(draft: Draft, command: DistanceOutgoing) -> None:
    """How I am seen, by all or by one: nobody but me sets it."""
    if command.to is None:
        draft.distance = draft.distance.with_outgoing(command.by, command.level)
        return
    _check_other(draft, command.by, command.to)
    draft.distance = draft.distance.with_outgoing_to(command.by, command.to, command.level)


def set_incoming(draft: Draft, command: DistanceIncoming) -> None:
    """How I see someone."""
    _check_other(draft, command.by, command.of)
    draft.distance = draft.distance.with_incoming(command.by, command.of, command.level)


def set_listening(draft: Draft, command: Listen) -> None:
    """I see nobody, whoever comes; what I wished for single people waits until I see again."""
    draft.distance = draft.distance.with_listening(command.by, listening=command.listening)


def _check_other(draft: Draft, person: str, other: str) -> None:
    draft.state.seat(other)
    if person == other:
        raise OutOfRange("This is about another person, not about yourself.")
