"""Bytes that good encryption carries and that no honest client would write: malformed RTCP, RTP with impossible tails."""

import random
import struct
from collections.abc import Iterator

RTCP_TYPES = range(192, 224)
RANDOM_PACKETS = 60


def malformed_rtcp(ssrc: int) -> Iterator[bytes]:
    """Reports, requests and goodbyes that promise more than they hold, and seeded random ones."""
    own = struct.pack("!I", ssrc)
    yield b"\x80\xc8\x00\x06" + own  # a sender report without its sender information
    yield b"\x9f\xc9\xff\xff" + own  # 31 report blocks that aren't there
    yield b"\x81\xca\x00\x02" + own + b"\x01\xff\x41\x41"  # a name longer than the packet
    yield b"\x81\xcd\x00\x02" + own + own  # a NACK for nothing
    yield b"\x84\xce\x00\x03" + own + own + b"\x00\x00\x01\x02"  # a FIR with half an entry
    yield b"\x8f\xce\x00\x03" + own + own + b"REMB"  # a bandwidth estimate without figures
    yield b"\x9f\xcb\x00\x01" + own  # 31 goodbyes
    yield b"\xa0\xc9\x00\x01" + own + b"\x00\x00\x00\xff"  # more padding than packet
    yield b"\x81\xcd\x03\xff" + own + own  # a length beyond the end
    chance = random.Random(11)
    for _ in range(RANDOM_PACKETS):
        body = chance.randbytes(4 * chance.randrange(1, 40))
        yield bytes((chance.choice((0x80, 0x81, 0x9F, 0xA1)), chance.choice(RTCP_TYPES))) + body[2:] + own


def strange_rtp(payload_type: int, ssrc: int, first_seq: int) -> Iterator[bytes]:
    """RTP that may be parsed and makes no sense, under the sender's own SSRC and payload type."""
    for i, (first, tail) in enumerate((
        (0x80, b""),  # nothing in it
        (0xA0, b"\xff"),  # 255 octets of padding in one
        (0xA0, b"\x00\x00\x00\x00"),  # no padding, though the header says so
        (0x90, b"\xbe\xde\x00\x01\xff\xff\xff\xff"),  # an extension element longer than its block
        (0x90, b"\x10\x00\x00\x00"),  # a two-byte profile with nothing in it
        (0x80, b"\xff" * 4),  # flags all set and nothing behind them
        (0x80, b"\x90"),  # a descriptor cut off
        (0x80, b"\x10\x00\x00\x00\x9d\x01\x2a\x00\x00\x00\x00"),  # a key frame of no size
        (0x80, b"\x10\x10\x00\x00\x9d\x01\x2a\xff\x3f\xff\x3f" + bytes(40)),  # a key frame of 16383 x 16383
    )):  # fmt: skip
        seq = (first_seq + i) & 0xFFFF
        yield struct.pack("!BBHII", first, payload_type | 0x80, seq, seq * 90, ssrc) + tail
