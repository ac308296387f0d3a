"""The one file that touches private members of aiortc, aioice and pylibsrtp.

aiortc negotiates (SDP, ICE, DTLS); from the finished handshake on, packets belong to Holdspace: they are received as
datagrams, decrypted, handed on as bytes, and sent without a coroutine, a queue or an object in between. aiortc's senders and
receivers are never started.

The defence of a long-running server stands here too. Only addresses whose STUN check passed MESSAGE-INTEGRITY may deliver
anything else; what is empty, foreign or malformed is dropped at the socket; everything that a peer can make grow is bounded.

tests/media/plane/test_seam.py names every private member used, so that an upgrade that moves one fails loudly.
"""

from __future__ import annotations

import asyncio
import logging
import random
import socket
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Protocol

from aioice import Candidate, stun
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import StunProtocol, get_host_addresses
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpCodecCapability,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from pylibsrtp import _binding

from media.plane.lane.transport import PortTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from aioice.ice import Connection

    from media.plane.intake import Intake
    from media.plane.lane._lane import Port, Srtp
    from media.plane.settings import PlaneSettings

    _Path = tuple[Any, Callable[[bytes, tuple[str, int]], int], tuple[str, int]]
    """A nominated pair, how to send from its socket, and where it leads."""

MAX_KNOWN_ADDRESSES: Final = 16
"""Addresses that may deliver media at once: enough for NAT rebinding and several interfaces."""
MAX_REMOTE_ADDRESSES: Final = 64
"""Addresses that one connection ever checks; more come from no honest client."""
MAX_HANDSHAKE_QUEUE: Final = 512
"""Datagrams waiting for the DTLS transport; the oldest are dropped first."""
MAX_SRTP_PACKET: Final = 1500
"""Bytes; libsrtp works in place in a buffer of this size."""
SHORTEST_PACKET: Final = 12
"""Bytes of the shortest RTP or SRTCP packet."""
MAX_SRTP_TRAILER: Final = 148
"""Bytes that protecting a packet may add (authentication tag, MKI, SRTCP index)."""
_LONGEST_PLAIN: Final = MAX_SRTP_PACKET - MAX_SRTP_TRAILER
RECEIVE_BUFFER: Final = 262_144
"""Bytes of kernel buffer for one media socket: about two seconds of one publisher."""
CLOSE_TIMEOUT_S: Final = 5.0

_OPUS = RTCRtpCodecCapability(mimeType="audio/opus", clockRate=48_000, channels=2)
_VP8 = RTCRtpCodecCapability(mimeType="video/VP8", clockRate=90_000)

_UNUSED_OF_RECEIVER: Final = ("_RTCRtpReceiver__jitter_buffer", "_RTCRtpReceiver__remote_bitrate_estimator")

logger = logging.getLogger(__name__)


class LinkEvents(Protocol):
    """What a link tells its owner; called on the loop."""

    def link_open(self) -> None:
        """The handshake is done: packets flow."""

    def link_closed(self) -> None:
        """The connection failed or the other side closed it."""

    def rtcp_received(self, packet: bytes) -> None:
        """One decrypted RTCP compound packet."""


class NoPortError(OSError):
    """No media socket could be opened on any address."""


