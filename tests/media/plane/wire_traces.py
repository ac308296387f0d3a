"""What a process holds: threads, tasks, sockets, connections, memory."""

import asyncio
import ctypes
import gc
import os
import threading
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from aioice.ice import Connection
from aiortc import RTCPeerConnection

from media.plane.aiortc_seam import MediaLink
from media.plane.peer import Peer
from media.plane.slot import Slot

CONNECTION_TYPES = (Peer, Slot, MediaLink, RTCPeerConnection, Connection)


@dataclass(frozen=True, slots=True)
class Traces:
    """A count of everything that a connection could leave behind, after garbage collection."""

    threads: frozenset[int | None]
    tasks: frozenset[asyncio.Task[object]]
    sockets: int
    objects: Counter[str]


def traces() -> Traces:
    """Take stock."""
    gc.collect()
    alive = (type(thing).__name__ for thing in gc.get_objects() if type(thing) in CONNECTION_TYPES)
    return Traces(
        threads=frozenset(thread.ident for thread in threading.enumerate()),
        tasks=frozenset(asyncio.all_tasks()),
        sockets=len(open_sockets()),
        objects=Counter(alive),
    )


def open_sockets() -> list[str]:
    """Every socket among this process's open files."""
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except OSError:  # the listing's own descriptor is closed by now
            continue
        if target.startswith("socket:"):
            found.append(target)
    return found


def traced_bytes() -> int:
    """What Python's allocator holds now; tracemalloc must be running."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def resident_bytes() -> int:
    """The memory of this process that lies in RAM, libraries' own allocations included, freed pages given back first."""
    gc.collect()
    with suppress(AttributeError):  # glibc has it; where it is missing the figure is a little less steady
        ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def young_heap() -> Iterator[None]:
    """Leave what the test process has loaded out of the garbage collector's walks: those would be what holds the loop."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def left_behind(before: Traces) -> list[str]:
    """What is here now and was not before. What has ended since is no trace: a task may have been on its way out."""
    now = traces()
    found = [f"thread {ident}" for ident in now.threads - before.threads]
    found += [f"task {task}" for task in now.tasks - before.tasks]
    found += [f"{count} x {name}" for name, count in (now.objects - before.objects).items()]
    if now.sockets > before.sockets:
        found.append(f"{now.sockets - before.sockets} x socket")
    return found


async def assert_back_to(before: Traces, deadline_s: float = 10.0) -> None:
    """Nothing is here that was not before, at the latest by the deadline: closing needs some turns of the loop."""
    with suppress(TimeoutError):
        async with asyncio.timeout(deadline_s):
            while left_behind(before):  # noqa: ASYNC110 - what the collector finds tells nobody
                await asyncio.sleep(0.1)
    assert left_behind(before) == []
