"""On the wire: 500 random changes of distance for three people on bad lines, who ask again for all that they ever saw.

Each view is judged by what arrived at its viewer, in two ways that know nothing of each other: by the bytes of the packets, and
by decoding the frames, which show the camera's checkerboard or don't. Between a change that closes a view and the one that
opens it, nothing clear arrives but what was on the line already; when that has come is told by a sound, since sounds travel
behind it on the same line.
"""

import asyncio
import random
from dataclasses import dataclass, field
from itertools import permutations, product

import av

from media.mediation.distance import Distance
from media.mediation.plan import ViewPlan
from tests.media.plane.wire_bad_line import LONGEST_S, put_on_bad_line
from tests.media.plane.wire_call import CLEAR_DETAIL, EVERYONE, Call
from tests.media.plane.wire_camera import detail
from tests.media.plane.wire_client import WireClient
from tests.media.plane.wire_packets import Packet, Picture, Screen, in_sequence, pictures, starved_s, unwrap

CHANGES = 500
SEEN = 10
"""Frames of each kind on each screen at least, so that the rest says something."""
REST_EVERY = 50
"""With so many changes in between all are softened, and then clear until that has come to every screen: how much is seen does not
hang on how busy the machine is."""
REST_PACKETS = 8
SEED = 4
PAIRS = tuple(permutations(EVERYONE, 2))
LATEST = 400
"""Packets of each stream that are asked for again with each change; now and then all that ever came."""


@dataclass
class Shut:
    """A time during which a view must not be clear: from the command until its line was empty, and until it was opened."""

    since: float
    empty_at: float = float("inf")
    until: float = float("inf")


@dataclass
class Log:
    """What every view was told, and when."""

    shut: dict[tuple[str, str], list[Shut]] = field(default_factory=lambda: {pair: [] for pair in PAIRS})
    distance: dict[tuple[str, str], Distance] = field(
        default_factory=lambda: dict.fromkeys(PAIRS, Distance.CLEAR)
    )

    def changed(self, pair: tuple[str, str], distance: Distance, now: float) -> None:
        """A command has been carried out."""
        was, self.distance[pair] = self.distance[pair], distance
        if distance is Distance.CLEAR and was is not Distance.CLEAR:
            self.shut[pair][-1].until = now
        elif was is Distance.CLEAR and distance is not Distance.CLEAR:
            self.shut[pair].append(Shut(now))

    def emptied(self, since: float, now: float) -> None:
        """Whatever was sent before `since` has arrived, or never will."""
        for times in self.shut.values():
            for shut in times[-1:]:
                if shut.since <= since:
                    shut.empty_at = min(shut.empty_at, now)


async def test_five_hundred_changes_on_bad_lines_show_nothing_that_must_not_be_seen() -> None:
    """Three people, three lines with 5 % loss and reordering both ways, everything asked for again."""
    chance = random.Random(SEED)
    log = Log()
    async with Call() as call:
        call.lawless = set(EVERYONE)  # on these lines there are holes
        call.apply(Distance.CLEAR, EVERYONE)
        await call.all_see_and_hear()
        carriers = [
            carrier
            for number, client in enumerate(call.clients.values())
            for carrier in put_on_bad_line(client, SEED + 100 * number)
        ]
        for number in range(CHANGES):
            for pair in chance.sample(PAIRS, chance.randint(1, 4)):
                log.changed(pair, chance.choice(list(Distance)), call.now())
            plan = {pair: ViewPlan(heard=True, distance=distance) for pair, distance in log.distance.items()}
            changed_at = call.now()
            call.apply(views=plan)
            await asyncio.gather(*(line_is_empty(call, viewer, changed_at) for viewer in EVERYONE))
            log.emptied(changed_at, call.now())
            for client in call.clients.values():
                await ask_again(client, everything=number % 50 == 0)
            if number % REST_EVERY == 0:
                await rest(call, log, Distance.SOFT, packets=1)  # so that clear begins with a key frame
                await rest(call, log, Distance.CLEAR, packets=REST_PACKETS)
        assert sum(carrier._link.fates["lost"] for carrier in carriers) > CHANGES
        for carrier in carriers:
            carrier.close()
        for viewer, subject in PAIRS:
            assert_by_bytes(call, viewer, subject, log.shut[viewer, subject])
            assert_by_decoding(call, viewer, subject, log.shut[viewer, subject])
        assert sum(len(times) for times in log.shut.values()) > CHANGES / 3


