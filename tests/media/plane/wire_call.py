"""A call on the loopback wire: one plane, its clients, and assertions in the words of the product.

Every assertion looks at packets that arrived at a client, never at the plane's own state. To show that nothing arrives takes a
clock that ticks on the same path: `acknowledged` waits until the server itself has reported what it received meanwhile.
"""

import asyncio
import gc
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise, permutations
from typing import Any, Self

from media.mediation.distance import Distance
from media.mediation.people import LineState
from media.mediation.plan import Plan, ViewPlan
from media.plane.blur_workers import BlurWorkers
from media.plane.plane import Plane
from media.plane.settings import PlaneSettings
from media.plane.silence import SILENCE_FRAME
from media.plane.veil import VEIL_FRAME
from media.plane.vp8 import PLAIN_DESCRIPTOR
from tests.media.plane.wire_camera import HEIGHT, WIDTH, detail, shape, shape_of, sound
from tests.media.plane.wire_client import WireClient
from tests.media.plane.wire_packets import Packet, Picture, Screen, in_sequence, pictures, unwrap

ANN, BEN, TESS = "ann", "ben", "tess"
EVERYONE = (ANN, BEN, TESS)
VEIL_PAYLOAD = PLAIN_DESCRIPTOR + VEIL_FRAME
GRID = {Distance.SOFT: (48, 64), Distance.VEILED: (24, 32)}
"""Rows and columns of the tiny pictures."""
CLEAR_DETAIL, BLURRED_DETAIL = 30.0, 15.0
"""Steps of brightness; the camera's own checkerboard has about 59, through the blur 1 to 8 are left."""

COMPILED = False
"""Whether packets take the compiled lane; set for each test (conftest.py)."""


class Events:
    """What the plane told its room."""

    def __init__(self) -> None:
        self.lines: list[tuple[float, str, LineState]] = []
        self.pauses: list[tuple[float, str]] = []
        self.notices: list[tuple[str | None, str]] = []
        self.thin: dict[str, bool] = {}
        self._news = asyncio.Event()

    def line_changed(self, participant: str, line: LineState) -> None:
        """Remember it."""
        self.lines.append((asyncio.get_running_loop().time(), participant, line))
        self._news.set()

    def speech_paused(self, participant: str) -> None:
        """Remember it."""
        self.pauses.append((asyncio.get_running_loop().time(), participant))
        self._news.set()

    def line_thin(self, participant: str, *, thin: bool) -> None:
        """Remember the latest."""
        self.thin[participant] = thin

    def plane_notice(self, participant: str | None, code: str, fields: Mapping[str, Any]) -> None:  # noqa: ARG002 - the protocol's signature
        """Remember it."""
        self.notices.append((participant, code))
        self._news.set()

    async def line(
        self, participant: str, line: LineState, count: int = 1, deadline_s: float = 20.0
    ) -> float:
        """Wait until this line was told `count` times; the moment it was last told."""
        async with asyncio.timeout(deadline_s):
            while len(found := [at for at, *told in self.lines if told == [participant, line]]) < count:
                self._news.clear()
                await self._news.wait()
        return found[-1]

    async def notice(self, code: str, count: int = 1, deadline_s: float = 20.0) -> None:
        """Wait until this notice came `count` times."""
        async with asyncio.timeout(deadline_s):
            while sum(c == code for _, c in self.notices) < count:
                self._news.clear()
                await self._news.wait()


