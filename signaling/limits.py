"""How fast a client may send: a sliding window, and the two thresholds for messages."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

MESSAGES_WINDOW_S = 5.0
MAX_MESSAGES = 50
"""Messages in a window that are carried out: a browser's burst of candidates at the join stays below 40."""
FLOODING_MESSAGES = 200
"""Messages in a window after which the connection is closed: no client that waits for answers gets there."""
OFFERS_WINDOW_S = 60.0
MAX_OFFERS = 10
"""Offers in a window: an offer costs the server a DTLS handshake, and a shaky line needs one every few seconds."""

SIGNAL_SPACING_S = 5.0
"""Between two silent signals of one participant that reach the therapist. Those in between are refused and put nothing off:
whoever presses again and again in need is told of again and again."""

NOTICE_SPACING_S = 5.0
"""Between two notices of the plane with one code about one person: a client that provokes them must not fill the
outgoing queues of the others."""


class Window:
    """Counts what happened in the last `seconds`; remembers at most `limit` times."""

    def __init__(self, seconds: float, limit: int) -> None:
        self._seconds = seconds
        self._times: deque[float] = deque(maxlen=limit)

    def count(self, now: float) -> int:
        """Add one at `now`; return how many there are in the window, this one included, `limit` at most."""
        while self._times and self._times[0] <= now - self._seconds:
            self._times.popleft()
        self._times.append(now)
        return len(self._times)


class Spacing:
    """Lets one thing of each kind through in `seconds`; kinds are few, or this grows."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._latest: dict[Hashable, float] = {}

    def lets_through(self, kind: Hashable, now: float) -> bool:
        """Whether the latest of this kind is long enough ago; if so, this one is the latest."""
        latest = self._latest.get(kind)
        if latest is not None and now < latest + self._seconds:
            return False
        self._latest[kind] = now
        return True


class FloodError(Exception):
    """So many messages that the connection must be closed."""


class MessageRate:
    """The message limits of one connection."""

    def __init__(self) -> None:
        self._window = Window(MESSAGES_WINDOW_S, FLOODING_MESSAGES + 1)

    def count(self, now: float) -> bool:
        """Count one message; False: do not carry it out. Raises FloodError (close)."""
        count = self._window.count(now)
        if count > FLOODING_MESSAGES:
            raise FloodError
        return count <= MAX_MESSAGES
