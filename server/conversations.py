"""Conversations in the database, so that a call outlives the server: the newest standing of each, sealed, until the call is over.

What is put is written at once, what comes meanwhile together after it, in a thread; a command is acknowledged when it is written.
Of the calls that people are in it is written each second that their server is there, so that the next one knows since when it
was not: from then on the clock of a turn stands, as it does for anybody whose line is lost.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy import delete, insert, select, update

from server.sealing import SealError
from server.tables import calls, conversations
from signaling.conversation_store import Found

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from server.clock import WallClock
    from server.database import Database
    from server.sealing import Sealer
    from signaling.conversation_store import Standing

log = structlog.stdlib.get_logger(__name__)

SEEN_EVERY_S: Final = 1.0
TRY_AGAIN_S: Final = 1.0
"""After a write that failed: the disk is full, or somebody holds the database."""
UNKNOWN_S: Final = 3600.0
"""How long the server was away when the clock was set back meanwhile: too long for anybody's place to be held."""
_AT_ONCE: Final = 500
"""Calls that one statement names."""


@dataclass(frozen=True, slots=True)
class _Put:
    """A standing that is to be stored."""

    standing: Standing
    at: datetime
    choices_only: bool = False


class _KeepChoices:
    """What is stored is to count for its choices alone."""


class _Drop:
    """What is stored is to go."""


_Change = _Put | _KeepChoices | _Drop