class Call:
    """A plane with three seats; `async with Call(...)` joins those named and checks at the end that all was in order."""

    def __init__(self, joining: Iterable[str] = EVERYONE, settings: PlaneSettings | None = None) -> None:
        self._joining = tuple(joining)
        chosen = settings or PlaneSettings(media_addresses=("127.0.0.1",))
        self._settings = replace(chosen, compiled=COMPILED)
        self.clients: dict[str, WireClient] = {}
        self.events = Events()
        self.unhandled: list[str] = []
        """What the event loop's exception handler was told."""
        self.lawless: set[str] = set()
        """Whose own streams may be as disorderly as they made them."""

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: self.unhandled.append(str(context)))
        self.workers = BlurWorkers(2)
        self.plane = Plane(EVERYONE, self.events, self._settings, self.workers)
        for name in self._joining:
            await self.join(name)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for client in self.clients.values():
            await client.close()
        await self.plane.close()
        self.workers.close()
        if kind is None:
            gc.collect()  # a task whose error nobody asked for reports it when it is collected
            assert self.unhandled == []
            for client in self.clients.values():
                assert_orderly(client, self.lawless)

    async def join(self, name: str) -> WireClient:
        """Join, and wait until the server has the first packet."""
        client = WireClient(name, EVERYONE.index(name))
        try:
            await client.accept(await self.plane.offer(name, await client.offer()))
        except BaseException:
            await client.close()
            raise
        self.clients[name] = client
        return client

    def apply(
        self,
        distance: Distance = Distance.AUDIO_ONLY,
        heard: Iterable[str] = (),
        views: Mapping[tuple[str, str], ViewPlan] | None = None,
    ) -> None:
        """Carry out a plan: everyone at this distance, these people heard, and some views otherwise."""
        heard = set(heard)
        everyone = {(v, s): ViewPlan(s in heard, distance) for v, s in permutations(EVERYONE, 2)}
        self.plane.apply(Plan({**everyone, **(views or {})}))

    def now(self) -> float:
        """The event loop's clock."""
        return asyncio.get_running_loop().time()

    # Clocks

    async def hears_more(self, viewer: str, subject: str, packets: int = 40) -> None:
        """Wait until `packets` further sound packets have come through a view that is open."""
        client = self.clients[viewer]
        goal = len(client.stream(subject, "audio")) + packets
        await client.until(
            lambda: len(client.stream(subject, "audio")) >= goal, f"{packets} more sound packets of {subject}"
        )

    async def sees_more(self, viewer: str, subject: str, packets: int = 10) -> None:
        """Wait until `packets` further video packets have come through a view that is open."""
        client = self.clients[viewer]
        goal = len(client.stream(subject, "video")) + packets
        await client.until(
            lambda: len(client.stream(subject, "video")) >= goal, f"{packets} more video packets of {subject}"
        )

    async def acknowledged(self, *names: str, packets: int = 40) -> None:
        """Wait until the server has reported `packets` further sound packets of each of these people as received.

        Who sends sound sends pictures in step with it, so those have arrived as well.
        """
        clients = [self.clients[name] for name in names or self.clients]
        goals = [(client, client.sent["audio"] + packets) for client in clients]
        for client, goal in goals:
            await client.until(lambda c=client, g=goal: c.acknowledged >= g, "a receiver report")  # type: ignore[misc]

    async def all_see_and_hear(self, pictures: int = 5, sounds: int = 5) -> None:
        """Wait until further packets have come through every view, all of which are open."""
        pairs = list(permutations(EVERYONE, 2))
        await asyncio.gather(
            *(self.hears_more(viewer, subject, sounds) for viewer, subject in pairs),
            *(self.sees_more(viewer, subject, pictures) for viewer, subject in pairs),
        )

    # Assertions

    def own_sounds(self, viewer: str, subject: str) -> list[Packet]:
        """Sound packets that carry what the subject said, by what is in them."""
        return [p for p in self.clients[viewer].stream(subject, "audio") if p.payload != SILENCE_FRAME]

    def clear_pictures(self, viewer: str, subject: str) -> list[Packet]:
        """Video packets whose bytes the subject's camera sent, wherever they arrived; sent again in RTX too (RFC 4588)."""
        sent = self.clients[subject].sent_pictures
        return [p for p in self.clients[viewer].packets if p.payload in sent or p.payload[2:] in sent]

    def assert_hears(self, viewer: str, subject: str) -> None:
        """The viewer heard the subject's own words, and nobody else's on that stream."""
        words = self.own_sounds(viewer, subject)
        assert words, f"{viewer} heard nothing of {subject}"
        assert all(p.payload.startswith(sound(subject, 0)[:12]) for p in words)

    def assert_silent(self, viewer: str, subject: str, since: Packet | None = None) -> None:
        """Nothing of the subject's sound reached the viewer (behind this packet) on any stream."""
        after = since.order if since else -1
        mark = f"sound of {subject} ".encode()
        late = [p for p in self.clients[viewer].packets if p.order > after and mark in p.payload]
        assert not late, f"{len(late)} packets of {subject}'s sound reached {viewer}"

    def shown(self, viewer: str, subject: str) -> list[Picture]:
        """The frames of this view, in sequence."""
        return pictures(in_sequence(self.clients[viewer].stream(subject, "video")))

    def distance_of(self, subject: str, frame: Picture) -> Distance | None:
        """How clear a frame is, by what is in it; None for the veil. A delta frame of the blur counts as veiled."""
        if frame.payloads == (VEIL_PAYLOAD,):
            return None
        if any(payload in self.clients[subject].sent_pictures for payload in frame.payloads):
            return Distance.CLEAR
        soft = frame.key and (frame.data[6], frame.data[8]) == GRID[Distance.SOFT][::-1]
        return Distance.SOFT if soft else Distance.VEILED

    def assert_sees(self, viewer: str, subject: str, distance: Distance) -> None:
        """What stands on the viewer's screen now is the subject at this distance: decoded, measured, recognised."""
        luma = Screen().show(self.shown(viewer, subject))
        assert shape(luma) == shape_of(self.clients[subject].person), "somebody else's picture, or none"
        if distance is Distance.CLEAR:
            assert luma.shape == (HEIGHT, WIDTH)
            assert detail(luma) > CLEAR_DETAIL
        else:
            assert luma.shape == GRID[distance]
            assert detail(luma) < BLURRED_DETAIL

    def assert_veiled_since(self, viewer: str, subject: str, since: Packet) -> None:
        """From this packet on nothing clear of the subject reached the viewer."""
        late = [p for p in self.clear_pictures(viewer, subject) if p.order > since.order]
        assert not late, f"{len(late)} clear packets of {subject} reached {viewer} behind the veil"


def assert_orderly(client: WireClient, lawless: set[str]) -> None:
    """Every stream of a client was declared, and runs on one SSRC without a hole and with time that never goes back."""
    assert client.answer is not None
    declared = {
        client.ssrc(r.participant, kind) for r in client.answer.receive for kind in ("audio", "video")
    }
    assert {p.ssrc for p in client.packets} <= declared
    for receive in [r for r in client.answer.receive if r.participant not in lawless]:
        assert_continuous(client.stream(receive.participant, "audio"), frames_end_with_marker=False)
        assert_continuous(client.stream(receive.participant, "video"), frames_end_with_marker=True)


def assert_continuous(packets: list[Packet], *, frames_end_with_marker: bool) -> None:
    """The sequence numbers of a stream are contiguous, and its timestamps rise from frame to frame."""
    ordered = in_sequence(packets)
    numbers = unwrap([p.seq for p in ordered], 16)
    assert all(b - a == 1 for a, b in pairwise(numbers)), "a hole in the sequence numbers"
    times = unwrap([p.ts for p in ordered], 32)
    for before, (a, b) in zip(ordered, pairwise(times), strict=False):
        same_frame = frames_end_with_marker and not before.marker
        assert b > a or (same_frame and b == a), "timestamps don't rise"
