"""axe-core over a page as it stands, at the widths and in the palettes that people have.

`await assert_accessible(page)` fails with every violation in words: the rule, how grave it is, the elements and what axe says of
each. What axe can't judge by itself (`incomplete`) is not counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from axe_playwright_python.async_playwright import Axe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from playwright.async_api import Page

WIDTHS = {360: 740, 1280: 800}
"""A small phone and a small laptop: the width, and the height that goes with it, in CSS pixels."""
COLOURS = ["color-contrast"]
"""What another palette can change; everything else has been looked at in the light one."""
RULES = {
    "resultTypes": ["violations"],
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
}
DARK_RULES = {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": COLOURS}}
NEXT_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
MAX_ELEMENTS = 5
"""Elements named for one rule; more of the same are counted."""


async def assert_accessible(page: Page, *, widths: Iterable[int] = tuple(WIDTHS)) -> None:
    """Run axe at every width in both palettes, without motion; AssertionError names what is wrong and where."""
    await page.emulate_media(reduced_motion="reduce")
    found: list[str] = []
    for width in widths:
        await _show_all(page, width)
        for scheme, rules in (("light", RULES), ("dark", DARK_RULES)):
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            await page.evaluate(NEXT_FRAMES)
            results = await Axe().run(page, options=rules)
            found += [f"at {width} px, {scheme}: {_told(one)}" for one in results.response["violations"]]
    assert not found, "\n\n".join(["axe finds:", *found])


async def _show_all(page: Page, width: int) -> None:
    """Make the window as high as the page: what lies under a sticky bar is a matter of scrolling, and is to be judged as well."""
    await page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    await page.evaluate(NEXT_FRAMES)
    height = await page.evaluate("document.documentElement.scrollHeight")
    await page.set_viewport_size({"width": width, "height": max(height, WIDTHS[width])})
    await page.evaluate(NEXT_FRAMES)


def _told(violation: dict[str, Any]) -> str:
    """One violation in words."""
    nodes = violation["nodes"]
    lines = [f"{violation['id']} ({violation['impact']}): {violation['help']}"]
    for node in nodes[:MAX_ELEMENTS]:
        lines += [f"  {' '.join(map(str, node['target']))}   {node['html'][:160]}"]
        lines += [f"    {one['message']}" for kind in ("any", "all", "none") for one in node[kind]]
    if len(nodes) > MAX_ELEMENTS:
        lines.append(f"  and {len(nodes) - MAX_ELEMENTS} more")
    return "\n".join(lines)