class MediaLink:
    """One WebRTC connection to one participant, with its packets as plain bytes."""

    __slots__ = (
        "_closed", "_events", "_ice", "_known", "_lane", "_loop", "_path", "_pc", "_ports", "_settings", "_sockets",
        "intake", "last_heard_at", "nominated", "rejected", "rtp_out", "srtp",
    )  # fmt: skip

    def __init__(
        self, settings: PlaneSettings, events: LinkEvents, intake: Intake, lane: ModuleType | None = None
    ) -> None:
        self._settings = settings
        self._events = events
        self._lane = lane
        self.intake = intake
        """Takes each decrypted RTP packet."""
        self._loop = asyncio.get_running_loop()
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._pc.on("connectionstatechange", self._state_changed)
        self._ice: Connection | None = None
        self.srtp: _Srtp | Srtp | None = None
        """None: nothing is received or sent."""
        self.nominated: dict[int, Any] = {}
        """The ICE agent's own: the pair that media uses, by component."""
        self.rtp_out: Callable[[bytes], None] = self.send_rtp if self._lane is None else self._lane.Way(self)
        """Encrypts and sends one RTP packet."""
        self._sockets: dict[int, socket.socket] = {}
        self._ports: dict[int, Port] = {}
        self._path: _Path | None = None
        self._known: deque[tuple[str, int]] = deque(maxlen=MAX_KNOWN_ADDRESSES)
        self._closed = False
        self.last_heard_at = self._loop.time()
        """When anything authentic last arrived: media, reports or a connectivity check."""
        self.rejected = 0
        """Datagrams that were dropped at the socket."""

    async def answer(self, canonical_offer: str, directions: Sequence[str]) -> str:
        """Negotiate: the answer to an offer, with every candidate in it.

        `directions` are those of the server, one for each m-line. Raises what the WebRTC stack raises, and NoPortError.
        """
        await self._pc.setRemoteDescription(RTCSessionDescription(sdp=canonical_offer, type="offer"))
        for transceiver, direction in zip(self._pc.getTransceivers(), directions, strict=True):
            transceiver.direction = direction
            self._take_over(transceiver)
        self._guard_sockets()
        await self._pc.setLocalDescription(await self._pc.createAnswer())
        if not self._ice or not self._ice.local_candidates:
            raise NoPortError("no media socket could be opened")
        return str(self._pc.localDescription.sdp)

    def send_rtp(self, packet: bytes) -> None:
        """Encrypt and send one RTP packet now; dropped when there is no connection."""
        srtp = self.srtp
        if srtp is None or (data := srtp.protect(packet)) is None or (pair := self.nominated.get(1)) is None:
            return
        path = self._path
        if path is None or path[0] is not pair:
            path = self._new_path(pair)
        try:
            path[1](data, path[2])
        except OSError:  # a full buffer or an unreachable network loses a datagram, as UDP does
            return

    def send_rtcp(self, packet: bytes) -> None:
        """Encrypt and send one RTCP compound packet now; dropped when there is no connection."""
        if self.srtp is None or (data := self.srtp.protect_rtcp(packet)) is None:
            return
        if (pair := self.nominated.get(1)) is not None:
            _, sendto, address = self._new_path(pair)
            with suppress(OSError):  # as above
                sendto(data, address)

    async def close(self) -> None:
        """Close sockets and end every task. Never raises, ends within CLOSE_TIMEOUT_S."""
        self._closed = True
        self.srtp = None
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._pc.close()
        except Exception as error:  # noqa: BLE001 - the stack's close may raise anything; the room goes on
            logger.warning("closing a connection failed: %s", type(error).__name__)
        self._path = None
        self._sockets.clear()
        self._ports.clear()

    def datagram(self, data: bytes, address: tuple[str, int]) -> None:
        """Take an SRTP or SRTCP datagram."""
        srtp = self.srtp
        if srtp is None or address not in self._known:
            self.rejected += 1
            return
        plain = srtp.unprotect(data)
        if plain is None:
            self.rejected += 1
            return
        now = self.last_heard_at = self._loop.time()
        if 192 <= plain[1] <= 223:  # noqa: PLR2004 - `is_rtcp`, which costs a call for each packet
            self._events.rtcp_received(plain)
        else:
            self.intake.take(plain, now)

    def handshake(self, data: bytes, address: tuple[str, int], ice: Connection, component: int) -> None:
        """Take a DTLS datagram."""
        if address not in self._known:
            self.rejected += 1
            return
        while ice._queue.qsize() >= MAX_HANDSHAKE_QUEUE:
            ice._queue.get_nowait()
        ice.data_received(data, component)

    def authenticated(self, address: tuple[str, int]) -> None:
        """A connectivity check from this address passed MESSAGE-INTEGRITY."""
        self.last_heard_at = self._loop.time()
        if address not in self._known:
            self._known.append(address)

    def may_check(self, address: tuple[str, int], ice: Connection) -> bool:
        """Whether a connectivity check from this address is looked at."""
        return address in self._known or len(ice._remote_candidates) < MAX_REMOTE_ADDRESSES

    def _state_changed(self) -> None:
        if self._pc.connectionState in ("failed", "closed") and not self._closed:
            self._closed = True
            self.srtp = None
            self._events.link_closed()

    def _take_over(self, transceiver: RTCRtpTransceiver) -> None:
        """Keep aiortc's own sender and receiver from ever starting, and learn when the transport is ready."""
        transceiver.setCodecPreferences([_OPUS if transceiver.kind == "audio" else _VP8])
        for part in (transceiver.sender, transceiver.receiver):
            setattr(part, "send" if part is transceiver.sender else "receive", self._ready)
            setattr(part, "stop", _nothing)  # noqa: B010 - a method of an instance, for which mypy has no assignment
        # Made for a receiver that never starts: 3,000 objects in cycles, for which the collector would hold the loop.
        for unused in _UNUSED_OF_RECEIVER:
            setattr(transceiver.receiver, unused, None)

    async def _ready(self, _parameters: object) -> None:
        """Called by the stack for each m-line once DTLS is connected."""
        if self.srtp is not None or self._closed:
            return
        dtls = self._pc.getTransceivers()[0].receiver.transport
        self.srtp = _srtp(self._lane, dtls._rx_srtp, dtls._tx_srtp)
        self._events.link_open()

    def _guard_sockets(self) -> None:
        """Open this connection's sockets ourselves, with the guard in front from the first datagram on."""
        ice = self._pc.getTransceivers()[0].receiver.transport.transport.iceGatherer._connection
        self._ice = ice
        self.nominated = ice._nominated

        async def gather(component: int, addresses: list[str], timeout: int = 5) -> list[Candidate]:  # noqa: ASYNC109, ARG001 - aioice's signature
            return await self._open_sockets(ice, component)

        setattr(ice, "get_component_candidates", gather)  # noqa: B010 - as above

    async def _open_sockets(self, ice: Connection, component: int) -> list[Candidate]:
        candidates = []
        for address in self._settings.media_addresses or local_addresses():
            sock = _bind(address, self._settings.port_range)
            if sock is None:
                continue
            protocol = await self._listen(ice, sock)
            candidate = _candidate(
                announced(address, self._settings.announced_address), sock.getsockname()[1], component
            )
            protocol.local_candidate = candidate
            ice._protocols.append(protocol)
            candidates.append(candidate)
        return candidates

    async def _listen(self, ice: Connection, sock: socket.socket) -> _GuardedProtocol:
        """Take what comes to a socket: through the loop, or through the lane's own reading."""
        protocol = _GuardedProtocol(ice, self)
        if self._lane is None:
            await self._loop.create_datagram_endpoint(lambda: protocol, sock=sock)
        else:
            port = self._lane.Port(sock.fileno(), self, protocol, self._loop.time, self._packet_failed)
            PortTransport(self._loop, sock, port, protocol)
            self._ports[protocol.id] = port
        self._sockets[protocol.id] = sock
        return protocol

    def path_to(self, pair: Any) -> tuple[Port, str, int]:
        """Where a nominated pair leads: the lane asks when there is a new one."""
        host, port = pair.remote_addr
        return self._ports[pair.protocol.id], host, port

    def _packet_failed(self, error: Exception) -> None:
        """A packet raised: told like what a protocol raises, and the next one is taken."""
        self._loop.call_exception_handler({"message": "taking a packet failed", "exception": error})

    def _new_path(self, pair: Any) -> _Path:
        self._path = (pair, self._sockets[pair.protocol.id].sendto, pair.remote_addr)
        return self._path


