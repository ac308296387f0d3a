"""Opus silence: what a listener's browser needs to hear a microphone close quickly.

When packets merely stop, Chromium's concealment stretches the last sound for a quarter of a second (FINDINGS section 3). A
few ready-made silent frames end it within 80 to 130 ms. They are the server's own bytes; nothing of the speaker is in them.
"""

from __future__ import annotations

from typing import Final

SILENCE_FRAME: Final = b"\xf8\xff\xfe"
"""One 20 ms Opus frame of digital silence (RFC 6716: a CELT frame, full band, mono)."""

SILENCE_SAMPLES: Final = 960
"""RTP timestamp units of one frame: 20 ms at 48 kHz."""

SILENCE_FRAMES: Final = 4
"""How many follow each other at a close: 80 ms, so that one may be lost."""

SILENCE_LEVEL: Final = 127
"""Audio level of digital silence, in -dBov (RFC 6464)."""
