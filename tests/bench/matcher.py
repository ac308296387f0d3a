"""A face matcher as programs have it: find the face, lay it straight, compare what a network says of it.

Dlib's: the HOG detector (OpenCV's Haar cascade where that finds nothing), five landmarks, and the ResNet that knows 99.4 % of the
pairs of LFW apart. It has clear photographs and no blurred ones.
"""

from __future__ import annotations

from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tests.bench.footage import HEIGHT, WIDTH, NoPicturesError, cv, folder

try:
    import dlib
except ImportError:  # an extra
    dlib = None

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tests.bench.footage import Grey

SHARPENED: Final = (30, 4)
"""Radius in pixels and strength of the unsharp mask. Of the six that were tried against veiled none gave the matcher back more
than one in two hundred beyond what this one does."""
_LEAST_FACE: Final = 100
_NEAR: Final = (60, 70)
"""As far as the middle of a face that was found may lie from where it is."""


def boxes_of_haar(picture: Grey) -> list[tuple[int, int, int, int]]:
    """What OpenCV's frontal Haar cascade takes for a face where one is: left, top, width, height."""
    cascade = cv().CascadeClassifier(cv().data.haarcascades + "haarcascade_frontalface_default.xml")
    found = cascade.detectMultiScale(picture, 1.1, 4, minSize=(_LEAST_FACE, _LEAST_FACE))
    return [tuple(map(int, box)) for box in found if _in_the_middle(*map(int, box))]


def sharpened(picture: Grey) -> Grey:
    """What somebody does who wants back what was smoothed away."""
    radius, strength = SHARPENED
    exact = picture.astype(np.float32)
    mask = exact - cv().GaussianBlur(exact, (0, 0), radius)
    return np.clip(exact + strength * mask, 0, 255).astype(np.uint8)


class Matcher:
    """Knows people by clear photographs. Raises NoPicturesError where dlib or its networks are missing."""

    def __init__(self, people: Sequence[int], photographs: Sequence[Grey]) -> None:
        self._people = np.array(people)
        self._known = np.array([self._describe(one, self.place(one)) for one in photographs])

    @staticmethod
    def place(picture: Grey) -> Any:
        """Where the face is; None where it isn't found."""
        return next(_boxes(picture), None)

    def name(self, picture: Grey, place: Any) -> int | None:
        """Whom the face at this place resembles most; nobody, where there is no place."""
        if place is None:
            return None
        distances = np.linalg.norm(self._known - self._describe(picture, place), axis=1)
        return int(self._people[np.argmin(distances)])

    @staticmethod
    def _describe(picture: Grey, place: Any) -> NDArray[np.float64]:
        landmarks, network = _networks()
        colours = _colours(picture)
        return np.array(network.compute_face_descriptor(colours, landmarks(colours, place)))


def _boxes(picture: Grey) -> Iterator[Any]:
    hog = (
        box
        for box in _hog()(_colours(picture))
        if _in_the_middle(box.left(), box.top(), box.width(), box.height())
    )
    haar = (
        _dlib().rectangle(left, top, left + width, top + height)
        for left, top, width, height in boxes_of_haar(picture)
    )
    return chain(hog, haar)


def _in_the_middle(left: int, top: int, width: int, height: int) -> bool:
    across, down = _NEAR
    return abs(left + width / 2 - WIDTH / 2) < across and abs(top + height / 2 - HEIGHT / 2) < down


def _colours(picture: Grey) -> NDArray[np.uint8]:
    return np.ascontiguousarray(cv().cvtColor(picture, cv().COLOR_GRAY2RGB))


def _dlib() -> Any:
    if dlib is None:
        raise NoPicturesError("dlib is not installed: make faces")
    return dlib


@cache
def _hog() -> Any:
    return _dlib().get_frontal_face_detector()


@cache
def _networks() -> tuple[Any, Any]:
    models = folder("face_recognition_models") / "models"
    return (
        _dlib().shape_predictor(str(models / "shape_predictor_5_face_landmarks.dat")),
        _dlib().face_recognition_model_v1(str(models / "dlib_face_recognition_resnet_model_v1.dat")),
    )