class _GuardedProtocol(StunProtocol):
    """A media socket that believes nobody who has not authenticated."""

    def __init__(self, ice: Connection, link: MediaLink) -> None:
        super().__init__(ice)
        self._link = link

    def datagram_received(self, data: bytes | str, addr: tuple[Any, ...]) -> None:
        """Sort by the first octet (RFC 7983)."""
        if not isinstance(data, bytes) or not data:
            return
        first, address = data[0], addr if len(addr) == 2 else addr[:2]  # noqa: PLR2004 - IPv6 has four
        if 127 < first < 192:  # noqa: PLR2004 - RFC 7983: RTP and RTCP
            self._link.datagram(data, address)
        elif first < 4:  # noqa: PLR2004 - RFC 7983: STUN
            self._check(data, address)
        elif 19 < first < 64:  # noqa: PLR2004 - RFC 7983: DTLS
            self._link.handshake(data, address, self.receiver, self.local_candidate.component)
        else:
            self._link.rejected += 1

    def send_stun(self, message: stun.Message, addr: tuple[str, int]) -> None:
        """Notice whom the ICE agent answers with success: only to a check that passed MESSAGE-INTEGRITY."""
        if message.message_class == stun.Class.RESPONSE:
            self._link.authenticated(addr)
        super().send_stun(message, addr)

    def _check(self, data: bytes, address: tuple[str, int]) -> None:
        try:
            message = stun.parse_message(data)
            if message.message_class in (stun.Class.RESPONSE, stun.Class.ERROR):
                transaction = self.transactions.get(message.transaction_id)
                if transaction is not None:
                    transaction.response_received(message, address)
            elif message.message_class == stun.Class.REQUEST and self._link.may_check(address, self.receiver):
                self.receiver.request_received(message, address, self)
        except Exception:  # noqa: BLE001 - bytes from anybody: whatever the parser raises, the datagram is dropped
            self._link.rejected += 1


