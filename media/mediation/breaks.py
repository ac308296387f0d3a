"""A break as a value: who stepped back, until when, and who has said that they are back.

Gottman: above about 100 beats a minute people stop hearing, and it takes 20 minutes to calm down. What calling it and
coming back do to the talk is in `stepping_back`.
"""

from dataclasses import dataclass, replace
from typing import Final

DEFAULT_BREAK_S: Final = 20 * 60
MIN_BREAK_S: Final = 20 * 60
# Gottman: come back within a day, or it is no pause but a silence.
MAX_BREAK_S: Final = 24 * 3600
# From here on a break is an appointment: the call's time moves, its links lead there again, and there is a new calendar entry.
LONG_BREAK_S: Final = 4 * 3600
# "Not yet" may be short once the break has lasted for its least time.
MIN_NOT_YET_S: Final = 60


@dataclass(frozen=True, slots=True)
class Break:
    """Everyone has stepped back; immutable."""

    by: str
    started_at: float
    returns_at: float
    """The named time of return (monotonic s). Nothing happens then by itself: coming back is said."""
    due: bool = False
    """That time has come, and everyone was told."""
    back: tuple[str, ...] = ()
    """The partners who say that they are back, in that order."""

    def named(self, returns_at: float) -> "Break":
        """Another time of return; whoever was back may go again, so all are asked anew."""
        return replace(self, returns_at=returns_at, due=False, back=())

    def reached(self) -> "Break":
        """The time of return has come."""
        return replace(self, due=True)

    def with_back(self, person: str) -> "Break":
        """`person` is back."""
        return self if person in self.back else replace(self, back=(*self.back, person))

    def without(self, person: str) -> "Break":
        """`person` is not back, or no longer."""
        return replace(self, back=tuple(one for one in self.back if one != person))
