"""Yes needs two, no needs one: what waits for both partners' answers.

A proposal knows what would happen and who has answered. Carrying it out is `consent`'s business.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from media.mediation.distance import Distance
from media.mediation.errors import NotYourRight

# Long enough to read and think, short enough that a forgotten question does not hang over the talk.
PROPOSAL_S: Final = 60.0


class Kind(StrEnum):
    """What is proposed; at most one of each kind is open."""

    FORMAT = "format"
    EXTEND = "extend"
    ROOM = "room"
    END = "end"
    RETURN = "return"
    ADMIT = "admit"


@dataclass(frozen=True, slots=True)
class ToFormat:
    """Talk in this format from now on."""

    format: str
    turn_seconds: int
    rest_seconds: int
    first: str | None
    """Who begins; None in a format without phases."""


@dataclass(frozen=True, slots=True)
class ToExtend:
    """Let this one turn last longer."""

    turn: int
    seconds: int


@dataclass(frozen=True, slots=True)
class ToRoom:
    """Lower the least distance for all to this level."""

    level: Distance


@dataclass(frozen=True, slots=True)
class ToEnd:
    """End the conversation for all."""


@dataclass(frozen=True, slots=True)
class ToReturn:
    """Come back from the break at this earlier time (monotonic s)."""

    returns_at: float


@dataclass(frozen=True, slots=True)
class ToAdmit:
    """Let this therapist take part."""

    participant: str


Aim = ToFormat | ToExtend | ToRoom | ToEnd | ToReturn | ToAdmit
_KINDS: Final = {
    ToFormat: Kind.FORMAT,
    ToExtend: Kind.EXTEND,
    ToRoom: Kind.ROOM,
    ToEnd: Kind.END,
    ToReturn: Kind.RETURN,
    ToAdmit: Kind.ADMIT,
}


def kind_of(aim: Aim) -> Kind:
    """The kind of a proposal with this aim."""
    return _KINDS[type(aim)]


def aim_fields(aim: Aim) -> dict[str, str | float | None]:
    """What an aim says to people: what its kind is about, as PROTOCOL.md lists it (`proposals`), or nothing."""
    match aim:
        case ToFormat(format=name, turn_seconds=turn_seconds, rest_seconds=rest_seconds, first=first):
            return {
                "format": name,
                "turn_seconds": turn_seconds,
                "rest_seconds": rest_seconds,
                "first": first,
            }
        case ToAdmit(participant=participant):
            return {"participant": participant}
        case ToExtend(seconds=seconds):
            return {"seconds": seconds}
        case ToRoom(level=level):
            return {"level": level}
        case ToReturn(returns_at=returns_at):
            return {"returns_at": returns_at}
        case ToEnd():
            return {}


@dataclass(frozen=True, slots=True)
class Proposal:
    """An open question to both partners; it lives on when its proposer leaves."""

    id: str
    by: str
    needs: tuple[str, ...]
    """The ids of those whose yes it takes: both partners."""
    answers: Mapping[str, bool]
    expires_at: float
    aim: Aim

    @property
    def kind(self) -> Kind:
        """What is proposed."""
        return kind_of(self.aim)

    @property
    def accepted(self) -> bool:
        """All who are needed said yes."""
        return all(self.answers.get(person, False) for person in self.needs)

    @property
    def declined(self) -> bool:
        """One said no, which is enough."""
        return not all(self.answers.values())

    def answered(self, person: str, *, yes: bool) -> "Proposal":
        """With this answer, which replaces an earlier one: a yes can be taken back while it is open.

        Raises:
            NotYourRight: the person is not among those who are asked.
        """
        if person not in self.needs:
            raise NotYourRight("Only the partners answer a proposal.")
        return replace(self, answers={**self.answers, person: yes})
