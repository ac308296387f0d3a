"""From the press of "Veiled" to what stands on the other's screen: two pages of real Chromium, the whole product, loopback."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

import aiohttp
from playwright.async_api import async_playwright

from tests.bench.child import Child
from tests.bench.table import percentile, table, verdict
from tests.web.call.fake_devices import make_devices
from tests.web.call.stopwatch import time_toggles, two_in_one_browser

if TYPE_CHECKING:
    from tests.web.call.stopwatch import Found

TOGGLES: Final = 40
FRAMES_PER_S: Final = 30
CALL: Final = {
    "format": "open-talk",
    "participants": [{"role": "partner", "name": "A"}, {"role": "partner", "name": "B"}],
}
BOUNDS: Final = (
    ("the veil, or the blurred picture", "covered_ms", 50.0, 100.0),
    ("the first blurred picture", "blurred_ms", None, 150.0),
    ("the clear picture again", "back_ms", None, 150.0),
)
"""What, its name, the most that its p50 and its p95 may be, in milliseconds."""
MOST_LATE: Final = 2
"""Clear frames that were in the browser already."""
LONGEST_SILENCE_MS: Final = 20.0
"""One packet of sound."""


async def time_distance(toggles: int = TOGGLES) -> Found:
    """Toggle that often. Raises ChildGoneError."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome") or "chromium"
    with tempfile.TemporaryDirectory(prefix="holdspace-bench-") as folder:
        devices = make_devices(Path(folder), "a", 500, bright_side="left", frames_per_s=FRAMES_PER_S)
        async with Child("product_server") as server, async_playwright() as playwright:
            links = await _schedule((await server.ask("serve"))["base_url"])
            async with two_in_one_browser(playwright, chromium, links, devices) as (subject, viewer):
                await subject.wait_state("s.phase === 'talking'")
                return await time_toggles(subject, viewer, toggles)


def holds(found: Found) -> bool:
    """Whether every bound is kept."""
    return (
        all(_row_holds(found, *bound) for _, *bound in BOUNDS)
        and found.values("late")[-1] <= MOST_LATE
        and found.longest_silence_ms < LONGEST_SILENCE_MS
    )


def report(found: Found) -> str:
    """What was found, as text."""
    rows = [("from the press to", "p50", "p95", "max", "bound", "held")]
    for title, name, middle, most in BOUNDS:
        values = found.values(name)
        figures = (median(values), percentile(values, 95), values[-1])
        bound = f"p95 {most:.0f} ms" if middle is None else f"p50 {middle:.0f}, p95 {most:.0f} ms"
        held = verdict(holds=_row_holds(found, name, middle, most))
        rows.append((title, *(f"{figure:.0f} ms" for figure in figures), bound, held))
    late = found.values("late")
    return "\n".join([
        f"Distance on the other's screen, through the whole product in Chromium ({len(found.toggles)} toggles)",
        table(rows),
        f"  clear frames after the press: {median(late):.0f} (median), {late[-1]:.0f} at most",
        f"  longest silence in the sound: {found.longest_silence_ms:.0f} ms; {found.concealed:.2%} of it made up",
    ])  # fmt: skip


def _row_holds(found: Found, name: str, middle: float | None, most: float) -> bool:
    values = found.values(name)
    return percentile(values, 95) <= most and (middle is None or median(values) <= middle)


async def _schedule(base_url: str) -> list[str]:
    async with (
        aiohttp.ClientSession(raise_for_status=True) as session,
        session.post(f"{base_url}/api/v1/calls", json=CALL) as response,
    ):
        return [person["invitation_url"] for person in (await response.json())["participants"]]
