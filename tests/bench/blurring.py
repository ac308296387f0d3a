"""The blur beside the obvious way: aiortc's decoder, a Gaussian at full size, aiortc's encoder.

CPU time of this process for each frame of the camera, everything included. The Gaussian is OpenCV's where that is installed
(`make faces` does), and FFmpeg's; the bounds are judged by OpenCV's, which is what most would take, and for what the page sends:
two temporal layers, of which the upper one need not be decoded. What a browser that knows no layers costs stands beside it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from aiortc.codecs.vpx import Vp8Decoder, Vp8Encoder
from aiortc.jitterbuffer import JitterFrame
from av import VideoFrame
from av.filter import Graph
from av.video.format import VideoFormat

from media.mediation.distance import Distance
from media.plane.blur_pipeline import BlurPipeline
from media.plane.top_layer import TopLayer
from media.plane.vp8_frames import Frame
from tests.bench.clip import HEIGHT, VIDEO_STEP_RTP, WIDTH, encoded_pictures
from tests.bench.table import table, verdict

try:
    import cv2
except ImportError:  # an extra
    cv2 = None

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Variant = Callable[[Sequence[bytes]], None]

CELLS: Final = 64
"""Of `soft` across the picture; the obvious Gaussian has the same softness: 0.8 cells."""
BOTH: Final = (Distance.SOFT, Distance.VEILED)


@dataclass(frozen=True, slots=True)
class Size:
    """What a camera sends."""

    width: int
    height: int
    bit_rate: int
    layered: bool = True

    def __str__(self) -> str:
        return f"{self.width} x {self.height}" + ("" if self.layered else " in one layer")


FULL: Final = (Size(WIDTH, HEIGHT, 1_200_000), Size(1280, 720, 2_500_000))
UNLAYERED: Final = tuple(Size(full.width, full.height, full.bit_rate, layered=False) for full in FULL)
"""As Firefox and Safari send, which know no temporal layers."""
COOPERATING: Final = (Size(160, 120, 100_000), Size(80, 60, 40_000))
"""Of a page that sends less while nobody sees it clearly; beside the obvious way at the first full size."""
BOUNDS: Final = {FULL[0]: 20, FULL[1]: 35, COOPERATING[0]: 80, COOPERATING[1]: 80}
"""How many times cheaper each is to be."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One way of blurring one size."""

    size: Size
    name: str
    us_per_frame: float


def compare(rounds: int, sizes: Sequence[Size] = (*FULL, *UNLAYERED, *COOPERATING)) -> list[Cost]:
    """Blur each clip each way, in turns; medians."""
    clips = {
        size: encoded_pictures(size.width, size.height, size.bit_rate, layered=size.layered) for size in sizes
    }
    found: dict[tuple[Size, str], list[float]] = {}
    for _ in range(rounds):
        for size, clip in clips.items():
            for name, blur in _ways(size):
                began_at = time.process_time()
                blur(clip)
                spent = time.process_time() - began_at
                found.setdefault((size, name), []).append(spent / len(clip) * 1e6)
    return [Cost(size, name, median(values)) for (size, name), values in found.items()]


def ratios(costs: Sequence[Cost]) -> dict[tuple[Size, str], float]:
    """How many times cheaper than the obvious way each is; a cooperating sender than the first full size's."""
    obvious = {cost.size: cost.us_per_frame for cost in reversed(costs) if cost.name.startswith("obvious")}
    return {
        (cost.size, cost.name): obvious.get(cost.size, obvious[FULL[0]]) / cost.us_per_frame for cost in costs
    }


def holds(costs: Sequence[Cost]) -> bool:
    """Whether soft and veiled keep the bounds; they are for OpenCV's Gaussian, so without it there is nothing to judge."""
    return cv2 is None or all(
        ratio >= BOUNDS[size] for (size, name), ratio in ratios(costs).items() if _judged(size, name)
    )


