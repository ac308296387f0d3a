"""A command's way through the product: until the other partner knows, and until it is acknowledged, that is obeyed and stored.

No media: WebSockets alone, to a server in a process of its own. In every call one partner changes how they are seen, again and
again; calls change at different moments, as in life.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from tests.bench.child import Child
from tests.bench.table import percentile, table, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

CALLS: Final = 20
COMMANDS: Final = 40
"""In each call."""
EVERY_S: Final = 0.25
BOUND_MS: Final = 50.0
"""The acknowledgement, p95: sooner than anybody could notice."""
CALL: Final = {
    "format": "open-talk",
    "participants": [{"role": "partner", "name": "A"}, {"role": "partner", "name": "B"}],
}
LEVELS: Final = ("soft", "veiled")


@dataclass(frozen=True, slots=True)
class Carried:
    """Milliseconds from sending one command."""

    known_ms: float
    """Until the other partner's page had the state with it."""
    acknowledged_ms: float


class _Line:
    """One partner's WebSocket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.me = ""

    async def until(self, kind: str) -> dict[str, Any]:
        """The next message of this type."""
        while True:
            message: dict[str, Any] = json.loads(await self._socket.receive_str())
            if message["type"] == "welcome":
                self.me = message["you"]["id"]
            if message["type"] == kind:
                return message

    async def send(self, kind: str, **fields: Any) -> None:
        """Send a command."""
        await self._socket.send_str(json.dumps({"type": kind, **fields}))

    async def until_seen(self, subject: str, level: str) -> None:
        """Wait for a state in which somebody is seen at this level."""
        while (await self.until("conversation"))["distance"]["outgoing"].get(subject) != level:
            pass


async def time_commands(calls: int = CALLS, commands: int = COMMANDS) -> list[Carried]:
    """Carry out so many commands in each of so many calls. Raises ChildGoneError."""
    chance = random.Random(1)
    async with Child("product_server") as server, aiohttp.ClientSession(raise_for_status=True) as session:
        base_url = (await server.ask("serve"))["base_url"]
        pairs = [await _meet(session, base_url) for _ in range(calls)]
        starts = [chance.random() * EVERY_S for _ in pairs]
        found = await asyncio.gather(
            *(_talk(*pair, commands, after_s) for pair, after_s in zip(pairs, starts, strict=True))
        )
    return [one for of_a_call in found for one in of_a_call]


def holds(found: Sequence[Carried]) -> bool:
    """Whether nobody waits for a disk."""
    return percentile(sorted(one.acknowledged_ms for one in found), 95) <= BOUND_MS


def report(found: Sequence[Carried]) -> str:
    """What was found, as text."""
    rows = [("from sending a command to", "p50", "p95", "max")]
    for title, name in (
        ("the other's knowing of it", "known_ms"),
        ("`ok`: obeyed and stored", "acknowledged_ms"),
    ):
        values = sorted(getattr(one, name) for one in found)
        figures = (percentile(values, 50), percentile(values, 95), values[-1])
        rows.append((title, *(f"{figure:.1f} ms" for figure in figures)))
    return "\n".join([
        f"{len(found)} commands in {CALLS} calls at once, one in {EVERY_S * 1000:.0f} ms in each",
        table(rows),
        f"  acknowledged within {BOUND_MS:.0f} ms (p95): {verdict(holds=holds(found))}",
    ])  # fmt: skip


async def _meet(session: aiohttp.ClientSession, base_url: str) -> tuple[_Line, _Line]:
    async with session.post(f"{base_url}/api/v1/calls", json=CALL) as response:
        call = await response.json()
    lines = []
    for person in call["participants"]:
        socket = await session.ws_connect(
            f"{base_url}/api/v1/calls/{call['id']}/signaling",
            headers={"Authorization": f"Bearer {person['invitation_url'].rpartition('/i/')[2]}"},
            protocols=("holdspace.v1",),
        )
        line = _Line(socket)
        for kind, fields in (("join", {}), ("ready", {"ready": True})):
            await line.send(kind, **fields)
            await line.until("ok")
        lines.append(line)
    first, second = lines
    return first, second


async def _talk(one: _Line, other: _Line, commands: int, after_s: float) -> list[Carried]:
    await asyncio.sleep(after_s)
    found = []
    for number in range(commands):
        level = LEVELS[number % len(LEVELS)]
        began_at = time.perf_counter()
        known = asyncio.create_task(_moment_of(other.until_seen(one.me, level)))
        await one.send("distance.set", outgoing=level)
        acknowledged_at = await _moment_of(one.until("ok"))
        found.append(Carried(1000 * (await known - began_at), 1000 * (acknowledged_at - began_at)))
        await asyncio.sleep(EVERY_S)
    return found


async def _moment_of(awaited: Any) -> float:
    await awaited
    return time.perf_counter()
