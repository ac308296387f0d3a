"""A real VP8 camera for tests (libvpx through PyAV), and an eye that looks at what a viewer was sent."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
from av.video.frame import PictureType, VideoFrame

from media.plane.vp8_frames import Frame

if TYPE_CHECKING:
    from collections.abc import Iterable

    from av.video.plane import VideoPlane
    from numpy.typing import NDArray

INTERVAL_RTP = 6000
"""Fifteen pictures a second."""


class Camera:
    """Encodes grey pictures; the first frame is a key frame, later ones only when asked."""

    def __init__(self, width: int = 320, height: int = 240, first_ts: int = 0) -> None:
        self._encoder = av.CodecContext.create("libvpx", "w")
        self._encoder.width, self._encoder.height = width, height
        self._encoder.pix_fmt = "yuv420p"
        self._encoder.time_base = Fraction(1, 90_000)
        self._encoder.bit_rate = 2_000_000
        self._encoder.gop_size = 3000
        self._encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
        self._pts = 0
        self._first_ts = first_ts

    def shoot(
        self, grey: NDArray[np.uint8], *, key: bool = False, colour: tuple[int, int] = (128, 128)
    ) -> Frame:
        """One picture, rows x columns, all of one colour (Cb, Cr)."""
        picture = VideoFrame.from_ndarray(grey, format="gray").reformat(format="yuv420p")
        for plane, value in zip(picture.planes[1:], colour, strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        picture.pts, picture.time_base = self._pts, Fraction(1, 90_000)
        picture.pict_type = PictureType.I if key else PictureType.NONE
        packet = self._encoder.encode(picture)[0]
        ts = (self._first_ts + self._pts) & 0xFFFFFFFF
        self._pts += INTERVAL_RTP
        return Frame(bytes(packet), ts, packet.is_keyframe)


def develop(frames: Iterable[bytes]) -> list[NDArray[np.uint8]]:
    """Decode one stream's frames in order: its pictures' brightness, rows x columns."""
    decoder = av.CodecContext.create("vp8", "r")
    pictures = [picture for data in frames for picture in decoder.decode(av.Packet(data))]
    return [picture.to_ndarray(format="gray") for picture in pictures]


def develop_planes(frames: Iterable[bytes]) -> list[list[NDArray[np.uint8]]]:
    """The same, with each picture's three planes."""
    decoder = av.CodecContext.create("vp8", "r")
    pictures = [picture for data in frames for picture in decoder.decode(av.Packet(data))]
    return [[_pixels(plane) for plane in picture.planes] for picture in pictures]


def _pixels(plane: VideoPlane) -> NDArray[np.uint8]:
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def halves(width: int = 320, height: int = 240) -> NDArray[np.uint8]:
    """The left half dark, the right half bright."""
    return np.tile(np.where(np.arange(width) < width // 2, 80, 170).astype(np.uint8), (height, 1))


def checkerboard_on_halves(width: int = 320, height: int = 240) -> NDArray[np.uint8]:
    """A broad shape (left half dark, right half bright) under a fine one (a checkerboard of 2 pixels, +-40)."""
    rows, columns = np.mgrid[0:height, 0:width]
    broad = np.where(columns < width // 2, 80, 170)
    fine = np.where((rows // 2 + columns // 2) % 2, 40, -40)
    return (broad + fine).astype(np.uint8)
