"""How a head moves in a clip, and how alike two such movements are."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from tests.bench.footage import cv

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from tests.bench.footage import Grey


def movement(pictures: Iterable[Grey]) -> NDArray[np.float64]:
    """How the middle of the picture moves, from picture to picture: right and down."""
    small = [cv().resize(picture, (160, 120), interpolation=cv().INTER_AREA) for picture in pictures]
    flows = [
        cv().calcOpticalFlowFarneback(a, b, None, 0.5, 3, 21, 3, 7, 1.5, 0)[20:100, 40:120]
        for a, b in pairwise(small)
    ]
    return np.array([flow.reshape(-1, 2).mean(axis=0) for flow in flows])


def alike(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The correlation of two movements."""
    return float(np.mean([np.corrcoef(one[:, axis], other[:, axis])[0, 1] for axis in (0, 1)]))
