"""The rooms that are live, one for each call; made by the first to join, closed when over.

What happens to a call reaches the lobby too, where those wait who have not joined, so that nobody is left out.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from media.mediation.conversation import Conversation
from media.mediation.distance_choices import DistanceChoices
from media.mediation.errors import NotInThisPhase
from signaling.clock import LoopClock
from signaling.conversation_store import STORED_WITHIN_S, NoStore, Revived, revived
from signaling.errors import BusyError
from signaling.farewells import Bye
from signaling.kept_conversations import KeptConversations, new_conversation
from signaling.lobby import Lobby
from signaling.promises import Promises
from signaling.room import Room
from signaling.settings import SignalingSettings
from signaling.tasks import OwnedTasks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from signaling.calls import CallDoor, CallInfo
    from signaling.clock import Clock
    from signaling.connection import Connection
    from signaling.conversation_store import ConversationStore
    from signaling.messages import JoinMessage
    from signaling.room import PlaneFactory

TELL_S = 8.0
"""So long a server that stops goes on telling its door what became of calls: a writer is waited for for five seconds."""
_FINAL = frozenset({Bye.ENDED, Bye.CANCELLED, Bye.OVER})
"""Nobody comes back into the call."""
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
        store: ConversationStore | None = None,
    ) -> None:
        self.door = door
        self._store: ConversationStore = store or NoStore()
        self.settings = settings or SignalingSettings()
        self.clock: Clock = clock or LoopClock()
        self.lobby = Lobby(self.settings.max_strangers)
        self._plane_factory = plane_factory
        self._rooms: dict[str, Room] = {}
        self._kept = KeptConversations(self.settings.max_kept)
        self._closing: dict[str, asyncio.Task[None]] = {}
        self._tasks = OwnedTasks()
        self._tellings = OwnedTasks()
        self._promises = Promises(door, self._tellings)

    def __len__(self) -> int:
        """How many rooms are live."""
        return len(self._rooms)

    def live(self) -> Sequence[str]:
        """The calls in which somebody is, or was a moment ago."""
        return tuple(self._rooms)

    def call_ids(self) -> frozenset[str]:
        """The calls in which somebody is, or for which somebody waits."""
        return frozenset(self._rooms) | self.lobby.call_ids()

    def is_connected(self, call_id: str, participant: str) -> bool:
        """Whether this participant has a joined connection to this call now."""
        room = self._rooms.get(call_id)
        return room is not None and room.is_connected(participant)

    def is_missed(self, call_id: str, participant: str) -> bool:
        """Whether this participant has lost their line to this call, and has not left it."""
        room = self._rooms.get(call_id)
        return room is not None and room.is_missed(participant)

    async def enter(self, connection: Connection, call: CallInfo, message: JoinMessage) -> Room | None:
        """Join the call's room, a new one if need be; None if the connection ended meanwhile.

        Raises BusyError when there is no room to be had, MediationError, ReplacedError or FailedError when the room does
        not let the connection in.
        """
        begins = await self._waited_for(call)
        if connection.ending:
            return None
        room = self._rooms.get(call.id) or self._open(call, begins)
        # The door has just looked: a long break may have moved the call's time since the room opened.
        room.call = call
        room.join(connection, message.id, message.resume)
        self.lobby.forget(connection)
        return room

    async def _waited_for(self, call: CallInfo) -> Revived | None:
        """Wait until a new room may open; what it begins with, where this process knows of nothing."""
        while True:
            while (closing := self._closing.get(call.id)) is not None:
                # The old room's media must be gone before a new one opens ports for the same people.
                await asyncio.wait({closing})
            if self._promises.is_ending(call.id):
                raise NotInThisPhase("The conversation has ended.")
            if call.id in self._rooms or call.id in self._kept:
                return None
            found = await self._store.find(call.id)
            if call.id not in self._closing:  # nor has a room come and gone meanwhile
                return (
                    None if found is None else revived(found, call, self.settings.formats, self.clock.now())
                )

    def _open(self, call: CallInfo, stored: Revived | None) -> Room:
        if len(self._rooms) + len(self._closing) >= self.settings.max_rooms:
            raise BusyError("As many calls take place as this server can hold. Please come back later.")
        remembered = self._kept.take(call.id)
        begins = remembered or stored or Revived(DistanceChoices())
        conversation = begins.conversation
        if not isinstance(conversation, Conversation):
            conversation = new_conversation(call, self.settings.formats, conversation)
        room = self._rooms[call.id] = Room(
            call,
            self._promises,
            self._plane_factory,
            self.settings,
            self.clock,
            self._dissolve,
            conversation,
            begins.words,
            self._store,
            is_revived=remembered is None and stored is not None,
        )
        return room

    def _dissolve(self, room: Room, bye: Bye) -> None:
        """Close a room, in a task of its own."""
        call_id = room.call.id
        if self._rooms.get(call_id) is not room:
            return
        del self._rooms[call_id]
        room.silence()
        self._remember(room, bye)
        if bye in _FINAL:
            self.lobby.say_bye(call_id, bye)
        task = self._closing[call_id] = self._tasks.start(room.close(bye), "signaling-room-close")
        task.add_done_callback(lambda _: self._closing.pop(call_id, None))

    def _remember(self, room: Room, bye: Bye) -> None:
        if bye is Bye.DRAINING:
            self._kept.keep(room.call.id, room.conversation, room.words)
        elif room.is_ending:  # it stays stored until the door knows
            self._kept.drop(room.call.id)
        elif bye in _FINAL:
            self._forget(room.call.id)
        else:
            self._kept.keep(room.call.id, room.conversation.distance, room.words)
            self._store.keep_choices(room.call.id)

    def _forget(self, call_id: str) -> None:
        self._kept.drop(call_id)
        self._store.drop(call_id)

    async def end_call(self, call_id: str, code: str) -> None:
        """Goodbye (`cancelled`, `ended`, `call-over`; `changed`: come again) to everyone.

        Wait until the room is closed, and that is stored.
        """
        bye = Bye(code)
        room = self._rooms.get(call_id)
        if room is not None:
            self._dissolve(room, bye)
        elif bye in _FINAL:
            self._forget(call_id)
        else:
            self._kept.start_afresh(call_id)
            self._store.keep_choices(call_id)
        self.lobby.say_bye(call_id, bye)
        closing = self._closing.get(call_id)
        if closing is not None:
            await asyncio.wait({closing})
        if (stored := self._store.stored()) is not None:
            await asyncio.wait({stored}, timeout=STORED_WITHIN_S)

    async def close(self) -> None:
        """Goodbye (`draining`) to everybody in every room; no task is left. Idempotent."""
        self.lobby.close(Bye.DRAINING)
        for room in list(self._rooms.values()):
            self._dissolve(room, Bye.DRAINING)
        await self._tasks.finish(CLOSE_ROOM_S)
        await self._tellings.finish(TELL_S)
