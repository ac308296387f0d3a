"""Distance between real browsers: what leaves a camera, what comes first, what a page shows between, and who is there unseen."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from playwright.async_api import expect
from prometheus_client.parser import text_string_to_metric_families

from tests.web.call.fake_devices import make_devices
from tests.web.call.guests import Guest, assert_hears, assert_sees

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.web.call.conftest import Server
    from tests.web.call.fake_devices import FakeDevices

    Arrive = Callable[..., Awaitable[Guest]]

pytestmark = pytest.mark.chromium

# Of every frame that any video element of this page draws: the largest, in pixels.
LARGEST = """
const expectFrame = HTMLVideoElement.prototype.requestVideoFrameCallback;
window.largest = 0;
HTMLVideoElement.prototype.requestVideoFrameCallback = function (callback) {
  return expectFrame.call(this, (now, frame) => {
    if (this.classList.contains("remote")) window.largest = Math.max(window.largest, frame.width * frame.height);
    callback(now, frame);
  });
};
"""

# At every frame of the screen, on the way to more distance: whether the camera's fine checks can be seen in a view that is
# softened or veiled by the page's own state. (On the way back the picture may be a little faster than the word of it.)
STALE = """(who) => {
  window.stale = 0;
  window.looks = 0;
  const [w, h] = [160, 60];
  const context = new OffscreenCanvas(w, h).getContext("2d", { willReadFrequently: true });
  const isClear = (video) => {
    context.drawImage(video, 0, 0, video.videoWidth / 2, video.videoHeight / 4, 0, 0, w, h);
    const { data } = context.getImageData(0, 0, w, h);
    let [detail, n] = [0, 0];
    for (let i = 0; i + 16 < data.length; i += 12, n++) detail += Math.abs(data[i] - data[i + 16]);
    return detail / n > 20;
  };
  const look = () => {
    const state = window.holdspace.state();
    const view = state?.distance.views.find((v) => v.viewer === window.me && v.subject === who);
    const { video } = window.holdspace.people()[who];
    if (window.goesFurther && view && view.distance !== "clear") {
      window.looks++;
      if (getComputedStyle(video).opacity !== "0" && isClear(video)) window.stale++;
    }
    requestAnimationFrame(look);
  };
  look();
  return isClear(window.holdspace.people()[who].video);
}"""

SENT = """async () => {
  const found = [];
  const stats = await window.holdspace.peer().getStats();
  stats.forEach((s) => s.type === "outbound-rtp" && s.kind === "video" && found.push({ ...s }));
  return found[0];
}"""


# A browser that sends as large as ever, whatever the page asks of it.
WASTEFUL = "RTCRtpSender.prototype.setParameters = async () => {};"


async def couple(
    server: Server, arrive: Arrive, devices: dict[str, FakeDevices], *scripts: str, **fields: Any
) -> tuple[Guest, Guest]:
    """Both partners talk freely; the scripts run in the second one's page."""
    call = await server.schedule(format="open-talk", **fields)
    links = [person["invitation_url"] for person in call["participants"]]
    ash, birch = await asyncio.gather(
        arrive(links[0], devices["a"]), arrive(links[1], devices["b"], scripts=scripts)
    )
    await asyncio.gather(ash.go_in(), birch.go_in())
    await asyncio.gather(*(guest.wait_state("s.phase === 'talking'") for guest in (ash, birch)))
    return ash, birch


async def sent(guest: Guest, condition: str, *, timeout_s: float = 15) -> dict[str, Any]:
    """Wait until the statistics `s` of what the camera sends fulfil a condition; return them."""
    # In the page: `wait_for_function` takes the promise of an async function for a yes.
    script = f"""async () => {{
      for (;;) {{
        const s = await ({SENT})();
        if (s && ({condition})) return s;
        await new Promise((done) => setTimeout(done, 100));
      }}
    }}"""
    async with asyncio.timeout(timeout_s):
        found: dict[str, Any] = await guest.page.evaluate(script)
    return found


async def test_the_camera_sends_no_more_than_somebody_sees(
    server: Server, arrive: Arrive, devices: dict[str, FakeDevices]
) -> None:
    """Small where all see it small, nothing at all where nobody does, and in full as soon as somebody sees it clearly."""
    ash, birch = await couple(server, arrive, devices)
    await assert_sees(birch, ash, "clear")
    await sent(ash, "s.frameWidth === 320")
    await ash.choose_distance("Softened")
    await sent(ash, "s.frameWidth === 160 && s.frameHeight === 120")
    await birch.page.wait_for_function(WIDTH, arg=[ash.id, 64])
    await ash.choose_distance("Veiled")
    await sent(ash, "s.frameWidth === 80 && s.frameHeight === 60")
    await assert_sees(birch, ash, "veiled")
    await ash.choose_distance("Audio only")
    before = await sent(ash, "s.active === false")
    await assert_sees(birch, ash, "nothing")
    await assert_hears(birch, ash)
    after = await sent(ash, "true")
    assert after["framesEncoded"] - before["framesEncoded"] <= 1, (
        "a picture left the device that nobody was to see"
    )
    await ash.choose_distance("Clear")
    await sent(ash, "s.active && s.frameWidth === 320")
    await assert_sees(birch, ash, "clear")


