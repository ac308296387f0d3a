"""A camera that was let go of, or not wanted any more, is never on the air: not even if it opens late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]

# The page's own module, with devices that open when the test says so; returns which tracks live and what is used.
TRY = """async (steps) => {
  const { Devices, WITHOUT } = await import("/static/js/devices.js");
  const opening = [];
  const made = [];
  const track = (kind) => {
    const one = { kind, live: true, enabled: true, stop() { this.live = false; }, addEventListener() {} };
    made.push(one);
    return one;
  };
  navigator.mediaDevices.getUserMedia = (wanted) => new Promise((done) => {
    const kinds = ["audio", "video"].filter((kind) => wanted[kind]);
    opening.push(() => done({ getTracks: () => kinds.map(track) }));
  });
  const devices = new Devices({ audio: WITHOUT, video: WITHOUT });
  const pending = [];
  const turn = () => new Promise((done) => setTimeout(done, 0));
  for (const [what, id] of steps) {
    if (what === "choose") pending.push(devices.choose("video", id === "without" ? WITHOUT : id));
    else if (what === "open") opening.shift()?.();
    else devices.close();
    await turn();
  }
  for (const open of opening) open();
  await Promise.all(pending);
  const used = devices.tracks.video;
  return { live: made.filter((one) => one.live).length, used: used !== null && used.live };
}"""


@pytest.mark.parametrize(
    ("steps", "live", "used"),
    [
        ([("choose", "b"), ("open", "")], 1, True),
        ([("choose", "b"), ("choose", "without"), ("open", "")], 0, False),
        ([("choose", "b"), ("choose", "c"), ("open", ""), ("open", "")], 1, True),
        ([("choose", "b"), ("close", ""), ("open", "")], 0, False),
    ],
)
async def test_only_the_latest_wish_stays_open(
    page: Page, stage: Any, steps: list[tuple[str, str]], live: int, *, used: bool
) -> None:
    """Chosen away, chosen anew, or closed while it was still opening: at the end just what was wanted last is live."""
    await page.goto(stage.call_url)
    assert await page.evaluate(TRY, steps) == {"live": live, "used": used}


# Both are asked for at once, and refused together once the test says so; then each would be asked for by itself.
TRY_BOTH = """async (step) => {
  const { Devices, WITHOUT } = await import("/static/js/devices.js");
  const made = [];
  let refuse;
  navigator.mediaDevices.getUserMedia = (wanted) => {
    const kinds = ["audio", "video"].filter((kind) => wanted[kind]);
    if (kinds.length === 2) return new Promise((_, fail) => { refuse = () => fail(new Error("busy")); });
    made.push(...kinds.map((kind) => ({ kind, live: true, stop() { this.live = false; }, addEventListener() {} })));
    return Promise.resolve({ getTracks: () => made.slice(-1) });
  };
  const devices = new Devices();
  const pending = [devices.open()];
  if (step === "close") devices.close();
  if (step === "without") pending.push(devices.choose("video", WITHOUT));
  refuse();
  await Promise.all(pending);
  return made.filter((one) => one.live).map((one) => one.kind).sort();
}"""


@pytest.mark.parametrize(("step", "live"), [("", ["audio", "video"]), ("close", []), ("without", ["audio"])])
async def test_what_is_tried_again_is_still_wanted(
    page: Page, stage: Any, step: str, live: list[str]
) -> None:
    """Nothing is opened for somebody who left, or chose to go without, before both were refused together."""
    await page.goto(stage.call_url)
    assert await page.evaluate(TRY_BOTH, step) == live
