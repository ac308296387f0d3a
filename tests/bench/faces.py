"""What each level leaves of a face: for a detector, for recognisers, and of the head's movement.

Every picture goes through the product's own pipeline, and is scaled up as a browser does it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import compress
from operator import eq
from typing import TYPE_CHECKING, Any, Final

import av
import numpy as np
from av.video.frame import VideoFrame

from media.mediation.distance import Distance
from media.plane.blur_pipeline import BlurPipeline
from media.plane.vp8_frames import Frame
from tests.bench.footage import (
    FACE_HEIGHT,
    FAR,
    HEIGHT,
    KNOWN,
    PEOPLE,
    PHOTOGRAPHS,
    WIDTH,
    clip,
    come_near,
    crop,
    cv,
    faces,
    framed,
    further_away,
)
from tests.bench.head_movement import alike, movement
from tests.bench.matcher import Matcher, boxes_of_haar, sharpened
from tests.bench.table import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from tests.bench.footage import Grey

LEVELS: Final = (Distance.CLEAR, Distance.SOFT, Distance.VEILED)
_BLOCKS: Final = 8
_STEP_RTP: Final = 6000
_PERSON: Final = np.arange(PEOPLE * PHOTOGRAPHS) // PHOTOGRAPHS
_IS_KNOWN: Final = np.arange(PEOPLE * PHOTOGRAPHS) % PHOTOGRAPHS < KNOWN


@dataclass(frozen=True, slots=True)
class Matched:
    """What a face matcher makes of one level's pictures; parts of 1."""

    whole: float
    """Found and named."""
    sharpened: float
    """Found and named after sharpening."""
    told: float
    """Named, when told where the face is: as it is or sharpened, whichever serves better."""


@dataclass(frozen=True, slots=True)
class Left:
    """What one level leaves; parts of 1."""

    level: Distance
    detected: float
    matched: Matched
    named_by_texture: float
    """By local binary patterns, from clear photographs."""
    named_by_pixels: float
    """By the brightness itself, from clear photographs."""
    named_when_blurred: float
    """The same, from photographs that were blurred just as much."""
    movement: float
    """Correlation of the head's movement, picture by picture, with that in the clear clip."""
    movement_far: float
    """The same of a smaller head, further away."""


def measure() -> list[Left]:
    """Look at every level. Raises NoPicturesError."""
    photographs = [framed(face) for face in faces()]
    known = [one for one, is_known in zip(photographs, _IS_KNOWN, strict=True) if is_known]
    matcher = Matcher(_PERSON[_IS_KNOWN].tolist(), known)
    near = list(clip())
    far = [further_away(picture) for picture in near]
    clear = [crop(photograph) for photograph in photographs]
    moved, moved_far = movement(near), movement(map(come_near, far))
    found = []
    for level in LEVELS:
        seen = [next(through([photograph], level)) for photograph in photographs]
        crops = [crop(picture) for picture in seen]
        found.append(
            Left(
                level,
                detected=float(np.mean([bool(boxes_of_haar(picture)) for picture in seen])),
                matched=_matched(matcher, photographs, seen),
                named_by_texture=_named(map(_texture, clear), map(_texture, crops)),
                named_by_pixels=_named(map(_pixels, clear), map(_pixels, crops)),
                named_when_blurred=_named(map(_pixels, crops), map(_pixels, crops)),
                movement=alike(moved, movement(through(near, level))),
                movement_far=alike(moved_far, movement(map(come_near, through(far, level)))),
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
        "level", "a detector finds it", "a face matcher finds and names it", "after sharpening", "told where it is",
        "named by texture", "named by pixels", "named from blurred photographs",
        "head movement (r)", f"of a head {FAR} times smaller",
    )  # fmt: skip
    return [
        heading,
        *(
            (
                one.level.value,
                f"{one.detected:.0%}",
                f"{one.matched.whole:.1%}",
                f"{one.matched.sharpened:.1%}",
                f"{one.matched.told:.1%}",
                f"{one.named_by_texture:.1%}",
                f"{one.named_by_pixels:.1%}",
                f"{one.named_when_blurred:.1%}",
                f"{one.movement:.2f}",
                f"{one.movement_far:.2f}",
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
        yield cv().resize(grey, (WIDTH, HEIGHT), interpolation=cv().INTER_LINEAR)


def _camera() -> Any:
    camera = av.CodecContext.create("libvpx", "w")
    camera.width, camera.height, camera.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    camera.time_base = Fraction(1, 90_000)
    camera.bit_rate = 2_000_000
    camera.gop_size = 3000
    camera.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    return camera


def _matched(matcher: Matcher, clear: Sequence[Grey], seen: Sequence[Grey]) -> Matched:
    """Of the photographs that it doesn't know."""
    asked, pictures = (list(compress(every, ~_IS_KNOWN)) for every in (clear, seen))
    sharp = list(map(sharpened, pictures))

    def part(pictures: Sequence[Grey], places: Sequence[Grey]) -> float:
        named = [
            matcher.name(picture, matcher.place(place))
            for picture, place in zip(pictures, places, strict=True)
        ]
        return sum(map(eq, named, _PERSON[~_IS_KNOWN].tolist())) / len(named)

    return Matched(
        whole=part(pictures, pictures),
        sharpened=part(sharp, sharp),
        told=max(part(pictures, asked), part(sharp, asked)),
    )


def _pixels(crop: Grey) -> NDArray[np.float64]:
    small = cv().resize(crop, (46, 56), interpolation=cv().INTER_AREA).astype(float).ravel()
    return (small - small.mean()) / (small.std() + 1e-9) / np.sqrt(small.size)


def _texture(crop: Grey) -> NDArray[np.float64]:
    """Histograms of local binary patterns, block by block: what tells people apart in fine detail."""
    small = cv().resize(crop, (92, 112), interpolation=cv().INTER_AREA).astype(int)
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
    gallery, probes = np.array(list(known))[_IS_KNOWN], np.array(list(asked))[~_IS_KNOWN]
    nearest = np.argmax(probes @ gallery.T, axis=1)
    return float(np.mean(_PERSON[_IS_KNOWN][nearest] == _PERSON[~_IS_KNOWN]))
