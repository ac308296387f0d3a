"""A seat in a viewer's connection: the m-lines that carry one other person to this viewer."""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from media.plane.downlink_audio import AudioDownlink
from media.plane.downlink_video import VideoDownlink
from media.plane.interface import Receive
from media.plane.reports import sender_report
from media.plane.rtp import ExtensionBlock
from media.plane.rtx import RtxStream
from media.plane.sdp_answer import OutgoingStream
from media.plane.sdp_offer import LEVEL_URI, MID_URI, SEND_TIME_URI, Media

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from media.mediation.plan import ViewPlan

_LEVEL_SIZE: Final = 1
_SEND_TIME_SIZE: Final = 3


@dataclass(frozen=True, slots=True)
class Outlet:
    """How packets leave a viewer's connection."""

    rtp: Callable[[bytes], None]
    rtcp: Callable[[bytes], None]


class Slot:
    """Carries `subject` to one viewer."""

    __slots__ = ("_cname", "_outlet", "_rtx", "_stream_id", "audio", "receive", "subject", "video")

    def __init__(self, subject: str, audio: Media, video: Media | None, outlet: Outlet) -> None:
        self.subject = subject
        self.receive = Receive(subject, audio.mid, video.mid if video else None)
        self._outlet = outlet
        # Neither name tells who it is: both end up in the other people's browsers.
        self._cname, self._stream_id = secrets.token_hex(8), secrets.token_hex(8)
        self.audio = AudioDownlink(
            outlet.rtp,
            ssrc=_new_ssrc(),
            payload_type=audio.payload_type,
            extension=_extension(audio, LEVEL_URI, _LEVEL_SIZE),
            red_payload_type=audio.repair_payload_type,
        )
        self._rtx = _rtx(video) if video is not None else None
        self.video = _picture(video, outlet, self._rtx) if video is not None else None

    def streams(self) -> dict[str, OutgoingStream]:
        """What the answer says of this seat, by mid."""
        found = {self.receive.audio_mid: self._stream(self.audio.ssrc, "sound")}
        if self.video is not None and self.receive.video_mid is not None:
            rtx_ssrc = self._rtx.ssrc if self._rtx is not None else None
            found[self.receive.video_mid] = self._stream(self.video.ssrc, "picture", rtx_ssrc)
        return found

    def obey(self, view: ViewPlan, now: float) -> None:
        """Carry out what the plan says of this view; the media path obeys when this returns."""
        try:
            self.audio.set_heard(heard=view.heard, now=now)
        finally:
            if self.video is not None:
                self.video.set_distance(view.distance, now)

    def restart(self) -> None:
        """The subject sends from a new connection."""
        self.audio.restart()
        if self.video is not None:
            self.video.restart()

    def report_audio(self, ntp: int, rtp_ts: int, now: float) -> None:
        """Pass the subject's sender report on, on this view's own timeline."""
        if self.audio.heard and self.audio.map.started:
            self._report(self.audio, ntp, rtp_ts, now)

    def report_video(self, ntp: int, rtp_ts: int, now: float) -> None:
        """The same for the picture, forwarded or blurred: both keep the source's time."""
        if self.video is not None and self.video.flowing:
            self._report(self.video, ntp, rtp_ts, now)

    def _report(self, link: AudioDownlink | VideoDownlink, ntp: int, rtp_ts: int, now: float) -> None:
        link.feedback.report_sent(ntp, now)
        self._outlet.rtcp(
            sender_report(
                ssrc=link.ssrc,
                ntp=ntp,
                rtp_ts=link.map.to_outgoing(rtp_ts),
                packets=link.packets_sent,
                octets=link.octets_sent,
                cname=self._cname,
            )
        )

    def _stream(self, ssrc: int, track: str, rtx_ssrc: int | None = None) -> OutgoingStream:
        return OutgoingStream(ssrc, self._cname, self._stream_id, f"{self._stream_id}-{track}", rtx_ssrc)


def make_slots(others: Sequence[str], media: Sequence[Media], outlet: Outlet) -> list[Slot]:
    """One slot for each other seat, in order, as far as the offer has `recvonly` m-lines for them."""
    audio = [m for m in media if m.kind == "audio" and m.receives]
    video: list[Media | None] = [m for m in media if m.kind == "video" and m.receives]
    video += [None] * (len(audio) - len(video))
    return [
        Slot(subject, sound, picture, outlet)
        for subject, sound, picture in zip(others, audio, video, strict=False)
    ]


def _rtx(media: Media) -> RtxStream | None:
    if media.repair_payload_type is None:
        return None
    return RtxStream(_new_ssrc(), media.repair_payload_type, random.getrandbits(15))


def _picture(media: Media, outlet: Outlet, rtx: RtxStream | None) -> VideoDownlink:
    return VideoDownlink(
        outlet.rtp,
        ssrc=_new_ssrc(),
        payload_type=media.payload_type,
        extension=_extension(media, SEND_TIME_URI, _SEND_TIME_SIZE),
        rtx=rtx,
    )


def _extension(media: Media, value_uri: str, size: int) -> ExtensionBlock:
    return ExtensionBlock(
        mid_id=media.extension_id(MID_URI),
        mid=media.mid,
        value_id=media.extension_id(value_uri),
        value_size=size,
    )


def _new_ssrc() -> int:
    return random.getrandbits(31) + 1
