"""Who is there, willing and reachable, and how long a lost person's place is held.

Decides who takes part in media. What an absence does to the stick is decided in `turns`.
"""

from dataclasses import dataclass, replace
from typing import Final

from media.mediation.people import LineState

# Long enough for a reload or a change of networks. Delay is read as coldness (Schoenenberg 2014): not longer.
HOLD_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Presence:
    """One person's being there. Lost (not left) people stay ready while their place is held."""

    present: bool = False
    ready: bool = False
    line: LineState = LineState.GOOD
    gone_at: float | None = None
    """Since when the connection is lost (monotonic s); None while it is not."""
    left: bool = False
    """Gone by choice, and not back yet."""
    microphone: bool = True
    """What the person says of it, so that a muted speaker is not taken for a silent one; no gate asks for it."""
    thin: bool = False
    """Their line down is too thin for clear pictures, as the plane finds."""

    @property
    def takes_part(self) -> bool:
        """May hear, see, be heard and be seen, as far as the rules go."""
        return self.present and self.ready

    @property
    def reachable(self) -> bool:
        """Present with a line that carries media."""
        return self.present and self.line is not LineState.LOST

    def lost_for(self, now: float) -> float:
        """Seconds since the connection was lost; 0 while it is not."""
        return 0.0 if self.gone_at is None else now - self.gone_at

    def joined(self, *, ready: bool) -> "Presence":
        """There (again), willing or not; a good line and an open microphone are assumed until we are told otherwise."""
        return self if self.present else Presence(present=True, ready=ready)

    def departed(self) -> "Presence":
        """Gone by choice: coming back takes a new yes."""
        return Presence(left=True)

    def with_ready(self, *, ready: bool) -> "Presence":
        """Willing, or no longer."""
        return replace(self, ready=ready)

    def with_microphone(self, *, on: bool) -> "Presence":
        """The person's word on their microphone."""
        return replace(self, microphone=on)

    def dropped(self, now: float) -> "Presence":
        """The connection broke; the place is held from here on."""
        return replace(self, present=False, line=LineState.LOST, gone_at=now)

    def with_thin(self, *, thin: bool) -> "Presence":
        """The plane's word on what the line down can carry."""
        return replace(self, thin=thin)

    def with_line(self, line: LineState) -> "Presence":
        """The plane's word on the line."""
        return replace(self, line=line)
