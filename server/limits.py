"""How often one address may do what costs somebody else something: schedule a call on an open server, have a letter sent.

Kept in memory alone: a restart forgets it, and so does an hour. Addresses are never logged or stored.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime

    from aiohttp import web

    from server.client_address import ClientAddresses
    from server.clock import WallClock

HOUR = timedelta(hours=1)
MAX_ADDRESSES = 10_000
"""Addresses remembered at once; beyond it the one whose hour began first is forgotten."""


class HourlyLimit:
    """Counts, for each address, what succeeded in the hour that began with its first call."""

    def __init__(self, most: int, clock: WallClock, what: str = "calls") -> None:
        self._most = most
        """0: no limit."""
        self._clock = clock
        self._what = what
        """What is counted, for the refusal's words."""
        self._hours: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def __len__(self) -> int:
        """How many addresses are remembered."""
        return len(self._hours)

    @contextmanager
    def one_more(self, address: str) -> Iterator[None]:
        """Count one; given back when the block fails. Raises Problem `too-many` (429)."""
        if not self._most:
            yield
            return
        self._take(address)
        try:
            yield
        except BaseException:
            self._give_back(address)
            raise

    def _take(self, address: str) -> None:
        now = self._clock()
        self._forget_old(now)
        began, count = self._hours.get(address, (now, 0))
        if count >= self._most:
            raise self._too_many(began + HOUR - now)
        self._hours[address] = (began, count + 1)
        if len(self._hours) > MAX_ADDRESSES:
            self._hours.popitem(last=False)

    def _give_back(self, address: str) -> None:
        if address in self._hours:
            began, count = self._hours[address]
            self._hours[address] = (began, count - 1)

    def _forget_old(self, now: datetime) -> None:
        """Hours stand in the order in which they began."""
        while self._hours:
            address, (began, _) = next(iter(self._hours.items()))
            if began + HOUR > now:
                return
            del self._hours[address]

    def _too_many(self, left: timedelta) -> Problem:
        seconds = max(1, int(left.total_seconds()))
        minutes = -(-seconds // 60)
        return Problem(
            "too-many",
            HTTPStatus.TOO_MANY_REQUESTS,
            f"As many {self._what} as this server allows in one hour ({self._most}) were asked for from your address. "
            f"Please try again in {minutes} {'minute' if minutes == 1 else 'minutes'}.",
            {"Retry-After": str(seconds)},
        )


class AddressLimit:
    """An hourly limit for whoever sends a request, by the address that it comes from."""

    def __init__(self, hourly: HourlyLimit, addresses: ClientAddresses) -> None:
        self._hourly = hourly
        self._addresses = addresses

    def one_more(self, request: web.Request) -> AbstractContextManager[None]:
        """Count one; given back when the block fails. Raises Problem `too-many` (429)."""
        return self._hourly.one_more(self._addresses.of(request))
