"""What an operator or a test may set about signaling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


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
    max_outgoing: int = 64
    """Messages waiting for one connection, whole states not counted; 16 would do for a lively minute."""
