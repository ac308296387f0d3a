"""What stays quick with ten thousand calls in the database: lists, doors, links, feeds, and the look for reminders that are due.

In the real application on an SQLite file, everything sealed. Lists are timed from the request to the last byte of the
answer, on loopback; the others where the server does them.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from aiohttp.test_utils import TestClient, TestServer, make_mocked_request
from sqlalchemy import insert

from server.app import PARTS, make_app
from server.desk.couples import couples
from server.desk.sessions import COOKIE, SESSION, SESSION_TTL
from server.loops import new_loop, spare_what_is_loaded
from server.mail.reminders import Reminders
from server.secret import new_token, token_hash
from server.settings import Settings
from server.tables import desk_tokens
from tests.bench.practice import ADDRESS, NOW, THERAPISTS, Practice, fill
from tests.bench.table import percentile, table, verdict
from tests.server.scene import CALLS, PUBLIC_URL, ObedientClock, QuietPlane

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from aiohttp import web

    from server.app import Parts
    from server.records import Call
    from server.secret import Pii

COUNT: Final = 10_000
ROUNDS: Final = 40
PAGE: Final = 50
BOUND_MS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Timed:
    """How long one thing took, each time."""

    name: str
    took_ms: tuple[float, ...]
    bounded: bool = True

    @property
    def median_ms(self) -> float:
        """The middle."""
        return median(self.took_ms)

    @property
    def holds(self) -> bool:
        """Whether it stays under the bound, if it has to."""
        return not self.bounded or self.median_ms < BOUND_MS


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A running application with a full database, and what is asked of it."""

    client: TestClient[web.Request, web.Application]
    parts: Parts
    practice: Practice
    session: Pii[str]
    """Of the first therapist, signed in at the desk."""

    @property
    def next_call(self) -> Call:
        """A call that begins now, so that its door is open."""
        return next(call for call in self.practice.calls if call.starts_at == NOW)

    def steps(self) -> dict[str, Callable[[], Awaitable[object]]]:
        """Everything that has a bound."""
        call, parts = self.next_call, self.parts
        operator = {"Authorization": f"Bearer {parts.sealer.operator_token.value}"}
        therapist = {"Cookie": f"{COOKIE}={self.session.value}"}
        first = call.people[0]
        assert first.email is not None
        feed = token_hash(parts.sealer.feed_token(parts.sealer.address_hash(first.email)))
        reminders = Reminders(parts.database, parts.clock)
        return {
            f"listing {PAGE} coming calls, all": lambda: self._list("coming", operator),
            f"listing {PAGE} past calls, all": lambda: self._list("past", operator),
            f"listing {PAGE} coming calls, of one therapist": lambda: self._list("coming", therapist),
            "opening a door": lambda: self._open(call),
            "looking for due reminders": reminders.queue_due,
            "finding an invitation": lambda: parts.store.invited(first.token_hash),
            "finding a feed": lambda: parts.store.in_feed(feed),
        }

    def more(self) -> dict[str, Callable[[], Awaitable[object]]]:
        """What is done less often."""
        whose = self.practice.therapists[0]
        return {"the couples of one therapist": lambda: couples(self.parts.store, whose)}

    async def _list(self, when: str, headers: dict[str, str]) -> object:
        query = {"when": when, "limit": str(PAGE)}
        async with self.client.get(CALLS, params=query, headers=headers) as response:
            answer: dict[str, Any] = await response.json()
        assert answer["calls"], answer
        return answer

    async def _open(self, call: Call) -> object:
        token = call.people[0].token
        assert token is not None
        bearer = {"Authorization": f"Bearer {token.value}"}
        request = make_mocked_request("GET", f"{CALLS}/{call.id}/signaling", headers=bearer)
        return await self.parts.door.admit(request, call.id)


@asynccontextmanager
async def scheduled(folder: Path, count: int) -> AsyncIterator[Scheduled]:
    """Run the application with so many calls."""
    clock = ObedientClock(NOW)
    listed = tuple(ADDRESS.format(number) for number in range(THERAPISTS))
    settings = Settings(data_dir=folder, public_url=PUBLIC_URL, therapists=listed)
    app = make_app(settings, clock=clock, plane_factory=lambda _seats, _events: QuietPlane(), posts=False)
    async with TestClient(TestServer(app)) as client:
        parts = app[PARTS]
        practice = await fill(parts.database, parts.sealer, count)
        await spare_what_is_loaded(app)  # as when the server starts
        yield Scheduled(client, parts, practice, await _signed_in(parts, practice))


def time_scheduling(count: int = COUNT, rounds: int = ROUNDS) -> list[Timed]:
    """Do each of it so often, on the event loop that the server runs on."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(_time_each(count, rounds))


async def _time_each(count: int, rounds: int) -> list[Timed]:
    with TemporaryDirectory() as folder:
        async with scheduled(Path(folder), count) as running:
            found = [await _timed(name, step, rounds) for name, step in running.steps().items()]
            found += [
                await _timed(name, step, rounds, bounded=False) for name, step in running.more().items()
            ]
    return found


def holds(found: Sequence[Timed]) -> bool:
    """Whether every bound is kept."""
    return all(one.holds for one in found)


def report(found: Sequence[Timed], count: int = COUNT) -> str:
    """What was found, as text."""
    rows = [("", "median", "p99", f"under {BOUND_MS:.0f} ms")]
    for one in found:
        judged = verdict(holds=one.holds) if one.bounded else "-"
        slowest = percentile(sorted(one.took_ms), 99)
        rows.append((one.name, f"{one.median_ms:.1f} ms", f"{slowest:.1f} ms", judged))
    heading = f"Scheduling with {count} calls of three people each, sealed, in SQLite"
    return "\n".join([heading, table(rows)])


async def _signed_in(parts: Parts, practice: Practice) -> Pii[str]:
    session = new_token()
    row = {
        "token_hash": token_hash(session),
        "therapist_id": practice.therapists[0],
        "kind": SESSION,
        "expires_at": NOW + SESSION_TTL,
    }
    async with parts.database.writing() as connection:
        await connection.execute(insert(desk_tokens).values(row))
    return session


async def _timed(
    name: str, step: Callable[[], Awaitable[object]], rounds: int, *, bounded: bool = True
) -> Timed:
    await step()  # what is compiled and cached once
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        await step()
        took.append(1000 * (time.perf_counter() - began))
    return Timed(name, tuple(took), bounded)
