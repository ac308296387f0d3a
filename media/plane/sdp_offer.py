"""A client's offer, read once and then trusted (RFC 8866, RFC 8829).

The text comes from a browser that may be old, broken or hostile. It is read here, within limits, into an `Offer`; what is
handed on to the WebRTC stack is written anew from that, so that nothing unread gets through. Candidates are left out: the
server learns a client's address from its authenticated checks alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from media.plane.interface import OfferRefusedError

MAX_SDP_BYTES: Final = 64 * 1024
"""A browser's offer with six m-lines is about 15 KiB."""
MAX_SDP_LINES: Final = 4000
"""Six m-lines of Chromium have about 700 lines; reading 4,000 takes a few milliseconds."""
MAX_MEDIA: Final = 16
"""The publisher's pair and seven seats."""

MID_URI: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
LEVEL_URI: Final = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
SEND_TIME_URI: Final = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"

_KNOWN_URIS: Final = (MID_URI, LEVEL_URI, SEND_TIME_URI)
_DIRECTIONS: Final = frozenset(("sendrecv", "sendonly", "recvonly", "inactive"))
_CODEC_OF_KIND: Final = {"audio": "opus/48000/2", "video": "vp8/90000"}
_REPAIR_OF_KIND: Final = {"audio": "red/48000/2", "video": "rtx/90000"}
_FEEDBACK: Final = ("nack", "nack pli", "goog-remb")
_MID: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,16}")
_ICE_UFRAG: Final = re.compile(r"[A-Za-z0-9+/]{4,256}")
_ICE_PWD: Final = re.compile(r"[A-Za-z0-9+/]{22,256}")
_FINGERPRINT: Final = re.compile(r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){31}")
_SETUPS: Final = frozenset(("actpass", "active", "passive"))
_DIGITS: Final = re.compile(r"[0-9]{1,10}")
_DYNAMIC_PAYLOAD_TYPES: Final = range(96, 128)
_REPAIR_PAYLOAD_TYPES: Final = frozenset((*range(35, 64), *_DYNAMIC_PAYLOAD_TYPES))
"""Browsers give these the numbers below 64 as well (RFC 8843 appendix: 64 to 95 would look like RTCP)."""
_EXTENSION_IDS: Final = range(1, 15)
"""Those of one-byte elements (RFC 8285 section 4.2)."""
_MAX_SSRC: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Media:
    """One m-line of an offer, as far as Holdspace uses it."""

    kind: str
    mid: str
    direction: str
    payload_type: int
    """Of Opus (audio) or VP8 (video)."""
    extensions: tuple[tuple[int, str], ...]
    """(id, URI) of the header extensions that are known here."""
    ssrc: int | None
    """The declared SSRC of what the client sends; None when it declared none."""
    feedback: tuple[str, ...]
    repair_payload_type: int | None = None
    """Of RED for Opus (audio, RFC 2198) or RTX for VP8 (video, RFC 4588); None when not offered."""
    repair_ssrc: int | None = None
    """The declared SSRC of retransmissions."""

    @property
    def sends(self) -> bool:
        """Whether the client would send on this m-line."""
        return self.direction in ("sendrecv", "sendonly")

    @property
    def receives(self) -> bool:
        """Whether this m-line is there to carry somebody else to the client."""
        return self.direction == "recvonly"

    def extension_id(self, uri: str) -> int | None:
        """The id that the client gave to a header extension, or None."""
        return next((number for number, known in self.extensions if known == uri), None)


@dataclass(frozen=True, slots=True)
class Offer:
    """A whole offer: its m-lines and the credentials of its one transport."""

    media: tuple[Media, ...]
    ice_ufrag: str
    ice_pwd: str
    fingerprint: str
    setup: str


def refused(detail: str, code: str = "sdp-invalid") -> OfferRefusedError:
    """The error that a client gets for its offer."""
    return OfferRefusedError(code, detail)


def parse_offer(text: str) -> Offer:
    """Read an offer.

    Raises:
        OfferRefusedError: `sdp-too-large`, `sdp-no-audio` or `sdp-invalid`, with what is wrong.
    """
    # JSON can carry half a surrogate pair, which is no reason to fail otherwise than by being refused.
    if len(text.encode(errors="surrogatepass")) > MAX_SDP_BYTES or text.count("\n") > MAX_SDP_LINES:
        raise refused(f"an offer may have {MAX_SDP_BYTES} bytes and {MAX_SDP_LINES} lines", "sdp-too-large")
    session, sections = _split(text)
    if len(sections) > MAX_MEDIA:
        raise refused(f"an offer may have {MAX_MEDIA} m-lines", "sdp-too-large")
    media = tuple(_read_media(lines) for lines in sections)
    _check_media(media)
    _check_bundle(session, media)
    return _with_transport(media, session, sections[0])


