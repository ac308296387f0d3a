"""A simulated participant from its invitation link to the last farewell.

It opens the link as a browser does, visits the call, and decides what a farewell means: a line that is lost is
tried again with growing pauses; when somebody opens the same link, or the call is over, the guest bows out.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import aiohttp
from yarl import URL

from server.company_visit import LOST, Circle, Farewell, Seat, Visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from media.plane.simulated_person import SimulatedPerson
    from server.company_mind import Mind

SUBPROTOCOL = "holdspace.v1"
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 10.0
MAX_FAILURES = 20  # in a row: about three minutes of trying
STEADY_AFTER_S = 10.0  # a visit that lasted this long was no failure
HEARTBEAT_S = 15.0
REQUEST_TIMEOUT = aiohttp.ClientTimeout(total=20)
LINK = re.compile(r"(https?://[^/?#\s]+)/i/([\w-]{16,128})/?")
CALL_PATH = re.compile(r"/calls/([\w-]{1,64})")

FINAL = frozenset({
    "replaced", "ended", "cancelled", "left", "call-over", "call-cancelled", "call-unknown", "call-full",
    "unauthorised", "ambiguous-participant",
})  # fmt: skip
"""Farewells after which coming back would be wrong or useless; after any other the guest tries again."""


class NoInvitationError(Exception):
    """The text is no invitation link."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """One participant's own link; the token never shows itself."""

    server: str
    token: str

    @classmethod
    def read(cls, link: str) -> Self:
        """Take a link apart. Raises NoInvitationError, which doesn't repeat the link."""
        match = LINK.fullmatch(link.strip())
        if match is None:
            raise NoInvitationError("An invitation link looks like https://<server>/i/<token>.")
        return cls(match[1], match[2])

    def __repr__(self) -> str:
        """Without the secret."""
        return "Invitation(…)"


class Guest:
    """One simulated participant; `stay` once."""

    def __init__(
        self,
        invitation: Invitation,
        person: SimulatedPerson,
        circle: Circle,
        make_mind: Callable[[str, str], Mind],
        tell: Callable[[str], None],
    ) -> None:
        """`make_mind` is handed to each visit; `tell` says a line to whoever sits at the terminal."""
        self.leaving = asyncio.Event()
        self._invitation = invitation
        self._person = person
        self._circle = circle
        self._make_mind = make_mind
        self._tell = tell
        self._seat: Seat | None = None
        self._said = ""

    async def stay(self, session: aiohttp.ClientSession) -> Farewell:
        """Be in the call until replaced, until it is over, or until `leaving` is set."""
        failures = 0
        while True:
            began_at = asyncio.get_running_loop().time()
            farewell = await self._visit(session)
            steady = asyncio.get_running_loop().time() - began_at > STEADY_AFTER_S
            failures = 1 if steady else failures + 1
            if farewell.code in FINAL or self.leaving.is_set() or failures > MAX_FAILURES:
                self._bow_out(farewell)
                return farewell
            self._say(f"{farewell.detail} The simulated {self._role} tries again.")
            await self._pause(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (failures - 1)))

    @property
    def _role(self) -> str:
        return self._seat.role if self._seat else "participant"

    def _bow_out(self, farewell: Farewell) -> None:
        """Say the last words; the seat is simulated no longer."""
        if self._seat:
            self._circle.leave(self._seat.call, self._seat.participant)
        self._say(_last_words(self._role, farewell))

    def _say(self, line: str) -> None:
        """Tell the person at the terminal, but not the same thing twice in a row."""
        if line != self._said:
            self._tell(line)
        self._said = line

    def _sit(self, seat: Seat) -> None:
        """The server has given this guest a seat."""
        self._seat = seat
        self._circle.enter(seat.call, seat.participant)
        self._say(f"The simulated {seat.role} is in the call.")

    async def _pause(self, seconds: float) -> None:
        """Wait, unless it is time to leave."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.leaving.wait()

    async def _visit(self, session: aiohttp.ClientSession) -> Farewell:
        """Open the link and be in the call once."""
        try:
            address = await self._open_link(session)
            if isinstance(address, Farewell):
                return address
            async with session.ws_connect(
                address,
                protocols=[SUBPROTOCOL],
                headers={"Authorization": f"Bearer {self._invitation.token}"},
                heartbeat=HEARTBEAT_S,
            ) as socket:
                visit = Visit(socket, self._person, self._circle, self._make_mind, self._sit)
                return await visit.run(self.leaving)
        except (aiohttp.ClientError, OSError):  # a timeout is an OSError too
            return LOST

    async def _open_link(self, session: aiohttp.ClientSession) -> URL | Farewell:
        """Open the link as a browser does, and read from the redirect which call it belongs to."""
        link = f"{self._invitation.server}/i/{self._invitation.token}"
        async with session.get(link, allow_redirects=False, timeout=REQUEST_TIMEOUT) as response:
            location = URL(response.headers.get("Location", ""))
            match = CALL_PATH.fullmatch(location.path)
            if match is None:
                return _refused_link(response.status)
        address = URL(self._invitation.server) / "api/v1/calls" / match[1] / "signaling"
        if "as" not in location.query:
            return address
        # Before joining: company is never taken for a human by another guest, not even for a moment.
        self._circle.enter(match[1], location.query["as"])
        return address.with_query({"as": location.query["as"]})


def _refused_link(status: int) -> Farewell:
    """What a link means that leads nowhere; a server in trouble (5xx) is tried again."""
    if status in {401, 404}:
        return Farewell("unauthorised", "This invitation link is not known to the server.")
    if status == 410:  # noqa: PLR2004 - 410 Gone, RFC 9110 section 15.5.11
        return Farewell("call-over", "The call of this invitation is over.")
    return Farewell("refused", f"The server did not let the invitation in (HTTP {status}).")


def _last_words(role: str, farewell: Farewell) -> str:
    """What the person at the terminal is told when a guest is gone for good."""
    if farewell.code == "replaced":
        return (
            f"Somebody has opened the {role}'s own link: the simulated {role} makes room. Have a good talk."
        )
    if farewell.code == "left":
        return f"The simulated {role} has left."
    if farewell.code in {"ended", "cancelled"}:
        return f"{farewell.detail} The simulated {role} has left."
    return f"{farewell.detail} The simulated {role} stays away."
