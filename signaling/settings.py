"""What an operator or a test may set about signaling."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from media.mediation.formats import PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from media.mediation.formats import Formats


def no_ice_servers(_participant: str) -> tuple[Mapping[str, Any], ...]:
    """Every client reaches the server without help."""
    return ()


@dataclass(frozen=True, slots=True)
class SignalingSettings:
    """Built once by the application and handed down. Times in seconds."""

    public_url: str | None = None
    """Where people reach the server; browsers that come from there are let in beside those from the own host."""
    ice_servers: Callable[[str], tuple[Mapping[str, Any], ...]] = no_ice_servers
    """Asked for each `welcome`, with the participant's id; answers in the shape of WebRTC's RTCIceServer."""
    formats: Formats = field(default_factory=lambda: PLAIN)
    """What the conversations may be held in."""
    heartbeat_s: float = 10.0
    """Ping after this silence; half of it without a pong means lost."""
    join_s: float = 10.0
    """A connection that has not joined by then is closed."""
    close_s: float = 5.0
    """For a last message and the closing handshake; then the socket is dropped."""
    empty_s: float = 60.0
    """A room with nobody in it dissolves after this; as long as a lost speaker's turn is held."""
    media_hold_s: float = 60.0
    """The media connection of somebody lost is kept this long, so that a dropped WebSocket alone costs nothing."""
    replace_s: float = 5.0
    """The media of a replaced connection is closed after this, or with the new one's first offer."""
    retry_s: float = 1.0
    """While the media path is stopped, the plan is tried again this often."""
    max_retries: int = 60
    """So many times by itself; after that with every change alone."""
    max_rooms: int = 500
    """Calls that are live at once; two cores carry far fewer with picture, so this bounds memory alone."""
    max_strangers: int = 50
    """Connections that are not authorised and are told so through a WebSocket; more are told in plain HTTP."""
    max_kept: int = 1000
    """Conversations that are remembered while nobody is in them, a few KiB each."""
    max_outgoing: int = 64
    """Messages waiting for one connection, whole states not counted; 16 would do for a lively minute."""