async def test_half_of_what_a_camera_sends_need_not_be_decoded(
    server: Server, arrive: Arrive, devices: dict[str, FakeDevices], tmp_path: Path
) -> None:
    """The page sends in two temporal layers; a blurred view of a full camera is made from the lower one alone."""
    quick = make_devices(tmp_path, "q", 900, bright_side="right", frames_per_s=30)
    ash, birch = await couple(server, arrive, devices | {"b": quick}, WASTEFUL)
    await assert_sees(ash, birch, "clear")
    assert (await sent(birch, "s.framesPerSecond >= 25"))["scalabilityMode"] == "L1T2"
    await birch.choose_distance("Veiled")
    await ash.page.wait_for_function(WIDTH, arg=[birch.id, 32])
    before = await blurred_frames(server)
    now = before
    async with asyncio.timeout(20):
        while sum(now.values()) < sum(before.values()) + 90:
            await asyncio.sleep(0.2)
            now = await blurred_frames(server)
    decoded, left_out = (now[work] - before[work] for work in ("decoded", "left_out"))
    assert 0.9 < decoded / left_out < 1.15
    assert (await sent(birch, "true"))["frameWidth"] == 320
    await assert_sees(ash, birch, "veiled")
    await birch.choose_distance("Clear")
    await assert_sees(ash, birch, "clear")


async def blurred_frames(server: Server) -> dict[str, float]:
    """Of the cameras that somebody sees through a blur: how many frames were decoded, and how many left out."""
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        text = await (await session.get(f"{server.url}/metrics")).text()
    return {
        sample.labels["work"]: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "holdspace_blur_frames_total"
    }


async def test_a_call_never_shows_anybody_nearer_than_it_was_scheduled(
    server: Server, arrive: Arrive, devices: dict[str, FakeDevices]
) -> None:
    """From the first frame on: nothing large is ever drawn, also when somebody asks for clear against the room's least."""
    ash, birch = await couple(server, arrive, devices, LARGEST, distance="veiled", room_minimum="soft")
    await assert_sees(birch, ash, "veiled")
    await ash.choose_distance("Clear")
    await birch.page.wait_for_function(WIDTH, arg=[ash.id, 64])
    await expect(ash.page.locator("#seen-words")).to_have_text(
        "Now: Birch sees you softened, the least for everyone."
    )
    assert 0 < await birch.page.evaluate("window.largest") <= 64 * 48


async def test_no_stale_clear_picture_is_ever_seen(
    server: Server, arrive: Arrive, devices: dict[str, FakeDevices]
) -> None:
    """With the word of more distance the clear picture is off the screen at once; what fades in is small."""
    ash, birch = await couple(server, arrive, devices)
    await birch.page.evaluate("(id) => (window.me = id)", birch.id)
    await assert_sees(birch, ash, "clear")
    assert await birch.page.evaluate(STALE, ash.id), "a clear picture is known when it is seen"
    for level in ("Veiled", "Softened") * 3:
        await birch.page.evaluate("window.goesFurther = true")
        await ash.choose_distance(level)
        await birch.page.wait_for_function(SHOWN_SMALL, arg=ash.id)
        await birch.page.evaluate("window.goesFurther = false")
        await ash.choose_distance("Clear")
        await assert_sees(birch, ash, "clear")
    assert await birch.page.evaluate("window.looks") > 0
    assert await birch.page.evaluate("window.stale") == 0


async def test_only_listening_stops_every_picture_and_no_sound(
    server: Server, arrive: Arrive, devices: dict[str, FakeDevices]
) -> None:
    """One press: nobody is seen, everybody heard, and a camera that nobody sees rests; another press brings it back."""
    ash, birch = await couple(server, arrive, devices)
    await assert_sees(birch, ash, "clear")
    await birch.page.get_by_role("button", name="Only listen").click()
    await assert_sees(birch, ash, "nothing")
    await sent(ash, "s.active === false")
    await assert_hears(birch, ash)
    await assert_sees(ash, birch, "clear")
    await birch.page.get_by_role("button", name="Only listen").click()
    await assert_sees(birch, ash, "clear")


async def test_a_light_tells_a_silent_person_from_an_absent_one(
    server: Server, arrive: Arrive, devices: dict[str, FakeDevices]
) -> None:
    """Without a picture a voice lights a light, by the level beside the sound; a muted microphone is said to be one."""
    ash, birch = await couple(server, arrive, devices)
    await ash.choose_distance("Audio only")
    tile = birch.page.get_by_role("article", name="Ash")
    await expect(tile.locator(".initial")).to_have_attribute("data-presence", "speaking", timeout=10_000)
    await expect(tile.locator(".why")).to_have_text("Speaking")
    await ash.press("Mute me")
    await expect(tile.locator(".why")).to_have_text("Here. The microphone is off")


WIDTH = "([who, width]) => window.holdspace.people()[who].video.videoWidth === width"
SHOWN_SMALL = """(who) => {
  const { shown, video } = window.holdspace.people()[who];
  return shown && video.videoWidth * video.videoHeight <= 96 * 72 && getComputedStyle(video).opacity === "1";
}"""
