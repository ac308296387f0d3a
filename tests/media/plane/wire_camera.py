"""What a client sends: sound whose every packet says whose it is, and real VP8 of a pattern with much detail.

The plane never decodes sound, so the sound is readable text. It does decode pictures for the blur, so the pictures are
real: a person's own broad shape of dark and bright, under a fine checkerboard that no small grid can carry.
"""

from fractions import Fraction
from functools import cache

import av
import numpy as np
from aiortc.codecs.vpx import VpxPayloadDescriptor
from av.video.frame import PictureType, VideoFrame
from numpy.typing import NDArray

WIDTH, HEIGHT = 160, 120
CELL = 4
"""Pixels of one square of the checkerboard."""
MAX_PART = 1100
"""Bytes of one RTP payload."""
SOUND_BYTES = 80
"""About 32 kbit/s at 50 packets a second."""


def sound(name: str, number: int) -> bytes:
    """The payload of the `number`-th sound packet of a person."""
    return f"sound of {name} {number:08d} ".encode().ljust(SOUND_BYTES, b".")


class Camera:
    """Encodes a person's picture on demand; a key frame comes only when it is asked for.

    Each `take` of the same person has picture ids of its own, so that its bytes are like no other's.
    """

    def __init__(self, person: int, take: int) -> None:
        self._person = person
        self._encoder = _encoder()
        self._count = 0
        self._picture_id = 1000 * take

    def payloads(self, *, key: bool) -> list[bytes]:
        """The RTP payloads of the next frame, with picture ids as Chromium writes them."""
        frame = VideoFrame.from_ndarray(_planes(self._person, self._count % (2 * CELL)), format="yuv420p")
        frame.pts, frame.time_base = self._count, Fraction(1, 15)
        frame.pict_type = PictureType.I if key else PictureType.NONE
        self._count += 1
        return self._pack(bytes(self._encoder.encode(frame)[0]))

    def _pack(self, data: bytes) -> list[bytes]:
        self._picture_id = (self._picture_id + 1) & 0x7FFF
        parts = [data[i : i + MAX_PART] for i in range(0, len(data), MAX_PART)]
        return [
            bytes(VpxPayloadDescriptor(int(i == 0), 0, picture_id=self._picture_id)) + part
            for i, part in enumerate(parts)
        ]


def shape(luma: NDArray[np.uint8]) -> tuple[int, ...]:
    """Which of the picture's four quarters are bright, row by row: a person's broad shape."""
    rows, columns = luma.shape[0] // 2, luma.shape[1] // 2
    quarters = (luma[r : r + rows, c : c + columns] for r in (0, rows) for c in (0, columns))
    return tuple(int(np.median(quarter) > 125) for quarter in quarters)


def shape_of(person: int) -> tuple[int, ...]:
    """The broad shape of a person's own picture."""
    return tuple((person + 1) >> bit & 1 for bit in range(4))


def detail(luma: NDArray[np.uint8]) -> float:
    """How strongly neighbouring squares of the checkerboard differ, in steps of brightness; 0 for a smooth picture."""
    rows = np.arange(CELL, HEIGHT - CELL) * luma.shape[0] // HEIGHT
    columns = np.arange(CELL, WIDTH - CELL) * luma.shape[1] // WIDTH
    full = luma[np.ix_(rows, columns)].astype(float)
    return float(np.mean(np.abs(full[:, CELL:] - full[:, :-CELL])))


@cache
def _planes(person: int, count: int) -> NDArray[np.uint8]:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    quarter = 2 * (rows >= HEIGHT // 2) + (columns >= WIDTH // 2)
    broad = 80 + 90 * np.array(shape_of(person))[quarter]
    checks = ((rows + count % 2) // CELL + (columns + count) // CELL) % 2
    luma = (broad + 50 * checks - 25).astype(np.uint8)
    return np.vstack([luma, np.full((HEIGHT // 2, WIDTH), 128, np.uint8)])


def _encoder() -> av.VideoCodecContext:
    context = av.CodecContext.create("libvpx", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height = WIDTH, HEIGHT
    context.pix_fmt = "yuv420p"
    context.time_base = Fraction(1, 15)
    context.bit_rate = 400_000
    context.gop_size = 100_000
    context.thread_count = 1
    context.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    return context
