"""Offers as browsers make them: Chromium's (kept as a file, its addresses from the ranges for documentation), and small ones."""

from __future__ import annotations

from pathlib import Path

FINGERPRINT = ":".join(["AB"] * 32)
UFRAG, PWD = "abcd", "0123456789abcdefghijkl"


def chromium_offer() -> str:
    """One pair that it sends and two that it receives, with every codec, extension and candidate that Chromium names."""
    return (Path(__file__).parent / "chromium_offer.sdp").read_bytes().decode()


def section(kind: str, mid: str, direction: str, *more: str) -> list[str]:
    """The lines of one plain m-line; `more` lines follow."""
    number, codec = (111, "opus/48000/2") if kind == "audio" else (96, "VP8/90000")
    return [
        f"m={kind} 9 UDP/TLS/RTP/SAVPF {number}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{mid}",
        f"a={direction}",
        "a=rtcp-mux",
        f"a=rtpmap:{number} {codec}",
        f"a=ice-ufrag:{UFRAG}",
        f"a=ice-pwd:{PWD}",
        f"a=fingerprint:sha-256 {FINGERPRINT}",
        "a=setup:actpass",
        *more,
    ]


def offer(*sections: list[str]) -> str:
    """An offer of these m-lines, all in one bundle."""
    mids = [line.removeprefix("a=mid:") for lines in sections for line in lines if line.startswith("a=mid:")]
    head = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {' '.join(mids)}"]
    return "\r\n".join([*head, *(line for lines in sections for line in lines), ""])


def small_offer() -> str:
    """A pair to send, a pair to receive."""
    return offer(
        section("audio", "0", "sendonly"),
        section("video", "1", "sendonly", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli"),
        section("audio", "2", "recvonly"),
        section("video", "3", "recvonly"),
    )
