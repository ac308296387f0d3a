"""Workers and a loop that do nothing until told, so that a test decides when a worker is done."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, cast

from media.plane.blur_stream import BlurEvents, BlurStream

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from media.plane.blur_pipeline import Blurred


class HeldWorkers:
    """Keeps its jobs; `work` does the oldest. A job counts as begun, unless all workers are `busy`."""

    def __init__(self) -> None:
        self.busy = False
        self.places = 1
        self.looked_after: list[float] = []
        self.jobs: deque[tuple[Future[Any], Callable[[], Any]]] = deque()

    def take_place(self) -> bool:
        """As the product's."""
        if not self.places:
            return False
        self.places -= 1
        return True

    def leave_place(self) -> None:
        """As the product's."""
        self.places += 1

    def look_after(self, now: float) -> None:
        """Remember that somebody did."""
        self.looked_after.append(now)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Take a job."""
        future: Future[Any] = Future()
        if not self.busy:
            future.set_running_or_notify_cancel()
        self.jobs.append((future, lambda: fn(*args, **kwargs)))
        return future

    def work(self, error: Exception | None = None) -> None:
        """Do the oldest job, or let it fail with `error`."""
        future, job = self.jobs.popleft()
        if error is not None:
            future.set_exception(error)
            return
        try:
            result = job()
        except Exception as raised:  # noqa: BLE001 - what real workers do with any error
            future.set_exception(raised)
        else:
            future.set_result(result)


class HeldLoop:
    """Keeps what other threads hand over; `turn` runs it."""

    def __init__(self) -> None:
        self.closed = False
        self.now = 100.0
        self._calls: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()

    def call_soon_threadsafe(self, callback: Callable[..., None], *args: Any) -> None:
        """As asyncio's."""
        if self.closed:
            raise RuntimeError("Event loop is closed")
        self._calls.append((callback, args))

    def time(self) -> float:
        """The test's clock."""
        return self.now

    def turn(self) -> None:
        """Run what was handed over."""
        while self._calls:
            callback, args = self._calls.popleft()
            callback(*args)


class Bench:
    """A blur stream with its workers, its loop and all that it told its owner."""

    def __init__(self) -> None:
        self.workers, self.loop = HeldWorkers(), HeldLoop()
        self.frames: list[Blurred] = []
        self.key_frames_asked = 0
        self.failures = 0
        self.turned_away = 0
        self.stream = BlurStream(
            cast("asyncio.AbstractEventLoop", self.loop),
            self.workers,
            BlurEvents(
                frame=self.frames.append,
                needs_key_frame=self._asked,
                failed=self._failed,
                full=self._turned_away,
            ),
        )

    def work(self, error: Exception | None = None) -> None:
        """The worker does its oldest job and the loop hears of it."""
        self.workers.work(error)
        self.loop.turn()

    def _asked(self) -> None:
        self.key_frames_asked += 1

    def _failed(self) -> None:
        self.failures += 1

    def _turned_away(self) -> None:
        self.turned_away += 1
