"""The way out of a server without a mail server: every letter becomes a file, for whoever runs it to pass on.

A file is there whole or not at all and has the letter's own name: what is written again after a crash replaces itself.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from server.mail.transport import TryLaterError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from server.mail.composer import Outgoing
    from server.mail.transport import HandOver

FOLDER: Final = "outbox"
_UNFINISHED: Final = ".part"


class Outbox:
    """Writes letters into `outbox` in the data folder, readable by its owner alone."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER

    @asynccontextmanager
    async def carrier(self) -> AsyncIterator[Outbox]:
        """Give itself: there is nothing to connect to."""
        yield self

    async def deliver(self, outgoing: Outgoing, hand_over: HandOver) -> None:
        """Write one letter. It can always be written again, so nothing needs to be noted before. Raises TryLaterError."""
        del hand_over
        try:
            await asyncio.to_thread(self._write, outgoing)
        except OSError as error:
            raise TryLaterError(f"The outbox can't be written: {error.strerror}.") from error

    async def take_back(self, outgoing: Outgoing) -> None:
        """Remove a letter's file."""
        await asyncio.to_thread(self._path(outgoing).unlink, missing_ok=True)

    def _path(self, outgoing: Outgoing) -> Path:
        return self._folder / f"{outgoing.topic}-{outgoing.mail_id}.eml"

    def _write(self, outgoing: Outgoing) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(outgoing)
        # Two processes never write one letter at once, so that its name is enough for the unfinished file.
        unfinished = path.with_suffix(_UNFINISHED)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(outgoing.data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        _sync(self._folder)


def _sync(folder: Path) -> None:
    """Make sure that a new name survives a power cut, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
