"""Leaving quietly, seen from the other side: a lost line, and neither a goodbye nor a picture."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.web.call.guests import assert_hears

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.web.call.conftest import Server
    from tests.web.call.fake_devices import FakeDevices
    from tests.web.call.guests import Guest

    Arrive = Callable[..., Awaitable[Guest]]

pytestmark = pytest.mark.chromium


async def test_to_the_others_it_is_a_lost_line(
    server: Server, arrive: Arrive, devices: dict[str, FakeDevices], tmp_path: Path
) -> None:
    """The partner's page says that the line is lost, not that somebody left; the way back is by the link, and by the door."""
    call = await server.schedule(format="timed-turns", turn_seconds=600)
    links = [person["invitation_url"] for person in call["participants"]]
    ash, birch = await asyncio.gather(arrive(links[0], devices["a"]), arrive(links[1], devices["b"]))
    await asyncio.gather(ash.go_in(), birch.go_in())
    await ash.press("Take the talking stick")
    await assert_hears(birch, ash)
    before = (tmp_path / "server.log").read_text()

    await ash.press("Leave quietly")
    await ash.page.wait_for_url("**/measures")
    await birch.wait_state(f"s.participants.some((p) => p.id === '{ash.id}' && p.line === 'lost')")
    person = next(p for p in (await birch.state())["participants"] if p["id"] == ash.id)
    assert (person["present"], person["ready"], person["left"]) == (False, True, False)
    assert (await birch.state())["floor"]["paused"], "a lost line's turn waits"
    await expect(birch.page.get_by_role("article", name="Ash")).to_contain_text(
        "line is lost", ignore_case=True
    )

    said = (tmp_path / "server.log").read_text().removeprefix(before)
    assert "measures" not in said
    assert [line for line in said.splitlines() if " request " not in line] == [], (
        "the log tells of more than requests"
    )

    await ash.page.goto(links[0])
    await expect(ash.page.locator("#missed")).to_be_visible()
    await ash.go_in()
    await assert_hears(birch, ash)
