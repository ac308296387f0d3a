"""From a camera's VP8 frames to tiny, softened ones: decode, shrink, smooth, encode (FINDINGS sections 4 and 6).

Knows pictures and codecs, no network and no loop: it runs in a worker thread, one pipeline per subject, one thread at a time.
The picture is shrunk to a few hundred pixels and sent at that size; the browser scales it up. The Gaussian after the shrinking
matters as much as the grid: without it a recogniser still finds a face in the steps between the cells.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import av
from av.filter import Graph
from av.video.format import VideoFormat
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

from media.mediation.distance import Distance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from av.filter.context import FilterContext
    from av.video.codeccontext import VideoCodecContext

    from media.plane.vp8_frames import Frame

PIXEL_BUDGET: Final = {Distance.SOFT: 64 * 48, Distance.VEILED: 32 * 24}
"""How many pixels of the whole picture are left (FINDINGS section 6)."""

MIN_FRAME_INTERVAL_RTP: Final = {Distance.SOFT: 3500, Distance.VEILED: 5500}
"""90 kHz units: of a camera with 30 frames a second both show every second one, of one with 25 soft shows every one. The rest is
decoded at most: a softened picture moves smoothly enough, and every frame more would have to be shrunk and encoded as well."""

_BIT_RATE: Final = {Distance.SOFT: 60_000, Distance.VEILED: 30_000}
"""46 dB of a talking head: the coder adds nothing that could be seen to what the shrinking took away."""
_GAUSSIAN: Final = {Distance.SOFT: "sigma=1.05:steps=4", Distance.VEILED: "sigma=1.45:steps=4"}
"""Gaussians of 0.8 and 1.2 cells: FFmpeg's recursive filter smooths less than its sigma says. Of a hard edge they keep 48 % and
33 % in one step between two cells. At 1.2 cells a face matcher falls to chance even on sharpened pictures, and nine tenths of a
near head's movement are kept (docs/levels.md); a coarser grid that hides as much keeps less of it."""
_TIME_BASE: Final = Fraction(1, 90_000)
_MIN_SIDE: Final = 8


@dataclass(frozen=True, slots=True)
class Blurred:
    """One encoded frame of one level."""

    level: Distance
    data: bytes
    ts: int
    """RTP timestamp of the source frame, 90 kHz."""
    key: bool


def grid(width: int, height: int, level: Distance) -> tuple[int, int]:
    """The size that a `width` x `height` picture is shrunk to: its shape kept, its pixels within the budget, even sides."""
    scale = math.sqrt(PIXEL_BUDGET[level] / (width * height))
    columns, rows = (max(_MIN_SIDE, 2 * int(side * scale / 2 + 0.01)) for side in (width, height))
    # Of a strip the short side can't shrink further: then the long one keeps to the budget.
    longest = PIXEL_BUDGET[level] // _MIN_SIDE
    return min(columns, longest), min(rows, longest)


class BlurPipeline:
    """Decodes one subject's camera once and encodes it once for each level that somebody sees."""

    def __init__(self) -> None:
        self._decoder = _decoder()
        self._levels: dict[Distance, _Level] = {}

    def process(
        self, frames: Sequence[Frame], levels: frozenset[Distance], key_frames_for: frozenset[Distance]
    ) -> list[Blurred]:
        """Decode all frames in order; shrink and encode the newest.

        Raises:
            av.error.FFmpegError: the frames can't be decoded; the pipeline is to be thrown away.
        """
        newest: VideoFrame | None = None
        ts = 0
        for frame in frames:
            for picture in self._decoder.decode(av.Packet(frame.data)):
                newest, ts = picture, frame.ts
        self._levels = {level: kept for level, kept in self._levels.items() if level in levels}
        if newest is None:
            return []
        blurred = (
            self._encode(newest, ts, level, force_key=level in key_frames_for) for level in sorted(levels)
        )
        return [frame for frame in blurred if frame is not None]

    def _encode(self, picture: VideoFrame, ts: int, level: Distance, *, force_key: bool) -> Blurred | None:
        size = grid(picture.width, picture.height, level)
        kept = self._levels.get(level)
        if kept is None or kept.size != size:
            kept = self._levels[level] = _Level(level, size)
        return kept.encode(picture, ts, force_key=force_key)


class _Level:
    """Shrinks, smooths and encodes for one level."""

    def __init__(self, level: Distance, size: tuple[int, int]) -> None:
        self.size = size
        self._level = level
        self._scaler = VideoReformatter()
        self._smoothing = _Smoothing(level, size)
        self._encoder = _encoder(size, _BIT_RATE[level])
        self._last_ts: int | None = None
        self._pts = 0

    def encode(self, picture: VideoFrame, ts: int, *, force_key: bool) -> Blurred | None:
        elapsed = (
            MIN_FRAME_INTERVAL_RTP[self._level]
            if self._last_ts is None
            else (ts - self._last_ts) & 0xFFFFFFFF
        )
        if elapsed < MIN_FRAME_INTERVAL_RTP[self._level] and not force_key:
            return None
        self._last_ts = ts
        self._pts += max(1, min(elapsed, 90_000))
        small = self._scaler.reformat(
            picture, *self.size, format="yuv420p", interpolation=Interpolation.AREA, threads=1
        )
        small.pts, small.time_base = self._pts, _TIME_BASE
        smooth = self._smoothing.apply(small)
        smooth.pict_type = PictureType.I if force_key else PictureType.NONE
        packets = self._encoder.encode(smooth)
        return Blurred(self._level, bytes(packets[0]), ts, packets[0].is_keyframe) if packets else None


class _Smoothing:
    """A Gaussian over the small picture."""

    def __init__(self, level: Distance, size: tuple[int, int]) -> None:
        graph = Graph()
        graph.threads = 1
        self._source: FilterContext = graph.add_buffer(
            width=size[0], height=size[1], format=VideoFormat("yuv420p", *size), time_base=_TIME_BASE
        )
        gaussian = graph.add("gblur", _GAUSSIAN[level])
        self._sink = graph.add("buffersink")
        self._source.link_to(gaussian)
        gaussian.link_to(self._sink)
        graph.configure()
        self._graph = graph

    def apply(self, picture: VideoFrame) -> VideoFrame:
        self._source.push(picture)
        smooth = self._sink.pull()
        if not isinstance(smooth, VideoFrame):  # the sink of a video graph gives nothing else
            raise TypeError("the smoothing gave no picture")
        return smooth


def _decoder() -> VideoCodecContext:
    context = av.CodecContext.create("vp8", "r")
    # The loop filter only smooths block edges at full size, which the shrinking does anyway: a third of the decoding time.
    context.options = {"skip_loop_filter": "all"}
    context.thread_count = 1
    return context


def _encoder(size: tuple[int, int], bit_rate: int) -> VideoCodecContext:
    context: VideoCodecContext = av.CodecContext.create("libvpx", "w")
    context.width, context.height = size
    context.pix_fmt = "yuv420p"
    context.time_base = _TIME_BASE
    context.framerate = Fraction(30)
    context.bit_rate = bit_rate
    context.gop_size = 3000
    # At this size threads cost more than they carry: with two, they wait for each other at the price of the whole encoding.
    context.thread_count = 1
    # A positive `cpu-used` lets the coder take as much time as it thinks it has; this is a fixed, quick way.
    context.options = {
        "deadline": "realtime",
        "cpu-used": "-12",
        "lag-in-frames": "0",
        "error-resilient": "1",
    }
    return context
