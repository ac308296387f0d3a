"""Everybody whose connection has not joined a room yet: first strangers, then people whom the door has let in.

A connection is here from before the door is asked, so that whatever happens to a call meanwhile reaches it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from signaling.errors import TooManyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signaling.connection import Connection
    from signaling.farewells import Bye

MAX_UNJOINED = 4
"""Connections of one participant that have not joined: a page needs one, an impatient reload another."""


class Lobby:
    """Who is between the address and a room. `most_strangers`: connections that are not authorised."""

    def __init__(self, most_strangers: int) -> None:
        self._most_strangers = most_strangers
        self._calls: dict[Connection, str] = {}
        self._closed: Bye | None = None

    @contextmanager
    def visit(self, connection: Connection, call_id: str) -> Iterator[None]:
        """Somebody asks for a call; they are here until they join or the visit is over."""
        self._calls[connection] = call_id
        if self._closed is not None:
            connection.say_bye(self._closed)
        try:
            yield
        finally:
            self.forget(connection)

    @property
    def is_crowded(self) -> bool:
        """So many strangers that one more is not worth a WebSocket."""
        return sum(not connection.participant for connection in self._calls) > self._most_strangers

    def call_ids(self) -> frozenset[str]:
        """The calls that those who are here have asked for."""
        return frozenset(self._calls.values())

    def let_in(self, connection: Connection, participant: str) -> None:
        """The door knows who it is. Raises TooManyError."""
        waiting = [other for other in self._calls if other.participant == participant and not other.ending]
        connection.participant = participant
        if len(waiting) >= MAX_UNJOINED:
            raise TooManyError("Too many connections that have not joined.")

    def forget(self, connection: Connection) -> None:
        """The connection has joined, or is over."""
        self._calls.pop(connection, None)

    def say_bye(self, call_id: str, bye: Bye) -> None:
        """Goodbye to everyone who has asked for this call."""
        for connection, asked_for in self._calls.items():
            if asked_for == call_id:
                connection.say_bye(bye)

    def close(self, bye: Bye) -> None:
        """Goodbye to everyone, and to whoever comes from now on."""
        self._closed = bye
        for connection in self._calls:
            connection.say_bye(bye)
