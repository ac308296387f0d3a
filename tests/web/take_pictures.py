"""Take the pictures of the README: the demo, with company, in real Chromium. `make pictures` writes them to docs/."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Final

from playwright.async_api import Page, async_playwright

from tests.web.call.guests import CHROMIUM_FLAGS

ROOT: Final = Path(__file__).parents[2]
TARGET: Final = ROOT / "docs"
SIZES: Final = {"laptop": (1280, 800), "phone": (360, 740)}
LINK: Final = re.compile(rb"you, a partner\s+(http\S+)")


async def main() -> None:
    """Start the demo, go in, wait until somebody speaks, take the pictures, end the demo."""
    demo = await asyncio.create_subprocess_exec(sys.executable, "-m", "server", "demo", stdout=PIPE, cwd=ROOT)
    try:
        async with asyncio.timeout(90):
            await take_pictures((await invitation(demo)).decode())
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
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        await page.goto(link)
        await page.get_by_role("button", name="I am here and ready").click()
        await page.wait_for_function("() => window.holdspace.state()?.floor?.holder")
        for name, (width, height) in SIZES.items():
            await page.set_viewport_size({"width": width, "height": height})
            await everyone_is_seen(page)
            await page.screenshot(path=TARGET / f"call-{name}.png")
        await browser.close()


async def everyone_is_seen(page: Page) -> None:
    """Wait until both pictures are on the screen."""
    await page.wait_for_function(
        "() => Object.values(window.holdspace.people()).every((person) => person.shown)"
    )


if __name__ == "__main__":
    asyncio.run(main())
