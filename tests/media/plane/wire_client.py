"""A client of its own that obeys nobody: aiortc's ICE, DTLS and SRTP, and every packet in its own hands.

It records each packet that arrives, decrypted, in the order of arrival, and it goes on sending sound and picture whatever the
server thinks of it. What a hostile browser could do besides (asking again for everything it ever saw, foreign SSRCs and payload
types, malformed packets inside good encryption, a line that goes dead) it can do too.
"""

import asyncio
import re
import struct
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any
from unittest import mock

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
    rtp,
)
from pylibsrtp import Error as SrtpError

from media.plane.interface import Answer
from tests.media.plane.wire_camera import Camera, sound
from tests.media.plane.wire_packets import Packet, Report, read_packet
from tests.media.plane.wire_replay import forget_replays

DEADLINE_S = 30.0
"""For anything that has to happen; generous, since others use the machine at the same time."""
TICK_S = 0.02
TICKS_PER_PICTURE = 4
TICKS_PER_REPORT = 25
NTP_AT_ZERO_S = 3_900_000_000
"""What the client's own clock says (seconds since 1900) when the loop's clock says 0."""
MAX_LATE_TICKS = 12


class WireClient:
    """One person's connection; used once. `name` is the participant, `person` a number for how they look."""

    _takes = count()

    def __init__(self, name: str, person: int, seats: int = 3) -> None:
        take = next(self._takes)
        self._first_sound = 1_000_000 * take  # so that no two connections ever send the same bytes
        self.name = name
        self.person = person
        self.packets: list[Packet] = []
        self.reports: list[Report] = []
        self._streams: dict[int, list[Packet]] = {}
        self._ssrcs: dict[tuple[str, str], int] = {}
        self.key_frame_requests = 0
        self.answer: Answer | None = None
        self.connected = asyncio.Event()
        self.lost = asyncio.Event()
        self.sent = {"audio": 0, "video": 0}
        self.sent_at: dict[bytes, float] = {}
        """When each payload, sound or picture, was sent (the loop's clock)."""
        self.captured_at: dict[bytes, float] = {}
        """The moment that each payload belongs to, as its RTP timestamp tells it (the loop's clock)."""
        self.sent_pictures: set[bytes] = set()
        self.acknowledged = 0
        """How many of our sound packets the server's receiver reports say have arrived."""
        self._loop = asyncio.get_running_loop()
        self._camera = Camera(person, take)
        self._first = {"audio": (65_400, 0xFFFF_0000), "video": (65_300 + person, 0xFFFE_0000)}
        self._resend: dict[int, bytes] = {}
        self._key_wanted = True
        self._news = asyncio.Event()
        self._media: asyncio.Task[None] | None = None
        self._alive: list[tuple[Any, str, Any]] = []
        self.peer = RTCPeerConnection(
            RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        self.peer.on("connectionstatechange", self._on_state)
        self._offer_media(seats)

    # Joining and leaving

    async def offer(self) -> str:
        """The offer, with the loopback address as the only candidate."""
        with mock.patch("aioice.ice.get_host_addresses", return_value=["127.0.0.1"]):
            await self.peer.setLocalDescription(await self.peer.createOffer())
        return str(self.peer.localDescription.sdp)

    async def accept(self, answer: Answer) -> None:
        """Take the answer, connect, and begin to send."""
        self.answer = answer
        await self.peer.setRemoteDescription(RTCSessionDescription(sdp=answer.sdp, type="answer"))
        self._dtls = self.peer.getTransceivers()[0].sender.transport
        forget_replays(self._dtls)
        self._dtls._handle_rtp_data = self._take_rtp
        self._dtls._handle_rtcp_data = self._take_rtcp
        async with asyncio.timeout(DEADLINE_S):
            await self.connected.wait()
        self._media = asyncio.create_task(self._send_media())

    async def close(self) -> None:
        """Stop sending and close the connection."""
        if self._media is not None:
            self._media.cancel()
            await asyncio.gather(self._media, return_exceptions=True)
        await self.peer.close()

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for packets until the condition holds; fails with `what` at the deadline."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                while not condition():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"{self.name} waited in vain: {what}") from None

    def ssrc(self, subject: str, kind: str) -> int:
        """The SSRC that the answer declares for what comes of this person."""
        found = self._ssrcs.get((subject, kind))
        if found is None:
            found = self._ssrcs[subject, kind] = self._declared_ssrc(subject, kind)
        return found

    def _declared_ssrc(self, subject: str, kind: str) -> int:
        assert self.answer is not None
        receive = next(r for r in self.answer.receive if r.participant == subject)
        mid = receive.audio_mid if kind == "audio" else receive.video_mid
        section = next(s for s in self.answer.sdp.split("\r\nm=") if f"\r\na=mid:{mid}\r\n" in s)
        found = re.search(r"a=ssrc:(\d+) ", section)
        assert found is not None
        return int(found[1])

    def stream(self, subject: str, kind: str) -> list[Packet]:
        """What arrived of this person, in the order of arrival; the list grows on."""
        return self._streams.setdefault(self.ssrc(subject, kind), [])

    def forget(self) -> None:
        """Drop every record, as one who measures memory must."""
        for record in (
            self.packets,
            self.reports,
            self.sent_at,
            self.captured_at,
            self.sent_pictures,
            self._resend,
        ):
            record.clear()
        for stream in self._streams.values():
            stream.clear()

    # Breaking the rules

    def own_ssrc(self, kind: str) -> int:
        """The SSRC that the offer declares for what we send."""
        return int(self._senders[kind]._ssrc)

    def ahead(self, kind: str, step: int) -> int:
        """A sequence number of our own stream that won't be used for a long while: a used one counts as a replay."""
        return (self._first[kind][0] + self.sent[kind] + 900 + step) & 0xFFFF

    async def send_raw(self, packet: bytes) -> bool:
        """Encrypt and send any bytes as RTP or RTCP; False when the encryption itself refuses them."""
        try:
            await self._dtls._send_rtp(packet)
        except (SrtpError, ConnectionError):
            return False
        return True

    async def send_rtp(
        self, kind: str, seq: int, payload: bytes, *, ssrc: int = 0, payload_type: int = 0
    ) -> None:
        """Send one RTP packet with a number, an SSRC and a payload type of our choice."""
        await self.send_raw(
            _rtp(payload_type or self.payload_types[kind], seq, 0, ssrc or self.own_ssrc(kind), payload)
        )

    async def nack(self, ssrc: int, lost: Iterable[int]) -> None:
        """Ask again for packets of a stream that we receive, in requests of at most 200."""
        numbers = sorted(set(lost))
        for i in range(0, len(numbers), 200):
            request = rtp.RtcpRtpfbPacket(
                fmt=rtp.RTCP_RTPFB_NACK,
                ssrc=self.own_ssrc("audio"),
                media_ssrc=ssrc,
                lost=numbers[i : i + 200],
            )
            await self.send_raw(bytes(request))

    async def nack_everything(self) -> int:
        """Ask again for every packet that ever came, of every stream. Returns how many those are."""
        for ssrc in {packet.ssrc for packet in self.packets}:
            await self.nack(ssrc, (packet.seq for packet in self.packets if packet.ssrc == ssrc))
        return len(self.packets)

    async def want_key_frame(self, ssrc: int) -> None:
        """Send a PLI for a stream that we receive."""
        request = rtp.RtcpPsfbPacket(fmt=rtp.RTCP_PSFB_PLI, ssrc=self.own_ssrc("audio"), media_ssrc=ssrc)
        await self.send_raw(bytes(request))

    def go_dead(self) -> None:
        """Let the line die without a word: nothing goes out or comes in any more."""
        for protocol in self._dtls.transport.iceGatherer._connection._protocols:
            for method, replacement in (
                ("send_data", mock.AsyncMock()), ("send_stun", mock.Mock()), ("datagram_received", mock.Mock())
            ):  # fmt: skip
                self._alive.append((protocol, method, getattr(protocol, method)))
                setattr(protocol, method, replacement)

    def come_back(self) -> None:
        """The line works again."""
        for protocol, method, original in self._alive:
            setattr(protocol, method, original)
        self._alive.clear()

    # What we send

    def _offer_media(self, seats: int) -> None:
        self._senders = {}
        for kind in ("audio", "video"):
            transceiver = self.peer.addTransceiver(kind, direction="sendonly")
            self._senders[kind] = transceiver.sender
        for _ in range(seats - 1):
            self.peer.addTransceiver("audio", direction="recvonly")
            self.peer.addTransceiver("video", direction="recvonly")
        vp8 = [c for c in RTCRtpSender.getCapabilities("video").codecs if c.mimeType == "video/VP8"]
        for transceiver in self.peer.getTransceivers():
            if transceiver.kind == "video":
                transceiver.setCodecPreferences(vp8)
            transceiver.sender.send = _nothing  # packets are ours; aiortc's senders and receivers never start
            transceiver.receiver.receive = _nothing

    @property
    def payload_types(self) -> dict[str, int]:
        """Those of our offer, by kind."""
        sdp = self.peer.localDescription.sdp
        return {
            kind: int(re.search(rf"a=rtpmap:(\d+) {codec}/", sdp)[1])  # type: ignore[index]
            for kind, codec in (("audio", "opus"), ("video", "VP8"))
        }

    async def _send_media(self) -> None:
        types, started_at, tick = self.payload_types, self._loop.time(), 0
        while True:
            await asyncio.sleep(started_at + tick * TICK_S - self._loop.time())
            late = int((self._loop.time() - started_at) / TICK_S) - tick
            tick += late if late > MAX_LATE_TICKS else 0
            captured_at = started_at + tick * TICK_S
            await self._send_sound(types["audio"], captured_at)
            if tick % TICKS_PER_PICTURE == 0:
                await self._send_picture(types["video"], captured_at)
            if tick % TICKS_PER_REPORT == 0:
                await self._send_reports(captured_at)
            tick += 1

    async def _send_sound(self, payload_type: int, captured_at: float) -> None:
        number, self.sent["audio"] = self.sent["audio"], self.sent["audio"] + 1
        seq = self._first["audio"][0] + number
        payload = sound(self.name, self._first_sound + number)
        self._note(payload, captured_at)
        await self.send_raw(
            _rtp(payload_type, seq, self.rtp_time("audio", captured_at), self.own_ssrc("audio"), payload)
        )

    async def _send_picture(self, payload_type: int, captured_at: float) -> None:
        payloads = self._camera.payloads(key=self._key_wanted)
        self._key_wanted = False
        ts = self.rtp_time("video", captured_at)
        for i, payload in enumerate(payloads):
            seq = (self._first["video"][0] + self.sent["video"]) & 0xFFFF
            self.sent["video"] += 1
            self._note(payload, captured_at)
            self.sent_pictures.add(payload)
            packet = _rtp(
                payload_type, seq, ts, self.own_ssrc("video"), payload, marker=i == len(payloads) - 1
            )
            self._resend[seq] = packet
            await self.send_raw(packet)

    def _note(self, payload: bytes, captured_at: float) -> None:
        self.sent_at[payload] = self._loop.time()
        self.captured_at[payload] = captured_at

    async def _send_reports(self, captured_at: float) -> None:
        for kind in ("audio", "video"):
            info = rtp.RtcpSenderInfo(
                ntp_timestamp=int((captured_at + NTP_AT_ZERO_S) * 2**32),
                rtp_timestamp=self.rtp_time(kind, captured_at),
                packet_count=self.sent[kind],
                octet_count=0,
            )
            await self.send_raw(bytes(rtp.RtcpSrPacket(ssrc=self.own_ssrc(kind), sender_info=info)))

    def rtp_time(self, kind: str, captured_at: float) -> int:
        """The RTP timestamp that we give to what was captured at this moment of the loop's clock."""
        rate = 48_000 if kind == "audio" else 90_000
        return (self._first[kind][1] + round(captured_at * rate)) & 0xFFFFFFFF

    # What arrives

    async def _take_rtp(self, data: bytes, arrival_time_ms: int) -> None:  # noqa: ARG002 - aiortc's signature
        packet = read_packet(data, len(self.packets), self._loop.time())
        self.packets.append(packet)
        self._streams.setdefault(packet.ssrc, []).append(packet)
        self._news.set()

    async def _take_rtcp(self, data: bytes) -> None:
        for part in rtp.RtcpPacket.parse(data):
            if isinstance(part, rtp.RtcpSrPacket):
                info = part.sender_info
                self.reports.append(Report(part.ssrc, info.ntp_timestamp, info.rtp_timestamp))
            elif isinstance(part, rtp.RtcpRrPacket):
                self._note_receiver_report(part)
            elif isinstance(part, rtp.RtcpPsfbPacket) and part.fmt == rtp.RTCP_PSFB_PLI:
                self.key_frame_requests += 1
                self._key_wanted = True
            elif isinstance(part, rtp.RtcpRtpfbPacket):
                for seq in part.lost:
                    await self.send_raw(self._resend[seq & 0xFFFF])
        self._news.set()

    def _note_receiver_report(self, report: rtp.RtcpRrPacket) -> None:
        for block in report.reports:
            if block.ssrc == self.own_ssrc("audio"):
                self.acknowledged = block.highest_sequence - self._first["audio"][0] + 1

    def _on_state(self) -> None:
        if self.peer.connectionState == "connected":
            self.connected.set()
        elif self.peer.connectionState in {"failed", "closed"}:
            self.lost.set()


async def _nothing(*_: object) -> None:
    """Stands in for what is never started."""


def _rtp(payload_type: int, seq: int, ts: int, ssrc: int, payload: bytes, *, marker: bool = False) -> bytes:
    second = payload_type | (0x80 if marker else 0)
    return struct.pack("!BBHII", 0x80, second, seq & 0xFFFF, ts & 0xFFFFFFFF, ssrc) + payload