def canonical_sdp(offer: Offer) -> str:
    """The offer written anew: nothing in it that `parse_offer` did not understand."""
    mids = " ".join(media.mid for media in offer.media)
    head = ["v=0", "o=- 0 0 IN IP4 0.0.0.0", "s=-", "t=0 0", f"a=group:BUNDLE {mids}"]
    body = [line for media in offer.media for line in _media_lines(media, offer)]
    return "\r\n".join([*head, *body, ""])


def _split(text: str) -> tuple[list[str], list[list[str]]]:
    session: list[str] = []
    sections: list[list[str]] = []
    for raw in text.split("\n"):
        line = raw.rstrip()
        if line.startswith("m="):
            sections.append([line])
        elif sections:
            sections[-1].append(line)
        else:
            session.append(line)
    if not session or session[0] != "v=0":
        raise refused("not a session description: it must begin with v=0")
    if not sections:
        raise refused("there is no m-line", "sdp-no-audio")
    return session, sections


def _attributes(lines: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith("a="):
            name, _, value = line[2:].partition(":")
            found.setdefault(name, []).append(value)
    return found


def _one(attributes: dict[str, list[str]], name: str) -> str:
    return attributes.get(name, [""])[0]


def _read_media(lines: list[str]) -> Media:
    parts = lines[0][2:].split()
    kind = parts[0] if parts else ""
    if kind not in _CODEC_OF_KIND:
        raise refused("only audio and video m-lines are spoken here")
    attributes = _attributes(lines[1:])
    # A port of 0 disables an m-line, unless it says that it is there in the bundle only (RFC 9143 section 6).
    disabled = parts[1:2] == ["0"] and "bundle-only" not in attributes
    if len(parts) < 4 or disabled or not parts[2].startswith("UDP/TLS/RTP/SAVP"):  # noqa: PLR2004 - m=<media> <port> <proto> <fmt>
        raise refused(f"an {kind} m-line is disabled or not DTLS-SRTP")
    mid = _one(attributes, "mid")
    if not _MID.fullmatch(mid):
        raise refused("an m-line has no usable mid")
    payload_type = _payload_type(kind, attributes)
    ssrcs = _ssrcs(attributes)
    return Media(
        kind=kind,
        mid=mid,
        direction=next((name for name in attributes if name in _DIRECTIONS), "sendrecv"),
        payload_type=payload_type,
        extensions=_extensions(attributes),
        ssrc=ssrcs[0] if ssrcs else None,
        feedback=tuple(f for f in _FEEDBACK if f"{payload_type} {f}" in attributes.get("rtcp-fb", [])),
        repair_payload_type=_repair(kind, payload_type, attributes),
        repair_ssrc=ssrcs[1] if len(ssrcs) > 1 else None,
    )


def _payload_type(kind: str, attributes: dict[str, list[str]]) -> int:
    for value in attributes.get("rtpmap", []):
        number, _, codec = value.partition(" ")
        if codec.lower() == _CODEC_OF_KIND[kind] and _number(number) in _DYNAMIC_PAYLOAD_TYPES:
            return int(number)
    raise refused(f"an {kind} m-line offers no {_CODEC_OF_KIND[kind]}")


def _repair(kind: str, payload_type: int, attributes: dict[str, list[str]]) -> int | None:
    """The payload type of RED or RTX that repairs this one, by its fmtp: `111/111` or `apt=96`."""
    repaired = f"{payload_type}/{payload_type}" if kind == "audio" else f"apt={payload_type}"
    repairs = {
        value.partition(" ")[0] for value in attributes.get("fmtp", []) if value.partition(" ")[2] == repaired
    }
    for value in attributes.get("rtpmap", []):
        number, _, codec = value.partition(" ")
        if (
            number in repairs
            and codec.lower() == _REPAIR_OF_KIND[kind]
            and _number(number) in _REPAIR_PAYLOAD_TYPES
        ):
            return int(number)
    return None


def _extensions(attributes: dict[str, list[str]]) -> tuple[tuple[int, str], ...]:
    found: dict[str, int] = {}
    for value in attributes.get("extmap", []):
        number, _, rest = value.partition(" ")
        uri = rest.split(" ", 1)[0]
        number = number.partition("/")[0]
        if uri in _KNOWN_URIS and _number(number) in _EXTENSION_IDS:
            found.setdefault(uri, int(number))
    return tuple((number, uri) for uri, number in found.items())


def _ssrcs(attributes: dict[str, list[str]]) -> tuple[int, ...]:
    """The declared SSRC, and that of its retransmissions if an FID group names one (RFC 5576 section 4.2)."""
    groups = [value.split()[1:3] for value in attributes.get("ssrc-group", []) if value.startswith("FID ")]
    first = [value.split(" ", 1)[0] for value in attributes.get("ssrc", [])][:1]
    for named in (*groups, first):
        if named and all(0 <= _number(number) <= _MAX_SSRC for number in named):
            return tuple(int(number) for number in named)
    return ()


def _number(text: str) -> int:
    """The value of a short decimal number; -1 for anything else, a number too long for `int` included."""
    return int(text) if _DIGITS.fullmatch(text) else -1


def _check_media(media: tuple[Media, ...]) -> None:
    if not any(m.kind == "audio" for m in media):
        raise refused("an offer needs at least one audio m-line", "sdp-no-audio")
    if len({m.mid for m in media}) != len(media):
        raise refused("two m-lines have the same mid")
    _check_payload_types(media)
    for kind in _CODEC_OF_KIND:
        if sum(m.sends for m in media if m.kind == kind) > 1:
            raise refused(f"more than one {kind} m-line sends")


def _check_payload_types(media: tuple[Media, ...]) -> None:
    uses = {(m.kind, "plain", m.payload_type) for m in media}
    uses |= {(m.kind, "repair", m.repair_payload_type) for m in media if m.repair_payload_type is not None}
    names, numbers = {use[:2] for use in uses}, {use[2] for use in uses}
    if len(names) != len(uses) or len(numbers) != len(uses):
        raise refused(
            "one kind of media has one payload type throughout an offer, different from the others'"
        )


def _check_bundle(session: list[str], media: tuple[Media, ...]) -> None:
    groups = [
        line.removeprefix("a=group:BUNDLE").split() for line in session if line.startswith("a=group:BUNDLE")
    ]
    if len(media) > 1 and (not groups or set(groups[0]) != {m.mid for m in media}):
        raise refused("every m-line must be in one BUNDLE group (RFC 9143)")


def _with_transport(media: tuple[Media, ...], session: list[str], first: list[str]) -> Offer:
    attributes = _attributes(session) | _attributes(first[1:])
    ufrag, pwd, setup = _one(attributes, "ice-ufrag"), _one(attributes, "ice-pwd"), _one(attributes, "setup")
    if not _ICE_UFRAG.fullmatch(ufrag) or not _ICE_PWD.fullmatch(pwd):
        raise refused("ICE credentials are missing or malformed (RFC 8839 section 5.4)")
    if setup not in _SETUPS:
        raise refused("a=setup is missing (RFC 8842)")
    for value in attributes.get("fingerprint", []):
        algorithm, _, digest = value.partition(" ")
        if algorithm.lower() == "sha-256" and _FINGERPRINT.fullmatch(digest):
            return Offer(media=media, ice_ufrag=ufrag, ice_pwd=pwd, fingerprint=digest.upper(), setup=setup)
    raise refused("a sha-256 certificate fingerprint is needed (RFC 8122)")


def _media_lines(media: Media, offer: Offer) -> list[str]:
    codec = {"audio": "opus/48000/2", "video": "VP8/90000"}[media.kind]
    return [
        f"m={media.kind} 9 UDP/TLS/RTP/SAVPF {media.payload_type}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{media.mid}",
        f"a={media.direction}",
        "a=rtcp-mux",
        *(f"a=extmap:{number} {uri}" for number, uri in media.extensions),
        f"a=rtpmap:{media.payload_type} {codec}",
        *(f"a=rtcp-fb:{media.payload_type} {value}" for value in media.feedback),
        f"a=ice-ufrag:{offer.ice_ufrag}",
        f"a=ice-pwd:{offer.ice_pwd}",
        f"a=fingerprint:sha-256 {offer.fingerprint}",
        f"a=setup:{offer.setup}",
    ]
