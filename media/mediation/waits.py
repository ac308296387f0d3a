"""How long one turn has waited for somebody, all of its gaps together.

Counted in sum, so that nobody stretches a turn by being away again and again, each time for less than the hold.
"""

from dataclasses import dataclass

from media.mediation.presence import HOLD_S


@dataclass(frozen=True, slots=True)
class Wait:
    """What a turn has waited so far, and since when it waits now; immutable."""

    held_s: float = 0.0
    """Seconds of the gaps that are over."""
    since: float | None = None
    """When the gap that goes on began (monotonic s); None while nobody is waited for."""

    @property
    def over_at(self) -> float | None:
        """When the turn will have waited for `HOLD_S` (monotonic s), if the gap goes on."""
        return None if self.since is None else self.since + (HOLD_S - self.held_s)

    def kept(self, now: float, *, waiting: bool) -> "Wait":
        """From `now` on the turn waits, or goes on."""
        if waiting and self.since is None:
            return Wait(self.held_s, since=now)
        if not waiting and self.since is not None:
            return Wait(self.held_s + now - self.since)
        return self
