"""The veil is one small picture, the same for everybody."""

from __future__ import annotations

import av
import numpy as np

from media.plane.downlink_video import MAX_PAYLOAD
from media.plane.veil import VEIL_FRAME, VEIL_HEIGHT, VEIL_WIDTH
from media.plane.vp8 import key_frame_size


def picture() -> np.ndarray:
    """The veil as a browser shows it: rows x columns x (red, green, blue)."""
    (frame,) = av.CodecContext.create("vp8", "r").decode(av.Packet(VEIL_FRAME))
    return frame.to_ndarray(format="rgb24").astype(int)


def test_it_is_a_key_frame_of_64_by_48() -> None:
    """One key frame that stands alone and fits into one packet."""
    assert key_frame_size(VEIL_FRAME) == (VEIL_WIDTH, VEIL_HEIGHT) == (64, 48)
    assert picture().shape == (48, 64, 3)
    assert len(VEIL_FRAME) < MAX_PAYLOAD


def test_it_is_dusk() -> None:
    """Slate above, dusty rose below, evenly from side to side."""
    shown = picture()
    above, below = shown[:6].mean(axis=(0, 1)), shown[-6:].mean(axis=(0, 1))
    assert above[2] > above[0]  # more blue than red
    assert below[0] > below[2]  # more red than blue
    assert below[0] > above[0]
    assert shown.std(axis=1).max() < 8


def test_it_shows_nobody() -> None:
    """A smooth gradient: neighbouring rows and columns hardly differ, so there is no figure in it."""
    brightness = picture().mean(axis=2)
    assert np.abs(np.diff(brightness, axis=0)).max() < 12
    assert np.abs(np.diff(brightness, axis=1)).max() < 8
