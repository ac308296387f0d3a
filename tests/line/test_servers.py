"""What the measurements stand on: Janus is reached over the bad line alone, and what is taken from the sound is really gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from playwright.async_api import async_playwright

from tests.line.outcome import PAIRS
from tests.line.scene import Line, talking
from tests.line.servers import JANUS_MISSING, is_here, janus
from tests.line.sound_codecs import SOUND
from tests.web.call.guests import CHROMIUM_FLAGS

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.chromium

# A page's offer, and what it has read when another describes just that.
NEGOTIATED: Final = """async () => {
  const [here, there] = [new RTCPeerConnection(), new RTCPeerConnection()];
  here.addTransceiver("audio");
  await here.setLocalDescription();
  await there.setRemoteDescription(here.localDescription);
  return [here.localDescription.sdp, there.remoteDescription.sdp];
}"""


@pytest.mark.skipif(not is_here("janus"), reason=JANUS_MISSING)
async def test_janus_carries_the_same_browsers_over_the_relay(chromium: str, tmp_path: Path) -> None:
    """Through Janus's room pictures and sound arrive both ways, and all of ash's datagrams went through the relay."""
    async with talking(chromium, tmp_path, {"ash": Line()}, server=janus) as scene:
        carried = {way: way.fates["carried"] for way in (scene.relays["ash"].up, scene.relays["ash"].down)}
        views = await scene.watch(PAIRS, 3.0)
        for view in views.values():
            assert min(view.frames, view.sound_packets) > 0, views
        for way, viewer in ((scene.relays["ash"].up, "birch"), (scene.relays["ash"].down, "ash")):
            seen = views[viewer].sound_packets + views[viewer].video_packets
            assert way.fates["carried"] - carried[way] > 0.9 * seen, way.fates


@pytest.mark.parametrize(
    ("sound", "has_red", "has_fec"),
    [("both", True, True), ("red", True, False), ("fec", False, True), ("neither", False, False)],
)
async def test_sound_does_without_what_is_taken_away(
    chromium: str, sound: str, *, has_red: bool, has_fec: bool
) -> None:
    """A page with the scripts offers no RED, and reads in what the other side describes that nobody needs in-band FEC."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        page = await browser.new_page()
        for script in SOUND[sound]:
            await page.add_init_script(script)
        await page.goto("data:text/html,")
        offer, read = await page.evaluate(NEGOTIATED)
        await browser.close()
    assert ("red/48000" in offer) is has_red, offer
    assert ("useinbandfec=1" in read) is has_fec, read
