"""One caller of the forwarding benchmark: real ICE, DTLS and SRTP by aiortc, prepared packets out, counts in.

It neither encodes nor decodes while the call runs. What comes in is decrypted, counted and thrown away.
"""

from __future__ import annotations

import asyncio
import random
import struct
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpCodecCapability,
    RTCRtpParameters,
    RTCRtpTransceiver,
    RTCSessionDescription,
    rtp,
)

from media.plane.vp8 import packetise
from tests.bench.clip import FRAMES_PER_S, SOUND_STEP_RTP, SOUNDS_PER_S, VIDEO_STEP_RTP

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

OTHERS: Final = 2
MAX_PAYLOAD: Final = 1150
"""Bytes of VP8 in a packet, about what browsers send."""
CONNECT_WITHIN_S: Final = 15.0
CODECS: Final = {
    "audio": RTCRtpCodecCapability(mimeType="audio/opus", clockRate=48_000, channels=2),
    "video": RTCRtpCodecCapability(mimeType="video/VP8", clockRate=90_000),
}
_STAMP: Final = struct.Struct("!Q")
_PATCH: Final = struct.Struct("!BHI")
_MAX_DELAY_NS: Final = 60_000_000_000


@dataclass(slots=True)
class Counts:
    """What one caller sent and got, since the start; `delays_ms` since they were last taken."""

    packets_out: int = 0
    pictures_out: int = 0
    sounds_out: int = 0
    packets_in: int = 0
    pictures_in: int = 0
    sounds_in: int = 0
    delays_ms: list[float] = field(default_factory=list)


class Outgoing:
    """Numbers the packets of one stream behind a header that was made once, extensions included."""

    def __init__(self, transceiver: RTCRtpTransceiver) -> None:
        parameters = RTCRtpParameters(headerExtensions=transceiver._headerExtensions)
        extensions = rtp.HeaderExtensionsMap()
        extensions.configure(parameters)
        self.payload_type = transceiver._codecs[0].payloadType
        self.ssrc = transceiver.sender._ssrc
        self.packets = self.octets = 0
        self.ts = random.getrandbits(31)
        self._seq = random.getrandbits(15)
        packet = rtp.RtpPacket(payload_type=self.payload_type, ssrc=self.ssrc)
        packet.extensions.mid = transceiver.mid
        if transceiver.kind == "audio":
            packet.extensions.audio_level = (True, 30)
        else:
            packet.extensions.abs_send_time = 0
        self._header = packet.serialize(extensions)

    def packet(self, payload: bytes, *, marker: bool) -> bytearray:
        """The next packet."""
        packet = bytearray(self._header + payload)
        _PATCH.pack_into(packet, 1, self.payload_type | (marker << 7), self._seq, self.ts & 0xFFFFFFFF)
        self._seq = (self._seq + 1) & 0xFFFF
        self.packets += 1
        self.octets += len(payload)
        return packet

    def report(self) -> bytes:
        """A sender report."""
        info = rtp.RtcpSenderInfo(
            ntp_timestamp=(time.perf_counter_ns() << 32) // 1_000_000_000,
            rtp_timestamp=self.ts & 0xFFFFFFFF,
            packet_count=self.packets,
            octet_count=self.octets,
        )
        return bytes(rtp.RtcpSrPacket(ssrc=self.ssrc, sender_info=info))


