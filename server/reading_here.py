"""Reading many statements in one thread, by functions that are written for an async connection.

On an async connection every statement changes threads several times, which takes longer than the statement itself where
it is short. Here the function runs as a whole in one thread, on a plain connection: it awaits, but nothing makes it wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from sqlalchemy import Connection, CursorResult, Executable

T = TypeVar("T")


class Reader(Protocol):
    """What a reading function needs of its connection; SQLAlchemy's AsyncConnection is one."""

    async def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None
    ) -> CursorResult[Any]:
        """Run a statement; its rows have been fetched."""
        ...


class ReadingHere:
    """A plain connection in the shape of an async one."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None
    ) -> CursorResult[Any]:
        """Run a statement in this thread."""
        return self._connection.execute(statement, parameters)


def without_waiting(reading: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that awaits nothing but `ReadingHere`. Raises RuntimeError when it waits for something else."""
    try:
        reading.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    reading.close()
    raise RuntimeError("a reading function waited for something other than its connection")
