"""Saying back: the listener's short slot while the floor stays the speaker's, as a value.

PREP's floor and Imago's mirror: the listener says in their own words what they have heard, and the speaker alone says
whether it is that. The turn's clock stands meanwhile. What it does to the floor is in `saying_back`.
"""

from dataclasses import dataclass, replace
from typing import Final

# As for a short turn: nobody is cut off in the middle of a word.
MIRROR_GRACE_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class Mirror:
    """One slot; immutable."""

    by: str
    """The listener, who is heard now."""
    started_at: float
    ends_at: float
    """When its time is up (monotonic s)."""
    grace_ends_at: float | None = None
    """When it ends at the latest, once its time is up; before that at the first pause in speech."""

    @property
    def closing(self) -> bool:
        """Its time is up, and a pause is waited for."""
        return self.grace_ends_at is not None

    @property
    def length_s(self) -> float:
        """As long as it was meant to be."""
        return self.ends_at - self.started_at

    def time_up(self) -> "Mirror":
        """The grace begins with the end, however late we are told."""
        return replace(self, grace_ends_at=self.ends_at + MIRROR_GRACE_S)
