"""Which frames the blur need not decode: those of a camera's top temporal layer, while what is left moves smoothly. Pure.

A sender with two layers makes every second frame so that no other needs it. Decoding is the most of what a blur costs, and a
blurred picture has half the frames of a camera with 30 anyway: without the top layer it costs about half, and looks the same.
What a sender says of its layers is not trusted with more than its own picture: at the worst that stands still or shows rubbish,
blurred.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from media.plane.vp8_frames import Frame

LONGEST_STEP_RTP: Final = 6500
"""90 kHz units between two frames, on average: what is left has nearly 14 a second or more. Of a camera with 25 frames a second,
or one that a dark room has slowed down, everything is decoded."""
_SETTLING: Final = 4
"""Frames over which the average is taken, about."""
_PAUSE_RTP: Final = 18_000
"""A longer step is a pause of the camera and counts as this much."""


class TopLayer:
    """Follows one camera's frames, all of them, in order."""

    def __init__(self) -> None:
        self._top: int | None = None
        """The layer to do without; it stays so until a key frame, since what is above it may be made from it."""
        self._left_out = False
        self._last_ts: int | None = None
        self._step: float | None = None
        """Between two frames below the top."""

    def needed(self, frame: Frame) -> bool:
        """Whether this frame is to be decoded."""
        if frame.key:
            self._top, self._left_out = None, False
        if frame.key or frame.layer == 0 or (self._top is not None and frame.layer < self._top):
            self._measure(frame.ts)
            return True
        if self._top is None:
            self._top = frame.layer
        if self._step is not None and self._step <= LONGEST_STEP_RTP:
            self._left_out = True
        elif frame.sync and frame.layer == self._top:
            # Only here: any other frame of this layer may be made from one that was not decoded.
            self._left_out = False
        return not self._left_out

    def _measure(self, ts: int) -> None:
        if self._last_ts is not None:
            step = min((ts - self._last_ts) & 0xFFFFFFFF, _PAUSE_RTP)
            self._step = step if self._step is None else self._step + (step - self._step) / _SETTLING
        self._last_ts = ts
