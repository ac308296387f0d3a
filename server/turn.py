"""The ICE servers that one participant's browser is told, TURN with a pass that expires among them.

The pass follows the TURN REST convention (draft-uberti-behave-turn-rest-00; coturn's `use-auth-secret`): the relay shares
a secret with this server and nothing else, checks the signature, and lets nobody in after the time in the username.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from server.secret import Pii

if TYPE_CHECKING:
    from datetime import datetime

    from server.clock import WallClock
    from server.settings import Settings

IceServers = Callable[[str], tuple[Mapping[str, Any], ...]]
"""From a participant's id to RTCIceServer objects."""


class TurnPasses:
    """Makes passes for the relay. Each is good until `lifetime` after it was made."""

    def __init__(self, secret: Pii[str], lifetime: timedelta) -> None:
        self._secret = secret
        self._lifetime = lifetime
        self._pseudonym_key = secrets.token_bytes(32)

    def new(self, participant: str, now: datetime) -> dict[str, str]:
        """Return the `username` and `credential` of an RTCIceServer."""
        expires = int((now + self._lifetime).timestamp())
        username = f"{expires}:{self._pseudonym(participant)}"
        signature = hmac.digest(self._secret.value.encode(), username.encode(), hashlib.sha1)
        return {"username": username, "credential": base64.b64encode(signature).decode()}

    def _pseudonym(self, participant: str) -> str:
        """The same for one participant as long as this process lives (a relay's quotas count by it); tells nothing."""
        return hmac.digest(self._pseudonym_key, participant.encode(), hashlib.sha256)[:8].hex()


def ice_servers(settings: Settings, clock: WallClock) -> IceServers:
    """What `settings` tell every browser, and beside it the relay with a new pass each time it is asked for."""
    if settings.turn_secret is None:
        return lambda _participant: settings.ice_servers
    lifetime = timedelta(minutes=settings.turn_ttl_minutes)
    passes = TurnPasses(Pii(settings.turn_secret.get_secret_value()), lifetime)
    urls = list(settings.turn_urls)
    return lambda participant: (*settings.ice_servers, {"urls": urls, **passes.new(participant, clock())})
