"""On the wire: when somebody steps back nobody is heard or seen any more, at every receiver, from the `ok` on.

The whole way: a real socket, room, conversation and plane; only the people are clients of our own, who go on sending.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Self

from media.mediation.people import Role
from media.plane.blur_workers import BlurWorkers
from media.plane.interface import Answer, Receive
from media.plane.plane import Plane
from media.plane.settings import PlaneSettings
from media.plane.silence import SILENCE_FRAME
from signaling.calls import CallInfo, CallParticipant
from signaling.clock import LoopClock
from tests.media.plane.wire_call import ANN, BEN, EVERYONE, TESS, VEIL_PAYLOAD, Call
from tests.media.plane.wire_client import WireClient
from tests.media.plane.wire_packets import starved_s
from tests.signaling.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from media.plane.interface import PlaneEvents
    from tests.media.plane.wire_packets import Packet
    from tests.signaling.world import Client

LATEST_S = 0.05
"""How long after the `ok` something that was on its way may still arrive."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When the `ok` arrived, and how long this thread had waited for a busy machine's processor by then."""

    at: float
    starved_s: float

    def in_time(self, packet: Packet) -> bool:
        """Whether a packet arrived before, or not too long after."""
        return (packet.at - self.at) - (packet.starved_s - self.starved_s) <= LATEST_S


class WireWorld(World):
    """A server whose rooms have real planes, and a clock that runs."""

    def __init__(self, call: CallInfo) -> None:
        super().__init__(call)
        self.workers = BlurWorkers(2)
        self.rooms.clock = LoopClock()
        self.rooms._plane_factory = self._make_real_plane

    def _make_real_plane(self, seats: Sequence[str], events: PlaneEvents) -> Plane:
        return Plane(seats, events, PlaneSettings(media_addresses=("127.0.0.1",)), self.workers)

    async def __aexit__(self, *error: object) -> None:
        await super().__aexit__(*error)
        self.workers.close()


class WholeCall(Call):
    """The assertions of a call on the wire, for people who came in through the door."""

    def __init__(self, *, format: str) -> None:  # noqa: A002 - the word of the public contract
        super().__init__(())
        seats = {ANN: Role.PARTNER, BEN: Role.PARTNER, TESS: Role.THERAPIST}
        people = tuple(CallParticipant(name, role, name) for name, role in seats.items())
        when = "2026-12-06T19:00:00+01:00"
        self.world = WireWorld(CallInfo("call-1", "", "open", when, 50, format, 180, 3, people))
        self.lines: dict[str, Client] = {}

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        await self.world.__aenter__()
        for name in EVERYONE:
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
        client = self.clients[name] = WireClient(name, EVERYONE.index(name))
        await line.send("offer", sdp=await client.offer(), id="offer")
        answer = await line.until("answer")
        receive = tuple(Receive(**one) for one in answer["receive"])
        await client.accept(Answer(answer["sdp"], receive))
        await line.does("ready", ready=True)

    async def steps_back(self, name: str) -> Moment:
        """The moment at which the `ok` arrives."""
        await self.lines[name].does("break.start")
        return Moment(self.now(), starved_s())

    def assert_closed_since(self, ok: Moment) -> None:
        """The veil was there in time, and all that arrived later than that is veil and silence."""
        for viewer, subject in permutations(EVERYONE, 2):
            pictures = self.clients[viewer].stream(subject, "video")
            sounds = self.clients[viewer].stream(subject, "audio")
            veils = [p for p in pictures if p.payload == VEIL_PAYLOAD]
            assert ok.in_time(veils[0]), f"{viewer} went on seeing {subject}"
            assert all(p.payload == VEIL_PAYLOAD for p in pictures if not ok.in_time(p))
            assert all(p.payload == SILENCE_FRAME for p in sounds if not ok.in_time(p))
            words = [*self.own_sounds(viewer, subject), *self.clear_pictures(viewer, subject)]
            assert all(ok.in_time(p) for p in words), f"{subject} reached {viewer}"


async def test_a_break_while_the_therapist_holds_the_stick() -> None:
    """The chair speaks, a partner steps back: silence and the veil everywhere with the `ok`, though all go on sending."""
    async with WholeCall(format="timed-turns") as call:
        await call.lines[TESS].does("floor.grant", to=TESS)
        await asyncio.gather(call.hears_more(ANN, TESS, 20), call.hears_more(BEN, TESS, 20))
        await asyncio.gather(*(call.sees_more(*pair) for pair in permutations(EVERYONE, 2)))
        ok = await call.steps_back(BEN)
        for client in call.clients.values():
            await client.nack_everything()
        await call.acknowledged()
        call.assert_closed_since(ok)


async def test_a_break_in_open_talk_and_the_return() -> None:
    """Everyone was heard; then nobody; on coming back the one who stepped back alone."""
    async with WholeCall(format="open-talk") as call:
        await call.all_see_and_hear(pictures=10, sounds=20)
        ok = await call.steps_back(ANN)
        await call.acknowledged()
        call.assert_closed_since(ok)
        for name in (ANN, BEN):
            await call.lines[name].does("break.end")
        returned_at = call.now()
        await asyncio.gather(*(call.hears_more(viewer, ANN, 20) for viewer in (BEN, TESS)))
        await asyncio.gather(*(call.sees_more(*pair) for pair in permutations(EVERYONE, 2)))
        for viewer, subject in permutations(EVERYONE, 2):
            words = [p for p in call.own_sounds(viewer, subject) if p.at > returned_at]
            assert bool(words) == (subject == ANN), f"{viewer} and {subject}"
