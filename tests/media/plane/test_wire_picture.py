"""On the wire: distance holds. What must not be seen clearly is not sent clearly, whatever anybody asks for."""

import asyncio
import random
from itertools import permutations

import pytest

from media.mediation.distance import Distance
from media.mediation.plan import ViewPlan
from media.plane.downlink_video import VEIL_COPIES
from tests.media.plane.wire_call import ANN, BEN, EVERYONE, TESS, VEIL_PAYLOAD, Call
from tests.media.plane.wire_packets import Packet, in_sequence

TOGGLES = 60


def the_veil(call: Call, viewer: str, subject: str, since: int) -> Packet:
    """The first veil of a view behind the given order of arrival."""
    stream = call.clients[viewer].stream(subject, "video")
    return next(p for p in stream if p.order >= since and p.payload == VEIL_PAYLOAD)


async def seen_clearly(call: Call) -> float:
    """Let everybody see everybody clearly for a while; the moment just before it ends."""
    call.apply(Distance.CLEAR, EVERYONE)
    await call.all_see_and_hear(pictures=12)
    for viewer, subject in permutations(EVERYONE, 2):
        call.assert_sees(viewer, subject, Distance.CLEAR)
    return call.now()


async def test_open_view_answers_what_is_asked_again() -> None:
    """The other tests' storms do arrive: of an open, clear view a NACK fetches the very packets that came before."""
    async with Call() as call:
        await seen_clearly(call)
        ben = call.clients[BEN]
        before = {p.seq: p.payload for p in ben.stream(ANN, "video")}
        since = len(ben.packets)
        await ben.nack(ben.ssrc(ANN, "video"), before)
        await ben.until(
            lambda: len(_again(ben.packets[since:], before)) == len(before), "every packet once more"
        )


def _again(packets: list[Packet], before: dict[int, bytes]) -> dict[int, bytes]:
    return {p.seq: p.payload for p in packets if before.get(p.seq) == p.payload}


async def test_audio_only_leaves_the_veil_and_not_one_video_packet_more() -> None:
    """After the veil's copies no video packet comes, for NACKs of everything and key-frame requests neither."""
    async with Call() as call:
        closed_at = await seen_clearly(call)
        call.apply(Distance.AUDIO_ONLY, EVERYONE)
        for client in call.clients.values():
            assert await client.nack_everything() > 20
            for subject in set(EVERYONE) - {client.name}:
                await client.want_key_frame(client.ssrc(subject, "video"))
        await call.acknowledged()
        await asyncio.gather(*(call.hears_more(*pair, 5) for pair in permutations(EVERYONE, 2)))
        for viewer, subject in permutations(EVERYONE, 2):
            veil = the_veil(call, viewer, subject, 0)
            behind = [p for p in call.clients[viewer].stream(subject, "video") if p.order >= veil.order]
            assert [p.payload for p in behind] == [VEIL_PAYLOAD] * VEIL_COPIES
            sent_at = call.clients[subject].sent_at
            assert not [p for p in call.clear_pictures(viewer, subject) if sent_at[p.payload] >= closed_at]


@pytest.mark.parametrize("distance", [Distance.SOFT, Distance.VEILED])
async def test_behind_the_veil_only_tiny_pictures_come(distance: Distance) -> None:
    """The blurred picture has the tiny grid, the broad shape and no detail; a storm of NACKs fetches nothing clear."""
    async with Call() as call:
        await seen_clearly(call)
        call.apply(distance, EVERYONE)
        for _ in range(3):
            for client in call.clients.values():
                await client.nack_everything()
            await call.sees_more(BEN, ANN, 6)
        await call.acknowledged(packets=20)
        for viewer, subject in permutations(EVERYONE, 2):
            veil = the_veil(call, viewer, subject, 0)
            call.assert_veiled_since(viewer, subject, veil)
            behind = [p for p in call.clients[viewer].stream(subject, "video") if p.order >= veil.order]
            assert [p.payload for p in in_sequence(behind)][:VEIL_COPIES] == [VEIL_PAYLOAD] * VEIL_COPIES
            call.assert_sees(viewer, subject, distance)


