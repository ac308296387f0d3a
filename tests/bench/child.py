"""Processes of a benchmark: one JSON object a line in, one out.

Whoever is measured runs in a process of its own, so that nobody else's CPU is counted. A child ends when its standard input
does, so none outlives the benchmark, however that ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import resource
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

import uvloop
from aioice.ice import get_host_addresses

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

ROOT: Final = Path(__file__).parents[2]
MAX_LINE: Final = 1 << 20
"""Bytes; three descriptions of six m-lines take about 30 KiB, and there are up to a dozen calls."""
ANSWER_WITHIN_S: Final = 30.0
END_WITHIN_S: Final = 4.0
ADDRESS: Final = next(iter(get_host_addresses(use_ipv4=True, use_ipv6=False)), "127.0.0.1")
"""Where all servers and callers are: this machine's own address, as Janus's ICE leaves loopback out. No packet leaves it."""


class ChildGoneError(Exception):
    """A child ended, or fell silent, before it had answered; its own words are on standard error."""


class Worker(Protocol):
    """What a child does: a coroutine method `do_<verb>` for each request."""

    async def close(self) -> None:
        """Free what is held."""


class Child:
    """The parent's end of one child process: `async with Child("module") as child`."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            f"tests.bench.{self._module}",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
            limit=MAX_LINE,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            async with asyncio.timeout(END_WITHIN_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    @property
    def pid(self) -> int:
        """Its process. Raises ChildGoneError."""
        if self._process is None:
            raise ChildGoneError(f"{self._module} was not started")
        return self._process.pid

    async def ask(self, verb: str, **fields: Any) -> dict[str, Any]:
        """Have something done. Raises ChildGoneError."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise ChildGoneError(f"{self._module} was not started")
        with contextlib.suppress(ConnectionError):
            process.stdin.write(json.dumps({"do": verb, **fields}).encode() + b"\n")
            await process.stdin.drain()
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                line = await process.stdout.readline()
        except TimeoutError:
            raise ChildGoneError(f"{self._module} did not answer to {verb!r}") from None
        if not line:
            raise ChildGoneError(f"{self._module} ended at {verb!r}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def run_child(make: Callable[[], Worker]) -> None:
    """Be a child on uvloop until standard input ends; `make` is called on the loop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches us through the parent, in order
    logging.basicConfig(level=logging.ERROR)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(make))


async def _serve(make: Callable[[], Worker]) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=MAX_LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    worker = make()
    try:
        while line := await reader.readline():
            request = json.loads(line)
            answer = await getattr(worker, f"do_{request.pop('do')}")(**request)
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
    finally:
        await worker.close()


def consumption() -> dict[str, float]:
    """What this process has used: CPU seconds of all its threads, and the memory that it holds now, in MiB."""
    return {"cpu_s": time.process_time(), "at_s": time.perf_counter(), "rss_mib": resident_mib("self")}


def resident_mib(process: int | str) -> float:
    """The memory that a process holds now, in MiB."""
    statm = Path(f"/proc/{process}/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize() / 2**20
    return (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    )  # no procfs (macOS): our peak, there in bytes