async def rest(call: Call, log: Log, distance: Distance, *, packets: int) -> None:
    """Change every view to this, and leave it until so many packets of it have come."""
    for pair in PAIRS:
        log.changed(pair, distance, call.now())
    changed_at = call.now()
    call.apply(distance, EVERYONE)
    await asyncio.gather(*(line_is_empty(call, viewer, changed_at) for viewer in EVERYONE))
    log.emptied(changed_at, call.now())
    await asyncio.gather(*(call.sees_more(viewer, subject, packets) for viewer, subject in PAIRS))


async def line_is_empty(call: Call, viewer: str, since: float) -> None:
    """Wait for a sound that was captured after `since`, and as long as one datagram may overtake another."""
    client = call.clients[viewer]
    others = [call.clients[name] for name in EVERYONE if name != viewer]

    def heard() -> bool:
        return any(
            sent_at > since
            for packet, one in product(client.packets[-40:], others)
            if (sent_at := one.sent_at.get(packet.payload)) is not None
        )

    await client.until(heard, "a sound behind the change")
    starved = starved_s()
    await asyncio.sleep(LONGEST_S)
    if starved_s() - starved > LONGEST_S:  # a late timer delivers late: let the line catch up
        await asyncio.sleep(LONGEST_S)


async def ask_again(client: WireClient, *, everything: bool) -> None:
    """NACK what came of every picture."""
    for name in EVERYONE:
        if name != client.name:
            stream = client.stream(name, "video")
            seen = stream if everything else stream[-LATEST:]
            await client.nack(client.ssrc(name, "video"), {packet.seq for packet in seen})


def assert_by_bytes(call: Call, viewer: str, subject: str, shut: list[Shut]) -> None:
    """No packet that the camera sent after the command arrived before the opening; none at all once the line was empty."""
    sent_at = call.clients[subject].sent_at
    for packet in call.clear_pictures(viewer, subject):
        for time in shut:
            if packet.at < time.until:
                assert not time.since <= sent_at[packet.payload] < packet.at, "sent after the command"
                assert packet.at <= time.empty_at, "asked for again after the command"


def assert_by_decoding(call: Call, viewer: str, subject: str, shut: list[Shut]) -> None:
    """What the viewer's screen showed: the checkerboard is seen at times that are open, and often; the blur too."""
    clear, small = [], 0
    for frame, luma in shown(call.clients[viewer].stream(subject, "video")):
        if detail(luma) > CLEAR_DETAIL:
            clear.append(frame)
        else:
            small += 1
    assert len(clear) > SEEN, "the checkerboard was hardly ever seen"
    assert small > SEEN
    for frame in clear:
        assert not [time for time in shut if time.empty_at < frame.first.at < time.until]


def shown(stream: list[Packet]) -> list[tuple[Picture, object]]:
    """Every frame that can be decoded: after a hole only from a key frame on."""
    found: list[tuple[Picture, object]] = []
    screen: Screen | None = None
    for run in runs(in_sequence(stream)):
        screen = None
        for frame in pictures(run):
            if frame.key:
                screen = screen or Screen()
            if screen is None:
                continue
            try:
                found.append((frame, screen.show([frame])))
            except av.error.FFmpegError:
                screen = None  # the hole was in this frame
    return found


def runs(packets: list[Packet]) -> list[list[Packet]]:
    """Packets without a hole between them."""
    found: list[list[Packet]] = []
    last = None
    for number, packet in zip(unwrap([p.seq for p in packets], 16), packets, strict=True):
        if last is None or number != last + 1:
            found.append([])
        found[-1].append(packet)
        last = number
    return found
