"""A caucus as a value: the therapist alone with one partner, while the other waits, hears and sees nothing.

What begins and ends it is in `caucusing`.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class CaucusStage(StrEnum):
    """Where a caucus stands."""

    TALKING = "talking"
    RETURNING = "returning"
    """It was ended; both partners are asked before they meet."""


@dataclass(frozen=True, slots=True)
class Caucus:
    """The therapist `by` alone with `with_`; immutable."""

    by: str
    with_: str
    held: str
    started_at: float
    stage: CaucusStage = CaucusStage.TALKING
    back: tuple[str, ...] = ()
    """The partners who said yes to meeting again, in that order."""
    ended_by: str | None = None
    """Who ended it."""

    @property
    def pair(self) -> frozenset[str]:
        """Who hear and see each other."""
        return frozenset({self.by, self.with_})

    def returning(self, by: str) -> "Caucus":
        """Its talk is over; `by` ended it."""
        return replace(self, stage=CaucusStage.RETURNING, ended_by=by)

    def is_declined_by(self, person: str) -> bool:
        """`person` has ended it, and has not said that they come back."""
        return self.ended_by == person and person not in self.back

    def with_back(self, person: str) -> "Caucus":
        """`person` will meet the other again."""
        return self if person in self.back else replace(self, back=(*self.back, person))

    def without(self, person: str) -> "Caucus":
        """`person` is not asked any more, or not yet again."""
        return replace(self, back=tuple(one for one in self.back if one != person))
