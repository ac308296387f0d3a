"""The rooms that are live, one for each call; made by the first to join, closed when over.

Also knows the connections that have not joined yet (the lobby), so that nothing is left out at the end.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from signaling.clock import LoopClock
from signaling.errors import TooManyError
from signaling.farewells import Bye
from signaling.room import Room
from signaling.settings import SignalingSettings
from signaling.tasks import OwnedTasks

if TYPE_CHECKING:
    from signaling.calls import CallDoor, CallInfo
    from signaling.clock import Clock
    from signaling.connection import Connection
    from signaling.room import PlaneFactory

MAX_UNJOINED = 4
"""Connections of one participant that have not joined: a page needs one, an impatient reload another."""
CLOSE_ROOM_S = 30.0
"""A room that has not closed by then is given up; the parts of a room have shorter limits of their own."""


class Rooms:
    """The registry. `close` before the server's connections are waited for (aiohttp: `on_shutdown`)."""

    def __init__(
        self,
        door: CallDoor,
        plane_factory: PlaneFactory,
        settings: SignalingSettings | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.door = door
        self.settings = settings or SignalingSettings()
        self.clock: Clock = clock or LoopClock()
        self._plane_factory = plane_factory
        self._rooms: dict[str, Room] = {}
        self._lobby: dict[Connection, str] = {}
        self._closing: dict[str, asyncio.Task[None]] = {}
        self._tasks = OwnedTasks()
        self._draining = False

    def __len__(self) -> int:
        """How many rooms are live."""
        return len(self._rooms)

    def is_connected(self, call_id: str, participant: str) -> bool:
        """Whether this participant has a joined connection to this call now."""
        room = self._rooms.get(call_id)
        return room is not None and room.is_connected(participant)

    def receive(self, connection: Connection, call_id: str) -> None:
        """Somebody has connected and not joined yet. Raises TooManyError."""
        if self._draining:
            connection.say_bye(Bye.DRAINING)
            return
        same = [other for other in self._lobby if other.participant == connection.participant]
        if len(same) >= MAX_UNJOINED:
            raise TooManyError("Too many connections that have not joined.")
        self._lobby[connection] = call_id

    async def enter(self, connection: Connection, call: CallInfo, re: str | int | None) -> Room | None:
        """Join the call's room, a new one if need be; None if the connection ended meanwhile.

        Raises MediationError or FailedError when the room does not let the connection in.
        """
        while (closing := self._closing.get(call.id)) is not None:
            # The old room's media must be gone before a new one opens ports for the same people.
            await asyncio.wait({closing})
        if connection.ending:
            return None
        room = self._rooms.get(call.id) or self._open(call)
        room.join(connection, re)
        self._lobby.pop(connection, None)
        return room

    def _open(self, call: CallInfo) -> Room:
        room = Room(call, self.door, self._plane_factory, self.settings, self.clock, self._dissolve)
        self._rooms[call.id] = room
        return room

    def forget(self, connection: Connection) -> None:
        """The connection has closed without having joined."""
        self._lobby.pop(connection, None)

    def _dissolve(self, room: Room, bye: Bye) -> None:
        """Close a room, in a task of its own."""
        call_id = room.call.id
        if self._rooms.get(call_id) is not room:
            return
        del self._rooms[call_id]
        if bye in {Bye.ENDED, Bye.CANCELLED}:
            self._end_lobby(call_id, bye)
        task = self._closing[call_id] = self._tasks.start(room.close(bye), "signaling-room-close")
        task.add_done_callback(lambda _: self._closing.pop(call_id, None))

    def _end_lobby(self, call_id: str | None, bye: Bye) -> None:
        for connection, waiting_for in list(self._lobby.items()):
            if call_id in {None, waiting_for}:
                del self._lobby[connection]
                connection.say_bye(bye)

    async def end_call(self, call_id: str, code: str) -> None:
        """Goodbye (`cancelled`, `ended`; `changed`: come again) to everyone; wait until the room is closed."""
        bye = Bye(code)
        room = self._rooms.get(call_id)
        if room is not None:
            self._dissolve(room, bye)
        self._end_lobby(call_id, bye)
        closing = self._closing.get(call_id)
        if closing is not None:
            await asyncio.wait({closing})

    async def close(self) -> None:
        """Goodbye (`draining`) to everybody in every room; no task is left. Idempotent."""
        self._draining = True
        self._end_lobby(None, Bye.DRAINING)
        for room in list(self._rooms.values()):
            self._dissolve(room, Bye.DRAINING)
        await self._tasks.finish(CLOSE_ROOM_S)
