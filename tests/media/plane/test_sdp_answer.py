"""Answers: Holdspace's own streams are put in, and nothing of the stack's own is left that would contradict them."""

from __future__ import annotations

from dataclasses import replace

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.sdp import SessionDescription

from media.plane.sdp_answer import OPUS_PARAMETERS, OutgoingStream, amend_answer
from media.plane.sdp_offer import canonical_sdp, parse_offer
from tests.media.plane.offers import chromium_offer

MEDIA = parse_offer(chromium_offer()).media

STREAMS = {
    "2": OutgoingStream(1111, "cname-a", "person-a", "person-a-sound"),
    "3": OutgoingStream(2222, "cname-a", "person-a", "person-a-picture"),
    "4": OutgoingStream(3333, "cname-b", "person-b", "person-b-sound"),
    "5": OutgoingStream(4444, "cname-b", "person-b", "person-b-picture"),
}


async def stack_answer() -> str:
    """What aiortc answers to Chromium's offer: receives the first pair, sends the others."""
    stack = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
    text = canonical_sdp(parse_offer(chromium_offer()))
    await stack.setRemoteDescription(RTCSessionDescription(sdp=text, type="offer"))
    for number, transceiver in enumerate(stack.getTransceivers()):
        transceiver.direction = "recvonly" if number < 2 else "sendonly"
    answer = await stack.createAnswer()
    await stack.close()
    return str(answer.sdp)


def sections(sdp: str) -> list[list[str]]:
    """The lines of each m-line."""
    return [part.split("\r\n") for part in sdp.split("\r\nm=")[1:]]


async def test_each_seat_has_its_stream() -> None:
    """Where somebody is received there is exactly our SSRC, with the person's CNAME and stream; where the client sends, none."""
    amended = amend_answer(await stack_answer(), MEDIA, STREAMS)
    for lines in sections(amended):
        mid = next(line.removeprefix("a=mid:") for line in lines if line.startswith("a=mid:"))
        named = [line for line in lines if line.startswith(("a=ssrc", "a=msid:"))]
        stream = STREAMS.get(mid)
        expected = [
            f"a=msid:{stream.stream_id} {stream.track_id}",
            f"a=ssrc:{stream.ssrc} cname:{stream.cname}",
        ] if stream else []  # fmt: skip
        assert named == expected


async def test_opus_repairs_and_saves() -> None:
    """Each audio m-line asks for in-band FEC and DTX, once, whatever the stack wrote; no video m-line does."""
    plain = await stack_answer()
    written = plain.replace("a=rtpmap:111 ", "a=fmtp:111 minptime=20\r\na=rtpmap:111 ")
    for answer in (plain, written):
        for lines in sections(amend_answer(answer, MEDIA, STREAMS)):
            parameters = [line for line in lines if line.startswith("a=fmtp:111 ")]
            assert parameters == ([f"a=fmtp:111 {OPUS_PARAMETERS}"] if lines[0].startswith("audio") else [])


async def test_the_rest_is_left_as_it_was() -> None:
    """Without streams only Opus parameters and repair are new, no line is lost, and lines end as SDP's do."""
    plain = await stack_answer()
    amended = amend_answer(plain, MEDIA, {})
    removed = ("a=ssrc:", "a=ssrc-group:", "a=msid:", "a=fmtp:", "a=rtpmap:63", "a=rtpmap:97", "m=")
    kept = [line for line in plain.split("\r\n") if not line.startswith(removed)]
    assert [line for line in amended.split("\r\n") if not line.startswith(removed)] == kept
    assert amended.endswith("\r\n")
    assert not amended.endswith("\r\n\r\n")
    assert "\n" not in amended.replace("\r\n", "")


async def test_an_independent_parser_reads_it() -> None:
    """The stack's own SDP parser finds our SSRCs in the m-lines where they belong."""
    read = SessionDescription.parse(amend_answer(await stack_answer(), MEDIA, STREAMS))
    found = {media.rtp.muxId: [(s.ssrc, s.cname) for s in media.ssrc] for media in read.media}
    expected = {mid: [(stream.ssrc, stream.cname)] for mid, stream in STREAMS.items()}
    assert found == {"0": [], "1": [], **expected}


async def test_repair_is_taken_up_where_it_was_offered() -> None:
    """Sound: RED in front, so that the client sends it; pictures: RTX, with an SSRC of its own where we send."""
    streams = {
        mid: replace(stream, rtx_ssrc=stream.ssrc + 1) for mid, stream in STREAMS.items() if mid in "35"
    }
    for lines in sections(amend_answer(await stack_answer(), MEDIA, streams)):
        if lines[0].startswith("audio"):
            assert lines[0].endswith(" 63 111")
            assert "a=fmtp:63 111/111" in lines
        else:
            assert lines[0].endswith(" 96 97")
            assert "a=fmtp:97 apt=96" in lines
        groups = [line for line in lines if line.startswith("a=ssrc-group:")]
        mid = next(line.removeprefix("a=mid:") for line in lines if line.startswith("a=mid:"))
        expected = [f"a=ssrc-group:FID {streams[mid].ssrc} {streams[mid].ssrc + 1}"] if mid in streams else []
        assert groups == expected
