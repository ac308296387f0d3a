"""One caller of the benchmark: real ICE, DTLS and SRTP, prepared packets out, counts in.

It neither encodes nor decodes while the call runs. What comes in is decrypted, counted and thrown away.
"""

from __future__ import annotations

import asyncio
import random
import struct
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from aiortc import RTCRtpParameters, RTCRtpTransceiver, rtp

from media.plane.vp8 import packetise
from tests.bench.clip import FRAMES_PER_S, SOUND_STEP_RTP, SOUNDS_PER_S, VIDEO_STEP_RTP
from tests.bench.link import Link

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OTHERS: Final = 2
MAX_PAYLOAD: Final = 1150
"""Bytes of VP8 in a packet, about what browsers send."""
_STAMP: Final = struct.Struct("!Q")
_PATCH: Final = struct.Struct("!BHI")
_MAX_DELAY_NS: Final = 60_000_000_000


@dataclass(frozen=True, slots=True)
class Clip:
    """What a caller sends in a circle. `stamped`: each packet tells when it left (its picture can't be decoded then)."""

    pictures: Sequence[Sequence[bytes]]
    """Each in payloads of VP8 (RFC 7741)."""
    sounds: Sequence[bytes]
    stamped: bool

    @classmethod
    def of(cls, pictures: Sequence[bytes], sounds: Sequence[bytes], *, stamped: bool) -> Clip:
        """From whole VP8 frames and Opus packets."""
        return cls([packetise(picture, MAX_PAYLOAD) for picture in pictures], sounds, stamped)


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
    """Sends a clip and receives two others: on the same connection, or (`apart`) on a second that the server offers.

    `phase` (0 to 1) is where in each beat it sends: people's devices don't beat together.
    """

    def __init__(
        self, clip: Clip, *, apart: bool = False, phase: float = 0, frames_per_s: int = FRAMES_PER_S
    ) -> None:
        self.counts = Counts()
        self._clip = clip
        self._phase = phase
        self._frames_per_s = frames_per_s
        self._next_picture = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._sending = Link(self._rtp_arrived, self._rtcp_arrived)
        self._receiving = Link(self._rtp_arrived, self._rtcp_arrived) if apart else self._sending
        for direction in ("sendonly", *("recvonly",) * (0 if apart else OTHERS)):
            for kind in ("audio", "video"):
                self._sending.add(kind, direction)

    async def offer(self) -> str:
        """Our own sound and picture, then, unless apart, a pair for each of the others."""
        return await self._sending.offer()

    async def start(self, answer: str) -> None:
        """Connect and begin to send. Raises TimeoutError."""
        await self._sending.accept(answer)
        self._sound_type = self._sending.payload_type("audio")
        self._audio, self._video = map(Outgoing, self._sending.transceivers[:2])
        for beats_per_s, act in (
            (SOUNDS_PER_S, self._sound),
            (self._frames_per_s, self._picture),
            (1, self._report),
        ):
            self._tasks.append(asyncio.create_task(self._beat(beats_per_s, act)))

    async def answer(self, offer: str) -> str:
        """Answer the offer of the others' sound and picture, when apart."""
        answer = await self._receiving.answer(offer)
        self._sound_type = self._receiving.payload_type("audio")
        return answer

    async def receive(self) -> None:
        """Wait for the second connection, when apart. Raises TimeoutError."""
        await self._receiving.connect()

    async def close(self) -> None:
        """Stop sending and close the connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._sending.close()
        if self._receiving is not self._sending:
            await self._receiving.close()

    async def _beat(self, beats_per_s: int, act: Callable[[int], None]) -> None:
        """Act in a steady rhythm."""
        loop = asyncio.get_running_loop()
        started_at = loop.time() + self._phase / beats_per_s
        number = 0
        while True:
            await asyncio.sleep(max(0.0, started_at + number / beats_per_s - loop.time()))
            act(number)
            number += 1

    def _sound(self, number: int) -> None:
        sounds = self._clip.sounds
        self._audio.ts += SOUND_STEP_RTP
        self._send(self._audio.packet(sounds[number % len(sounds)], marker=False))
        self.counts.sounds_out += 1

    def _picture(self, _number: int) -> None:
        self._video.ts += VIDEO_STEP_RTP * FRAMES_PER_S // self._frames_per_s
        payloads = self._clip.pictures[self._next_picture]
        self._next_picture = (self._next_picture + 1) % len(self._clip.pictures)
        for i, payload in enumerate(payloads, 1):
            self._send(self._video.packet(payload, marker=i == len(payloads)))
        self.counts.pictures_out += 1

    def _report(self, _number: int) -> None:
        self._sending.send_rtcp(self._audio.report() + self._video.report())

    def _send(self, packet: bytearray) -> None:
        if self._clip.stamped:
            _STAMP.pack_into(packet, len(packet) - _STAMP.size, time.perf_counter_ns())
        self._sending.send(bytes(packet))
        self.counts.packets_out += 1

    def _rtp_arrived(self, data: bytes) -> None:
        counts = self.counts
        counts.packets_in += 1
        if data[1] & 0x7F == self._sound_type:
            counts.sounds_in += 1
        elif data[1] & 0x80:  # the last packet of a picture
            counts.pictures_in += 1
        if self._clip.stamped:
            delay = time.perf_counter_ns() - _STAMP.unpack_from(data, len(data) - _STAMP.size)[0]
            if 0 <= delay < _MAX_DELAY_NS:
                counts.delays_ms.append(delay / 1e6)

    def _rtcp_arrived(self, data: bytes) -> None:
        """Begin anew with the key frame when it is asked for."""
        if any(
            isinstance(part, rtp.RtcpPsfbPacket) and part.fmt == rtp.RTCP_PSFB_PLI
            for part in rtp.RtcpPacket.parse(data)
        ):
            self._next_picture = 0
