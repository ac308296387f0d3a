"""What a page needs beyond a refusal's code, for people who hold a valid invitation: when the call is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from signaling.calls import DoorRefusedError

if TYPE_CHECKING:
    from signaling.calls import CallInfo


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment for a page, which shows it in the reader's own zone where a script may run."""

    iso: str
    """RFC 3339 with an offset, for the script."""
    words: str
    """For people, with the zone's name, where there is no script."""


class ClosedDoorError(DoorRefusedError):
    """A refusal that knows when its call starts, and when the door opens if that lies ahead."""

    def __init__(
        self,
        code: str,
        detail: str,
        status: int,
        call: CallInfo,
        *,
        starts: Moment,
        opens: Moment | None = None,
    ) -> None:
        super().__init__(code, detail, status, call)
        self.starts = starts
        self.opens = opens