async def test_return_to_clear_begins_with_a_key_frame_and_nothing_old() -> None:
    """Clear again, the first clear packet starts a key frame, and no NACK fetches a clear packet from before the veil."""
    async with Call() as call:
        veiled_at = await seen_clearly(call)
        call.apply(Distance.VEILED, EVERYONE)
        await call.sees_more(BEN, ANN, 8)
        veil = the_veil(call, BEN, ANN, 0)
        call.apply(Distance.CLEAR, EVERYONE)
        ben, ann = call.clients[BEN], call.clients[ANN]
        await ben.until(
            lambda: any(p.order > veil.order for p in call.clear_pictures(BEN, ANN)), "a clear picture"
        )
        await ben.nack_everything()
        await call.sees_more(BEN, ANN, 12)
        frames = [f for f in call.shown(BEN, ANN) if f.first.order > veil.order]
        first = next(f for f in frames if call.distance_of(ANN, f) is Distance.CLEAR)
        assert first.key
        late = [p for p in call.clear_pictures(BEN, ANN) if p.order > veil.order]
        assert all(ann.sent_at[p.payload] >= veiled_at for p in late)
        call.assert_sees(BEN, ANN, Distance.CLEAR)


async def test_sixty_random_changes_leave_one_continuous_stream() -> None:
    """Through 60 seeded changes of sound and distance: one SSRC, no hole, rising time, each kind from its key frame on.

    The frames that came can be explained by the changes in their order, and every one of them can be decoded.
    """
    chance = random.Random(20)
    async with Call() as call:
        await seen_clearly(call)
        log = [Distance.CLEAR]
        for _ in range(TOGGLES):
            log.append(chance.choice(list(Distance)))
            heard = [BEN, ANN] if chance.random() < 0.5 else [BEN]
            call.apply(log[-1], heard)
            await call.hears_more(TESS, BEN, chance.randrange(1, 6))
        call.apply(Distance.CLEAR, EVERYONE)
        log.append(Distance.CLEAR)
        await call.sees_more(BEN, ANN, 12)
        await call.hears_more(BEN, ANN, 5)
        call.assert_sees(BEN, ANN, Distance.CLEAR)
        assert_explained(call, BEN, ANN, log)
        assert_explained(call, TESS, ANN, log)


def assert_explained(call: Call, viewer: str, subject: str, log: list[Distance]) -> None:
    """Each frame fits the changes in their order; a frame of another kind than the one before it is a key frame."""
    step, last = 0, None
    for frame in call.shown(viewer, subject):
        if frame.payloads == (VEIL_PAYLOAD,):
            last = None
            continue
        kind = call.distance_of(subject, frame)
        if kind is not Distance.CLEAR and not frame.key:
            kind = last
        assert kind is not None, "a delta frame of the blur without its key frame"
        assert frame.key or kind is last, "a delta frame behind another kind of picture"
        while log[step] is not kind:
            step += 1
            assert step < len(log), f"a {kind} frame that no change explains"
        last = kind


async def test_each_view_reaches_its_viewer_and_nobody_else() -> None:
    """Every ordered pair in turn: what is said and shown while one view alone is open arrives in that view alone."""
    pairs = list(permutations(EVERYONE, 2))
    async with Call() as call:
        windows = []
        for viewer, subject in pairs:
            windows.append(call.now())
            call.apply(views={(viewer, subject): ViewPlan(heard=True, distance=Distance.CLEAR)})
            await call.hears_more(viewer, subject, 15)
            await call.sees_more(viewer, subject, 6)
            call.assert_hears(viewer, subject)
            call.assert_sees(viewer, subject, Distance.CLEAR)
        for viewer, client in call.clients.items():
            for packet in client.packets:
                source = next((c for c in call.clients.values() if packet.payload in c.sent_at), None)
                if source is not None:
                    window = sum(at <= source.sent_at[packet.payload] for at in windows) - 1
                    # What was under way when the view changed belongs to the next one.
                    assert (viewer, source.name) in pairs[max(window, 0) : window + 2]
                    assert packet in client.stream(source.name, "audio") + client.stream(source.name, "video")
