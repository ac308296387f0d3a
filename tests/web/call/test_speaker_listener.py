"""Speaker and listener in three real browsers: who is heard by whom, by tones, in every step of saying back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.web.call.guests import assert_hears, assert_silent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.web.call.conftest import Server
    from tests.web.call.fake_devices import FakeDevices
    from tests.web.call.guests import Guest

    Arrive = Callable[..., Awaitable[Guest]]

pytestmark = pytest.mark.chromium


async def test_the_speaker_is_said_back_to_and_alone_says_whether_it_was_that(
    server: Server, arrive: Arrive, devices: dict[str, FakeDevices]
) -> None:
    """The speaker is heard, then the listener alone, the speaker again after "there is more"; "you got it" changes the two."""
    call = await server.schedule(format="speaker-listener", turn_seconds=600)
    links = [person["invitation_url"] for person in call["participants"]]
    ash, birch, _ = guests = await asyncio.gather(
        *(arrive(link, devices[name]) for link, name in zip(links, "abt", strict=True))
    )
    await asyncio.gather(*(guest.go_in() for guest in guests))
    await expect(ash.page.locator("#turn-words")).to_have_text("It is your turn.")
    await assert_alone_is_heard(ash, guests)

    await ash.press("Ask Birch to say it back")
    await expect(birch.page.locator("#turn-words")).to_have_text("Say back what you heard.")
    await assert_alone_is_heard(birch, guests)
    await birch.press("That is what I heard")
    await expect(ash.page.locator("#turn-words")).to_have_text("Did Birch hear what you meant?")
    await assert_alone_is_heard(ash, guests)

    await ash.press("There is more")
    await expect(ash.page.locator("#turn-words")).to_have_text("It is your turn.")
    await assert_alone_is_heard(ash, guests)

    await ash.press("Ask Birch to say it back")
    await assert_alone_is_heard(birch, guests)
    await ash.press("You got it")
    await expect(birch.page.locator("#turn-words")).to_have_text("It is your turn.")
    await expect(birch.page.locator("#news")).to_have_text("Ash: “You got it.”")
    await assert_alone_is_heard(birch, guests)
    await birch.press("Ask Ash to say it back")
    await assert_alone_is_heard(ash, guests)


async def assert_alone_is_heard(speaker: Guest, guests: list[Guest]) -> None:
    """Everyone else hears this one, and nobody hears anybody else."""
    others = [guest for guest in guests if guest is not speaker]
    await asyncio.gather(*(assert_hears(listener, speaker) for listener in others))
    silent = [(listener, of) for listener in guests for of in others if listener is not of]
    await asyncio.gather(*(assert_silent(listener, of) for listener, of in silent))
