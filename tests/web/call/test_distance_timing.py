"""How quickly a distance shows in real Chromium. The best of a few counts here, for machines that do other things meanwhile.

`python -m tests.bench distance` measures the same at leisure, and holds the promised bounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import async_playwright

from tests.web.call.stopwatch import time_toggles, two_in_one_browser

if TYPE_CHECKING:
    from tests.web.call.conftest import Server
    from tests.web.call.fake_devices import FakeDevices

pytestmark = pytest.mark.chromium
TOGGLES = 6


async def test_the_veil_is_at_once_on_the_others_screen(
    server: Server, chromium: str, devices: dict[str, FakeDevices]
) -> None:
    """Veil, blurred picture and clear picture come soon, never a clear one behind the veil, and the sound goes on."""
    call = await server.schedule(format="open-talk")
    links = [person["invitation_url"] for person in call["participants"]][:2]
    async with (
        async_playwright() as playwright,
        two_in_one_browser(playwright, chromium, links, devices["a"]) as (subject, viewer),
    ):
        await subject.wait_state("s.phase === 'talking'")
        found = await time_toggles(subject, viewer, TOGGLES)
        assert not subject.troubles + viewer.troubles
    assert found.values("covered_ms")[0] < 400, found
    assert found.values("blurred_ms")[0] < 800, found
    assert found.values("back_ms")[0] < 800, found
    assert found.concealed < 0.25, found
