"""The real coturn on loopback, for one test: started with one secret, ended with the test, its log in a file."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

START_S, END_S = 10.0, 10.0


@dataclass(frozen=True, slots=True)
class Coturn:
    """A relay that runs."""

    port: int
    transport: str
    log: Path

    @property
    def url(self) -> str:
        """Where browsers find it."""
        return f"turn:127.0.0.1:{self.port}?transport={self.transport}"

    def said(self, words: str) -> int:
        """How many lines of its log hold these words."""
        return sum(words in line for line in self.log.read_text(errors="replace").splitlines())


@asynccontextmanager
async def coturn(program: str, secret: str, folder: Path, *, transport: str) -> AsyncIterator[Coturn]:
    """Run coturn as an operator would, but on loopback alone and without TLS. It listens on UDP and TCP always."""
    relay = Coturn(_free_port(), transport, folder / "coturn.log")
    with relay.log.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            program, "-n", "-v", "--use-auth-secret", f"--static-auth-secret={secret}", "--realm=holdspace",
            "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={relay.port}",
            "--allow-loopback-peers", "--no-tls", "--no-dtls", "--no-cli", "--no-rfc5780", "--log-file=stdout",
            f"--pidfile={folder / 'coturn.pid'}", f"--userdb={folder / 'coturn.db'}",
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        await _listens(process, relay)
        yield relay
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), END_S)


async def _listens(process: asyncio.subprocess.Process, relay: Coturn) -> None:
    """Wait until it says that it serves UDP; it has no other sign for that."""
    async with asyncio.timeout(START_S):
        while not relay.said("UDP listener opened"):
            assert process.returncode is None, relay.log.read_text(errors="replace")
            await asyncio.sleep(0.05)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
