"""What the pages must know of this installation; handed over once, when the application is built."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from media.formats.folders import shipped

if TYPE_CHECKING:
    from media.mediation.formats import Formats


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages must know of this installation.

    Attributes:
        public_url: The address people reach it at, without a slash at its end.
        formats: The formats of this server, in the order in which people are offered them.
        organizer_key_needed: Whether setting up a call asks for the organizer's key.
        open_scheduling: Whether anybody may set up a call, without a key or a desk.
        has_desk: Whether there are therapists who can sign in to a desk of their own.
        sends_mail: Whether letters reach people; otherwise they lie in a folder and links are passed on by hand.
        version: The product's version, shown small at the foot of pages.
    """

    public_url: str
    formats: Formats = field(default_factory=shipped)
    organizer_key_needed: bool = False
    open_scheduling: bool = True
    has_desk: bool = True
    sends_mail: bool = True
    version: str = ""

    @property
    def takes_calls(self) -> bool:
        """Whether somebody who is not signed in can set up a call on the first page."""
        return self.open_scheduling or self.organizer_key_needed
