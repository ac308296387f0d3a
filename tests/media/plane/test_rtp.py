"""RTP headers: read within their bounds whatever the bytes say, and written as aiortc reads them."""

from __future__ import annotations

import pytest
from aiortc import rtp
from hypothesis import given, settings
from hypothesis import strategies as st

from media.plane.rtp import (
    HEADER,
    ExtensionBlock,
    MalformedPacketError,
    abs_send_time,
    extension_octet,
    read_packet,
    seq_newer,
    ts_newer,
)
from tests.media.plane.rtp_wire import LEVEL_ID, MID_ID, SEND_TIME_ID, Header, extension_map

BYTES_16 = st.integers(0, 0xFFFF)
BYTES_32 = st.integers(0, 0xFFFFFFFF)
ELEMENTS = st.lists(
    st.tuples(st.integers(1, 14), st.binary(min_size=1, max_size=16)), max_size=6, unique_by=lambda e: e[0]
)


def one_byte(elements: list[tuple[int, bytes]]) -> bytes:
    """A one-byte header extension block, by aiortc's own writer."""
    profile, value = rtp.pack_header_extensions(elements)
    return profile.to_bytes(2, "big") + (len(value) // 4).to_bytes(2, "big") + value


@settings(deadline=None)
@given(
    csrcs=st.lists(BYTES_32, max_size=15),
    elements=ELEMENTS,
    payload=st.binary(max_size=40),
    padding=st.integers(0, 20),
)
def test_payload_is_found_where_aiortc_finds_it(
    csrcs: list[int], elements: list[tuple[int, bytes]], payload: bytes, padding: int
) -> None:
    """CSRCs, header extension and padding are stepped over exactly as an independent parser does."""
    tail = bytes(padding - 1) + bytes((padding,)) if padding else b""
    extension = one_byte(elements) if elements else None
    data = Header(csrcs=csrcs, extension=extension, padding=tail).packet(payload)
    assert read_packet(data)[-1] == rtp.RtpPacket.parse(data).payload == payload
    for number, value in elements:
        assert extension_octet(data, number) == value[0]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "shorter"),
        (Header().packet()[:11], "shorter"),
        (Header(csrcs=(1, 2)).packet()[:-1], "header longer"),
        (Header(extension=b"").packet(), "truncated header extension"),
        (Header(extension=b"\xbe\xde\x00").packet(), "truncated header extension"),
        (Header(csrcs=(1,), extension=b"\xbe\xde").packet(), "truncated header extension"),
        (Header(extension=b"\xbe\xde\x00\x02" + bytes(7)).packet(), "header longer"),
        (Header(extension=b"\xbe\xde\xff\xff").packet(bytes(1200)), "header longer"),
    ],
)
def test_headers_that_promise_too_much(data: bytes, reason: str) -> None:
    """A header that is cut off, or longer than the packet, is refused with its reason."""
    with pytest.raises(MalformedPacketError, match=reason):
        read_packet(data)


@settings(max_examples=400, deadline=None)
@given(data=st.binary(min_size=12, max_size=80), wanted=st.integers(1, 14))
def test_no_bytes_break_the_reading(data: bytes, wanted: int) -> None:
    """Arbitrary bytes: a payload within the packet or MalformedPacketError, an octet or None, and nothing else."""
    octet = extension_octet(data, wanted)
    assert octet is None or 0 <= octet <= 255
    try:
        second, seq, ts, ssrc, payload = read_packet(data)
    except MalformedPacketError:
        return
    assert HEADER.pack(data[0], second, seq, ts, ssrc) == data[:12]
    end = len(data) - (data[-1] if data[0] & 0x20 else 0)
    assert not payload or data[12:end].endswith(payload)


@settings(max_examples=200, deadline=None)
@given(elements=ELEMENTS, wanted=st.integers(1, 14), cut=st.integers(0, 80))
def test_truncated_extension_is_read_within_the_packet(
    elements: list[tuple[int, bytes]], wanted: int, cut: int
) -> None:
    """A packet cut anywhere behind its fixed header yields an element's first octet, or None, and never an error."""
    whole = Header(extension=one_byte(elements)).packet(b"")
    data = whole[: max(12, len(whole) - cut)]
    assert extension_octet(data, wanted) in (None, dict(elements).get(wanted, b"\x00")[0])


