"""Take the pictures of README.md and docs/ in real Chromium (`make pictures`), or some: `call`, `talk`, `scheduling`."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
import sys
from asyncio.subprocess import PIPE, Process
from functools import partial
from pathlib import Path
from typing import Final

from playwright.async_api import Page, async_playwright

from tests.web.call.guests import CHROMIUM_FLAGS
from tests.web.scheduling_pictures import take_scheduling_pictures
from tests.web.talk_pictures import take_talk_pictures

ROOT: Final = Path(__file__).parents[2]
TARGET: Final = ROOT / "docs"
SIZES: Final = {"laptop": (1280, 800), "phone": (360, 740)}
LEVELS: Final = {"soft": "softened", "veiled": "veiled", "audio-only": "audio-only"}
"""From near to far, as the pictures are called; a clear call is what the README shows."""
LINK: Final = re.compile(rb"you, a partner\s+(http\S+)")


async def main() -> None:
    """Take all pictures, or those that were asked for."""
    asked = set(sys.argv[1:]) or {"call", "talk", "scheduling"}
    if "scheduling" in asked:
        await take_scheduling_pictures(_chromium(), partial(take_both_sizes, prefix="scheduling-"))
    if asked & {"call", "talk"}:
        await _of_a_call(asked)


async def _of_a_call(asked: set[str]) -> None:
    """Start the demo, go in, wait until somebody speaks, take the pictures, end the demo."""
    demo = await asyncio.create_subprocess_exec(sys.executable, "-m", "server", "demo", stdout=PIPE, cwd=ROOT)
    try:
        async with asyncio.timeout(240):
            link = (await invitation(demo)).decode()
            if "call" in asked:
                await take_pictures(link)
        if "talk" in asked:
            base_url = link.partition("/i/")[0]
            await take_talk_pictures(base_url, _chromium(), partial(take_both_sizes, prefix="talk-"))
    finally:
        demo.send_signal(signal.SIGINT)
        await demo.wait()


async def invitation(demo: Process) -> bytes:
    """Read the demo's output up to the link that is ours."""
    assert demo.stdout is not None
    while line := await demo.stdout.readline():
        if found := LINK.search(line):
            return found[1]
    raise SystemExit("the demo printed no link")


async def take_pictures(link: str) -> None:
    """One picture a size, of a running conversation."""
    TARGET.mkdir(exist_ok=True)
    chromium = _chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        await page.goto(link)
        await page.locator('input[name="alone"][value="yes"]').check()
        await page.locator('input[name="good-time"][value="yes"]').check()
        await page.get_by_role("button", name="I am here and ready").click()
        await page.wait_for_function("() => window.holdspace.state()?.floor?.holder")
        await everyone_is_seen(page)
        await take_both_sizes(page, "call")
        for level, name in LEVELS.items():
            await see_everyone(page, level)
            if level == "audio-only":
                await page.get_by_role("button", name="Give the stick back").click()
                await page.locator('[data-presence="speaking"]').first.wait_for(timeout=60_000)
            await take_both_sizes(page, f"distance-{name}")
        await page.get_by_role("button", name="Only listen").click()
        await page.get_by_role("button", name="More choices").click()
        await take_both_sizes(page, "distance-choices")
        await browser.close()


def _chromium() -> str:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        raise SystemExit("there is no Chromium here")
    return found


async def take_both_sizes(page: Page, what: str, at: str | None = None, *, prefix: str = "") -> None:
    """One picture at each width, once the browser has drawn the page at that width; `at`: the element to begin at."""
    for name, (width, height) in SIZES.items():
        await page.set_viewport_size({"width": width, "height": height})
        if at is not None:
            await page.locator(at).first.evaluate("(one) => one.scrollIntoView({ block: 'start' })")
        await page.evaluate(NEXT_FRAMES)
        await page.screenshot(path=TARGET / f"{prefix}{what}-{name}.png")


async def see_everyone(page: Page, level: str) -> None:
    """Add distance to how I see everybody, and wait until that is what the page shows."""
    await page.get_by_role("button", name="More choices").click()
    group = page.get_by_role("group", name="How I see the others")
    for choice in await group.get_by_role("combobox").all():
        await choice.select_option(level)
    await page.get_by_role("button", name="Fewer choices").click()
    await page.wait_for_function(SHOWN_AT, arg=level, timeout=90_000)


async def everyone_is_seen(page: Page) -> None:
    """Wait until both pictures are on the screen."""
    await page.wait_for_function(
        "() => Object.values(window.holdspace.people()).every((person) => person.shown)"
    )


# The veil is a small picture as well; after fifteen more frames it is the blurred one that is seen, faded in.
SHOWN_AT: Final = """(level) => Object.values(window.holdspace.people()).every(({ shown, video }) => {
  if (level === "audio-only") return !shown;
  const frames = video.getVideoPlaybackQuality().totalVideoFrames;
  const begun = shown && video.dataset.look === level;
  video.begunAt = begun ? (video.begunAt?.level === level ? video.begunAt : { level, frames }) : null;
  return begun && frames - video.begunAt.frames > 15 && getComputedStyle(video).opacity === "1";
})"""

# Long enough for words that wait a moment behind a covered picture, too.
NEXT_FRAMES: Final = """() => new Promise((drawn) => {
  const until = performance.now() + 1200;
  const look = (now) => (now < until ? requestAnimationFrame(look) : drawn());
  requestAnimationFrame(look);
})"""

if __name__ == "__main__":
    asyncio.run(main())
