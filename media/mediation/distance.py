"""How clearly a viewer sees a person, and which of several wishes counts.

Decides the order of the levels alone; whose wish it was is `distance_choices`' business.
"""

from enum import StrEnum
from typing import Final


class Distance(StrEnum):
    """How a viewer sees a person, nearest first; ordered by `rank`, never by the text."""

    CLEAR = "clear"
    SOFT = "soft"
    VEILED = "veiled"
    AUDIO_ONLY = "audio-only"

    @property
    def rank(self) -> int:
        """0 (clear) to 3 (no picture at all)."""
        return _RANKS[self]


class Because(StrEnum):
    """Whose word it is that a view is as far as it is."""

    SUBJECT = "subject"
    """Who is seen chose it."""
    VIEWER = "viewer"
    """Who sees chose it for this one person."""
    LISTENING = "listening"
    """Who sees only listens."""
    ROOM = "room"
    """It is the least for everyone."""
    LINE = "line"
    """The line to who sees is too thin for more."""


ON_A_THIN_LINE: Final = Distance.SOFT
"""The nearest that a line down which is too thin for clear pictures brings."""

_RANKS = {level: rank for rank, level in enumerate(Distance)}


def furthest(*levels: Distance) -> Distance:
    """The greatest of the wishes: others can only add distance, never take it away."""
    return max(levels, key=lambda level: level.rank)
