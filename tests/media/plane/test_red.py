"""Redundant audio taken apart (RFC 2198)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.plane.red import payload_type, primary
from tests.media.plane.rtp_wire import red


@given(st.binary(max_size=60))
def test_any_bytes_are_taken_apart_or_refused(payload: bytes) -> None:
    """Bytes from a client never raise, and what comes out is a proper end of what went in."""
    found = primary(payload)
    assert found is None or (found and payload.endswith(found) and len(found) < len(payload))


@pytest.mark.parametrize("before", [(), (b"one",), (b"one", b"", b"three" * 50)])
def test_the_newest_frame_comes_last(before: tuple[bytes, ...]) -> None:
    """However many frames are repeated, the primary is what stands behind them."""
    packet = red(b"newest", *before)
    assert primary(packet) == b"newest"
    assert payload_type(packet) == 111


@pytest.mark.parametrize("payload", [b"", b"\x6f", b"\xef\x00", b"\xef\x00\x00\xff\x6fshort"])
def test_what_does_not_fit_is_refused(payload: bytes) -> None:
    """Cut off in a header, longer than the packet, or without a primary."""
    assert primary(payload) is None
