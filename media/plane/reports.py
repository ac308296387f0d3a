"""RTCP that the plane sends (RFC 3550 section 6, RFC 4585, REMB): bytes out of plain values. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiortc import rtp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from media.plane.reception import ReportBlock

_SDES_CNAME: Final = 1


def sender_report(*, ssrc: int, ntp: int, rtp_ts: int, packets: int, octets: int, cname: str) -> bytes:
    """SR and SDES of one outgoing stream; `ntp` is 32.32 fixed point, `rtp_ts` the same instant on the stream's timeline."""
    info = rtp.RtcpSenderInfo(
        ntp_timestamp=ntp,
        rtp_timestamp=rtp_ts,
        packet_count=packets & 0xFFFFFFFF,
        octet_count=octets & 0xFFFFFFFF,
    )
    return bytes(rtp.RtcpSrPacket(ssrc=ssrc, sender_info=info)) + _sdes(ssrc, cname)


def receiver_report(ssrc: int, blocks: Sequence[tuple[ReportBlock, int, int]], cname: str) -> bytes:
    """RR and SDES; each block comes with (last SR, delay since it) in units of 1/65536 s."""
    reports = [
        rtp.RtcpReceiverInfo(
            ssrc=block.ssrc,
            fraction_lost=block.fraction_lost,
            packets_lost=block.packets_lost,
            highest_sequence=block.highest_sequence,
            jitter=block.jitter,
            lsr=lsr,
            dlsr=dlsr,
        )
        for block, lsr, dlsr in blocks
    ]
    return bytes(rtp.RtcpRrPacket(ssrc=ssrc, reports=reports)) + _sdes(ssrc, cname)


def picture_loss(ssrc: int, media_ssrc: int) -> bytes:
    """A key-frame request (PLI), behind the empty RR that a compound packet begins with."""
    return _empty_report(ssrc) + bytes(
        rtp.RtcpPsfbPacket(fmt=rtp.RTCP_PSFB_PLI, ssrc=ssrc, media_ssrc=media_ssrc)
    )


def negative_acknowledgement(ssrc: int, media_ssrc: int, lost: Sequence[int]) -> bytes:
    """A NACK for the given sequence numbers, in any order, across the wrap of 16 bits too."""
    return _empty_report(ssrc) + b"".join(
        bytes(rtp.RtcpRtpfbPacket(fmt=rtp.RTCP_RTPFB_NACK, ssrc=ssrc, media_ssrc=media_ssrc, lost=run))
        for run in _ascending_runs(lost)
    )


def bandwidth_estimate(ssrc: int, media_ssrc: int, bit_rate: int) -> bytes:
    """A REMB packet: the sender may use `bit_rate` bits per second for this stream."""
    fci = rtp.pack_remb_fci(bit_rate, [media_ssrc])
    return _empty_report(ssrc) + bytes(
        rtp.RtcpPsfbPacket(fmt=rtp.RTCP_PSFB_APP, ssrc=ssrc, media_ssrc=0, fci=fci)
    )


def goodbye(ssrc: int) -> bytes:
    """BYE: this participant's connection to us ends."""
    return _empty_report(ssrc) + bytes(rtp.RtcpByePacket(sources=[ssrc]))


def _ascending_runs(numbers: Sequence[int]) -> list[list[int]]:
    """The numbers in runs that go up: aiortc packs nothing else into one packet."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number > runs[-1][-1]:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def _empty_report(ssrc: int) -> bytes:
    return bytes(rtp.RtcpRrPacket(ssrc=ssrc))


def _sdes(ssrc: int, cname: str) -> bytes:
    chunk = rtp.RtcpSourceInfo(ssrc=ssrc, items=[(_SDES_CNAME, cname.encode())])
    return bytes(rtp.RtcpSdesPacket(chunks=[chunk]))