def test_extension_octet_needs_the_one_byte_profile() -> None:
    """Without an extension, in a two-byte block or between padding octets: absent is None, present is found."""
    assert extension_octet(Header().packet(b"abc"), LEVEL_ID) is None
    assert extension_octet(Header(extension=b"\x10\x00\x00\x01\x01\x01\x55\x00").packet(), LEVEL_ID) is None
    padded = b"\xbe\xde\x00\x01\x00\x00\x10\x55"
    assert extension_octet(Header(extension=padded).packet(), LEVEL_ID) == 0x55


@pytest.mark.parametrize(
    ("padding", "payload"),
    [(b"\x01", b"abc"), (b"\x00\x02", b"abc"), (b"\x00\x05", b""), (b"\x00\xff", b"")],
)
def test_padding_never_reaches_into_the_header(padding: bytes, payload: bytes) -> None:
    """A padding count larger than the payload leaves an empty payload."""
    data = Header(padding=padding).packet(b"abc")
    assert read_packet(data)[-1] == payload


def test_a_padding_count_beyond_the_packet_leaves_nothing() -> None:
    """120 octets of padding in a packet of 100: no payload, instead of one counted from the other end."""
    data = Header(padding=bytes((120,))).packet(bytes(87))
    assert read_packet(data)[-1] == b""


@settings(deadline=None)
@given(a=BYTES_16, step=st.integers(1, 0x7FFF))
def test_sequence_numbers_compare_across_the_wrap(a: int, step: int) -> None:
    """What follows within half the circle is newer, never older, and nothing is newer than itself."""
    b = (a + step) & 0xFFFF
    assert seq_newer(b, a)
    assert not seq_newer(a, b)
    assert not seq_newer(a, a)


@settings(deadline=None)
@given(a=BYTES_32, step=st.integers(1, 0x7FFFFFFF))
def test_timestamps_compare_across_the_wrap(a: int, step: int) -> None:
    """The same for 32-bit timestamps."""
    b = (a + step) & 0xFFFFFFFF
    assert ts_newer(b, a)
    assert not ts_newer(a, b)
    assert not ts_newer(a, a)


@settings(deadline=None)
@given(mid=st.text("abcXYZ019", min_size=1, max_size=16), level=st.integers(0, 127))
def test_level_block_is_read_by_aiortc(mid: str, level: int) -> None:
    """MID and audio level are read back by an independent parser, for a MID of every length."""
    block = ExtensionBlock(mid_id=MID_ID, mid=mid, value_id=LEVEL_ID, value_size=1)
    data = Header(extension=block.before + bytes((level,)) + block.after).packet(b"sound")
    parsed = rtp.RtpPacket.parse(data, extension_map())
    assert (parsed.extensions.mid, parsed.extensions.audio_level) == (mid, (False, level))
    assert parsed.payload == b"sound"
    assert extension_octet(data, LEVEL_ID) == level


@settings(deadline=None)
@given(mid=st.text("abcXYZ019", min_size=1, max_size=16), now=st.floats(0, 1e6))
def test_send_time_block_is_read_by_aiortc(mid: str, now: float) -> None:
    """MID and abs-send-time are read back, the time to 1/262144 s within its 64 s."""
    block = ExtensionBlock(mid_id=MID_ID, mid=mid, value_id=SEND_TIME_ID, value_size=3)
    data = Header(extension=block.before + abs_send_time(now) + block.after).packet(b"picture")
    parsed = rtp.RtpPacket.parse(data, extension_map())
    assert parsed.extensions.mid == mid
    assert parsed.extensions.abs_send_time == int(now % 64 * 262144)
    assert parsed.payload == b"picture"


@pytest.mark.parametrize(("mid_id", "mid"), [(None, "0"), (MID_ID, "seventeen-letters")])
def test_what_was_not_negotiated_is_left_out(mid_id: int | None, mid: str) -> None:
    """No ids, or a MID too long for a one-byte element: an empty block that parsers step over."""
    block = ExtensionBlock(mid_id=mid_id, mid=mid, value_id=None, value_size=3)
    assert block.value_size == 0
    data = Header(extension=block.before + block.after).packet(b"x")
    parsed = rtp.RtpPacket.parse(data, extension_map())
    assert (parsed.extensions, parsed.payload) == (rtp.HeaderExtensions(), b"x")
