"""Who may sit in a conversation: ids and roles. Names are not the core's business."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a participant is in a call; the therapist chairs the floor, the partners own the conversation."""

    PARTNER = "partner"
    THERAPIST = "therapist"


class LineState(StrEnum):
    """How well a participant's media arrives, as the plane reports it."""

    GOOD = "good"
    WEAK = "weak"
    LOST = "lost"


class Phase(StrEnum):
    """Where the conversation stands."""

    WAITING = "waiting"
    TALKING = "talking"
    BREAK = "break"
    CAUCUS = "caucus"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Seat:
    """One participant's place in the conversation."""

    id: str
    role: Role
