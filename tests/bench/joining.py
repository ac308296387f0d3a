"""From sending `join` to the first remote video frame decoded, through the whole product on loopback.

Two partners are in and talking, in a process of their own; the therapist joins, sees, leaves, and joins again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from media.plane.simulated_person import SimulatedPerson
from tests.bench.child import Child
from tests.bench.guest import Guest, Joined
from tests.bench.table import table, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

JOINS: Final = 20
JOINS_A_CALL: Final = 10
"""The server takes no more offers than this from one participant in a minute."""
PAUSE_S: Final = 0.7
"""Between two joins. A camera is asked for a key frame at most every 500 ms: whoever comes sooner waits for that, too."""
BOUND_MS: Final = 1000.0
CALL: Final = {
    "format": "timed-turns",
    "participants": [
        {"role": "partner", "name": "A"},
        {"role": "partner", "name": "B"},
        {"role": "therapist", "name": "T"},
    ],
}


@dataclass(frozen=True, slots=True)
class _Links:
    call: str
    tokens: tuple[str, ...]
    """Of the partners, then of the therapist."""


async def time_joins(joins: int = JOINS) -> list[Joined]:
    """Join that often. Raises ChildGoneError, RefusedError, TimeoutError."""
    found: list[Joined] = []
    async with Child("product_server") as server, Child("partners") as partners:
        base_url = (await server.ask("serve"))["base_url"]
        while len(found) < joins:
            links = await _schedule(base_url)
            await partners.ask("talk", base_url=base_url, call=links.call, tokens=links.tokens[:2])
            for _ in range(min(JOINS_A_CALL, joins - len(found))):
                await asyncio.sleep(PAUSE_S)
                async with Guest(base_url, links.call, links.tokens[2], SimulatedPerson(2)) as guest:
                    found.append(await guest.join_and_see())
    return found


def report(found: Sequence[Joined]) -> str:
    """What was found, as text."""
    middle = median(one.seen_ms for one in found)
    rows = [("from `join` to", "median", "min", "max")]
    for title, name in (
        ("the answer taken", "answered_ms"),
        ("connected", "connected_ms"),
        ("the first remote video frame decoded", "seen_ms"),
    ):
        values = [getattr(one, name) for one in found]
        rows.append((title, *(f"{value:.0f} ms" for value in (median(values), min(values), max(values)))))
    return "\n".join([
        f"Joining two who are talking, through the whole product ({len(found)} joins)",
        f"  first remote frame after {middle:.0f} ms (median); under 1 s: {verdict(holds=middle < BOUND_MS)}",
        table(rows),
    ])  # fmt: skip


async def _schedule(base_url: str) -> _Links:
    async with (
        aiohttp.ClientSession(raise_for_status=True) as session,
        session.post(f"{base_url}/api/v1/calls", json=CALL) as response,
    ):
        call: dict[str, Any] = await response.json()
    people = sorted(call["participants"], key=lambda one: one["role"] != "partner")
    return _Links(call["id"], tuple(one["invitation_url"].rpartition("/i/")[2] for one in people))
