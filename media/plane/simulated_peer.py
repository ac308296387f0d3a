"""The client's side of one call, made with aiortc's public interface alone.

It offers once as PROTOCOL.md says (its own audio and video, then a pair to receive for every other seat),
takes the answer, sends what its two tracks yield and reads everything that comes in, since a received
track that nobody reads grows without bound. It knows nothing of turns or of the WebSocket: whoever owns it
carries the two descriptions across. The company for one is made of it, and so are tests, with tracks of their
own. aiortc finds the m-line of a packet by its SSRC alone, so an answer has to name each SSRC that it sends.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping

import numpy as np
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame, VideoFrame
from numpy.typing import NDArray

TrackFactory = Callable[[], MediaStreamTrack]

MAX_KEPT_AUDIO_FRAMES = 100  # 20 ms each: the last two seconds are enough to listen by spectrum


class Incoming:
    """What came in on one m-line: how much, and the last of it."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.frames = 0
        self.samples = 0
        self._picture: VideoFrame | None = None
        self._sound: deque[AudioFrame] = deque(maxlen=MAX_KEPT_AUDIO_FRAMES)
        self._arrival = asyncio.Event()

    def take(self, frame: AudioFrame | VideoFrame) -> None:
        """Count a frame and keep it as the newest."""
        self.frames += 1
        if isinstance(frame, AudioFrame):
            self.samples += frame.samples
            self._sound.append(frame)
        else:
            self._picture = frame
        self._arrival.set()

    async def more(self, frames: int = 1) -> None:
        """Wait until ``frames`` further frames have come in; the caller sets the deadline."""
        goal = self.frames + frames
        while self.frames < goal:
            self._arrival.clear()
            await self._arrival.wait()

    def picture(self) -> NDArray[np.uint8] | None:
        """The last picture, rows x columns x (red, green, blue); None before the first."""
        if self._picture is None:
            return None
        return self._picture.to_ndarray(format="rgb24").astype(np.uint8, copy=False)

    def sound(self, seconds: float = 1.0) -> NDArray[np.int16]:
        """The last ``seconds`` of sound, at most two, as mono samples at 48 kHz (the left channel of two)."""
        kept = list(self._sound)[-max(1, round(seconds / 0.02)) :]
        channels = [frame.to_ndarray().reshape(-1)[:: len(frame.layout.channels)] for frame in kept]
        return np.concatenate(channels).astype(np.int16) if channels else np.zeros(0, np.int16)


class SimulatedPeer:
    """One client's peer connection; used once: ``offer``, ``accept``, then ``close``.

    ``audio`` and ``video`` make the tracks that are sent; with None the m-line is offered, silent.
    ``seats`` is the number in the server's ``welcome``: a pair is offered for each of the others.
    """

    def __init__(self, seats: int, *, audio: TrackFactory | None, video: TrackFactory | None) -> None:
        self.lost = asyncio.Event()  # set when the connection is found to be gone
        self.connected = asyncio.Event()
        self._incoming: dict[str, Incoming] = {}
        self._readers: list[asyncio.Task[None]] = []
        self._tracks = [make() for make in (audio, video) if make is not None]
        self._peer = RTCPeerConnection(
            RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        self._peer.on("connectionstatechange", self._on_state)
        self._add_own("audio")
        self._add_own("video")
        for _ in range(seats - 1):
            self._peer.addTransceiver("audio", direction="recvonly")
            _only_vp8(self._peer.addTransceiver("video", direction="recvonly"))

    @property
    def incoming(self) -> Mapping[str, Incoming]:
        """What came in, by the mid of its m-line, for every m-line that the answer lets us receive."""
        return self._incoming

    async def offer(self) -> str:
        """The offer's SDP, with every candidate of ours gathered."""
        await self._peer.setLocalDescription(await self._peer.createOffer())
        return self._peer.localDescription.sdp

    async def accept(self, sdp: str) -> None:
        """Take the server's answer and begin to read what comes in.

        Raises:
            ValueError: the answer can't be read (aiortc's own exceptions pass through as they are).
        """
        await self._peer.setRemoteDescription(RTCSessionDescription(sdp=sdp, type="answer"))
        for transceiver in self._peer.getTransceivers():
            if transceiver.mid is not None and transceiver.currentDirection in {"recvonly", "sendrecv"}:
                self._read(transceiver.mid, transceiver.receiver.track)

    async def close(self) -> None:
        """Close the connection, stop the tracks and wait for the readers; may be called again."""
        await self._peer.close()
        for track in self._tracks:
            track.stop()
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)
        self._readers.clear()

    def _add_own(self, kind: str) -> None:
        """Add the m-line of our own sound or picture."""
        track = next((track for track in self._tracks if track.kind == kind), None)
        transceiver = self._peer.addTransceiver(track or kind, direction="sendonly")
        if kind == "video":
            _only_vp8(transceiver)

    def _read(self, mid: str, track: MediaStreamTrack) -> None:
        """Own a task that reads one incoming track to its end."""
        incoming = self._incoming[mid] = Incoming(track.kind)
        self._readers.append(asyncio.create_task(_drain(track, incoming)))

    def _on_state(self) -> None:
        """Tell whoever waits what became of the connection."""
        if self._peer.connectionState == "connected":
            self.connected.set()
        elif self._peer.connectionState in {"failed", "closed"}:
            self.lost.set()


async def _drain(track: MediaStreamTrack, incoming: Incoming) -> None:
    """Read a track until it ends."""
    while True:
        try:
            frame = await track.recv()
        except MediaStreamError:
            return
        if isinstance(frame, AudioFrame | VideoFrame):
            incoming.take(frame)


def _only_vp8(transceiver: RTCRtpTransceiver) -> None:
    """Offer VP8 and its retransmission alone, as the server's veil and blur speak VP8."""
    codecs = RTCRtpSender.getCapabilities("video").codecs
    transceiver.setCodecPreferences([c for c in codecs if c.mimeType.lower() in {"video/vp8", "video/rtx"}])
