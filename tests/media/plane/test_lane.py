"""The compiled lane does what Python does: the same packets out and the same numbers after every step, whatever comes."""

from __future__ import annotations

import random
import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from pylibsrtp import Error, Policy, Session

from media.mediation.distance import Distance
from media.plane.lane.binding import bound_lane, lane_missing
from tests.media.plane.lane_world import AUDIO_SSRC, KEYS, OPUS, RED, RTX, RTX_SSRC, VIDEO_SSRC, VP8, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(lane_missing() is not None, reason=f"no compiled lane: {lane_missing()}")

STEPS = 400
LONGEST_READ = 2048
"""The lane reads no longer datagram: it counts as rejected, where Python looks whether it is STUN or DTLS."""
LEVEL_EXTENSION = bytes.fromhex("bede0001") + b"\x10\x1e\x00\x00"


class Sender:
    """What a browser, or somebody worse, sends; encrypted once for both worlds."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self._session = Session(Policy(key=KEYS[0], ssrc_type=Policy.SSRC_ANY_OUTBOUND))
        self._next = {OPUS: 65_500, VP8: 65_400, RTX: 10}
        self.now = 100.0
        self.kept: list[bytes] = []
        """Held back, to come late."""

    def encrypted(self, plain: bytes) -> list[bytes]:
        """One datagram; none for what libsrtp itself refuses."""
        try:
            return [self._session.protect(plain)]
        except Error:
            return []

    def packet(
        self, number: int, payload: bytes, *, first: int = 0x80, extension: bytes = b"", ssrc: int = 0
    ) -> bytes:
        """The next plain packet of a payload type."""
        kind = {RED: OPUS}.get(number, number)
        seq, self._next[kind] = self._next[kind], (self._next[kind] + 1) & 0xFFFF
        ts = int(self.now * (48_000 if kind == OPUS else 90_000)) & 0xFFFFFFFF
        own = {OPUS: AUDIO_SSRC, VP8: VIDEO_SSRC, RTX: RTX_SSRC}[kind]
        marker = 0x80 if self.dice.random() < 0.2 else 0
        flags = first | (0x10 if extension else 0)
        return struct.pack("!BBHII", flags, number | marker, seq, ts, ssrc or own) + extension + payload

    def sound(self) -> bytes:
        """Opus, most of it; with and without a level, and repeating earlier frames."""
        dice = self.dice
        extension = dice.choice(
            [b"", LEVEL_EXTENSION, bytes.fromhex("bede0001") + bytes([0x10, dice.randrange(256), 0, 0])]
        )
        if dice.random() < 0.3:
            red = bytes([0x80 | dice.choice([OPUS, OPUS, OPUS, 9]), 0x0F, 0x00, 4, OPUS]) + b"oldsnew sound"
            return self.packet(RED, red[: dice.choice([1, 3, 99, 99, 99])], extension=extension)
        return self.packet(OPUS, dice.randbytes(dice.choice([1, 60, 80])), extension=extension)

    def picture(self) -> bytes:
        """VP8: key frames now and then, with descriptors of every length."""
        dice = self.dice
        descriptor = dice.choice(
            [b"\x10", b"\x00", b"\x90\x80\x05", b"\x90\x80\x85\x01", b"\x90\xf0\x85\1\1\1", b"\x90"]
        )
        body = dice.choice([b"\x00", *[b"\x01"] * 6]) + dice.randbytes(dice.choice([0, 20, 900, 1250, 1320]))
        return self.packet(VP8, descriptor + body)

    def strange(self) -> bytes:
        """Well encrypted, and wrong."""
        dice = self.dice
        number = dice.choice([OPUS, RED, VP8, RTX])
        again = struct.pack("!H", (self._next[VP8] - dice.randrange(9)) & 0xFFFF) + b"\x10\x01again"
        shapes: list[Callable[[], bytes]] = [
            lambda: self.packet(
                number, bytes(20) + bytes([dice.choice([1, 4, 19, 20, 21, 255])]), first=0xA0
            ),
            lambda: self.packet(number, dice.randbytes(30), first=0x80 | dice.randrange(16)),
            lambda: self.packet(number, dice.randbytes(30), extension=dice.randbytes(2) + b"\0\2" + bytes(8)),
            lambda: self.packet(number, b"", extension=bytes.fromhex("bede0002") + dice.randbytes(8)),
            lambda: self.packet(
                number, dice.randbytes(9), extension=bytes.fromhex("bede0002") + dice.randbytes(8)
            ),
            lambda: self.packet(number, b""),
            lambda: self.packet(number, bytes(9), ssrc=dice.choice([1, AUDIO_SSRC, VIDEO_SSRC, 0xFFFFFFFF])),
            lambda: self.packet(RTX, again),
            lambda: bytes([0x80, dice.randrange(128)]) + dice.randbytes(40),
        ]
        return dice.choice(shapes)()

    def rubbish(self) -> bytes:
        """Not encrypted at all."""
        dice = self.dice
        size = dice.choice([0, 1, 10, 11, 12, 40, 1499, 1500, 2047, 2048, 4000])
        short = [0, 3, 20, 63] if size < LONGEST_READ else []
        return bytes([dice.choice([0x80, 0x90, 0xBF, 64, 200, *short])]) + dice.randbytes(size)

    def burst(self) -> list[bytes]:
        """Some datagrams that come together: in order, or some lost, late or twice."""
        dice = self.dice
        made: list[bytes] = []
        for _ in range(dice.randrange(1, 14)):
            maker = dice.choices([self.sound, self.picture, self.strange], [5, 8, 1])[0]
            made += self.encrypted(maker())
        if not made or dice.random() < 0.15:
            made.append(self.rubbish())
        if dice.random() < 0.15:
            made += dice.choices(made, k=2)
        if dice.random() < 0.15:
            self.kept.append(made.pop(dice.randrange(len(made))))
        if dice.random() < 0.1:
            made += self.kept
            self.kept.clear()
        if dice.random() < 0.1:
            dice.shuffle(made)
        return made


def commands(dice: random.Random) -> list[tuple[float, Callable[[World], None]]]:
    """What can be asked of the plane between two bursts, and how often; drawn before, for both."""
    viewer, heard, distance = dice.randrange(2), dice.random() < 0.7, dice.choice(list(Distance))
    clear = dice.random() < 0.6
    key, carried = dice.random() < 0.5, dice.choice([[0], [1], [], [0, 1], [0, 1]])
    return [
        (6, lambda w: w.plan(viewer, heard, Distance.CLEAR if clear else distance)),
        (6, lambda w: (w.plan(0, True, Distance.CLEAR), w.plan(1, True, Distance.CLEAR))[0]),  # type: ignore[func-returns-value]
        (3, lambda w: w.nack(viewer)),
        (2, lambda w: w.video.tick(w.clock.now)),
        (2, lambda w: w.blurred(distance, key=key)),
        (1, lambda w: w.subject._restart_blurred()),
        (1, lambda w: w.subject.tick(w.clock.now)),
        (1, lambda w: w.carried(carried)),
        (1, lambda w: w.slots[viewer].restart()),
        (1, lambda w: w.slots[viewer].report_video(7, 9, w.clock.now)),
    ]


@contextmanager
def both() -> Iterator[tuple[World, World]]:
    """The same world on both paths."""
    worlds = World(compiled=False), World(compiled=True)
    try:
        yield worlds
    finally:
        for world in worlds:
            world.close()


def assert_same(worlds: tuple[World, World]) -> list[list[bytes]]:
    """The same was sent and the same is known. Returns what arrived at each viewer."""
    shown = worlds[0].shown()
    assert worlds[1].shown() == shown
    states = [world.state() for world in worlds]
    for part, value in states[0].items():
        assert states[1][part] == value, part
    return shown


@pytest.mark.parametrize("seed", range(12))
def test_any_run_of_packets_and_commands_is_the_same(seed: int) -> None:
    """Lost, late, repeated, padded, extended, malformed, RED, RTX, random bytes, among closing and opening gates."""
    sender = Sender(seed)
    arrived = 0
    with both() as worlds:
        for _ in range(STEPS):
            choices = commands(sender.dice)
            command = sender.dice.choices([c for _, c in choices], [often for often, _ in choices])[0]
            asks, strangers = sender.dice.random() < 0.12, sender.dice.random() < 0.03
            burst = sender.burst()
            sender.now += sender.dice.choice([0.0, 0.001, 0.02, 0.02, 0.02, 0.3])
            for world in worlds:
                world.clock.now = sender.now
                if asks:
                    command(world)
                world.datagrams(burst, stranger=strangers)
            arrived += sum(map(len, assert_same(worlds)))
    assert arrived > STEPS


def steady(sender: Sender, worlds: tuple[World, World]) -> None:
    """Everybody sees and hears."""
    bursts = [
        [sender.packet(VP8, b"\x10\x00key frame")],
        *([sender.packet(OPUS, b"said")] for _ in range(30)),
    ]
    for world in worlds:
        for viewer in range(2):
            world.plan(viewer, heard=True, distance=Distance.CLEAR)
    for burst in bursts:
        datagrams = [data for plain in burst for data in sender.encrypted(plain)]
        for world in worlds:
            world.datagrams(datagrams)


def both_take(sender: Sender, worlds: tuple[World, World], *plain: bytes) -> list[list[bytes]]:
    """Send these to both; what arrived."""
    datagrams = [data for one in plain for data in sender.encrypted(one)]
    for world in worlds:
        world.datagrams(datagrams)
    return assert_same(worlds)


def test_a_flood_is_cut_off_alike() -> None:
    """The allowance of a second ends at the same packet, and begins anew at the same one."""
    sender = Sender(1)
    with both() as worlds:
        steady(sender, worlds)
        for _ in range(200):
            both_take(sender, worlds, *(sender.packet(VP8, b"\x00" + bytes(100)) for _ in range(10)))
        assert not any(both_take(sender, worlds, sender.packet(OPUS, b"said")))
        for world in worlds:
            world.clock.now += 1.5
        assert all(both_take(sender, worlds, sender.packet(OPUS, b"said")))


def test_a_viewer_that_closes_while_a_packet_is_fanned_out() -> None:
    """The first viewer's Python gate closes the second one: the same packet does not reach that any more, and nothing breaks."""
    sender = Sender(2)
    with both() as worlds:
        steady(sender, worlds)
        assert_same(worlds)
        for world in worlds:
            first = world.slots[0]

            def close_the_other(_packet: bytes, world: World = world) -> None:
                world.carried([])
                world.slots[1].audio.set_heard(heard=False, now=world.clock.now)
                world.viewers[1].srtp = None
                world.link.srtp = None

            first.audio._send = close_the_other
        shown = both_take(sender, worlds, sender.packet(OPUS, b"said last"))
        assert not any(b"said last" in packet for viewer in shown for packet in viewer)
        assert not any(both_take(sender, worlds, sender.packet(OPUS, b"said after")))


