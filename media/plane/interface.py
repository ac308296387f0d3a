"""The seam between rooms and the media path: what a plane does, and what it reports.

Written as protocols, so that rooms are tested with a recording plane and the plane with recording events.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from media.mediation.people import LineState
    from media.mediation.plan import Plan


@dataclass(frozen=True, slots=True)
class Receive:
    """Which m-lines of the client's offer carry one other participant (`mid`, RFC 8843)."""

    participant: str
    audio_mid: str
    video_mid: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The SDP answer, with all of the server's candidates, and who arrives where."""

    sdp: str
    receive: tuple[Receive, ...]


@dataclass(frozen=True, slots=True)
class LineDown:
    """How a participant's line down is, by what their browser reported in the last ten seconds; None: it did not."""

    loss: float | None
    """Part of the packets."""
    jitter_s: float | None
    round_trip_s: float | None
    estimate: int | None
    """Bits per second that the line can carry."""
    thin: bool
    """Whether they get small pictures for now, because the line can't carry clear ones."""


@dataclass(frozen=True, slots=True)
class LineUp:
    """How what a participant sends arrives."""

    state: LineState
    loss: float | None
    """Part of the packets in the last second; None before the first."""


class OfferRefusedError(Exception):
    """An offer can't be answered; the participant's earlier connection, if any, is untouched.

    Codes: `sdp-invalid`, `sdp-too-large`, `sdp-no-audio`, `join-timeout`, `too-busy`.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class PlaneEvents(Protocol):
    """What the plane tells its room; called on the event loop."""

    def line_changed(self, participant: str, line: LineState) -> None:
        """Media of this participant arrives (good), pauses for 1 s (weak) or for 3 s (lost)."""

    def speech_paused(self, participant: str) -> None:
        """The participant in the plan's `pauses_of` pauses; once for each time that they are named there."""

    def line_thin(self, participant: str, *, thin: bool) -> None:
        """The line to this participant carries small pictures only, or clear ones again; the plane acts on it already."""

    def plane_notice(self, participant: str | None, code: str, fields: Mapping[str, Any]) -> None:
        """Something a participant (None: everyone) should be told, such as `line.slow`."""


class MediaPlane(Protocol):
    """Carries plans out. One plane belongs to one room."""

    async def offer(self, participant: str, sdp: str) -> Answer:
        """Answer a client's offer; a second one replaces the first. Raises OfferRefusedError."""
        ...

    def apply(self, plan: Plan) -> None:
        """Obey the plan: when this returns the media path does. Idempotent, cheap when nothing changed."""

    def line(self, participant: str) -> LineState | None:
        """How this participant's media arrives now; None: they have no open connection."""
        ...

    def line_down(self, participant: str) -> LineDown | None:
        """How what the others send reaches this participant; None: they have no open connection."""
        ...

    def line_up(self, participant: str) -> LineUp | None:
        """How what this participant sends arrives; None: they have no open connection."""
        ...

    async def remove(self, participant: str) -> None:
        """Close this participant's media. Idempotent."""

    async def close(self) -> None:
        """Close everybody's media and free every socket and thread. Idempotent."""
