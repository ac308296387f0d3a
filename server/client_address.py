"""Which address a request comes from, behind a reverse proxy or without one.

Anybody can write `X-Forwarded-For`; an entry counts only where a trusted proxy has put it.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ipaddress import IPv4Address, IPv4Network, IPv6Network

    from aiohttp import web

    Address = IPv4Address | IPv6Address
    Network = IPv4Network | IPv6Network

HOUSEHOLD_BITS = 64
"""An IPv6 line has a whole network of this prefix to itself, and counts as one address."""
UNKNOWN = "unknown"


class ClientAddresses:
    """Finds out who has sent a request, given the networks whose word is believed."""

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = tuple(trusted)

    def of(self, request: web.Request) -> str:
        """Return the address (IPv6: the line's network), the nearest one that is no trusted proxy."""
        found = _parsed(request.remote or "")
        passed_on = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
        for entry in reversed(passed_on):
            named = _parsed(entry.strip()) if self._is_trusted(found) else None
            if named is None:
                break
            found = named
        return _line(found)

    def _is_trusted(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._trusted)


def _parsed(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _line(address: Address | None) -> str:
    if isinstance(address, IPv6Address):
        return str(ip_network((int(address), HOUSEHOLD_BITS), strict=False))
    return UNKNOWN if address is None else str(address)
