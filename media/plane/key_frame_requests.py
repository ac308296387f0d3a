"""When a publisher is asked for a key frame: at most every 500 ms, and never forgotten.

Pure. Chromium merges requests that are closer together than 300 to 500 ms (FINDINGS section 4).
"""

from __future__ import annotations

from typing import Final

MIN_INTERVAL_S: Final = 0.5


class KeyFrameRequests:
    """Collects the wishes of all viewers of one subject and lets one through at a time."""

    __slots__ = ("_last_sent_at", "_wanted")

    def __init__(self) -> None:
        self._last_sent_at = float("-inf")
        self._wanted = False

    def want(self, now: float) -> bool:
        """A viewer needs a key frame. True: send a PLI now; False: it is kept for `due`."""
        self._wanted = True
        return self.due(now)

    def due(self, now: float) -> bool:
        """Whether a PLI is to be sent now; counts it as sent."""
        if not self._wanted or now - self._last_sent_at < MIN_INTERVAL_S:
            return False
        self._last_sent_at = now
        return True

    def arrived(self) -> None:
        """A key frame came: nobody is waiting any more."""
        self._wanted = False
