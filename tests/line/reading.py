"""What a browser itself counts of one view, read from `getStats` every 250 ms, and the figures that follow from it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.web.call.guests import Guest

EVERY_MS: Final = 250

# Notes, for one person, the statistics of what arrives of them, and of what this page sends itself, until told to stop.
_START: Final = """([who, everyMs]) => {
  const notes = [];
  const look = async () => {
    const { audio, video } = window.holdspace.people()[who];
    const tracks = [audio, video].flatMap((e) => e.srcObject?.getTracks() ?? []).map((track) => track.id);
    const note = { at: performance.now() };
    (await window.holdspace.peer().getStats()).forEach((s) => {
      if (s.type === "inbound-rtp" && tracks.includes(s.trackIdentifier)) note[s.kind] = { ...s };
      if (s.type === "outbound-rtp" && s.kind === "video") note.sent = { ...s };
    });
    notes.push(note);
  };
  look();
  window.line = { notes, look, timer: setInterval(look, everyMs) };
}"""

_STOP: Final = """async () => {
  clearInterval(window.line.timer);
  await window.line.look();
  return window.line.notes;
}"""

# Milliseconds until this many further frames of one person have been decoded.
_FRAMES: Final = """async ([who, frames, atMostMs]) => {
  const startedAt = performance.now();
  const track = window.holdspace.people()[who].video.srcObject.getVideoTracks()[0].id;
  const decoded = async () => {
    for (const s of (await window.holdspace.peer().getStats()).values()) {
      if (s.type === "inbound-rtp" && s.trackIdentifier === track) return s.framesDecoded;
    }
    return 0;
  };
  const goal = (await decoded()) + frames;
  while ((await decoded()) < goal && performance.now() - startedAt < atMostMs) {
    await new Promise((done) => setTimeout(done, 20));
  }
  return performance.now() - startedAt;
}"""

# Resolves once something that is no silence has been heard of one person.
_HEARS: Final = """async (who) => {
  for (;;) {
    const track = window.holdspace.people()[who]?.audio.srcObject?.getAudioTracks()[0]?.id;
    for (const s of ((await window.holdspace.peer()?.getStats()) ?? new Map()).values()) {
      if (s.type === "inbound-rtp" && s.trackIdentifier === track && s.totalAudioEnergy > 0.001) return;
    }
    await new Promise((done) => setTimeout(done, 50));
  }
}"""
HEARS_WITHIN_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class View:
    """How one person's sound and picture arrived at one viewer, over a stretch of time."""

    seconds: float
    frames: int
    freezes: int
    frozen: float
    """Share of the time frozen, as Chromium counts it (a frame that comes 150 ms and three times later than usual)."""
    still: float
    """Share of the quarter seconds in which no frame was decoded."""
    key_frames: int
    pictures_asked: int
    """Key frames asked for (PLI)."""
    packets_asked: int
    """NACK requests."""
    video_packets: int
    video_lost: int
    """Never arrived, asked for again or not; negative when more arrived than were missing."""
    video_resent: int
    """Arrived as RTX."""
    video_kbps: float
    width: int
    picture_wait_ms: float
    """Mean time in the picture's jitter buffer."""
    concealed: float
    """Share of the samples of sound that were made up."""
    stretched: float
    """Share of the samples that were added or left out to adapt the sound's jitter buffer."""
    sound_packets: int
    sound_lost: int
    sound_repaired: int
    """Arrived as forward error correction: RED or in-band FEC."""
    sound_kbps: float
    sound_wait_ms: float
    """Mean time in the sound's jitter buffer."""

    @property
    def sound_loss(self) -> float:
        """Share of the sound's packets that never arrived."""
        return self.sound_lost / max(1, self.sound_packets + self.sound_lost)

    @property
    def frames_per_s(self) -> float:
        """Frames decoded a second."""
        return self.frames / self.seconds


async def hears(viewer: Guest, subject: Guest) -> None:
    """Wait until the voice of `subject` is heard at `viewer`. Raises TimeoutError."""
    async with asyncio.timeout(HEARS_WITHIN_S):
        await viewer.page.evaluate(_HEARS, subject.id)


async def start_reading(viewer: Guest, subject: Guest) -> None:
    """Begin to note what arrives of `subject` at `viewer`."""
    await viewer.page.evaluate(_START, [subject.id, EVERY_MS])


async def stop_reading(viewer: Guest) -> View:
    """What arrived since `start_reading`."""
    return view_of(await viewer.page.evaluate(_STOP))


