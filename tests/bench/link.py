"""A caller's connection: aiortc negotiates and shakes hands, then packets are bytes, straight from and to the socket.

The callers have to be cheap: on a machine with two cores they have one of them, for all the calls of a server.
"""

from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING, Any, Final

import pylibsrtp
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpCodecCapability,
    RTCRtpTransceiver,
    RTCSessionDescription,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CONNECT_WITHIN_S: Final = 15.0
CODECS: Final = {
    "audio": RTCRtpCodecCapability(mimeType="audio/opus", clockRate=48_000, channels=2),
    "video": RTCRtpCodecCapability(mimeType="video/VP8", clockRate=90_000),
}


class Link:
    """One peer connection. What comes in is decrypted and handed to `on_rtp` or `on_rtcp`."""

    def __init__(self, on_rtp: Callable[[bytes], None], on_rtcp: Callable[[bytes], None]) -> None:
        self._on_rtp, self._on_rtcp = on_rtp, on_rtcp
        self._connected = asyncio.Event()
        self._socket: socket.socket | None = None
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._pc.on("connectionstatechange", self._state_changed)

    @property
    def transceivers(self) -> Sequence[RTCRtpTransceiver]:
        """In the order of the m-lines."""
        return self._pc.getTransceivers()

    def payload_type(self, kind: str) -> int:
        """What was negotiated for this kind; the same for every m-line of it."""
        return int(next(one for one in self.transceivers if one.kind == kind)._codecs[0].payloadType)

    def add(self, kind: str, direction: str) -> None:
        """Add an m-line."""
        transceiver = self._pc.addTransceiver(kind, direction=direction)
        transceiver.setCodecPreferences([CODECS[kind]])
        _take_over(transceiver)

    async def offer(self) -> str:
        """Our offer, with the candidates in it."""
        await self._pc.setLocalDescription(await self._pc.createOffer())
        return str(self._pc.localDescription.sdp)

    async def accept(self, answer: str) -> None:
        """Take the answer to our offer, and connect. Raises TimeoutError."""
        await self._pc.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
        await self.connect()

    async def answer(self, offer: str) -> str:
        """Answer an offer of things to receive; `connect` is to follow."""
        await self._pc.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
        for transceiver in self.transceivers:
            transceiver.direction = "recvonly"
            _take_over(transceiver)
        await self._pc.setLocalDescription(await self._pc.createAnswer())
        return str(self._pc.localDescription.sdp)

    async def connect(self) -> None:
        """Wait for the handshake; packets flow from here on. Raises TimeoutError."""
        async with asyncio.timeout(CONNECT_WITHIN_S):
            await self._connected.wait()
        dtls = self.transceivers[0].receiver.transport
        self._rx, self._tx = dtls._rx_srtp, dtls._tx_srtp
        ice = dtls.transport._connection
        pair = ice._nominated[1]
        self._address = pair.remote_addr
        self._socket = socket.socket(fileno=os.dup(pair.protocol.transport.get_extra_info("socket").fileno()))
        for protocol in ice._protocols:
            protocol.datagram_received = self._in_front_of(protocol.datagram_received)

    def send(self, packet: bytes) -> None:
        """Encrypt and send an RTP packet."""
        self._put(self._tx.protect(packet))

    def send_rtcp(self, packet: bytes) -> None:
        """Encrypt and send an RTCP compound packet."""
        self._put(self._tx.protect_rtcp(packet))

    async def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        await self._pc.close()

    def _put(self, data: bytes) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto(data, self._address)
        except OSError:  # a full buffer, or a server that has gone: lost, as UDP loses
            return

    def _in_front_of(self, others: Callable[[bytes, Any], None]) -> Callable[[bytes, Any], None]:
        """Media (RFC 7983: the first octet) is ours, all else aioice's."""

        def datagram_received(data: bytes, address: Any) -> None:
            if data and 127 < data[0] < 192:
                self._arrived(data)
            else:
                others(data, address)

        return datagram_received

    def _arrived(self, data: bytes) -> None:
        try:
            if 192 <= data[1] <= 223:  # the RTCP packet types
                self._on_rtcp(self._rx.unprotect_rtcp(data))
            else:
                self._on_rtp(self._rx.unprotect(data))
        except pylibsrtp.Error:
            return

    def _state_changed(self) -> None:
        if self._pc.connectionState == "connected":
            self._connected.set()


def _take_over(transceiver: RTCRtpTransceiver) -> None:
    """Let aiortc's own sender and receiver never start: the media is ours to handle."""
    transceiver.sender.send = transceiver.sender.stop = _nothing
    transceiver.receiver.receive = transceiver.receiver.stop = _nothing


async def _nothing(*_: object) -> None:
    """Stand in for a coroutine of aiortc's that is not wanted."""