def report(costs: Sequence[Cost], rounds: int) -> str:
    """What was found, as text."""
    rows = [("camera and way", "µs of CPU per frame", "ratio", "bound", "held")]
    for (size, name), ratio in ratios(costs).items():
        spent = next(cost.us_per_frame for cost in costs if (cost.size, cost.name) == (size, name))
        bound = ("", "")
        if cv2 is not None and _judged(size, name):
            bound = (f"1 : {BOUNDS[size]}", verdict(holds=ratio >= BOUNDS[size]))
        rows.append((f"{size}, {name}", f"{spent:.0f}", f"1 : {ratio:.1f}", *bound))
    title = f"Blurring VP8 (median of {rounds} rounds; each against the first obvious way at its size, or at {FULL[0]})"
    lines = [title, table(rows)]
    if cv2 is None:
        lines.append("  OpenCV is not installed here (`make faces` does): nothing to judge the bounds by.")
    return "\n".join(lines)


def _judged(size: Size, name: str) -> bool:
    return size in BOUNDS and name in {distance.value for distance in BOTH}


def _ways(size: Size) -> Iterator[tuple[str, Variant]]:
    if size not in COOPERATING:
        if cv2 is not None:
            yield "obvious, OpenCV's Gaussian", lambda clip: _obviously(clip, _OpenCv(size).apply)
        yield "obvious, FFmpeg's Gaussian", lambda clip: _obviously(clip, _Gblur(size).apply)
    for distance in BOTH:
        yield distance.value, _with_holdspace(size, distance)
    yield "both at once", _with_holdspace(size, *BOTH)


def _obviously(clip: Sequence[bytes], smooth: Callable[[VideoFrame], VideoFrame]) -> None:
    decoder, encoder = Vp8Decoder(), Vp8Encoder()
    for number, data in enumerate(clip):
        for picture in decoder.decode(JitterFrame(data, number * VIDEO_STEP_RTP)):
            if isinstance(picture, VideoFrame):
                encoder.encode(smooth(picture))


def _with_holdspace(size: Size, *levels: Distance) -> Variant:
    wanted = frozenset(levels)

    def blur(clip: Sequence[bytes]) -> None:
        pipeline, top = BlurPipeline(), TopLayer()
        for number, data in enumerate(clip):
            layer = number % 2 if size.layered else 0
            frame = Frame(data, number * VIDEO_STEP_RTP, key=number == 0, layer=layer)
            if top.needed(frame):
                pipeline.process([frame], wanted, wanted if number == 0 else frozenset())

    return blur


class _OpenCv:
    """OpenCV's GaussianBlur at full size."""

    def __init__(self, size: Size) -> None:
        self._sigma = 0.8 * size.width / CELLS
        cv: Any = cv2
        cv.setNumThreads(1)  # the cheapest for it, counted in CPU time
        self._blur = cv.GaussianBlur

    def apply(self, picture: VideoFrame) -> VideoFrame:
        """The picture, smoothed."""
        smooth = VideoFrame.from_ndarray(
            self._blur(picture.to_ndarray(format="bgr24"), (0, 0), self._sigma), format="bgr24"
        )
        smooth.pts, smooth.time_base = picture.pts, picture.time_base
        return smooth


class _Gblur:
    """FFmpeg's gblur at full size: a recursive filter, quicker and less true."""

    def __init__(self, size: Size) -> None:
        graph = Graph()
        graph.threads = 1
        self._source = graph.add_buffer(
            width=size.width,
            height=size.height,
            format=VideoFormat("yuv420p", size.width, size.height),
            time_base=Fraction(1, 90_000),
        )
        gaussian = graph.add("gblur", f"sigma={0.8 * size.width / CELLS}")
        self._sink = graph.add("buffersink")
        self._source.link_to(gaussian)
        gaussian.link_to(self._sink)
        graph.configure()
        self._graph = graph

    def apply(self, picture: VideoFrame) -> VideoFrame:
        """The picture, smoothed."""
        self._source.push(picture)
        smooth = self._sink.pull()
        if not isinstance(smooth, VideoFrame):
            raise TypeError("the smoothing gave no picture")
        return smooth