class StoredConversations:
    """Implements `signaling.conversation_store.ConversationStore`. `run()` as a task, at last `await close()`."""

    def __init__(self, database: Database, sealer: Sealer, clock: WallClock) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._changes: dict[str, _Change] = {}
        """What waits."""
        self._being_written: dict[str, _Change] = {}
        self._writing = asyncio.Lock()
        self._woken = asyncio.Event()
        self._collected: asyncio.Future[None] | None = None
        """Done when what waits now is written; the one after it belongs to what is being written."""
        self._on_its_way: asyncio.Future[None] | None = None

    def put(self, call_id: str, standing: Standing) -> None:
        """Store this, soon; an older one that waits is not stored any more."""
        self._note(call_id, _Put(standing, self._clock()))

    def keep_choices(self, call_id: str) -> None:
        """From now on the wishes about distance alone count of what is stored; the call begins a new conversation."""
        self._note(call_id, _KeepChoices())

    def drop(self, call_id: str) -> None:
        """Forget the conversation, soon; the call is over."""
        self._note(call_id, _Drop())

    def stored(self) -> asyncio.Future[None] | None:
        """Done once everything that was said until now is stored, or could not be; None when nothing waits."""
        return self._collected or self._on_its_way

    async def find(self, call_id: str) -> Found | None:
        """What is stored, with everything that was said until now. It waits for no writer."""
        change = _merged(self._being_written.get(call_id), self._changes.get(call_id))
        if isinstance(change, _Drop):
            return None
        if isinstance(change, _Put):
            return self._measured(
                change.standing.as_json(), change.at, change.at, choices_only=change.choices_only
            )
        query = select(conversations).where(conversations.c.call_id == call_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            return None
        only = row["choices_only"] or isinstance(change, _KeepChoices)
        return self._measured(self._opened(row), row["stored_at"], row["seen_at"], choices_only=only)

    async def run(self, live: Callable[[], Sequence[str]]) -> None:
        """Write what is put until cancelled. `live`: the calls that people are in."""
        while True:
            try:
                async with asyncio.timeout(SEEN_EVERY_S if live() else None):
                    await self._woken.wait()
            except TimeoutError:
                pass
            try:
                await self.write(live())
            except Exception as error:  # noqa: BLE001 - whatever it is, calls go on, and the next time may be better
                log.error("conversations could not be stored", kind=type(error).__name__)  # noqa: TRY400
                await asyncio.sleep(TRY_AGAIN_S)

    async def close(self) -> None:
        """Write what is left."""
        try:
            await self.write()
        except Exception as error:  # noqa: BLE001 - the server stops all the same
            log.error("conversations could not be stored", kind=type(error).__name__)  # noqa: TRY400

    async def write(self, live: Sequence[str] = ()) -> None:
        """Write what waits, now, and of these calls that their server is there."""
        async with self._writing:
            self._woken.clear()
            changes, self._changes = self._changes, {}
            self._being_written = changes
            self._on_its_way, self._collected = self._collected, None
            now = self._clock()
            try:
                await self._database.write_at_once(
                    lambda connection: self._write(connection, changes, live, now)
                )
                if any(isinstance(change, _Drop) for change in changes.values()):
                    self._database.journal_holds_more = True  # housekeeping empties it
            except BaseException:
                self._take_back(changes)
                raise
            finally:
                self._being_written = {}
                if self._on_its_way is not None:
                    self._on_its_way.set_result(None)
                    self._on_its_way = None

    def _note(self, call_id: str, change: _Change) -> None:
        self._changes[call_id] = _merged(self._changes.get(call_id), change) or change
        self._collected = self._collected or asyncio.get_running_loop().create_future()
        self._woken.set()

    def _take_back(self, changes: Mapping[str, _Change]) -> None:
        """They could not be written: they wait again, before what was said since."""
        for call_id, change in changes.items():
            self._changes[call_id] = _merged(change, self._changes.get(call_id)) or change
        if self._changes:
            self._woken.set()

    def _write(
        self, connection: Connection, changes: Mapping[str, _Change], live: Sequence[str], now: datetime
    ) -> None:
        if changes:
            _apply(connection, changes, dict(self._rows(changes)))
        for start in range(0, len(live), _AT_ONCE):
            there = conversations.c.call_id.in_(live[start : start + _AT_ONCE])
            connection.execute(update(conversations).where(there).values(seen_at=now))

    def _rows(self, changes: Mapping[str, _Change]) -> list[tuple[str, dict[str, Any]]]:
        """What is put, sealed. One that can't be written down keeps no other from being stored."""
        rows = []
        for call_id, put in changes.items():
            if isinstance(put, _Put):
                try:
                    rows.append((call_id, self._sealed(put)))
                except (ValueError, TypeError) as error:
                    log.error("a conversation can't be stored", call=call_id, kind=type(error).__name__)  # noqa: TRY400
        return rows

    def _sealed(self, put: _Put) -> dict[str, Any]:
        key = self._sealer.new_key()
        text = json.dumps(put.standing.as_json(), allow_nan=False)
        return {
            "data_key": key,
            "body": self._sealer.seal(key, text),
            "choices_only": put.choices_only,
            "stored_at": put.at,
            "seen_at": put.at,
        }

    def _opened(self, row: Mapping[Any, Any]) -> Mapping[str, Any] | None:
        try:
            kept: Mapping[str, Any] = json.loads(self._sealer.open(row["data_key"], row["body"]))
        except (SealError, ValueError) as error:
            log.error("a conversation can't be read", call=row["call_id"], kind=type(error).__name__)  # noqa: TRY400
            return None
        return kept

    def _measured(
        self, kept: Mapping[str, Any] | None, stored_at: datetime, seen_at: datetime, *, choices_only: bool
    ) -> Found:
        now = self._clock()
        return Found(kept, _seconds(now - stored_at), _seconds(now - max(stored_at, seen_at)), choices_only)


def _merged(earlier: _Change | None, later: _Change | None) -> _Change | None:
    """Both in one."""
    if isinstance(later, _KeepChoices) and earlier is not None:
        return replace(earlier, choices_only=True) if isinstance(earlier, _Put) else earlier
    return later or earlier


def _apply(
    connection: Connection, changes: Mapping[str, _Change], rows: Mapping[str, Mapping[str, Any]]
) -> None:
    gone = [call_id for call_id, change in changes.items() if isinstance(change, _Drop) or call_id in rows]
    only = [call_id for call_id, change in changes.items() if isinstance(change, _KeepChoices)]
    connection.execute(delete(conversations).where(conversations.c.call_id.in_(gone)))
    kept = update(conversations).where(conversations.c.call_id.in_(only))
    connection.execute(kept.values(choices_only=True))
    # What has been erased meanwhile does not come back.
    there = select(calls.c.id).where(calls.c.id.in_(list(rows)), calls.c.erased_at.is_(None))
    for call_id in connection.scalars(there).all():
        connection.execute(insert(conversations).values(call_id=call_id, **rows[call_id]))


def _seconds(time: timedelta) -> float:
    seconds = time.total_seconds()
    return UNKNOWN_S if seconds < 0 else seconds
