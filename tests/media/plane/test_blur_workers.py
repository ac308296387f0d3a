"""The blur's threads: they come to no standstill, whatever a job does, and there are only so many places."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, Any

import pytest

from media.plane.blur_workers import MOST_LEFT_BEHIND, STALLED_S, BlurWorkers, StalledError

if TYPE_CHECKING:
    from collections.abc import Iterator

WITHIN_S = 20


@pytest.fixture
def workers() -> Iterator[BlurWorkers]:
    """Two threads and three places."""
    made = BlurWorkers(2, places=3)
    yield made
    made.close()


class Stuck:
    """A job that comes to no end until it is let go."""

    def __init__(self, workers: BlurWorkers) -> None:
        self._begun, self._free = threading.Event(), threading.Event()
        self.future: Future[int] = workers.submit(self._hang)
        self.thread = 0
        assert self._begun.wait(WITHIN_S)

    def _hang(self) -> int:
        self.thread = threading.get_ident()
        self._begun.set()
        self._free.wait(WITHIN_S)
        return self.thread

    def let_go(self) -> None:
        """Let it come to its end."""
        self._free.set()


def working(workers: BlurWorkers) -> set[int]:
    """The threads that work now, told by jobs that only end together."""
    together = threading.Barrier(2)

    def who() -> int:
        together.wait(WITHIN_S)
        return threading.get_ident()

    return {job.result(WITHIN_S) for job in [workers.submit(who) for _ in range(2)]}


def fails(error: BaseException) -> Any:
    """Raise it."""
    raise error


def test_results_and_errors_come_back(workers: BlurWorkers) -> None:
    """Of whatever kind the error is: the thread goes on."""
    for _ in range(3):
        assert workers.submit(divmod, 7, 2).result(WITHIN_S) == (3, 1)
        for error in (MemoryError(), SystemExit(), KeyboardInterrupt()):
            assert type(workers.submit(fails, error).exception(WITHIN_S)) is type(error)
    assert len(working(workers)) == 2


def test_a_stuck_thread_is_replaced(workers: BlurWorkers) -> None:
    """Its job has failed, its end is no news any more, and two others work meanwhile and afterwards."""
    stuck = Stuck(workers)
    workers.look_after(10.0)
    workers.look_after(10.0 + STALLED_S * 0.9)
    assert not stuck.future.done()
    workers.look_after(10.0 + STALLED_S)
    assert isinstance(stuck.future.exception(WITHIN_S), StalledError)
    assert stuck.thread not in working(workers)
    stuck.let_go()
    assert stuck.thread not in working(workers)
    assert isinstance(stuck.future.exception(), StalledError)


def test_many_short_jobs_are_no_stuck_one(workers: BlurWorkers) -> None:
    """A thread that is at another job each time somebody looks is left alone, and so is an idle one."""
    for at in range(20):
        stuck = Stuck(workers)
        workers.look_after(float(at))
        stuck.let_go()
        assert stuck.future.result(WITHIN_S) == stuck.thread


def test_only_so_many_stuck_threads_are_replaced(workers: BlurWorkers) -> None:
    """Then jobs fail at once; whoever comes back goes on working."""
    stuck: list[Stuck] = []
    for number in range(MOST_LEFT_BEHIND + 1):
        stuck.append(Stuck(workers))
        for at in (number, number + STALLED_S):
            workers.look_after(at)
    assert all(isinstance(one.future.exception(WITHIN_S), StalledError) for one in stuck)
    assert isinstance(workers.submit(int).exception(WITHIN_S), StalledError)
    for one in stuck:
        one.let_go()
    returning = threading.Event()
    for _ in range(WITHIN_S * 100):
        if workers.submit(int).exception(WITHIN_S) is None:
            break
        returning.wait(0.01)
    assert workers.submit(int).result(WITHIN_S) == 0


def test_a_job_that_was_cancelled_is_not_done(workers: BlurWorkers) -> None:
    """While it waited."""
    stuck = [Stuck(workers), Stuck(workers)]
    done: list[int] = []
    waits = workers.submit(done.append, 1)
    assert waits.cancel()
    for one in stuck:
        one.let_go()
    assert len(working(workers)) == 2
    assert done == []
    with pytest.raises(CancelledError):
        waits.result(WITHIN_S)


def test_there_are_so_many_places(workers: BlurWorkers) -> None:
    """One more when one is left."""
    assert [workers.take_place() for _ in range(4)] == [True, True, True, False]
    workers.leave_place()
    assert [workers.take_place(), workers.take_place()] == [True, False]
