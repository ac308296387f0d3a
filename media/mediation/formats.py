"""The written course of a conversation, as a value, and the limits of a turn's length.

A format says who is heard while nobody holds the stick, whether the stick goes on by itself, and, if it has a course, which
phases follow each other, who speaks in them and what completes them. Where formats come from is `format_files`' business, how
a course is followed `keeping_course`'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from media.mediation.errors import OutOfRange, UnknownFormat

# Shorter than a breath is no turn; longer than an hour is no dialogue.
MIN_TURN_S: Final = 10
MAX_TURN_S: Final = 3600
# Half a minute is the listening dialogue's; beyond five a silence is a phase of its own.
MAX_REST_S: Final = 300


class FloorRule(StrEnum):
    """What holds while nobody has the stick."""

    OPEN = "open"
    """Everyone is heard; the stick can be brought in."""
    TURNS = "turns"
    """Nobody is heard; a turn that ends goes to the partner who did not speak last, when nobody waits for it."""
    COURSE = "course"
    """The phases of the format say it."""
    SHUTTLE = "shuttle"
    """The partners share no media at all; the therapist goes from one to the other."""


class PhaseFloor(StrEnum):
    """Who is heard in a phase."""

    TURN = "turn"
    OPEN = "open"
    SILENCE = "silence"


class Speaker(StrEnum):
    """Whose turn a phase is, by their place in the format."""

    FIRST = "first"
    SECOND = "second"
    EACH = "each"
    """First the one, then the other."""


class Completion(StrEnum):
    """What completes a phase beside its time and the speaker's giving back of the stick."""

    GOT_IT = "got-it"
    BOTH = "both"


class Then(StrEnum):
    """What follows the last phase."""

    OPEN = "open"
    TURNS = "turns"
    END = "end"
    """Nothing after: the call is over."""


@dataclass(frozen=True, slots=True)
class FormatPhase:
    """One phase as it is written."""

    name: str
    title: str
    floor: PhaseFloor
    speaker: Speaker | None = None
    """Of a turn."""
    seconds: int | None = None
    """None: a turn lasts as long as turns do in this conversation; anything else has no end of its own."""
    grace: bool = True
    """The speaker may finish the sentence; without it the turn is never over its time."""
    mirror_seconds: int = 0
    """How long the listener may say back at a time; 0: not at all."""
    opens_with_mirror: bool = False
    """The listener begins by saying back, as in a summary."""
    completes: frozenset[Completion] = frozenset()
    to_speaker: str = ""
    to_listener: str = ""


@dataclass(frozen=True, slots=True)
class FormatRound:
    """Phases that belong together, and how often they are gone through."""

    phases: tuple[FormatPhase, ...]
    repeat: int = 1
    """0: until something else is agreed."""
    swap: bool = False
    """The two change places with each repetition."""


@dataclass(frozen=True, slots=True)
class Format:
    """The written course of a conversation."""

    name: str
    floor: FloorRule
    title: str = ""
    sentence: str = ""
    """What people choose it by."""
    source: str = ""
    turn_seconds: int = 180
    """The usual length of a turn."""
    rest_seconds: int = 0
    """The usual silence that both share between two turns."""
    rounds: tuple[FormatRound, ...] = field(default=())
    then: Then = Then.OPEN

    @property
    def needs_therapist(self) -> bool:
        """It can't be followed by two alone."""
        return self.floor is FloorRule.SHUTTLE


Formats = Mapping[str, Format]
"""By name."""

PLAIN: Final[Formats] = {
    "open-talk": Format("open-talk", FloorRule.OPEN, title="Open talk"),
    "timed-turns": Format("timed-turns", FloorRule.TURNS, title="Timed turns"),
}
"""The two without phases, of which every conversation knows."""


def format_named(name: str, formats: Formats) -> Format:
    """The format with this name.

    Raises:
        UnknownFormat: there is none.
    """
    if name not in formats:
        raise UnknownFormat(f"There is no such format; there are {', '.join(formats)}.")
    return formats[name]


def checked_turn_seconds(seconds: int) -> int:
    """The length of a turn in seconds, within MIN_TURN_S and MAX_TURN_S.

    Raises:
        OutOfRange: it is outside.
    """
    if not MIN_TURN_S <= seconds <= MAX_TURN_S:
        raise OutOfRange(f"A turn lasts from {MIN_TURN_S} to {MAX_TURN_S} seconds.")
    return seconds


def checked_rest_seconds(seconds: int) -> int:
    """The length of the silence between two turns in seconds, 0 (none) to MAX_REST_S.

    Raises:
        OutOfRange: it is outside.
    """
    if not 0 <= seconds <= MAX_REST_S:
        raise OutOfRange(f"The silence between turns lasts at most {MAX_REST_S} seconds.")
    return seconds
