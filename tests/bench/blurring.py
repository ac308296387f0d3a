"""The blur beside the obvious way: aiortc's decoder, a Gaussian at full size, aiortc's encoder.

CPU time of this process for each frame of the camera, everything included.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction
from statistics import median
from typing import TYPE_CHECKING, Final

from aiortc.codecs.vpx import Vp8Decoder, Vp8Encoder
from aiortc.jitterbuffer import JitterFrame
from av import VideoFrame
from av.filter import Graph
from av.video.format import VideoFormat

from media.mediation.distance import Distance
from media.plane.blur_pipeline import BlurPipeline
from media.plane.vp8_frames import Frame
from tests.bench.clip import HEIGHT, VIDEO_STEP_RTP, WIDTH, encoded_pictures
from tests.bench.table import table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Variant = Callable[[Sequence[bytes]], None]

SIGMA_PIXELS: Final = 8
"""0.8 cells of a 64 x 48 grid over 640 x 480: the same softness as `soft`."""
OBVIOUS: Final = "aiortc decode, gblur, aiortc encode"


@dataclass(frozen=True, slots=True)
class Cost:
    """One way of blurring."""

    name: str
    us_per_frame: float


def compare(rounds: int) -> list[Cost]:
    """Blur the clip each way, in turns; medians. The first is the obvious way."""
    clip = encoded_pictures()
    found: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for _ in range(rounds):
        for name, blur in VARIANTS.items():
            began_at = time.process_time()
            blur(clip)
            found[name].append((time.process_time() - began_at) / len(clip) * 1e6)
    return [Cost(name, median(values)) for name, values in found.items()]


def report(costs: Sequence[Cost], rounds: int) -> str:
    """What was found, as text."""
    obvious = costs[0].us_per_frame
    rows = [("way", "ratio", "µs of CPU per frame")]
    rows += [(one.name, f"1 : {obvious / one.us_per_frame:.1f}", f"{one.us_per_frame:.0f}") for one in costs]
    title = f"Blurring {WIDTH} x {HEIGHT} VP8 (median of {rounds} rounds, each against the obvious way)"
    return "\n".join([title, table(rows)])


def _obviously(clip: Sequence[bytes]) -> None:
    decoder, encoder, gaussian = Vp8Decoder(), Vp8Encoder(), _Gaussian()
    for number, data in enumerate(clip):
        for picture in decoder.decode(JitterFrame(data, number * VIDEO_STEP_RTP)):
            if isinstance(picture, VideoFrame):
                encoder.encode(gaussian.apply(picture))


def _with_holdspace(*levels: Distance) -> Variant:
    wanted = frozenset(levels)

    def blur(clip: Sequence[bytes]) -> None:
        pipeline = BlurPipeline()
        for number, data in enumerate(clip):
            frame = Frame(data, number * VIDEO_STEP_RTP, key=number == 0)
            pipeline.process([frame], wanted, wanted if number == 0 else frozenset())

    return blur


class _Gaussian:
    """FFmpeg's gblur at full size."""

    def __init__(self) -> None:
        graph = Graph()
        graph.threads = 1  # the cheapest for it, counted in CPU time
        self._source = graph.add_buffer(
            width=WIDTH,
            height=HEIGHT,
            format=VideoFormat("yuv420p", WIDTH, HEIGHT),
            time_base=Fraction(1, 90_000),
        )
        gaussian = graph.add("gblur", f"sigma={SIGMA_PIXELS}")
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


VARIANTS: Final[dict[str, Variant]] = {
    OBVIOUS: _obviously,
    "Holdspace, soft": _with_holdspace(Distance.SOFT),
    "Holdspace, veiled": _with_holdspace(Distance.VEILED),
    "Holdspace, both at once": _with_holdspace(Distance.SOFT, Distance.VEILED),
}
