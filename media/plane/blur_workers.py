"""The threads that blur, shared by all calls of a process: bounded, and none of them can be held for ever.

A job that is stuck is taken to have failed, and its thread is replaced: Python can't end a thread, so the old one is left behind
and goes when it comes back. Only so many are left behind; with more, nobody is blurred any more, and everybody sees the veil.
How many people can be blurred at once is bounded too: whoever comes then waits for a place behind the veil, so that the others
don't come to a standstill.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

STALLED_S: Final = 0.3
"""A job takes about a millisecond, and a full backlog of large pictures some fifty."""
MOST_LEFT_BEHIND: Final = 8
"""Threads that are stuck."""
PLACES: Final = 24
"""People who can be blurred at once by default: with 640 x 480 pixels about half of one core."""

_Result = TypeVar("_Result")


class StalledError(Exception):
    """The job did not come to an end in time."""


class Workers(Protocol):
    """What a blur needs of the workers."""

    def take_place(self) -> bool:
        """Whether there is room for one more; then it is taken."""

    def leave_place(self) -> None:
        """Give a place back."""

    def submit(self, work: Callable[..., _Result], /, *args: Any) -> Future[_Result]:
        """Have something done."""

    def look_after(self, now: float) -> None:
        """Replace threads that are stuck; to be called a few times in STALLED_S."""


class _Thread:
    """One worker, and what it does now."""

    def __init__(self) -> None:
        self.job: Future[Any] | None = None
        self.seen: Future[Any] | None = None
        """The job that it was at when it was last looked at."""
        self.seen_at = 0.0


class BlurWorkers:
    """Implements `Workers` with threads of its own, which keep nobody from ending the process."""

    def __init__(self, threads: int, places: int = PLACES) -> None:
        self._free_places = places
        self._jobs: SimpleQueue[Callable[[_Thread], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._wanted = threads
        self._threads: list[_Thread] = []
        self._left_behind = 0
        for _ in range(threads):
            self._start()

    def take_place(self) -> bool:
        """Whether there is room for one more; then it is taken. On the loop only, like `leave_place`."""
        if self._free_places <= 0:
            return False
        self._free_places -= 1
        return True

    def leave_place(self) -> None:
        """Give a place back."""
        self._free_places += 1

    def submit(self, work: Callable[..., _Result], /, *args: Any) -> Future[_Result]:
        """Have something done by the next worker that is free."""
        future: Future[_Result] = Future()

        def job(thread: _Thread) -> None:
            if future.set_running_or_notify_cancel():
                self._do(thread, future, work, args)

        if self._threads:
            self._jobs.put(job)
        else:  # all are stuck
            future.set_exception(StalledError())
        return future

    def look_after(self, now: float) -> None:
        """Replace threads whose job does not come to an end."""
        for thread in list(self._threads):
            job = thread.job
            if job is None or job is not thread.seen:
                thread.seen, thread.seen_at = job, now
            elif now - thread.seen_at >= STALLED_S:
                self._replace(thread, job)

    def close(self) -> None:
        """Let every worker go when it has done what it is at; jobs that wait are not done any more."""
        with self._lock:
            self._wanted = 0
        for _ in self._threads:
            self._jobs.put(None)

    def _start(self) -> None:
        thread = _Thread()
        self._threads.append(thread)
        try:
            threading.Thread(target=self._run, args=(thread,), name="blur", daemon=True).start()
        except RuntimeError:  # this machine has no thread left
            self._threads.remove(thread)
            raise

    def _run(self, thread: _Thread) -> None:
        while (job := self._jobs.get()) is not None and self._wanted:
            job(thread)
            if thread not in self._threads:
                return

    def _do(
        self, thread: _Thread, future: Future[_Result], work: Callable[..., _Result], args: tuple[Any, ...]
    ) -> None:
        thread.job = future
        result: _Result | None = None
        error: BaseException | None = None
        try:
            result = work(*args)
        except BaseException as raised:  # noqa: BLE001 - whatever it is, the thread is needed by others
            error = raised
        if not self._came_back(thread):
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]  # None only if that is the work's result

    def _came_back(self, thread: _Thread) -> bool:
        """A worker has done its job; False when it was replaced meanwhile, and its job given up."""
        with self._lock:
            thread.job = None
            if thread in self._threads:
                return True
            self._left_behind -= 1
            if len(self._threads) < self._wanted:  # it was not replaced after all: it goes on
                self._threads.append(thread)
            return False

    def _replace(self, thread: _Thread, job: Future[Any]) -> None:
        with self._lock:
            if thread.job is not job:  # it has come to an end at this very moment
                return
            self._threads.remove(thread)
            self._left_behind += 1
        job.set_exception(
            StalledError()
        )  # first: a machine that has no thread left must not keep its owner waiting
        with self._lock:
            if self._left_behind < MOST_LEFT_BEHIND and self._wanted:
                self._start()
