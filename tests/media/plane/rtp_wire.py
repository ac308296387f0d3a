"""RTP packets as tests make and read them: our bytes are read back by aiortc's own parser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiortc import rtp
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters

from media.plane.rtp import HEADER, ExtensionBlock
from media.plane.sdp_offer import LEVEL_URI, MID_URI, SEND_TIME_URI

if TYPE_CHECKING:
    from collections.abc import Sequence

MID_ID, LEVEL_ID, SEND_TIME_ID = 4, 1, 2


def extension_map() -> rtp.HeaderExtensionsMap:
    """The header extensions that these tests negotiate."""
    known = rtp.HeaderExtensionsMap()
    numbered = ((MID_ID, MID_URI), (LEVEL_ID, LEVEL_URI), (SEND_TIME_ID, SEND_TIME_URI))
    known.configure(
        RTCRtpParameters(
            headerExtensions=[RTCRtpHeaderExtensionParameters(id=number, uri=uri) for number, uri in numbered]
        )
    )
    return known


def level_block(mid: str = "m4") -> ExtensionBlock:
    """What an audio downlink stamps: MID and the level."""
    return ExtensionBlock(mid_id=MID_ID, mid=mid, value_id=LEVEL_ID, value_size=1)


def send_time_block(mid: str = "m5") -> ExtensionBlock:
    """What a video downlink stamps: MID and the time of sending."""
    return ExtensionBlock(mid_id=MID_ID, mid=mid, value_id=SEND_TIME_ID, value_size=3)


@dataclass(frozen=True)
class Header:
    """An RTP header to be written, malformed ones included."""

    seq: int = 1
    ts: int = 0
    ssrc: int = 7
    payload_type: int = 96
    marker: bool = False
    csrcs: Sequence[int] = ()
    extension: bytes | None = None
    """Profile, length and elements as they are to stand there."""
    padding: bytes = b""
    """With its own count in the last octet; sets the P bit."""

    def packet(self, payload: bytes = b"") -> bytes:
        """The packet's bytes."""
        first = 0x80 | len(self.csrcs)
        first |= 0x10 if self.extension is not None else 0
        first |= 0x20 if self.padding else 0
        fixed = HEADER.pack(first, self.payload_type | (self.marker << 7), self.seq, self.ts, self.ssrc)
        sources = b"".join(c.to_bytes(4, "big") for c in self.csrcs)
        return fixed + sources + (self.extension or b"") + payload + self.padding


class Wire:
    """Where a downlink sends: keeps the bytes, reads them with aiortc."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self._known = extension_map()

    def __call__(self, packet: bytes) -> None:
        """Take one packet."""
        self.sent.append(packet)

    @property
    def packets(self) -> list[rtp.RtpPacket]:
        """All of them, parsed."""
        return [rtp.RtpPacket.parse(data, self._known) for data in self.sent]

    @property
    def payloads(self) -> list[bytes]:
        """What they carry."""
        return [packet.payload for packet in self.packets]

    def take(self) -> list[rtp.RtpPacket]:
        """What was sent since the last look, parsed."""
        packets = self.packets
        self.sent.clear()
        return packets


def red(primary: bytes, *before: bytes) -> bytes:
    """A RED payload of Opus frames: those `before`, oldest first, and the primary (RFC 2198)."""
    headers = b"".join(
        bytes((0x80 | 111,)) + ((960 * (len(before) - i) << 10) | len(block)).to_bytes(3, "big")
        for i, block in enumerate(before)
    )
    return headers + b"\x6f" + b"".join(before) + primary
