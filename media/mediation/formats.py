"""The formats as data, and the limits of a turn's length.

A format says who is heard while nobody holds the stick, and whether the stick goes on by itself to the
partner who did not speak last. Everything else about turns is the same for all formats (`floor`).
"""

from dataclasses import dataclass
from typing import Final

from media.mediation.errors import OutOfRange, UnknownFormat

# Shorter than a breath is no turn; longer than an hour is no dialogue.
MIN_TURN_S: Final = 10
MAX_TURN_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Format:
    """The written course of a conversation."""

    name: str
    free_is_open: bool
    """While nobody holds the stick everyone is heard (else nobody)."""
    alternates: bool
    """A turn that ends goes to the partner who did not speak last, when nobody waits for it."""


FORMATS: Final = {
    "open-talk": Format("open-talk", free_is_open=True, alternates=False),
    "timed-turns": Format("timed-turns", free_is_open=False, alternates=True),
}


def format_named(name: str) -> Format:
    """The format with this name.

    Raises:
        UnknownFormat: there is none.
    """
    if name not in FORMATS:
        raise UnknownFormat(f"There is no such format; there are {', '.join(FORMATS)}.")
    return FORMATS[name]


def checked_turn_seconds(seconds: int) -> int:
    """The length of a turn in seconds, within MIN_TURN_S and MAX_TURN_S.

    Raises:
        OutOfRange: it is outside.
    """
    if not MIN_TURN_S <= seconds <= MAX_TURN_S:
        raise OutOfRange(f"A turn lasts from {MIN_TURN_S} to {MAX_TURN_S} seconds.")
    return seconds
