"""When `ok` is said: the media path has obeyed, and what was changed is stored, so that it survives whatever happens next."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from signaling.connection import Connection
    from signaling.conversation_store import ConversationStore
    from signaling.messages import OkMessage
    from signaling.tasks import OwnedTasks

PATIENCE_S: Final = 0.5
"""A disk that is slower holds nobody's `ok` up for longer: it is said, and the store goes on trying."""


class Acknowledgements:
    """Those of one room."""

    def __init__(self, store: ConversationStore, errands: OwnedTasks) -> None:
        self._store = store
        self._errands = errands

    def say_when_stored(self, connection: Connection, message: OkMessage) -> None:
        """Send it, as soon as everything that was put until now is stored."""
        stored = self._store.stored()
        if stored is None:
            connection.send(message)
        else:
            self._errands.start(_send_after(stored, connection, message), "signaling-ok")


async def _send_after(stored: asyncio.Future[None], connection: Connection, message: OkMessage) -> None:
    await asyncio.wait({stored}, timeout=PATIENCE_S)
    connection.send(message)
