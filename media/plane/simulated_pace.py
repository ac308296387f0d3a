"""When the next simulated frame is due: a metronome on the event loop's clock.

It knows nothing of pictures or sound. A loop that was held up a little is caught up with; one that was held
up for long skips what nobody needs any more, so that time stamps keep real time and no burst goes out.
"""

import asyncio

# A quarter of a second: longer than a busy machine's hiccup, shorter than a receiver's patience.
MAX_LATE_S = 0.25


class Metronome:
    """Counts beats of ``period_s`` seconds from the first one asked for."""

    def __init__(self, period_s: float) -> None:
        self.period_s = period_s
        self._started_at: float | None = None
        self._beat = -1

    async def beat(self) -> int:
        """Wait until the next beat is due and return its number, counted from 0; late beats are skipped."""
        now = asyncio.get_running_loop().time()
        if self._started_at is None:
            self._started_at = now
        self._beat += 1
        wait_s = self._started_at + self._beat * self.period_s - now
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        elif wait_s < -MAX_LATE_S:
            self._beat = int((now - self._started_at) / self.period_s)
        return self._beat