def test_what_a_viewer_raises_is_told_and_costs_the_next_packet_nothing() -> None:
    """An exception inside a packet reaches whoever is to be told, once, and the next packet of the batch is taken."""
    sender = Sender(3)
    with both() as worlds:
        steady(sender, worlds)
        assert_same(worlds)
        for world in worlds:

            def fail(_packet: bytes) -> None:
                raise RuntimeError("broken on purpose")

            world.slots[0].audio._send = fail
        both_take(
            sender,
            worlds,
            sender.packet(OPUS, b"one"),
            sender.packet(OPUS, b"two"),
            sender.packet(VP8, b"\x01x"),
        )
        assert worlds[1].link.failures == ["RuntimeError", "RuntimeError"]


@pytest.mark.parametrize("close", ["srtp", "intake", "address", "port"])
def test_what_closes_a_connection_closes_the_lane(close: str) -> None:
    """No keys, no receivers, an address that is not known any more, a socket that was closed: nothing passes."""
    sender = Sender(4)
    with both() as worlds:
        steady(sender, worlds)
        assert all(both_take(sender, worlds, sender.packet(OPUS, b"said"), sender.packet(VP8, b"\x01x")))
        for world in worlds:
            if close == "srtp":
                world.link.srtp = None
            elif close == "intake":
                world.link.intake.close()
            elif close == "address":
                world.link._known.clear()
        if close == "port":
            worlds[1].link.port.close()
            worlds[1].datagrams(sender.encrypted(sender.packet(OPUS, b"said")))
            assert not any(worlds[1].shown())
        else:
            assert not any(
                both_take(sender, worlds, sender.packet(OPUS, b"said"), sender.packet(VP8, b"\x01x"))
            )


def test_wrong_arguments_are_refused() -> None:
    """Python code that calls the lane wrongly gets an exception, never a crash."""
    lane = bound_lane()
    for call in (
        lambda: lane.Srtp((), 0, 0, (0, 0, 0, 0)),
        lambda: lane.Srtp((), 1, 1, (1, 1, 1)),
        lambda: lane.Way(None)("text"),
        lambda: lane.Port("fd", 1, 2, 3, 4),
        lane.Way,
        lane.bind,
        lambda: lane.bind(Intake=1),
    ):
        with pytest.raises((TypeError, ValueError)):
            call()
    lane.Way(None)(b"short")
    with pytest.raises(AttributeError):
        lane.Way(None)(bytes(20))
