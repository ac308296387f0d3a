"""Retransmission streams against an independent implementation (RFC 4588)."""

from __future__ import annotations

from aiortc import rtp

from media.mediation.distance import Distance
from media.plane.rtx import RtxStream, unwrap
from tests.media.plane.picture_view import View


def test_a_viewer_with_rtx_gets_the_lost_packet_in_that_stream() -> None:
    """Its own SSRC, payload type and run of numbers; unwrapped by aiortc it is the packet that was lost."""
    view = View(rtx=RtxStream(4000, 97, 65_535))
    lost = view.settled(Distance.CLEAR)
    assert len(lost) > 1
    view.wire.take()
    view.link.resend([packet.sequence_number for packet in lost], view.now)
    again = view.wire.take()
    assert [(p.ssrc, p.payload_type) for p in again] == [(4000, 97)] * len(lost)
    assert [p.sequence_number for p in again] == [(65_535 + i) & 0xFFFF for i in range(len(lost))]
    for packet, original in zip(again, lost, strict=True):
        restored = rtp.unwrap_rtx(packet, payload_type=96, ssrc=44)
        assert (restored.sequence_number, restored.timestamp, restored.marker) == (
            original.sequence_number, original.timestamp, original.marker,
        )  # fmt: skip
        assert restored.payload == original.payload
        assert packet.extensions.mid == original.extensions.mid


def test_padding_is_no_packet() -> None:
    """Browsers fill the line with empty RTX packets: there is nothing in them."""
    assert unwrap(b"") is None
    assert unwrap(b"\x00\x01") is None
    assert unwrap(b"\x00\x01x") == (1, b"x")