class _Srtp:
    """libsrtp on one reused buffer a direction; in pylibsrtp each call would make a new length cell."""

    __slots__ = (
        "_length", "_protect_rtcp", "_protect_rtp", "_rx", "_rx_buffer", "_rx_data", "_sessions", "_size",
        "_tx", "_tx_buffer", "_tx_data", "_unprotect_rtcp", "_unprotect_rtp",
    )  # fmt: skip

    def __init__(self, rx: Any, tx: Any) -> None:
        lib = _binding.lib
        self._sessions = (rx, tx)  # they own what the pointers below point to
        self._rx, self._rx_data, self._rx_buffer = rx._srtp[0], rx._cdata, rx._buffer
        self._tx, self._tx_data, self._tx_buffer = tx._srtp[0], tx._cdata, tx._buffer
        self._size = _binding.ffi.new("int *")
        # The same cell: reading and writing it through cffi takes twice as long.
        self._length = memoryview(_binding.ffi.buffer(self._size)).cast("B").cast("i")
        self._unprotect_rtp, self._unprotect_rtcp = lib.srtp_unprotect, lib.srtp_unprotect_rtcp
        self._protect_rtp, self._protect_rtcp = lib.srtp_protect, lib.srtp_protect_rtcp

    def unprotect(self, data: bytes) -> bytes | None:
        """The decrypted packet, or None when it is not authentic, replayed or too long."""
        size, length = len(data), self._length
        if not SHORTEST_PACKET <= size <= MAX_SRTP_PACKET:
            return None
        self._rx_buffer[0:size] = data
        length[0] = size
        rtcp = 192 <= data[1] <= 223  # noqa: PLR2004 - `is_rtcp`, which costs a call for each packet
        if (self._unprotect_rtcp if rtcp else self._unprotect_rtp)(self._rx, self._rx_data, self._size):
            return None
        return self._rx_buffer[0 : length[0]]  # type: ignore[no-any-return]

    def protect(self, packet: bytes) -> bytes | None:
        """The encrypted RTP packet, or None when it is too long."""
        size, length = len(packet), self._length
        if size > _LONGEST_PLAIN:
            return None
        self._tx_buffer[0:size] = packet
        length[0] = size
        if self._protect_rtp(self._tx, self._tx_data, self._size):
            return None
        return self._tx_buffer[0 : length[0]]  # type: ignore[no-any-return]

    def protect_rtcp(self, packet: bytes) -> bytes | None:
        """The encrypted RTCP packet, or None when it is too long."""
        size, length = len(packet), self._length
        if size > _LONGEST_PLAIN:
            return None
        self._tx_buffer[0:size] = packet
        length[0] = size
        if self._protect_rtcp(self._tx, self._tx_data, self._size):
            return None
        return self._tx_buffer[0 : length[0]]  # type: ignore[no-any-return]


def _srtp(compiled: ModuleType | None, rx: Any, tx: Any) -> _Srtp | Srtp:
    """Bind libsrtp to these two sessions; the lane calls the same functions of it by their addresses."""
    if compiled is None:
        return _Srtp(rx, tx)
    ffi, lib = _binding.ffi, _binding.lib
    names = ("srtp_protect", "srtp_unprotect", "srtp_protect_rtcp", "srtp_unprotect_rtcp")
    addresses = [int(ffi.cast("uintptr_t", ffi.addressof(lib, name))) for name in names]
    contexts = [int(ffi.cast("uintptr_t", session._srtp[0])) for session in (rx, tx)]
    made: Srtp = compiled.Srtp((rx, tx), *contexts, tuple(addresses))
    return made


def is_rtcp(data: bytes) -> bool:
    """Whether a packet is RTCP, by its second octet (RFC 5761 section 4)."""
    return 192 <= data[1] <= 223  # noqa: PLR2004 - the RTCP packet types


def local_addresses() -> tuple[str, ...]:
    """Every address of this machine, loopback last."""
    return (*get_host_addresses(use_ipv4=True, use_ipv6=True), "127.0.0.1")


def announced(address: str, public: str | None) -> str:
    """What clients are told of a local address: the public one, where it is of the same family (1:1 NAT)."""
    return address if public is None or (":" in address) != (":" in public) else public


async def _nothing() -> None:
    """Stands in for stopping what was never started."""


def _bind(address: str, port_range: tuple[int, int] | None) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    ports: Sequence[int] = (0,)
    if port_range is not None:
        first = random.randint(*port_range)
        ports = [*range(first, port_range[1] + 1), *range(port_range[0], first)]
    for port in ports:
        sock = socket.socket(family, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            sock.bind((address, port))
        except OSError:
            sock.close()
        else:
            return sock
    return None


def _candidate(address: str, port: int, component: int) -> Candidate:
    return Candidate(
        foundation=candidate_foundation("host", "udp", address),
        component=component,
        transport="udp",
        priority=candidate_priority(component, "host"),
        host=address,
        port=port,
        type="host",
    )
