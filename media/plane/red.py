"""Redundant audio (RED, RFC 2198): each packet repeats the frames before it. Pure.

Worth its bit rate on a bad line: a single lost packet is then no loss at all. Behind a gate it is a danger: what it repeats may
have been said before the gate opened, so that it is taken apart there.
"""

from __future__ import annotations

from typing import Final

LONGEST_OFFSET: Final = 1 << 14
"""Timestamp units that a redundant block can lie back: its field has 14 bits."""

_FOLLOWS: Final = 0x80
_BLOCK_HEADER: Final = 4


def payload_type(payload: bytes) -> int | None:
    """The payload type of the first block; None for nothing."""
    return payload[0] & 0x7F if payload else None


def primary(payload: bytes) -> bytes | None:
    """The newest frame alone, without what is repeated; None when the blocks don't fit into the packet."""
    offset = repeated = 0
    size = len(payload)
    while offset < size and payload[offset] & _FOLLOWS:
        if offset + _BLOCK_HEADER > size:
            return None
        repeated += ((payload[offset + 2] & 0x03) << 8) | payload[offset + 3]
        offset += _BLOCK_HEADER
    start = offset + 1 + repeated
    return payload[start:] if start < size else None
