"""A simulated peer against a plain aiortc connection that answers, over loopback."""

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from media.plane.simulated_peer import Incoming, SimulatedPeer, _drain
from media.plane.simulated_person import SimulatedPerson
from media.plane.simulated_picture import Portrait, PortraitTrack
from media.plane.simulated_voice import Voice, VoiceTrack

DEADLINE_S = 20.0


class Answerer:
    """A plain aiortc peer: receives the first pair, sends a person on the second."""

    def __init__(self) -> None:
        # With aiortc's other policies the answerer's second picture stays on a transport that is never used.
        self.connection = RTCPeerConnection(
            RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        self.incoming: dict[str, Incoming] = {}
        self._readers: list[asyncio.Task[None]] = []

    async def answer(self, sdp: str) -> str:
        """Take an offer and return the answer."""
        await self.connection.setRemoteDescription(RTCSessionDescription(sdp=sdp, type="offer"))
        voice = Voice(seed=1, pitch_hz=180.0)
        voice.speaking = True
        tracks = [VoiceTrack(voice), PortraitTrack(Portrait(1), lambda: voice.level)]
        for transceiver, track in zip(self.connection.getTransceivers()[2:], tracks, strict=True):
            transceiver.direction = "sendonly"
            transceiver.sender.replaceTrack(track)
        await self.connection.setLocalDescription(await self.connection.createAnswer())
        for transceiver in self.connection.getTransceivers()[:2]:
            incoming = self.incoming[transceiver.kind] = Incoming(transceiver.kind)
            self._readers.append(asyncio.create_task(_drain(transceiver.receiver.track, incoming)))
        return self.connection.localDescription.sdp

    async def close(self) -> None:
        """End the connection and its readers."""
        await self.connection.close()
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)


@asynccontextmanager
async def meeting(here: SimulatedPerson) -> AsyncIterator[tuple[SimulatedPeer, Answerer]]:
    """A simulated peer connected with an answering one."""
    peer, answerer = here.peer(2), Answerer()
    try:
        async with asyncio.timeout(DEADLINE_S):
            await peer.accept(await answerer.answer(await peer.offer()))
            await peer.connected.wait()
        yield peer, answerer
    finally:
        await peer.close()
        await answerer.close()


@pytest.fixture
def _nothing_left() -> Iterator[None]:
    """No thread outlives the test except the loop's own shared executor."""
    before = set(threading.enumerate())
    yield
    gc.collect()
    left = [t for t in threading.enumerate() if t not in before and not t.name.startswith("asyncio_")]
    assert left == []


async def test_offers_own_pair_and_one_for_each_other_seat() -> None:
    """PROTOCOL.md: own audio and video to send, then a pair to receive for each of ``seats - 1``."""
    peer = SimulatedPerson(0).peer(3)
    try:
        sdp = await peer.offer()
    finally:
        await peer.close()
    sections = sdp.split("\r\nm=")[1:]
    assert [section.split(" ", 1)[0] for section in sections] == ["audio", "video"] * 3
    assert ["a=sendonly" in section for section in sections] == [True] * 2 + [False] * 4
    assert ["a=recvonly" in section for section in sections] == [False] * 2 + [True] * 4


async def test_offers_vp8_alone() -> None:
    """The picture is offered as VP8 with its retransmission, and nothing else."""
    peer = SimulatedPerson(0).peer(2)
    try:
        sdp = await peer.offer()
    finally:
        await peer.close()
    video = [line.split(" ")[1].split("/")[0] for line in sdp.splitlines() if "/90000" in line]
    assert set(video) == {"VP8", "rtx"}


async def test_asks_no_server_for_its_address() -> None:
    """Nobody's STUN server is asked: every candidate is a host's own."""
    peer = SimulatedPerson(0).peer(2)
    try:
        sdp = await peer.offer()
    finally:
        await peer.close()
    candidates = [line for line in sdp.splitlines() if line.startswith("a=candidate")]
    assert candidates
    assert all(" typ host" in line for line in candidates)


@pytest.mark.usefixtures("_nothing_left")
async def test_sound_and_picture_travel_both_ways() -> None:
    """What each sends is heard and seen by the other, counted by mid, with the last picture kept."""
    here = SimulatedPerson(0)
    here.speak(speaking=True)
    async with meeting(here) as (peer, answerer), asyncio.timeout(DEADLINE_S):
        assert sorted(incoming.kind for incoming in peer.incoming.values()) == ["audio", "video"]
        by_kind = {incoming.kind: incoming for incoming in peer.incoming.values()}
        for incoming in (*by_kind.values(), *answerer.incoming.values()):
            await incoming.more(20)
        picture = by_kind["video"].picture()
        sound = by_kind["audio"].sound(0.4)
    assert picture is not None
    assert picture.shape == (240, 320, 3)
    assert sound.shape == (20 * 960,)
    assert by_kind["audio"].samples == by_kind["audio"].frames * 960


async def test_a_silent_person_is_heard_as_quiet() -> None:
    """A person who isn't told to speak sends a line that is alive and can't be heard."""
    async with (
        meeting(SimulatedPerson(0)) as (_, answerer),
        asyncio.timeout(DEADLINE_S),
    ):
        await answerer.incoming["audio"].more(50)
        sound = answerer.incoming["audio"].sound(0.5).astype(float)
    assert np.abs(sound).max() < 100


@pytest.mark.usefixtures("_nothing_left")
async def test_close_leaves_no_task_behind() -> None:
    """After close, from any state, no task of the peer is left."""
    before = asyncio.all_tasks()
    unused, offered = SimulatedPerson(0).peer(3), SimulatedPerson(0).peer(3)
    await offered.offer()
    await unused.close()
    await offered.close()
    async with meeting(SimulatedPerson(0)) as (peer, answerer):
        async with asyncio.timeout(DEADLINE_S):
            await answerer.incoming["audio"].more(5)
        await peer.close()
        await peer.close()
    async with asyncio.timeout(DEADLINE_S):
        await asyncio.gather(*(asyncio.all_tasks() - before), return_exceptions=True)
    assert asyncio.all_tasks() == before


async def test_the_end_of_the_connection_is_told() -> None:
    """Whoever waits for ``lost`` learns that the connection is gone."""
    async with meeting(SimulatedPerson(0)) as (peer, answerer):
        async with asyncio.timeout(DEADLINE_S):
            await answerer.incoming["audio"].more(1)
            await answerer.close()
            await peer.lost.wait()


async def test_nothing_is_sent_without_tracks() -> None:
    """A peer without microphone and camera still offers its pair, and can listen."""
    peer = SimulatedPeer(2, audio=None, video=None)
    answerer = Answerer()
    try:
        async with asyncio.timeout(DEADLINE_S):
            await peer.accept(await answerer.answer(await peer.offer()))
            for incoming in peer.incoming.values():
                await incoming.more(3)
        assert [incoming.frames for incoming in answerer.incoming.values()] == [0, 0]
    finally:
        await peer.close()
        await answerer.close()


async def test_no_sound_and_no_picture_before_the_first_packet() -> None:
    """Before anything came in there is no picture, and the sound is empty."""
    incoming = Incoming("video")
    assert incoming.picture() is None
    assert incoming.sound().size == 0
