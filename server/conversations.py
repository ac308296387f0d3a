"""Conversations in the database, so that a call outlives the server: the newest state of each, sealed, until the call is over.

What is put is written at once, what comes meanwhile together after it, in a thread; a command is acknowledged when it is written.
While people are in calls it says each second that it is alive, so that the next one knows since when it
was not: from then on the clock of a turn stands, as it does for anybody whose line is lost.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy import delete, insert, select, update

from media.mediation.saved import saved
from server.sealing import SealError
from server.tables import calls, conversations, servers
from signaling.conversation_store import Found

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from media.mediation.state import State
    from server.clock import WallClock
    from server.database import Database
    from server.sealing import Sealer

log = structlog.stdlib.get_logger(__name__)

SEEN_EVERY_S: Final = 1.0
TRY_AGAIN_S: Final = 1.0
"""After a write that failed: the disk is full, or somebody holds the database."""
_THIS_ONE: Final = 1


@dataclass(frozen=True, slots=True)
class _Put:
    """A state that is to be stored."""

    state: State
    revision: int
    now: float
    at: datetime
    choices_only: bool = False


class _KeepChoices:
    """What is stored is to count for its choices alone."""


class _Drop:
    """What is stored is to go."""


_Change = _Put | _KeepChoices | _Drop


class StoredConversations:
    """Implements `signaling.conversation_store.ConversationStore`. `await open()`, `run()` as a task, at last `await close()`."""

    def __init__(self, database: Database, sealer: Sealer, clock: WallClock) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._changes: dict[str, _Change] = {}
        self._writing = asyncio.Lock()
        self._woken = asyncio.Event()
        self._collected: asyncio.Future[None] | None = None
        """Done when what waits now is written; the one after it belongs to what is being written."""
        self._on_its_way: asyncio.Future[None] | None = None
        self._seen_before: datetime | None = None

    async def open(self) -> None:
        """Read since when no server has been there."""
        async with self._database.reading() as connection:
            self._seen_before = await connection.scalar(select(servers.c.seen_at))

    def put(self, call_id: str, state: State, revision: int, now: float) -> None:
        """Store this state of `now` (monotonic s), soon; an older one that waits is not stored any more."""
        self._note(call_id, _Put(state, revision, now, self._clock()))

    def keep_choices(self, call_id: str) -> None:
        """From now on the wishes about distance alone count of what is stored; the call begins a new conversation."""
        waiting = self._changes.get(call_id)
        self._note(
            call_id, replace(waiting, choices_only=True) if isinstance(waiting, _Put) else _KeepChoices()
        )

    def drop(self, call_id: str) -> None:
        """Forget the conversation, soon; the call is over."""
        self._note(call_id, _Drop())

    def stored(self) -> asyncio.Future[None] | None:
        """Done once everything that was said until now is stored, or could not be; None when nothing waits."""
        return self._collected or self._on_its_way

    async def find(self, call_id: str) -> Found | None:
        """What is stored, with everything that was said until now."""
        await self.write()
        query = select(conversations).where(conversations.c.call_id == call_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else self._found(row)

    async def run(self, *, is_busy: Callable[[], bool]) -> None:
        """Write what is put until cancelled. `is_busy`: whether people are in calls."""
        while True:
            try:
                async with asyncio.timeout(SEEN_EVERY_S if is_busy() else None):
                    await self._woken.wait()
            except TimeoutError:
                pass
            try:
                await self.write()
            except Exception as error:  # noqa: BLE001 - whatever it is, calls go on, and the next time may be better
                log.error("conversations could not be stored", kind=type(error).__name__)  # noqa: TRY400
                await asyncio.sleep(TRY_AGAIN_S)

    async def close(self) -> None:
        """Write what is left."""
        try:
            await self.write()
        except Exception as error:  # noqa: BLE001 - the server stops all the same
            log.error("conversations could not be stored", kind=type(error).__name__)  # noqa: TRY400

    async def write(self) -> None:
        """Write what waits, now, and that this server is alive."""
        async with self._writing:
            self._woken.clear()
            changes, self._changes = self._changes, {}
            self._on_its_way, self._collected = self._collected, None
            now = self._clock()
            try:
                await self._database.write_at_once(lambda connection: self._write(connection, changes, now))
                if any(isinstance(change, _Drop) for change in changes.values()):
                    self._database.journal_holds_more = True  # housekeeping empties it
            except BaseException:
                self._changes = changes | self._changes
                if self._changes:
                    self._woken.set()
                raise
            finally:
                if self._on_its_way is not None:
                    self._on_its_way.set_result(None)
                    self._on_its_way = None

    def _note(self, call_id: str, change: _Change) -> None:
        self._changes[call_id] = change
        self._collected = self._collected or asyncio.get_running_loop().create_future()
        self._woken.set()

    def _write(self, connection: Connection, changes: Mapping[str, _Change], now: datetime) -> None:
        if changes:
            _apply(connection, changes, self._sealed)
        seen = connection.execute(update(servers).where(servers.c.id == _THIS_ONE).values(seen_at=now))
        if not seen.rowcount:
            connection.execute(insert(servers).values(id=_THIS_ONE, seen_at=now))

    def _sealed(self, put: _Put) -> dict[str, Any]:
        key = self._sealer.new_key()
        text = json.dumps(saved(put.state, put.revision, put.now), allow_nan=False)
        return {
            "data_key": key,
            "body": self._sealer.seal(key, text),
            "choices_only": put.choices_only,
            "stored_at": put.at,
        }

    def _found(self, row: Mapping[Any, Any]) -> Found | None:
        try:
            kept = json.loads(self._sealer.open(row["data_key"], row["body"]))
        except (SealError, ValueError) as error:
            log.error("a conversation can't be read", call=row["call_id"], kind=type(error).__name__)  # noqa: TRY400
            return None
        now, stored_at = self._clock(), row["stored_at"]
        lost_at = max(stored_at, self._seen_before or stored_at)
        return Found(kept, _seconds(now - stored_at), _seconds(now - lost_at), row["choices_only"])


def _apply(
    connection: Connection, changes: Mapping[str, _Change], sealed: Callable[[_Put], dict[str, Any]]
) -> None:
    ids = {
        kind: [id_ for id_, change in changes.items() if type(change) is kind]
        for kind in (_Put, _KeepChoices)
    }
    gone = [id_ for id_ in changes if id_ not in ids[_KeepChoices]]
    connection.execute(delete(conversations).where(conversations.c.call_id.in_(gone)))
    kept = update(conversations).where(conversations.c.call_id.in_(ids[_KeepChoices]))
    connection.execute(kept.values(choices_only=True))
    # What has been erased meanwhile does not come back.
    there = select(calls.c.id).where(calls.c.id.in_(ids[_Put]), calls.c.erased_at.is_(None))
    for call_id in connection.scalars(there).all():
        put = changes[call_id]
        if isinstance(put, _Put):
            connection.execute(insert(conversations).values(call_id=call_id, **sealed(put)))


def _seconds(time: timedelta) -> float:
    """Never less than none: a clock may have been set back."""
    return max(0.0, time.total_seconds())
