"""What a page shows and plays of one person while its media change over from one connection to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.web.call.guests import Guest

# Before the page's own script: every socket and every connection it opens, so that a test can break the one and count the other.
KEEP_LINES: Final = """
window.lines = { sockets: [], peers: [] };
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    window.lines.sockets.push(this);
  }
};
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) {
    super(...given);
    window.lines.peers.push(this);
  }
};
"""

# From now on: for every picture drawn on the screen whether the person's picture is there and not black, and how long none was
# new; and the level of everything that plays of them, in windows of 20 ms.
_WATCH: Final = """async (who) => {
  const { video } = window.holdspace.people()[who];
  const place = video.parentElement;
  const canvas = new OffscreenCanvas(8, 6);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const ear = new AudioContext();
  await ear.resume();
  const mix = new AnalyserNode(ear, { fftSize: 1024, smoothingTimeConstant: 0 });
  const heard = new Map();
  const seen = { looks: 0, blank: 0, newest: performance.now(), longest: 0, time: 0, quiet: 0, longestQuiet: 0 };
  const samples = new Float32Array(mix.fftSize);
  const listen = () => {
    for (const audio of place.querySelectorAll("audio")) {
      const stream = audio.srcObject;
      if (stream && !heard.has(stream)) {
        heard.set(stream, ear.createMediaStreamSource(stream));
        heard.get(stream).connect(mix);
      }
    }
    mix.getFloatTimeDomainData(samples);
    const loud = samples.some((sample) => Math.abs(sample) > 0.05);
    const now = performance.now();
    if (loud || !seen.quiet) seen.quiet = now;
    seen.longestQuiet = Math.max(seen.longestQuiet, now - seen.quiet);
  };
  const look = () => {
    const now = performance.now();
    const { shown, video } = window.holdspace.people()[who];
    context.clearRect(0, 0, 8, 6);
    if (video.readyState >= 2) context.drawImage(video, 0, 0, 8, 6);
    const { data } = context.getImageData(0, 0, 8, 6);
    const bright = data.some((value, index) => index % 4 === 0 && value > 40);
    const stand = !place.querySelector(".stand-in").hidden;
    seen.looks++;
    seen.blank += !shown || stand || !bright || video.classList.contains("covered");
    if (video.currentTime !== seen.time) [seen.time, seen.newest] = [video.currentTime, now];
    seen.longest = Math.max(seen.longest, now - seen.newest);
    listen();
    window.watching = requestAnimationFrame(look);
  };
  window.seen = seen;
  look();
}"""

_STOP: Final = """() => {
  cancelAnimationFrame(window.watching);
  const { looks, blank, longest, longestQuiet } = window.seen;
  return { looks, blank, longest, longestQuiet };
}"""

_OTHER_WAY: Final = """() => {
  const peers = window.lines.peers;
  return holdspace.peer() === peers.at(-1) && peers.length > 1
    && peers.slice(0, -1).every((peer) => peer.connectionState === "closed");
}"""


@dataclass(frozen=True, slots=True)
class Change:
    """How it went, by what was on the screen and in the loudspeaker."""

    looks: int
    blank: int
    """Looks at which the person's picture was not there."""
    longest_still_ms: float
    longest_quiet_ms: float


async def watch(viewer: Guest, subject: Guest) -> None:
    """Begin to look at and listen to `subject`."""
    await viewer.page.evaluate(_WATCH, subject.id)


async def stop_watching(viewer: Guest) -> Change:
    """What was seen and heard since `watch`."""
    found = await viewer.page.evaluate(_STOP)
    return Change(found["looks"], found["blank"], found["longest"], found["longestQuiet"])


async def changed_over(viewer: Guest, timeout_s: float = 10) -> None:
    """Wait until the page uses another connection, and has closed all before it."""
    await viewer.page.wait_for_function(_OTHER_WAY, timeout=timeout_s * 1000)
