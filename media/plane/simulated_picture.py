"""A calm moving picture of nobody: head and shoulders, softly drawn, before a slow dusk.

Everything costly (shapes, colours, gradients) is drawn once; a frame shifts the pieces and lays them over
each other in YUV 4:2:0, which is what the encoder wants. A warm halo swells with the voice.
"""

import fractions
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import VideoFrame
from numpy.typing import NDArray

from media.plane.simulated_pace import Metronome

WIDTH, HEIGHT = 320, 240
FRAMES_PER_S = 15
VIDEO_CLOCK_HZ = 90_000  # RFC 7741 section 4.1
MARGIN = 24  # pixels round the figure, so that it can sway without an edge showing
DUSK_PERIOD_S = 40.0
SOFT_EDGE = 2.5  # pixels

Colour = tuple[int, int, int]
Layer = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one person's picture, as (red, green, blue)."""

    sky: Colour
    horizon: Colour
    clothes: Colour
    skin: Colour
    hair: Colour
    glow: Colour


PALETTES = (
    Palette((38, 44, 84), (222, 138, 110), (54, 92, 110), (214, 164, 138), (58, 40, 38), (255, 206, 150)),
    Palette((30, 62, 84), (232, 176, 128), (124, 70, 88), (172, 120, 92), (34, 28, 34), (255, 216, 168)),
    Palette((58, 44, 92), (206, 150, 168), (76, 96, 72), (228, 186, 160), (126, 98, 78), (255, 224, 190)),
    Palette((28, 56, 70), (196, 160, 132), (88, 82, 120), (130, 90, 70), (26, 22, 24), (255, 210, 160)),
)


def _yuv(colour: Colour) -> NDArray[np.float32]:
    """BT.601, limited range: what VP8 means by its three planes (RFC 6386 section 9.2)."""
    red, green, blue = (part / 255.0 for part in colour)
    return np.array(
        [
            16 + 65.481 * red + 128.553 * green + 24.966 * blue,
            128 - 37.797 * red - 74.203 * green + 112.0 * blue,
            128 + 112.0 * red - 93.786 * green - 18.214 * blue,
        ],
        dtype=np.float32,
    )


def _ellipse(width: int, height: int, centre: tuple[float, float], radii: tuple[float, float]) -> Layer:
    """How far each pixel lies in an ellipse, 0..1, with a soft edge."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    distance: Layer = np.hypot((columns - centre[0]) / radii[0], (rows - centre[1]) / radii[1])
    shape: Layer = np.clip((1.0 - distance) * min(radii) / SOFT_EDGE + 0.5, 0.0, 1.0)
    return shape


def _halve(layer: Layer) -> Layer:
    """A plane at half the size in both directions, as 4:2:0 wants its colours."""
    halved: Layer = layer.reshape(layer.shape[0] // 2, 2, layer.shape[1] // 2, 2).mean(axis=(1, 3))
    return halved


class Piece:
    """One movable part of the figure with a margin round it: its cover, and its planes times the cover."""

    def __init__(self) -> None:
        shape = (HEIGHT + 2 * MARGIN, WIDTH + 2 * MARGIN)
        self._cover: Layer = np.zeros(shape, np.float32)
        self._planes: list[Layer] = [np.zeros(shape, np.float32) for _ in range(3)]
        self._ready: list[tuple[Layer, Layer]] = []

    def add(self, colour: Colour, centre: tuple[float, float], radii: tuple[float, float]) -> "Piece":
        """Lay an ellipse over what is there; centre and radii in pixels of the finished picture."""
        height, width = self._cover.shape
        shape = _ellipse(width, height, (centre[0] + MARGIN, centre[1] + MARGIN), radii)
        self._planes = [
            plane + (value - plane) * shape for plane, value in zip(self._planes, _yuv(colour), strict=True)
        ]
        self._cover = self._cover + (1.0 - self._cover) * shape
        return self

    def finish(self) -> "Piece":
        """Make what a frame needs: for each plane, what is left of the ground and what is laid over it."""
        scaled = [(self._cover, self._planes[0])]
        scaled += [(_halve(self._cover), _halve(plane)) for plane in self._planes[1:]]
        self._ready = [(1.0 - cover, plane) for cover, plane in scaled]
        return self

    def lay(self, planes: list[Layer], right: int, down: int) -> list[Layer]:
        """The planes with this piece laid over them, shifted by even numbers of pixels within the margin."""
        laid = []
        for plane, (left, over) in zip(planes, self._ready, strict=True):
            half = HEIGHT // plane.shape[0]
            row, column = (MARGIN - down) // half, (MARGIN - right) // half
            window = np.s_[row : row + plane.shape[0], column : column + plane.shape[1]]
            laid.append(plane * left[window] + over[window])
        return laid


class Portrait:
    """The picture of one person as a function of time and of the voice's level; frames are YUV 4:2:0."""

    def __init__(self, person: int) -> None:
        palette = PALETTES[person % len(PALETTES)]
        self._pace = 1.0 + 0.13 * (person % 5)  # so that two people never sway in step
        self._dusk = (_dusk(palette.sky, palette.horizon, 0.0), _dusk(palette.sky, palette.horizon, 0.22))
        self._halo = _halo(palette.glow)
        self._shoulders = (
            Piece()
            .add(palette.clothes, (160, 262), (104, 78))
            .add(palette.skin, (160, 180), (22, 34))
            .add(palette.clothes, (160, 238), (70, 36))
            .finish()
        )
        self._head = (
            Piece()
            .add(palette.hair, (160, 106), (50 + person % 3 * 3, 58))
            .add(palette.skin, (160, 124), (39, 49))
            .add(palette.hair, (160 - 6 + person % 3 * 6, 84), (38, 20))
            .finish()
        )

    def draw(self, at_s: float, level: float) -> NDArray[np.uint8]:
        """The picture at ``at_s`` seconds: 360 rows of 320 bytes, the layout of ``yuv420p``."""
        time = at_s * self._pace
        sway = 7 * math.sin(0.55 * time)
        nod = 3 * math.sin(1.1 * time) + 5 * level * abs(math.sin(4.2 * time))
        planes = self._shoulders.lay(
            self._ground(at_s, level), _even(sway * 0.6), _even(1.5 * math.sin(1.5 * time))
        )
        planes = self._head.lay(planes, _even(sway), _even(nod))
        flat = np.concatenate([plane.reshape(-1) for plane in planes])
        return flat.clip(0, 255).astype(np.uint8).reshape(-1, WIDTH)

    def _ground(self, at_s: float, level: float) -> list[Layer]:
        """The sky at this moment with the halo's light on it."""
        dusk = np.float32(0.5 - 0.5 * math.cos(2 * math.pi * at_s / DUSK_PERIOD_S))
        glow = np.float32(0.35 + 0.65 * level)
        return [
            early + (late - early) * dusk + halo * glow
            for early, late, halo in zip(*self._dusk, self._halo, strict=True)
        ]


