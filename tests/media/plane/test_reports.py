"""RTCP is read back by an independent parser as it was meant."""

from __future__ import annotations

import random

import pytest
from aiortc import rtp
from hypothesis import given, settings
from hypothesis import strategies as st

from media.plane.reception import ReportBlock
from media.plane.reports import (
    bandwidth_estimate,
    goodbye,
    negative_acknowledgement,
    picture_loss,
    receiver_report,
    sender_report,
)

CNAME = [(1, b"0f9a")]


def test_sender_report() -> None:
    """SR with the counts, wrapped at 32 bits, and the CNAME behind it."""
    data = sender_report(
        ssrc=7, ntp=0xDEADBEEF_00000001, rtp_ts=0xFFFFFFFF, packets=2**32 + 5, octets=2**32 + 6, cname="0f9a"
    )
    report, names = rtp.RtcpPacket.parse(data)
    assert report == rtp.RtcpSrPacket(
        ssrc=7, sender_info=rtp.RtcpSenderInfo(0xDEADBEEF_00000001, 0xFFFFFFFF, 5, 6), reports=[]
    )
    assert names == rtp.RtcpSdesPacket(chunks=[rtp.RtcpSourceInfo(ssrc=7, items=CNAME)])


@pytest.mark.parametrize("lost", [-0x800000, -1, 0, 0x7FFFFF])
def test_receiver_report(lost: int) -> None:
    """RR with each block and its delays, the 24-bit loss signed, and the CNAME behind it."""
    blocks = [
        (ReportBlock(1, 255, lost, 0xFFFFFFFF, 12), 0xFFFFFFFF, 65_536),
        (ReportBlock(2, 0, 0, 0, 0), 0, 0),
    ]
    report, names = rtp.RtcpPacket.parse(receiver_report(7, blocks, "0f9a"))
    assert report.ssrc == 7
    assert report.reports == [
        rtp.RtcpReceiverInfo(1, 255, lost, 0xFFFFFFFF, 12, 0xFFFFFFFF, 65_536),
        rtp.RtcpReceiverInfo(2, 0, 0, 0, 0, 0, 0),
    ]
    assert names.chunks[0].items == CNAME
    assert len(rtp.RtcpPacket.parse(receiver_report(7, [], "0f9a"))) == 2


def test_picture_loss() -> None:
    """A PLI for the stream, in a compound packet that begins with a report (RFC 3550 section 6.1)."""
    empty, request = rtp.RtcpPacket.parse(picture_loss(7, 9))
    assert empty == rtp.RtcpRrPacket(ssrc=7, reports=[])
    assert (request.fmt, request.ssrc, request.media_ssrc) == (rtp.RTCP_PSFB_PLI, 7, 9)


def asked_for(data: bytes) -> list[int]:
    """Every sequence number of a NACK, in order."""
    empty, *requests = rtp.RtcpPacket.parse(data)
    assert isinstance(empty, rtp.RtcpRrPacket)
    assert {(r.fmt, r.ssrc, r.media_ssrc) for r in requests} == {(rtp.RTCP_RTPFB_NACK, 7, 9)}
    return [number & 0xFFFF for request in requests for number in request.lost]


@settings(deadline=None)
@given(first=st.integers(0, 0xFFFF), steps=st.lists(st.integers(1, 40), max_size=60))
def test_nack_across_the_wrap(first: int, steps: list[int]) -> None:
    """Lost packets in the order in which they were sent, wherever the numbers wrap."""
    lost = [first]
    for step in steps:
        lost.append((lost[-1] + step) & 0xFFFF)
    assert asked_for(negative_acknowledgement(7, 9, lost)) == lost


@settings(deadline=None)
@given(lost=st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=60))
def test_nack_of_any_list(lost: list[int]) -> None:
    """A publisher that jumps about leaves gaps in any order: each number is still asked for, and nothing raises."""
    assert asked_for(negative_acknowledgement(7, 9, lost)) == lost


def test_nack_of_what_a_jumping_publisher_leaves() -> None:
    """The list that `Reception` really makes of a stream that jumps half round the circle again and again."""
    dice = random.Random(3)
    lost = [(jump * 30_000 + dice.randrange(50)) & 0xFFFF for jump in range(12)]
    assert asked_for(negative_acknowledgement(7, 9, lost)) == lost


@pytest.mark.parametrize("bit_rate", [30_000, 1_500_000, 20_000_000])
def test_bandwidth_estimate(bit_rate: int) -> None:
    """REMB for the one stream, to the precision of its 18-bit mantissa."""
    empty, packet = rtp.RtcpPacket.parse(bandwidth_estimate(7, 9, bit_rate))
    assert empty == rtp.RtcpRrPacket(ssrc=7, reports=[])
    assert (packet.fmt, packet.ssrc, packet.media_ssrc) == (rtp.RTCP_PSFB_APP, 7, 0)
    told, streams = rtp.unpack_remb_fci(packet.fci)
    assert told == pytest.approx(bit_rate, rel=1e-4)
    assert streams == [9]


def test_goodbye() -> None:
    """BYE for our own SSRC, behind an empty report."""
    empty, bye = rtp.RtcpPacket.parse(goodbye(7))
    assert empty == rtp.RtcpRrPacket(ssrc=7, reports=[])
    assert bye.sources == [7]
