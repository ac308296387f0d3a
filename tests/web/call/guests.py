"""People in real Chromium pages: what they do, what they hear (by spectrum) and what they see (by pixels)."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, Playwright

    from tests.web.call.fake_devices import FakeDevices

HEARD_DB, SILENT_DB = -50.0, -75.0
"""Spectrum peaks of a 0.4 amplitude tone stand near -20 dB; digital silence below -100."""

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
)

# Browsers clean up a voice; that would swallow a steady tone.
PLAIN_SOUND = """
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = (wanted) => {
  if (wanted.audio) {
    const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    wanted = { ...wanted, audio: { ...(wanted.audio === true ? {} : wanted.audio), ...plain } };
  }
  return open(wanted);
};
"""

# A computer with neither camera nor microphone (Chromium has no flag for it that leaves the loudspeaker).
NO_DEVICES = """
navigator.mediaDevices.enumerateDevices = async () => [];
navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("none", "NotFoundError"); };
"""

# A camera and a microphone that take three seconds to open.
SLOW_DEVICES = """
const openSoon = navigator.mediaDevices.getUserMedia;
navigator.mediaDevices.getUserMedia = async (wanted) => {
  await new Promise((done) => setTimeout(done, 3000));
  return openSoon.call(navigator.mediaDevices, wanted);
};
"""

# Peak level (dB) near each frequency in what one person's audio element plays, over a window of samples.
LISTEN = """async ([who, hertz]) => {
  const { audio } = window.holdspace.people()[who];
  if (!audio.srcObject) return hertz.map(() => -200);
  window.ear ??= new AudioContext();
  await window.ear.resume();
  const source = window.ear.createMediaStreamSource(audio.srcObject);
  const analyser = new AnalyserNode(window.ear, { fftSize: 8192, smoothingTimeConstant: 0 });
  source.connect(analyser);
  await new Promise((done) => setTimeout(done, 300));
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  source.disconnect();
  const width = window.ear.sampleRate / analyser.fftSize;
  return hertz.map((f) => Math.max(-200, ...bins.slice(Math.round(f / width) - 3, Math.round(f / width) + 4)));
}"""

# Of one person's picture: the size that arrived, the mean of each half, and the contrast of the fine checks.
LOOK = """(who) => {
  const { shown, video } = window.holdspace.people()[who];
  const [w, h] = [320, 240];
  const canvas = new OffscreenCanvas(w, h);
  const context = canvas.getContext("2d");
  if (!shown || !video.videoWidth) return { shown, width: 0, height: 0, left: 0, right: 0, detail: 0 };
  context.drawImage(video, 0, 0, w, h);
  const { data } = context.getImageData(0, 0, w, h);
  const luma = (x, y) => data[4 * (y * w + x)];
  let [left, right, detail, n] = [0, 0, 0, 0];
  for (let y = 40; y < 200; y += 3) {
    for (let x = 24; x < 124; x += 3) {
      left += luma(x, y);
      right += luma(x + 172, y);
      detail += Math.abs(luma(x, y) - luma(x + 4, y));
      n++;
    }
  }
  return { shown, width: video.videoWidth, height: video.videoHeight, left: left / n, right: right / n, detail: detail / n };
}"""

STATS = """async () => {
  const found = [];
  (await window.holdspace.peer().getStats()).forEach((s) => s.type === "inbound-rtp" && found.push({ ...s }));
  return found;
}"""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a person's picture looks like on a page."""

    shown: bool
    width: int
    height: int
    left: float
    right: float
    detail: float