async def frames_after_ms(viewer: Guest, subject: Guest, frames: int, at_most_s: float) -> float:
    """Milliseconds from now until this many further frames are decoded, or until it takes too long."""
    return float(await viewer.page.evaluate(_FRAMES, [subject.id, frames, at_most_s * 1000]))


def view_of(notes: Sequence[Mapping[str, Any]]) -> View:
    """The figures of one stretch of notes, of which all that count have both kinds."""
    notes = [note for note in notes if "audio" in note and "video" in note]
    first, last = notes[0], notes[-1]
    seconds = (last["at"] - first["at"]) / 1000
    video, audio = _grown(first["video"], last["video"]), _grown(first["audio"], last["audio"])
    samples = max(1, audio("totalSamplesReceived"))
    still = sum(b["at"] - a["at"] for a, b in pairwise(notes) if _stands(a, b)) / 1000
    return View(
        seconds=seconds,
        frames=int(video("framesDecoded")),
        freezes=int(video("freezeCount")),
        frozen=video("totalFreezesDuration") / seconds,
        still=still / seconds,
        key_frames=int(video("keyFramesDecoded")),
        pictures_asked=int(video("pliCount")),
        packets_asked=int(video("nackCount")),
        video_packets=int(video("packetsReceived")),
        video_lost=int(video("packetsLost")),
        video_resent=int(video("retransmittedPacketsReceived")),
        video_kbps=video("bytesReceived") * 8 / 1000 / seconds,
        width=int(last["video"].get("frameWidth", 0)),
        picture_wait_ms=1000 * video("jitterBufferDelay") / max(1, video("jitterBufferEmittedCount")),
        concealed=audio("concealedSamples") / samples,
        stretched=(audio("insertedSamplesForDeceleration") + audio("removedSamplesForAcceleration"))
        / samples,
        sound_packets=int(audio("packetsReceived")),
        sound_lost=int(audio("packetsLost")),
        sound_repaired=int(audio("fecPacketsReceived")),
        sound_kbps=audio("bytesReceived") * 8 / 1000 / seconds,
        sound_wait_ms=1000 * audio("jitterBufferDelay") / max(1, audio("jitterBufferEmittedCount")),
    )


def _grown(first: Mapping[str, Any], last: Mapping[str, Any]) -> Callable[[str], float]:
    return lambda name: float(last.get(name, 0)) - float(first.get(name, 0))


def _stands(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    return bool(a["video"].get("framesDecoded", 0) == b["video"].get("framesDecoded", 0))


ROWS: Final[tuple[tuple[str, Callable[[View], str]], ...]] = (
    ("frames decoded per s", lambda v: f"{v.frames_per_s:.1f}"),
    ("freezes", lambda v: f"{v.freezes}"),
    ("  share of time frozen", lambda v: f"{v.frozen:.1%}"),
    ("  share of quarter seconds without a frame", lambda v: f"{v.still:.1%}"),
    ("key frames decoded", lambda v: f"{v.key_frames}"),
    ("  asked for (pliCount)", lambda v: f"{v.pictures_asked}"),
    ("video packets", lambda v: f"{v.video_packets}"),
    ("  requests for lost ones (nackCount)", lambda v: f"{v.packets_asked}"),
    ("  packetsLost", lambda v: f"{v.video_lost}"),
    ("  retransmittedPacketsReceived", lambda v: f"{v.video_resent}"),
    ("video kbit/s", lambda v: f"{v.video_kbps:.0f}"),
    ("picture's width", lambda v: f"{v.width}"),
    ("picture's jitter buffer, ms", lambda v: f"{v.picture_wait_ms:.0f}"),
    ("sound concealed", lambda v: f"{v.concealed:.2%}"),
    ("  stretched or shortened", lambda v: f"{v.stretched:.2%}"),
    ("sound packets", lambda v: f"{v.sound_packets}"),
    ("  packetsLost", lambda v: f"{v.sound_lost} ({v.sound_loss:.1%})"),
    ("  fecPacketsReceived", lambda v: f"{v.sound_repaired}"),
    ("sound kbit/s", lambda v: f"{v.sound_kbps:.0f}"),
    ("sound's jitter buffer, ms", lambda v: f"{v.sound_wait_ms:.0f}"),
)  # fmt: skip


def rows_of(views: Mapping[str, View]) -> list[tuple[str, ...]]:
    """A heading, and a row for each figure, with a column for each view."""
    return [("", *views)] + [(title, *(text(view) for view in views.values())) for title, text in ROWS]
