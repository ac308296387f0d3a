"""What the postman asks of a way out of this server, and how such a way says that it did not go.

DeliveryError
├── TryLaterError        nothing was handed over, and a later attempt may go
│   └── NoWayError       not this letter's fault: nothing gets out at present
├── RefusedError         the other side will never take this letter
└── UncertainError       it was handed over and nobody answered: it may or may not have arrived
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from server.mail.composer import Outgoing

HandOver = Callable[[], Awaitable[None]]
_ADDRESS: Final = re.compile(r"[^\s<>\"'=:,;]+@[^\s<>\"',;]+")


class DeliveryError(Exception):
    """A letter did not go; `reason` is for the organizer and names no address."""

    def __init__(self, reason: str) -> None:
        self.reason = without_addresses(reason)
        super().__init__(self.reason)


class TryLaterError(DeliveryError):
    """Nothing was handed over, and a later attempt may go."""


class NoWayError(TryLaterError):
    """Nothing gets out at present, whatever the letter."""


class RefusedError(DeliveryError):
    """The other side will never take this letter."""


class UncertainError(DeliveryError):
    """It was handed over and nobody answered."""


class Carrier(Protocol):
    """Carries letters, one after the other."""

    async def deliver(self, outgoing: Outgoing, hand_over: HandOver) -> None:
        """Carry one letter; `hand_over` is awaited right before the moment after which nobody can take it back.

        Raises:
            DeliveryError: it did not go, or nobody knows.
        """

    async def take_back(self, outgoing: Outgoing) -> None:
        """Take back what was delivered and has not left this server: what it tells was erased meanwhile."""


class Transport(Protocol):
    """A way out of this server."""

    def carrier(self) -> AbstractAsyncContextManager[Carrier]:
        """Return somebody who carries letters until the context ends."""


def without_addresses(text: str) -> str:
    """Return what a mail server said without the addresses in it: a reason is kept in the clear."""
    return " ".join(_ADDRESS.sub("(address)", text).split())
