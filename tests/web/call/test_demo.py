"""The demo, as somebody alone with one browser tries it."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE
from typing import TYPE_CHECKING

import pytest

from tests.web.call.conftest import ROOT
from tests.web.call.guests import assert_voice

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from tests.web.call.fake_devices import FakeDevices
    from tests.web.call.guests import Guest

pytestmark = pytest.mark.chromium
OUR_LINK = re.compile(rb"you, a partner\s+(http\S+)")


@pytest.fixture
async def demo_link() -> AsyncIterator[str]:
    """The link that the demo prints for its one human visitor."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = str(found.getsockname()[1])
    demo = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", "demo", "--port", port, stdout=PIPE, cwd=ROOT
    )
    assert demo.stdout is not None
    async with asyncio.timeout(30):
        while not (match := OUR_LINK.search(await demo.stdout.readline())):
            assert not demo.stdout.at_eof()
    reader = asyncio.create_task(demo.stdout.read())
    yield match[1].decode()
    demo.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(demo.wait(), 20) == 0
    await reader


async def test_one_browser_sees_and_hears_the_company_and_takes_the_stick(
    demo_link: str, arrive: Callable[..., Awaitable[Guest]], devices: dict[str, FakeDevices]
) -> None:
    """Somebody alone sees two people, hears the one who holds the stick, asks for it and gets it."""
    visitor = await arrive(demo_link, devices["a"])
    await visitor.go_in()
    await visitor.wait_state(f"s.floor.holder && s.floor.holder !== '{visitor.id}'", timeout_s=30)
    holder = (await visitor.state())["floor"]["holder"]
    await assert_voice(visitor, holder)
    await visitor.page.wait_for_function(
        "() => Object.values(window.holdspace.people()).every((p) => p.shown)"
    )
    await visitor.press("(Take|Ask for) the talking stick")
    await visitor.wait_state(f"s.floor.holder === '{visitor.id}'", timeout_s=60)
