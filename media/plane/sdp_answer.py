"""The answer that goes to the client: what the WebRTC stack wrote, with Holdspace's own streams put in (RFC 8829).

For every m-line that carries somebody else: our SSRC, a CNAME and an msid of that person's own, so that a browser keeps the
sound and the picture of one person in step and never pairs them with another's. For what the client sends: Opus with in-band
FEC and DTX.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

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


def amend_answer(sdp: str, streams: Mapping[str, OutgoingStream], opus_payload_type: int) -> str:
    """Put the outgoing streams (by mid) and the Opus parameters into an answer."""
    head, *sections = sdp.split("\r\nm=")
    amended = [
        _amend_section("m=" + section.rstrip("\r\n"), streams, opus_payload_type) for section in sections
    ]
    return "\r\n".join([head, *amended, ""])


def _amend_section(section: str, streams: Mapping[str, OutgoingStream], opus_payload_type: int) -> str:
    lines = [line for line in section.split("\r\n") if not line.startswith(_REPLACED)]
    mid = next(line.removeprefix("a=mid:") for line in lines if line.startswith("a=mid:"))
    if lines[0].startswith("m=audio"):
        lines = [line for line in lines if not line.startswith(f"a=fmtp:{opus_payload_type} ")]
        lines.append(f"a=fmtp:{opus_payload_type} {OPUS_PARAMETERS}")
    stream = streams.get(mid)
    if stream is not None:
        lines.append(f"a=msid:{stream.stream_id} {stream.track_id}")
        lines.append(f"a=ssrc:{stream.ssrc} cname:{stream.cname}")
    return "\r\n".join(lines)
