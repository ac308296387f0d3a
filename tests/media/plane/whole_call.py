"""A call on the wire that people came into through the door: real sockets, rooms, conversation and plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from media.formats.folders import shipped
from media.mediation.people import Role
from media.plane.blur_workers import BlurWorkers
from media.plane.interface import Answer, Receive
from media.plane.plane import Plane
from signaling.calls import CallInfo, CallParticipant
from signaling.clock import LoopClock
from tests.media.plane.wire_call import ANN, BEN, EVERYONE, TESS, Call
from tests.media.plane.wire_client import WireClient
from tests.signaling.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from media.plane.interface import PlaneEvents
    from media.plane.settings import PlaneSettings
    from tests.signaling.world import Client


class WireWorld(World):
    """A server whose rooms have real planes, and a clock that runs."""

    def __init__(self, call: CallInfo, settings: PlaneSettings) -> None:
        # Clients answer pings only while they are read, and a test reads one of them at a time.
        super().__init__(call, heartbeat_s=600.0, formats=shipped())
        self._plane_settings = settings
        self.workers = BlurWorkers(2)
        self.rooms.clock = LoopClock()
        self.rooms._plane_factory = self._make_real_plane

    def _make_real_plane(self, seats: Sequence[str], events: PlaneEvents) -> Plane:
        return Plane(seats, events, self._plane_settings, self.workers)

    async def __aexit__(self, *error: object) -> None:
        await super().__aexit__(*error)
        self.workers.close()


class WholeCall(Call):
    """The assertions of a call on the wire, for people who came in through the door."""

    def __init__(
        self,
        *,
        format: str,  # noqa: A002 - the word of the public contract
        turn_seconds: int = 180,
        make_client: Callable[[str, int], WireClient] = WireClient,
    ) -> None:
        super().__init__(())
        seats = {ANN: Role.PARTNER, BEN: Role.PARTNER, TESS: Role.THERAPIST}
        people = tuple(CallParticipant(name, role, name) for name, role in seats.items())
        when = "2026-12-06T19:00:00+01:00"
        info = CallInfo("call-1", "", "open", when, 50, format, turn_seconds, 3, people)
        self.world = WireWorld(info, self._settings)
        self._make_client = make_client
        self.lines: dict[str, Client] = {}

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        await self.world.__aenter__()
        # The therapist first: into a talk that goes on both partners would have to let them in.
        for name in (TESS, ANN, BEN):
            await self.come_in(name)
        return self

    async def __aexit__(self, *error: object) -> None:
        for client in self.clients.values():
            await client.close()
        await self.world.__aexit__(*error)
        await super().__aexit__(*error)

    async def come_in(self, name: str) -> None:
        """Join, offer, send, and be ready."""
        line = self.lines[name] = await self.world.joins(name)
        client = self.clients[name] = self._make_client(name, EVERYONE.index(name))
        await line.send("offer", sdp=await client.offer(), id="offer")
        answer = await line.until("answer")
        receive = tuple(Receive(**one) for one in answer["receive"])
        await client.accept(Answer(answer["sdp"], receive))
        await line.does("ready", ready=True)
