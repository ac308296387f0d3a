"""How quickly a distance shows: measured inside the two pages, which share one browser and so one clock.

The subject's page notes the moment of the press; the viewer's page notes every frame that it presents, by its size: the camera's
own, the veil's, the blur's. Meanwhile the viewer's page listens for gaps in the subject's tone.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from media.plane.veil import VEIL_HEIGHT, VEIL_WIDTH
from tests.web.call.guests import CHROMIUM_FLAGS, PLAIN_SOUND, Guest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from playwright.async_api import Playwright

    from tests.web.call.fake_devices import FakeDevices

VEIL: Final = VEIL_WIDTH * VEIL_HEIGHT
VEILED: Final = 32 * 24
"""Pixels of the tiny pictures: larger is the camera's own."""

# Every frame that the page presents of one person: [moment, pixels]; and the longest silence in their sound.
WATCH = """(who) => {
  const seen = (window.seen = []);
  const { video, audio } = window.holdspace.people()[who];
  const clock = () => performance.timeOrigin + performance.now();
  const next = (element) => element.requestVideoFrameCallback((_, frame) => {
    seen.push([clock(), frame.width * frame.height]);
    next(element);
  });
  next(video);
  const ear = new AudioContext();
  const heard = (window.heard = { longest: 0, total: 0 });
  const blocks = ear.createScriptProcessor(256, 1, 1);
  let silent = 0;
  blocks.onaudioprocess = ({ inputBuffer }) => {
    const samples = inputBuffer.getChannelData(0);
    const level = Math.sqrt(samples.reduce((sum, s) => sum + s * s, 0) / samples.length);
    silent = level < 0.01 ? silent + samples.length : 0;
    heard.total += samples.length / ear.sampleRate;
    heard.longest = Math.max(heard.longest, (silent / ear.sampleRate) * 1000);
  };
  ear.createMediaStreamSource(audio.srcObject).connect(blocks).connect(ear.destination);
  return ear.resume();
}"""

LISTEN_AFRESH = "() => { window.heard.longest = 0; window.heard.total = 0; }"

PRESS = """(level) => {
  const radio = document.querySelector(`input[name="outgoing"][value="${level}"]`);
  const at = performance.timeOrigin + performance.now();
  radio.click();
  return at;
}"""


@dataclass(frozen=True, slots=True)
class Toggle:
    """Milliseconds from the press."""

    covered_ms: float
    """To the first frame on the other's screen that is not the camera's: the veil, or a blurred one if that came first."""
    blurred_ms: float
    back_ms: float
    """From the press for `clear` to the camera's own picture."""
    late: int
    """Frames of the camera's that were still shown after the press."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the stopwatch found."""

    toggles: tuple[Toggle, ...]
    longest_silence_ms: float
    """In the sound of the one who toggled, all along."""
    concealed: float
    """Part of the samples that the browser made up."""

    def values(self, name: str) -> list[float]:
        """One figure of all toggles, sorted."""
        return sorted(getattr(toggle, name) for toggle in self.toggles)


@asynccontextmanager
async def two_in_one_browser(
    playwright: Playwright, chromium: str, links: Sequence[str], devices: FakeDevices
) -> AsyncIterator[list[Guest]]:
    """Both partners in one browser, in and talking."""
    flags = (
        *CHROMIUM_FLAGS,
        f"--use-file-for-fake-audio-capture={devices.sound}",
        f"--use-file-for-fake-video-capture={devices.picture}",
    )
    browser = await playwright.chromium.launch(executable_path=chromium, args=flags)
    try:
        guests = []
        for link in links:
            context = await browser.new_context()
            page = await context.new_page()
            await page.add_init_script(PLAIN_SOUND)
            await page.goto(link)
            guests.append(Guest(page.url.rpartition("as=")[2], devices, browser, page))
        for guest in guests:
            await guest.go_in()
        yield guests
    finally:
        await browser.close()


async def time_toggles(subject: Guest, viewer: Guest, toggles: int) -> Found:
    """The subject goes from clear to veiled and back that often."""
    await viewer.page.evaluate(WATCH, subject.id)
    await _seen(viewer, f"pixels > {VEIL}", since=0)
    before = await _samples(viewer)
    await viewer.page.evaluate(LISTEN_AFRESH)
    found = [await _toggle(subject, viewer, number) for number in range(toggles)]
    after = await _samples(viewer)
    heard: dict[str, float] = await viewer.page.evaluate("() => window.heard")
    assert heard["total"] > 0, "nothing was listened to"
    made_up = after["concealedSamples"] - before["concealedSamples"]
    return Found(
        tuple(found),
        heard["longest"],
        made_up / (after["totalSamplesReceived"] - before["totalSamplesReceived"]),
    )


async def _toggle(subject: Guest, viewer: Guest, number: int) -> Toggle:
    # A phase of its own against the camera's frames each time, and a pause: cameras answer so many key-frame requests only.
    await asyncio.sleep(0.7 + 0.0137 * (number % 10))
    pressed = await subject.page.evaluate(PRESS, "veiled")
    blurred = await _seen(viewer, f"pixels === {VEILED}", since=pressed)
    frames = await _frames(viewer, since=pressed)
    covered = next(at for at, pixels in frames if pixels <= VEIL)
    assert not [at for at, pixels in frames if pixels > VEIL and at > covered], "clear behind the veil"
    late = sum(pixels > VEIL for _, pixels in frames)
    await asyncio.sleep(0.7 + 0.0119 * (number % 10))
    released = await subject.page.evaluate(PRESS, "clear")
    back = await _seen(viewer, f"pixels > {VEIL}", since=released)
    return Toggle(covered - pressed, blurred - pressed, back - released, late)


async def _seen(viewer: Guest, condition: str, *, since: float) -> float:
    """The moment of the first such frame behind `since`."""
    found = f"window.seen.find(([at, pixels]) => at >= {since} && {condition})"
    await viewer.page.wait_for_function(f"() => {found}", timeout=10_000)
    return (await viewer.page.evaluate(f"() => {found}"))[0]


async def _frames(viewer: Guest, *, since: float) -> list[tuple[float, int]]:
    return await viewer.page.evaluate(f"() => window.seen.filter(([at]) => at >= {since})")


async def _samples(viewer: Guest) -> dict[str, Any]:
    async with asyncio.timeout(10):  # the picture may be there before the first sound
        while not (audio := [one for one in await viewer.stats() if one["kind"] == "audio"]):  # noqa: ASYNC110 - in the page
            await asyncio.sleep(0.05)
    return max(audio, key=lambda one: one["totalSamplesReceived"])