class Guest:
    """One person at a page of their own."""

    def __init__(self, participant: str, devices: FakeDevices | None, browser: Browser, page: Page) -> None:
        self.id = participant
        self.devices = devices
        self.browser = browser
        self.page = page
        self.troubles: list[str] = []
        page.on("pageerror", lambda error: self.troubles.append(str(error)))

    @classmethod
    async def arrive(
        cls,
        playwright: Playwright,
        chromium: str,
        link: str,
        devices: FakeDevices | None,
        *,
        scripts: tuple[str, ...] = (),
    ) -> Guest:
        """Open a link in a browser with these devices (None: without any); `scripts` run before the page's own."""
        flags = list(CHROMIUM_FLAGS)
        if devices is not None:
            flags += [
                f"--use-file-for-fake-audio-capture={devices.sound}",
                f"--use-file-for-fake-video-capture={devices.picture}",
            ]
        browser = await playwright.chromium.launch(executable_path=chromium, args=flags)
        page = await browser.new_page()
        for script in (NO_DEVICES if devices is None else PLAIN_SOUND, *scripts):
            await page.add_init_script(script)
        await page.goto(link)
        return cls(page.url.rpartition("as=")[2], devices, browser, page)

    async def go_in(self) -> None:
        """Press the one button of the device check."""
        await self.enter()
        await self.page.wait_for_function("() => window.holdspace.peer()?.connectionState === 'connected'")

    async def enter(self) -> None:
        """Answer what the door asks (therapists are not asked about the time), and say that one is ready."""
        for name in ("alone", "good-time"):
            if await self.page.locator(f"input[name={name}]").count():
                await self.page.locator(f"input[name={name}][value=yes]").check()
        await self.press("I am here and ready")

    async def press(self, name: str) -> None:
        """Press a button by the words on it."""
        await self.page.get_by_role("button", name=re.compile(name)).first.click()

    async def choose_distance(self, level: str) -> None:
        """Choose how I am seen."""
        group = self.page.get_by_role("group", name="How I am seen")
        await group.get_by_role("radio", name=level).check()

    async def state(self) -> dict[str, Any]:
        """What the server last said."""
        return await self.page.evaluate("() => window.holdspace.state()")

    async def wait_state(self, condition: str, *, timeout_s: float = 15) -> None:
        """Wait until a JavaScript condition on `s`, the conversation, holds."""
        script = f"() => {{ const s = window.holdspace.state(); return s && ({condition}); }}"
        await self.page.wait_for_function(script, timeout=timeout_s * 1000)

    async def levels(self, of: Guest, hertz: list[int]) -> list[float]:
        """Peak levels in dB near these frequencies in what `of` sounds like here."""
        return await self.page.evaluate(LISTEN, [of.id, hertz])

    async def stats(self) -> list[dict[str, Any]]:
        """The inbound-rtp statistics."""
        return await self.page.evaluate(STATS)

    async def describe(self) -> str:
        """What arrived, for a failing test's message."""
        names = (
            "kind",
            "mid",
            "packetsReceived",
            "framesDecoded",
            "totalSamplesReceived",
            "concealedSamples",
            "audioLevel",
        )
        found = [{name: one[name] for name in names if name in one} for one in await self.stats()]
        return f"{(await self.state())['distance']['views']} {found}"

    async def leave(self) -> None:
        """Close the browser."""
        await self.browser.close()


async def look(viewer: Guest, of: Guest) -> Sight:
    """What `viewer` sees of `of` now."""
    return Sight(**await viewer.page.evaluate(LOOK, of.id))


async def assert_hears(listener: Guest, of: Guest, *, timeout_s: float = 8) -> None:
    """The tone of `of` is heard at `listener`, within the time."""
    await _until(lambda level: level > HEARD_DB, listener, of, timeout_s, "is not heard")


async def assert_voice(listener: Guest, who: str, *, timeout_s: float = 10) -> None:
    """Something in the range of a voice is heard of this participant, within the time."""
    voice = [120, 200, 300, 400, 600, 800]
    loop = asyncio.get_running_loop()
    end = loop.time() + timeout_s
    while max(await listener.page.evaluate(LISTEN, [who, voice])) < HEARD_DB:
        assert loop.time() < end, f"{who} is not heard; {await listener.describe()}"


async def assert_silent(listener: Guest, of: Guest, *, timeout_s: float = 4) -> None:
    """The tone of `of` is not heard at `listener`, within the time, and not a moment later either."""
    await _until(lambda level: level < SILENT_DB, listener, of, timeout_s, "is heard")
    level = (await listener.levels(of, [_tone(of)]))[0]
    assert level < SILENT_DB, f"{of.id} is heard again: {level:.0f} dB"


async def assert_sees(viewer: Guest, of: Guest, fits: str, *, timeout_s: float = 10) -> Sight:
    """The picture of `of` comes to look as expected: `clear`, `veiled` or `nothing`."""
    wanted = {"clear": _is_clear, "veiled": _is_veiled, "nothing": lambda sight: not sight.shown}[fits]
    loop = asyncio.get_running_loop()
    end = loop.time() + timeout_s
    while not wanted(sight := await look(viewer, of)):
        assert loop.time() < end, f"{viewer.id} should see {fits}: {sight}"
        await asyncio.sleep(0.1)
    return sight


def _is_clear(sight: Sight) -> bool:
    return sight.shown and sight.width > 64 and sight.detail > 20 and abs(sight.left - sight.right) > 60


def _is_veiled(sight: Sight) -> bool:
    small = 0 < sight.width * sight.height <= 32 * 24
    return sight.shown and small and sight.detail < 6 and abs(sight.left - sight.right) > 60


def _tone(of: Guest) -> int:
    assert of.devices is not None
    return of.devices.tone_hz


async def _until(wanted: Any, listener: Guest, of: Guest, timeout_s: float, otherwise: str) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + timeout_s
    while not wanted(level := (await listener.levels(of, [_tone(of)]))[0]):
        assert loop.time() < end, (
            f"{of.id} {otherwise} at {listener.id}: {level:.0f} dB; {await listener.describe()}"
        )
