"""Frames that the blur leaves out: never one that another needs, and only while the rest moves smoothly."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from media.plane.top_layer import TopLayer
from media.plane.vp8_frames import Frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TWO = (0, 1)
THREE = (0, 2, 1, 2)
"""Temporal layers as browsers send them."""


def camera(
    layers: Iterable[int], count: int, *, step: int = 3000, first_ts: int = 0, syncs: bool = False
) -> Iterator[Frame]:
    """Frames of these layers, over and over; the first is a key frame."""
    for number, layer in enumerate(itertools.islice(itertools.cycle(layers), count)):
        ts = (first_ts + number * step) & 0xFFFFFFFF
        yield Frame(b"", ts, key=number == 0, layer=layer, sync=syncs and layer > 0)


def decoded(top: TopLayer, frames: Iterable[Frame]) -> list[int]:
    """The layers of the frames that are decoded."""
    return [frame.layer for frame in frames if top.needed(frame)]


@pytest.mark.parametrize(
    ("layers", "kept"), [((0,), [0] * 60), (TWO, [0] * 30), (THREE, [0, 1] * 15)], ids=["one", "two", "three"]
)
def test_of_a_camera_with_thirty_frames_the_top_layer_is_left_out(
    layers: tuple[int, ...], kept: list[int]
) -> None:
    """Fifteen are left whatever the layers; the very first of the top layer may be decoded, before the rate is known."""
    found = decoded(TopLayer(), camera(layers, 60, first_ts=0xFFFFFFFF - 50_000))
    top = max(layers)
    assert [layer for layer in found if not top or layer < top] == kept
    assert found.count(top) <= 1 or not top


@pytest.mark.parametrize("step", [3600, 6000, 9000])
def test_of_a_slow_camera_everything_is_decoded(step: int) -> None:
    """With 25 frames a second and fewer, what would be left moves in steps."""
    assert len(decoded(TopLayer(), camera(TWO, 60, step=step))) == 60


def test_a_camera_that_becomes_slow_is_decoded_whole_from_a_sync_frame_on() -> None:
    """A dark room: the top layer comes back, but not before a frame of it that needs the lowest layer alone."""
    top = TopLayer()
    assert decoded(top, camera(TWO, 60))[-5:] == [0] * 5
    slow = list(camera(TWO, 40, step=6000, first_ts=60 * 3000))[2:]  # no key frame
    assert decoded(top, slow[:18]) == [0] * 9
    slow[19] = Frame(b"", slow[19].ts, key=False, layer=1, sync=True)
    assert decoded(top, slow[18:]) == [0, 1] * 10


def test_a_key_frame_begins_anew() -> None:
    """A camera that comes back with fewer layers loses none of them."""
    top = TopLayer()
    decoded(top, camera(THREE, 40))
    assert decoded(top, camera((0,), 20, first_ts=120_000)) == [0] * 20
    assert decoded(top, camera(TWO, 20, first_ts=180_000)) == [0] * 10


def test_a_key_frame_is_decoded_whatever_layer_it_claims() -> None:
    """Without it nothing that follows could be."""
    top = TopLayer()
    decoded(top, camera(TWO, 60))
    assert top.needed(Frame(b"", 60 * 3000, key=True, layer=1))


def test_above_a_layer_that_is_left_out_nothing_begins() -> None:
    """A frame of a higher layer says nothing of the one below: it may be made from what was not decoded."""
    top = TopLayer()
    decoded(top, camera((0, 1, 0, 2), 60))
    slow = [
        Frame(b"", 60 * 3000 + i * 6000, key=False, layer=(0, 2, 0, 1)[i % 4], sync=i % 4 == 1)
        for i in range(1, 41)
    ]
    assert decoded(top, slow) == [0] * 20


def test_a_pause_counts_as_a_short_one() -> None:
    """A camera that stood still for a minute is soon known again."""
    top = TopLayer()
    decoded(top, camera(TWO, 60))
    later = list(camera(TWO, 60, first_ts=60 * 90_000))[1:]
    assert decoded(top, later)[-20:] == [0] * 20


def test_what_is_left_of_a_real_encoders_layers_decodes_to_the_same_pictures() -> None:
    """With two layers of libvpx the lower one alone gives bit for bit the pictures that it has beside the upper one."""
    data = list(_two_layers(40))
    layered = [Frame(frame, i * 3000, key=i == 0, layer=i % 2) for i, frame in enumerate(data)]
    top = TopLayer()
    left = [i for i, frame in enumerate(layered) if top.needed(frame)]
    assert 20 <= len(left) <= 21
    whole, half = _developed(data), _developed([data[i] for i in left])
    for i, picture in zip(left, half, strict=True):
        assert np.array_equal(picture, whole[i]), i


def _two_layers(count: int) -> Iterator[bytes]:
    encoder = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 160, 120, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 90_000), Fraction(30)
    encoder.bit_rate = 400_000
    encoder.gop_size = 3000
    encoder.options = {
        "deadline": "realtime", "cpu-used": "-8", "lag-in-frames": "0", "error-resilient": "1",
        "ts-parameters": "ts_number_layers=2:ts_target_bitrate=240,400:ts_rate_decimator=2,1:"
        "ts_periodicity=2:ts_layer_id=0,1:ts_layering_mode=2",
    }  # fmt: skip
    noise = np.random.default_rng(1).integers(0, 255, (120, 400), dtype=np.uint8)
    for number in range(count):
        view = np.ascontiguousarray(noise[:, 4 * number : 4 * number + 160])
        picture = VideoFrame.from_ndarray(view, format="gray").reformat(format="yuv420p")
        picture.pts, picture.time_base = number * 3000, Fraction(1, 90_000)
        yield bytes(encoder.encode(picture)[0])


def _developed(frames: Iterable[bytes]) -> list[np.ndarray]:
    decoder = av.CodecContext.create("vp8", "r")
    return [picture.to_ndarray() for data in frames for picture in decoder.decode(av.Packet(data))]
