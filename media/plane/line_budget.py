"""What one viewer's line down can carry, and what that leaves for each picture. Sound comes first. Pure.

The viewer's browser estimates its line (REMB) and reports what it lost (RFC 3550 receiver reports). A picture's share limits
what its camera may send, so that a slow line gets a picture that moves instead of one that freezes. All viewers of a camera
share its one encoder: the slowest of them sets its rate, but never below `LEAST_PICTURE`. A line that can't carry even that gets
the small softened picture, which costs less than a half of it, so that it does not drag the others further down.
"""

from __future__ import annotations

from typing import Final

from media.plane.history import MOST_RESENT

SOUND_BIT_RATE: Final = 90_000
"""Bits per second set aside for each sound: Opus at 32 kbit/s, repeated once (RED), with headers."""
LEAST_PICTURE: Final = 150_000
"""Bits per second below which a camera is not asked to go for one slow viewer."""
MARGIN: Final = 0.9
"""Part of the estimate that is used: a queue that is always full delays sound."""
RESENT_PART: Final = 0.5
"""Part of the estimate for packets that are sent again: where many packets overtake each other, many are asked for in vain."""
STALE_AFTER_S: Final = 10.0
"""An older estimate says nothing about the line now."""
TOO_MUCH_LOST: Final = 0.08
"""Part of the packets; below it retransmission and RED repair the line."""
THIN_AFTER_S: Final = 3.0
THIN_FOR_S: Final = 15.0
"""How long a line stays with the small picture before the large one is tried again."""

_LOSS_KEPT_S: Final = 3.0


class LineBudget:
    """Follows one viewer's line."""

    __slots__ = ("_bad_since", "_estimate", "_estimated_at", "_lost", "_lost_at", "_thin_until", "thin")

    def __init__(self) -> None:
        self._estimate = 0
        self._estimated_at = float("-inf")
        self._lost = 0.0
        self._lost_at = float("-inf")
        self._bad_since: float | None = None
        self._thin_until = float("-inf")
        self.thin = False
        """Whether this viewer gets small pictures for now."""

    def estimated(self, bit_rate: int, now: float) -> None:
        """The viewer's estimate of its line, bits per second."""
        self._estimate, self._estimated_at = bit_rate, now

    def estimate(self, now: float) -> int | None:
        """The viewer's latest estimate, bits per second; None when it is too old."""
        return self._estimate if now - self._estimated_at <= STALE_AFTER_S else None

    def lost(self, part: float, now: float) -> None:
        """Part of the packets of one stream that the viewer lost since its last report."""
        if part >= self._lost or now - self._lost_at > _LOSS_KEPT_S:
            self._lost, self._lost_at = part, now

    def per_picture(self, pictures: int, sounds: int, now: float) -> int | None:
        """Bits per second for each clear picture; None when nothing is known or nothing is to be shared."""
        if not pictures or now - self._estimated_at > STALE_AFTER_S:
            return None
        return max(0, int(self._estimate * MARGIN) - sounds * SOUND_BIT_RATE) // pictures

    def for_resends(self, now: float) -> int:
        """Octets per second for packets that are sent again, over all pictures."""
        if now - self._estimated_at > STALE_AFTER_S:
            return MOST_RESENT
        return int(self._estimate * RESENT_PART) // 8

    def judge(self, share: int | None, now: float) -> bool:
        """Decide whether the line is too thin for clear pictures; True when that has changed."""
        before = self.thin
        if self.thin:
            self.thin = now < self._thin_until
            return self.thin != before
        bad = share is not None and share < LEAST_PICTURE and self._lost_now(now) > TOO_MUCH_LOST
        self._bad_since = (now if self._bad_since is None else self._bad_since) if bad else None
        if self._bad_since is not None and now - self._bad_since >= THIN_AFTER_S:
            self.thin, self._thin_until, self._bad_since = True, now + THIN_FOR_S, None
        return self.thin != before

    def _lost_now(self, now: float) -> float:
        return self._lost if now - self._lost_at <= _LOSS_KEPT_S else 0.0
