"""The answer that goes to the client: what the WebRTC stack wrote, with Holdspace's own streams put in (RFC 8829).

For every m-line that carries somebody else: our SSRC, a CNAME and an msid of that person's own, so that a browser keeps the
sound and the picture of one person in step and never pairs them with another's. For sound: Opus with in-band FEC and DTX, and
RED in front of it where it was offered. For pictures: RTX where it was offered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from media.plane.sdp_offer import Media

OPUS_PARAMETERS: Final = "minptime=10;useinbandfec=1;usedtx=1"

_REPLACED: Final = ("a=ssrc:", "a=ssrc-group:", "a=msid:")


@dataclass(frozen=True, slots=True)
class OutgoingStream:
    """What one m-line carries to the client."""

    ssrc: int
    cname: str
    stream_id: str
    """The same for the sound and the picture of one person."""
    track_id: str
    rtx_ssrc: int | None = None


def amend_answer(sdp: str, media: Sequence[Media], streams: Mapping[str, OutgoingStream]) -> str:
    """Put the outgoing streams (by mid), the Opus parameters and the repair of lost packets into an answer to these m-lines."""
    head, *sections = sdp.split("\r\nm=")
    offered = {one.mid: one for one in media}
    amended = [_amend_section("m=" + section.rstrip("\r\n"), offered, streams) for section in sections]
    return "\r\n".join([head, *amended, ""])


def _amend_section(section: str, offered: Mapping[str, Media], streams: Mapping[str, OutgoingStream]) -> str:
    lines = [line for line in section.split("\r\n") if not line.startswith(_REPLACED)]
    mid = next(line.removeprefix("a=mid:") for line in lines if line.startswith("a=mid:"))
    media = offered[mid]
    lines[0] = _with_repair(lines[0], media)
    if media.kind == "audio":
        lines = [line for line in lines if not line.startswith(f"a=fmtp:{media.payload_type} ")]
        lines.append(f"a=fmtp:{media.payload_type} {OPUS_PARAMETERS}")
    lines += _repair_lines(media)
    return "\r\n".join(lines + _stream_lines(streams.get(mid)))


def _with_repair(first: str, media: Media) -> str:
    """The m-line with one more payload type: RED stands first, so that the client sends it; RTX last."""
    if media.repair_payload_type is None:
        return first
    head, _, plain = first.rpartition(" ")
    order = (
        (media.repair_payload_type, plain) if media.kind == "audio" else (plain, media.repair_payload_type)
    )
    return " ".join((head, *map(str, order)))


def _repair_lines(media: Media) -> list[str]:
    number = media.repair_payload_type
    if number is None:
        return []
    if media.kind == "audio":
        return [
            f"a=rtpmap:{number} red/48000/2",
            f"a=fmtp:{number} {media.payload_type}/{media.payload_type}",
        ]
    return [f"a=rtpmap:{number} rtx/90000", f"a=fmtp:{number} apt={media.payload_type}"]


def _stream_lines(stream: OutgoingStream | None) -> list[str]:
    if stream is None:
        return []
    lines = [f"a=msid:{stream.stream_id} {stream.track_id}"]
    if stream.rtx_ssrc is not None:
        lines.append(f"a=ssrc-group:FID {stream.ssrc} {stream.rtx_ssrc}")
    ssrcs = [ssrc for ssrc in (stream.ssrc, stream.rtx_ssrc) if ssrc is not None]
    return lines + [f"a=ssrc:{ssrc} cname:{stream.cname}" for ssrc in ssrcs]