def _even(pixels: float) -> int:
    """The nearest even number: the colour planes have half the picture's steps."""
    return 2 * round(pixels / 2)


def _dusk(sky: Colour, horizon: Colour, later: float) -> list[Layer]:
    """A vertical gradient in three planes; ``later`` lets the horizon sink, 0..1 of the height."""
    down = np.clip(np.linspace(-later, 1.0, HEIGHT, dtype=np.float32), 0.0, 1.0) ** 1.4
    full = _yuv(sky)[:, None] * (1.0 - down) + _yuv(horizon)[:, None] * down
    # A little tilt keeps the bands of a smooth gradient from showing as lines.
    luma = full[0][:, None] + np.linspace(-4.0, 4.0, WIDTH, dtype=np.float32)[None, :]
    colours = [np.repeat(half[::2, None], WIDTH // 2, axis=1) for half in full[1:]]
    return [luma.astype(np.float32), *(colour.astype(np.float32) for colour in colours)]


def _halo(glow: Colour) -> list[Layer]:
    """A soft light behind the head, as what it adds to each plane at full strength."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    strength = np.exp(-(((columns - 160) / 78) ** 2) - ((rows - 116) / 84) ** 2).astype(np.float32)
    luma, blue, red = _yuv(glow)
    small = _halve(strength)
    return [strength * (luma - 16) * 0.28, small * (blue - 128) * 0.5, small * (red - 128) * 0.5]


class PortraitTrack(MediaStreamTrack):
    """An aiortc video track of a :class:`Portrait`: 320x240 at 15 frames a second."""

    kind = "video"

    def __init__(self, portrait: Portrait, level: Callable[[], float]) -> None:
        super().__init__()
        self._portrait = portrait
        self._level = level
        self._shown = 0.0
        self._metronome = Metronome(1.0 / FRAMES_PER_S)

    async def recv(self) -> VideoFrame:
        """The next picture when it is due.

        Raises:
            MediaStreamError: the track was stopped.
        """
        if self.readyState != "live":
            raise MediaStreamError
        beat = await self._metronome.beat()
        # Syllables are faster than is pleasant for a light: follow them slowly.
        self._shown += (self._level() - self._shown) * 0.3
        frame = VideoFrame.from_ndarray(
            self._portrait.draw(beat / FRAMES_PER_S, self._shown), format="yuv420p"
        )
        frame.pts = beat * VIDEO_CLOCK_HZ // FRAMES_PER_S
        frame.time_base = fractions.Fraction(1, VIDEO_CLOCK_HZ)
        return frame
