"""What an operator may set about the media path."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlaneSettings:
    """Built once by the application and handed down."""

    media_addresses: tuple[str, ...] = ()
    """Local IP addresses to receive media on; empty: every interface, loopback included."""
    port_range: tuple[int, int] | None = None
    """Lowest and highest UDP port for media, both included; None: any free port."""
    announced_address: str | None = None
    """The public IP address told to clients instead of the local one (a server behind 1:1 NAT)."""
    join_deadline_s: float = 10.0
    """Seconds from an answer to the first packet; an abandoned join is closed then."""
    max_video_bit_rate: int = 1_500_000
    """Bits per second that a camera is told it may use (REMB)."""
    compiled: bool = False
    """Whether steady packets take the compiled lane (media/plane/lane); it must have been built."""