class Caller:
    """Sends `pictures` and `sounds` in a circle. `stamped`: each packet tells when it left (it can't be decoded then)."""

    def __init__(
        self, number: int, pictures: Sequence[bytes], sounds: Sequence[bytes], *, stamped: bool
    ) -> None:
        self.counts = Counts()
        self._number = number
        self._pictures = [packetise(picture, MAX_PAYLOAD) for picture in pictures]
        self._sounds = sounds
        self._stamped = stamped
        self._next_picture = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._connected = asyncio.Event()
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._pc.on("connectionstatechange", self._state_changed)
        for direction in ("sendonly", *("recvonly",) * OTHERS):
            for kind in ("audio", "video"):
                self._add(kind, direction)

    async def offer(self) -> str:
        """Our one offer: our own sound and picture, then a pair for each of the others."""
        await self._pc.setLocalDescription(await self._pc.createOffer())
        return str(self._pc.localDescription.sdp)

    async def start(self, answer: str) -> None:
        """Connect and begin to send. Raises TimeoutError."""
        audio, video = self._pc.getTransceivers()[:2]
        self._dtls = audio.receiver.transport
        self._dtls._handle_rtp_data = self._rtp_arrived
        self._dtls._handle_rtcp_data = self._rtcp_arrived
        await self._pc.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
        async with asyncio.timeout(CONNECT_WITHIN_S):
            await self._connected.wait()
        self._audio, self._video = Outgoing(audio), Outgoing(video)
        for beats_per_s, act in (
            (SOUNDS_PER_S, self._sound),
            (FRAMES_PER_S, self._picture),
            (1, self._report),
        ):
            self._tasks.append(asyncio.create_task(self._beat(beats_per_s, act)))

    async def close(self) -> None:
        """Stop sending and close the connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._pc.close()

    def _add(self, kind: str, direction: str) -> None:
        """Add an m-line whose media is ours to handle: aiortc's own sender and receiver never start."""
        transceiver = self._pc.addTransceiver(kind, direction=direction)
        transceiver.setCodecPreferences([CODECS[kind]])
        transceiver.sender.send = transceiver.sender.stop = _nothing
        transceiver.receiver.receive = transceiver.receiver.stop = _nothing

    def _state_changed(self) -> None:
        if self._pc.connectionState == "connected":
            self._connected.set()

    async def _beat(self, beats_per_s: int, act: Callable[[int], Coroutine[Any, Any, None]]) -> None:
        """Act in a steady rhythm; callers are a third of a beat apart, as people's devices are."""
        loop = asyncio.get_running_loop()
        started_at = loop.time() + self._number / (OTHERS + 1) / beats_per_s
        number = 0
        while True:
            await asyncio.sleep(max(0.0, started_at + number / beats_per_s - loop.time()))
            await act(number)
            number += 1

    async def _sound(self, number: int) -> None:
        self._audio.ts += SOUND_STEP_RTP
        await self._send(self._audio.packet(self._sounds[number % len(self._sounds)], marker=False))
        self.counts.sounds_out += 1

    async def _picture(self, _number: int) -> None:
        self._video.ts += VIDEO_STEP_RTP
        payloads = self._pictures[self._next_picture]
        self._next_picture = (self._next_picture + 1) % len(self._pictures)
        for i, payload in enumerate(payloads, 1):
            await self._send(self._video.packet(payload, marker=i == len(payloads)))
        self.counts.pictures_out += 1

    async def _report(self, _number: int) -> None:
        await self._dtls._send_rtp(self._audio.report() + self._video.report())

    async def _send(self, packet: bytearray) -> None:
        if self._stamped:
            _STAMP.pack_into(packet, len(packet) - _STAMP.size, time.perf_counter_ns())
        await self._dtls._send_rtp(bytes(packet))
        self.counts.packets_out += 1

    async def _rtp_arrived(self, data: bytes, arrival_time_ms: int) -> None:  # noqa: ARG002 - aiortc's signature
        counts = self.counts
        counts.packets_in += 1
        if data[1] & 0x7F == self._audio.payload_type:
            counts.sounds_in += 1
        elif data[1] & 0x80:  # the last packet of a picture
            counts.pictures_in += 1
        if self._stamped:
            delay = time.perf_counter_ns() - _STAMP.unpack_from(data, len(data) - _STAMP.size)[0]
            if 0 <= delay < _MAX_DELAY_NS:
                counts.delays_ms.append(delay / 1e6)

    async def _rtcp_arrived(self, data: bytes) -> None:
        """Begin anew with the key frame when it is asked for."""
        if any(
            isinstance(part, rtp.RtcpPsfbPacket) and part.fmt == rtp.RTCP_PSFB_PLI
            for part in rtp.RtcpPacket.parse(data)
        ):
            self._next_picture = 0


async def _nothing(*_: object) -> None:
    """Stand in for a coroutine of aiortc's that is not wanted."""
