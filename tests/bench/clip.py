"""A few seconds of picture and sound, encoded once: what the simulated callers send over and over."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

import av
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.audio.codeccontext import AudioCodecContext
    from av.video.codeccontext import VideoCodecContext

WIDTH: Final = 640
HEIGHT: Final = 480
FRAMES_PER_S: Final = 30
SOUNDS_PER_S: Final = 50
VIDEO_BIT_RATE: Final = 1_200_000
"""Asked of the encoder, which then stays near 1 Mbit/s."""
SOUND_BIT_RATE: Final = 32_000
VIDEO_STEP_RTP: Final = 90_000 // FRAMES_PER_S
SOUND_STEP_RTP: Final = 48_000 // SOUNDS_PER_S
CLIP_FRAMES: Final = 90
"""Three seconds; the first is a key frame, so that the clip can be sent in a circle."""
CLIP_SOUNDS: Final = 100
_CELL: Final = 16


def encoded_pictures(
    width: int = WIDTH, height: int = HEIGHT, bit_rate: int = VIDEO_BIT_RATE, *, layered: bool = False
) -> list[bytes]:
    """VP8 frames of a scene that moves: about 1 Mbit/s at 640 x 480 and 30 frames a second.

    Layered: in two temporal layers, as Chromium sends for the page; every second frame, from the second on, is of the upper one.
    """
    encoder = _picture_encoder(width, height, bit_rate, layered=layered)
    packets = [packet for picture in _scene(width, height) for packet in encoder.encode(picture)]
    return [bytes(packet) for packet in packets]


def encoded_sounds() -> list[bytes]:
    """Opus packets of 20 ms."""
    encoder: AudioCodecContext = av.CodecContext.create("libopus", "w")
    encoder.sample_rate = 48_000
    encoder.layout = "stereo"
    encoder.format = "s16"
    encoder.bit_rate = SOUND_BIT_RATE
    encoder.options = {"application": "voip", "frame_duration": "20"}
    return [bytes(packet) for frame in _hum() for packet in encoder.encode(frame)]


def _picture_encoder(width: int, height: int, bit_rate: int, *, layered: bool) -> VideoCodecContext:
    encoder: VideoCodecContext = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 90_000), Fraction(FRAMES_PER_S)
    encoder.bit_rate = bit_rate
    encoder.gop_size = 10 * CLIP_FRAMES
    encoder.thread_count = 1
    rate = str(bit_rate)
    encoder.options = {
        "deadline": "realtime",
        "cpu-used": "-8",  # a fixed speed, so that every run sends the same
        "lag-in-frames": "0",
        "minrate": rate,
        "maxrate": rate,
    }
    if layered:
        encoder.options = encoder.options | _two_layers(bit_rate)
    return encoder


def _two_layers(bit_rate: int) -> dict[str, str]:
    """FFmpeg's options for libvpx: three fifths of the bit rate for the lower layer, as Chromium shares it out."""
    layers = {
        "ts_number_layers": "2",
        "ts_target_bitrate": f"{bit_rate * 3 // 5000},{bit_rate // 1000}",
        "ts_rate_decimator": "2,1",
        "ts_periodicity": "2",
        "ts_layer_id": "0,1",
        "ts_layering_mode": "2",
    }
    return {
        "error-resilient": "1",
        "ts-parameters": ":".join(f"{name}={value}" for name, value in layers.items()),
    }


def _scene(width: int, height: int) -> Iterator[av.VideoFrame]:
    """A patchwork that drifts."""
    chance = np.random.default_rng(1)
    patches = chance.integers(40, 215, (height // _CELL + 4, width // _CELL + 16, 3), dtype=np.uint8)
    wall = patches.repeat(_CELL, 0).repeat(_CELL, 1)

    for number in range(CLIP_FRAMES):
        down, right = number // 2, 2 * number
        view = np.ascontiguousarray(wall[down : down + height, right : right + width])
        picture = av.VideoFrame.from_ndarray(view, format="rgb24").reformat(format="yuv420p")
        picture.pts, picture.time_base = number * VIDEO_STEP_RTP, Fraction(1, 90_000)
        yield picture


def _hum() -> Iterator[av.AudioFrame]:
    moments = np.arange(SOUND_STEP_RTP) / 48_000
    for number in range(CLIP_SOUNDS):
        swell = 4000 + 3000 * np.sin(number / 7)
        wave = swell * (np.sin(2 * np.pi * 200 * moments) + 0.5 * np.sin(2 * np.pi * 450 * moments))
        frame = av.AudioFrame.from_ndarray(
            wave.astype(np.int16).repeat(2).reshape(1, -1), format="s16", layout="stereo"
        )
        frame.sample_rate, frame.pts = 48_000, number * SOUND_STEP_RTP
        yield frame
