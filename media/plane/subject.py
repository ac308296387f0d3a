"""One participant as the others hear and see them: hands what they send to every slot that carries them.

The gates are in the slots; here it is only known which slots there are, who sees through a blur, and who needs a key frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.mediation.distance import Distance
from media.plane.blur_stream import BlurEvents, BlurStream
from media.plane.downlink_video import Gate, VideoDownlink

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

    from media.plane.blur_pipeline import Blurred
    from media.plane.blur_workers import Workers
    from media.plane.pause_ear import PauseEar
    from media.plane.slot import Slot
    from media.plane.uplink import VideoUplink


class Subject:
    """Lives as long as the call; connections come and go."""

    __slots__ = (
        "_blur_notice",
        "_carriers",
        "_ear",
        "_loop",
        "_pictures",
        "_slots",
        "_source",
        "_uplink",
        "blur",
    )

    def __init__(
        self, loop: asyncio.AbstractEventLoop, workers: Workers, blur_notice: Callable[[str], None]
    ) -> None:
        self._loop = loop
        self._blur_notice = blur_notice
        self._slots: tuple[Slot | PauseEar, ...] = ()
        self._carriers: tuple[Slot, ...] = ()
        self._ear: PauseEar | None = None
        self._pictures: tuple[VideoDownlink, ...] = ()
        self._uplink: VideoUplink | None = None
        self._source = 0
        self.blur = BlurStream(
            loop,
            workers,
            BlurEvents(
                frame=self._blurred,
                needs_key_frame=self._want_key_frame,
                failed=self._restart_blurred,
                full=lambda: blur_notice("blur.full"),
            ),
        )

    def carried_by(self, slots: Sequence[Slot]) -> None:
        """These slots carry this person now (to be followed by `refresh`)."""
        self._carriers = tuple(slots)
        self._hand_out()
        self._pictures = tuple(slot.video for slot in slots if slot.video is not None)

    def listened_to(self, ear: PauseEar | None) -> None:
        """This ear hears each packet of sound, too; None: none does."""
        self._ear = ear
        self._hand_out()

    def _hand_out(self) -> None:
        self._slots = self._carriers if self._ear is None else (*self._carriers, self._ear)

    def comes_from(self, uplink: VideoUplink | None) -> None:
        """This person's media comes from another connection now (None: from none): everything begins anew."""
        self._uplink = uplink
        for slot in self._slots:
            slot.restart()
        self.blur.want(frozenset())
        self.refresh()

    def refresh(self) -> None:
        """After the plan, the slots or the connection changed: start or stop the blur, ask for key frames."""
        levels = frozenset(p.distance for p in self._pictures if p.blurred) if self._uplink else frozenset()
        self.blur.want(levels)
        for picture in self._pictures:
            if picture.gate is Gate.WAITING:
                self._ask_for(picture)

    def audio(
        self,
        source: int,
        seq: int,
        ts: int,
        *,
        marker: bool,
        payload: bytes,
        level: int,
        now: float,
        red: bool,
    ) -> None:
        """One packet of this person's sound."""
        for slot in self._slots:
            slot.audio.forward(source, seq, ts, marker=marker, payload=payload, level=level, now=now, red=red)

    def video(self, source: int, seq: int, ts: int, *, marker: bool, payload: bytes, now: float) -> None:
        """One packet of this person's picture."""
        self._source = source
        for picture in self._pictures:
            picture.forward(source, seq, ts, marker=marker, payload=payload, now=now)
        if self.blur.active:
            self.blur.packet(seq, ts, marker=marker, payload=payload)

    def audio_report(self, ntp: int, rtp_ts: int, now: float) -> None:
        """This person's own sender report for the sound."""
        for slot in self._slots:
            slot.report_audio(ntp, rtp_ts, now)

    def video_report(self, ntp: int, rtp_ts: int, now: float) -> None:
        """This person's own sender report for the picture."""
        for slot in self._slots:
            slot.report_video(ntp, rtp_ts, now)

    def key_frame_wanted(self, picture: VideoDownlink) -> None:
        """A viewer's browser can't go on without a key frame (PLI or FIR)."""
        if picture.distance is not Distance.AUDIO_ONLY:
            self._ask_for(picture)

    def tick(self, now: float) -> None:
        """Look after the blur, and repeat the veil where a blurred picture is awaited."""
        self.blur.tick(now)
        for picture in self._pictures:
            picture.repeat_veil(now)

    def close(self) -> None:
        """Stop the blur."""
        self._uplink = None
        self.blur.close()

    def _ask_for(self, picture: VideoDownlink) -> None:
        if picture.blurred:
            self.blur.want_key_frame(picture.distance)
        else:
            self._want_key_frame()

    def _want_key_frame(self) -> None:
        if self._uplink is not None:
            self._uplink.want_key_frame(self._loop.time())

    def _blurred(self, frame: Blurred) -> None:
        now = self._loop.time()
        for picture in self._pictures:
            picture.send_blurred(self._source, frame, now)

    def _restart_blurred(self) -> None:
        """The blur failed: show the veil again until it has recovered."""
        now = self._loop.time()
        for picture in self._pictures:
            if picture.blurred:
                picture.cover(now)
        self._blur_notice("blur.restarted")
