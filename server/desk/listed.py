"""Who may sign in to the desk: the addresses that the operator has listed.

Asked at every request, so that whoever is taken off the list is out with the next start of the server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from server.sealing import Sealer


class ListedTherapists:
    """The list, by address hash.

    Args:
        addresses: as the operator writes them.
        anybody: whether any address may sign in while none is listed (a server for this machine alone).
        sealer: hashes addresses.
    """

    def __init__(self, addresses: Sequence[str], sealer: Sealer, *, anybody: bool) -> None:
        self._sealer = sealer
        self._addresses = {sealer.address_hash(address): address for address in addresses}
        self._anybody = anybody and not addresses

    def has(self, address_hash: str) -> bool:
        """Whether the therapist with this address may sign in, and stay."""
        return self._anybody or address_hash in self._addresses

    def address(self, typed: str) -> str | None:
        """Return where a link for whoever typed this address may be sent to; None: nowhere.

        It is the address as the operator has written it: two addresses that are alike but for their case can be two
        people's, and a comparison that knows no case holds some letters for alike that a mail server does not.
        """
        if self._anybody:
            return typed
        return self._addresses.get(self._sealer.address_hash(typed))
