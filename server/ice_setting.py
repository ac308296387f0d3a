"""Which STUN and TURN servers a browser takes. One that it does not take makes every call fail, and is refused at the start."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

_URL = re.compile(
    r"(?P<scheme>stuns?|turns?):(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<transport>\?transport=(?:udp|tcp))?"
)


def is_turn_url(url: str) -> bool:
    """Whether a browser takes this as the URL of a TURN server (RFC 7065)."""
    return _scheme(url) in {"turn", "turns"}


def trouble_with(server: Mapping[str, JsonValue]) -> str | None:
    """What a browser would throw at this RTCIceServer object (WebRTC section 4.4.1.1); None: it takes it."""
    urls = server.get("urls")
    urls = urls if isinstance(urls, list) else [urls]
    schemes = {_scheme(url) if isinstance(url, str) else None for url in urls}
    if not schemes or None in schemes:
        return "each server needs `urls`, such as stun:stun.example.org or turn:turn.example.org:3478"
    if schemes & {"turn", "turns"} and not all(
        isinstance(server.get(name), str) and server[name] for name in ("username", "credential")
    ):
        return (
            "a turn: server needs `username` and `credential`; "
            "HOLDSPACE_TURN_URLS and HOLDSPACE_TURN_SECRET give everybody a pass of their own"
        )
    return None


def _scheme(url: str) -> str | None:
    """`stun`, `stuns`, `turn` or `turns`; None for what is no such URL (RFC 7064, RFC 7065)."""
    found = _URL.fullmatch(url)
    if found is None or not 0 < int(found["port"] or 1) < 65536:  # noqa: PLR2004 - the highest port
        return None
    # Only a relay can be asked for by a transport.
    return None if found["transport"] and found["scheme"].startswith("stun") else found["scheme"]
