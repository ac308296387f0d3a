"""VP8 payloads: what the descriptor says, which frames are key frames, and frames cut into packets."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from aiortc.codecs.vpx import VpxPayloadDescriptor
from hypothesis import given, settings
from hypothesis import strategies as st

from media.plane.vp8 import (
    descriptor_size,
    key_frame_size,
    packetise,
    starts_frame,
    starts_key_frame,
    temporal_layer,
)
from tests.media.plane.camera import Camera

DESCRIPTORS = [
    VpxPayloadDescriptor(*values)
    for values in itertools.product((0, 1), (0, 3), (None, 5, 0x1234), (None, 9), (None, (2, 1)), (None, 17))
]
KEY, DELTA = b"\x10\x02\x00\x9d\x01\x2a\x40\x01\xf0\x00", b"\x11\x02\x00more"


@pytest.mark.parametrize("descriptor", DESCRIPTORS, ids=repr)
def test_descriptor_ends_where_aiortc_says(descriptor: VpxPayloadDescriptor) -> None:
    """Every mix of picture id, TL0PICIDX, TID and KEYIDX is stepped over, and names the first packet of a frame."""
    payload = bytes(descriptor) + DELTA
    assert payload[descriptor_size(payload) :] == VpxPayloadDescriptor.parse(payload)[1] == DELTA
    assert starts_frame(payload) == (descriptor.partition_start == 1 and descriptor.partition_id == 0)
    assert starts_key_frame(bytes(descriptor) + KEY) == starts_frame(payload)
    assert not starts_key_frame(payload)
    tid, sync = descriptor.tid or (0, 0)
    assert temporal_layer(payload) == (tid, bool(sync))


def test_short_picture_id_takes_one_octet() -> None:
    """A 7-bit picture id (M unset) takes one octet, a 15-bit one two (RFC 7741 section 4.2)."""
    assert descriptor_size(b"\x90\x80\x05" + KEY) == 3
    assert descriptor_size(b"\x90\x80\x85\x06" + KEY) == 4
    assert starts_key_frame(b"\x90\x80\x05" + KEY)


@settings(deadline=None)
@given(payload=st.binary(max_size=12))
def test_no_bytes_break_the_descriptor(payload: bytes) -> None:
    """Arbitrary or cut-off payloads: the size lies within the payload, and agrees with aiortc where that can read it."""
    size = descriptor_size(payload)
    assert 0 <= size <= len(payload)
    assert isinstance(starts_key_frame(payload), bool)
    assert temporal_layer(payload)[0] in range(4)
    try:
        rest = VpxPayloadDescriptor.parse(payload)[1]
    except ValueError:
        return
    assert payload[size:] == rest


@pytest.mark.parametrize("payload", [b"", b"\x10", b"\x90", b"\x90\x80", b"\x90\xf0\x80\x01\x01"])
def test_a_payload_without_a_frame_starts_no_key_frame(payload: bytes) -> None:
    """Padding and packets that end within the descriptor open no gate."""
    assert not starts_key_frame(payload)


def test_key_frames_of_a_real_encoder() -> None:
    """What libvpx calls a key frame is one here, with its size; a delta frame is none."""
    camera = Camera(176, 144)
    grey = np.full((144, 176), 90, np.uint8)
    first, second, third = camera.shoot(grey), camera.shoot(grey), camera.shoot(grey, key=True)
    assert [f.key for f in (first, second, third)] == [True, False, True]
    for frame in (first, second, third):
        assert key_frame_size(frame.data) == ((176, 144) if frame.key else None)
        assert starts_key_frame(packetise(frame.data, 500)[0]) is frame.key


def test_key_frame_size_ignores_the_scaling_bits() -> None:
    """The two upper bits of each side are a scaling hint (RFC 6386 section 9.1); bytes without the start code have no size."""
    assert key_frame_size(b"\x10\x02\x00\x9d\x01\x2a\x40\xc1\xf0\x40") == (320, 240)
    assert key_frame_size(b"\x10\x02\x00\x9d\x01\x2b\x40\x01\xf0\x00") is None
    assert key_frame_size(KEY[:9]) is None


@settings(deadline=None)
@given(frame=st.binary(min_size=1, max_size=400), size=st.integers(2, 120))
def test_packets_of_a_frame_make_the_frame_again(frame: bytes, size: int) -> None:
    """Split and joined by aiortc's parser: the same bytes, one start, no payload beyond the size."""
    parts = packetise(frame, size)
    parsed = [VpxPayloadDescriptor.parse(part) for part in parts]
    assert b"".join(data for _, data in parsed) == frame
    assert [d.partition_start for d, _ in parsed] == [1] + [0] * (len(parts) - 1)
    assert max(map(len, parts)) <= size
