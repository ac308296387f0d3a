"""Hears whether somebody pauses, by the level that their browser writes on each packet (RFC 6464); nothing is decoded.

It stands among a subject's slots while a turn's time is up, and nowhere else: for that long the compiled lane hands it each
packet as it does with any slot that is not its own.
"""

from __future__ import annotations

from typing import Any, Final, Self

QUIET_LEVEL: Final = 50
"""-dBov: at this or further from 0 nobody speaks. Speech lies between 15 and 45, a quiet room behind a browser's noise
suppression beyond 60. A packet without a level counts as silence: who can't be listened to ends with the time."""

PAUSE_S: Final = 0.4
"""Between words there are up to a quarter of a second, between sentences half a second and more."""

STALL_S: Final = 0.12
"""Looks are 0.05 s apart; further apart than this the server was held up."""


class PauseEar:
    """Takes sound like a slot. Whoever is listened to is taken to speak at first; missing packets (DTX) are a pause."""

    def __init__(self, now: float) -> None:
        self._voice_at = now
        self._looked_at = now

    @property
    def audio(self) -> Self:
        """What takes the packets."""
        return self

    def forward(self, _source: int, _seq: int, _ts: int, *, level: int, now: float, **_rest: Any) -> None:
        """One packet of the subject's sound."""
        if level < QUIET_LEVEL:
            self._voice_at = now

    def paused(self, now: float) -> bool:
        """Whether nothing was said for long enough; to be asked every few hundredths of a second.

        What the server itself slept through is no pause: packets may wait at its socket.
        """
        slept = now - self._looked_at
        self._looked_at = now
        if slept > STALL_S:
            self._voice_at = min(now, self._voice_at + slept)
        return now - self._voice_at >= PAUSE_S

    def restart(self) -> None:
        """The subject sends from a new connection: nothing to do, a pause goes on."""

    def report_audio(self, *_: object) -> None:
        """Reports tell nothing of speech."""

    def report_video(self, *_: object) -> None:
        """The same."""
