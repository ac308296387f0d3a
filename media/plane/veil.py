"""The veil: a small ready-made VP8 key frame that replaces a picture at once.

64 x 48 pixels, a dusk gradient (slate above, dusty rose below) that the page scales up. It is the same for everybody and
carries nothing of any camera. FINDINGS: injected on the view's own SSRC a browser shows it after 25 to 40 ms.
"""

from __future__ import annotations

import base64
from typing import Final

VEIL_FRAME: Final = base64.b64decode(
    "cAUAnQEqQAAwAABHCIWFiIWEiAICAgZIrfs1MD//l3/LCb7XfUcApF1RE/AuEUB9Qp+UTAD+/00NFGPvPD//42GQmAEv9yJSdcOVLNyGDX75q+yc"
    "R0eAF4LiCiuTMgkqgKHV1RcvvcvvWm61U6O5kYGS+px31oAA"
)
"""One VP8 key frame, 120 bytes (RFC 6386)."""

VEIL_WIDTH: Final = 64
VEIL_HEIGHT: Final = 48
