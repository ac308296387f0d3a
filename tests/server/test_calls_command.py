"""`holdspace calls add` against a real server: what it asks for, and what it says when it is refused."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from server.__main__ import main
from tests.server.scene import CALLS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.server.scene import Site

COUPLE = ("--partner", "Ada", "--partner", "Ben")


async def add(site: Site, *arguments: str, environment: dict[str, str] | None = None) -> Result:
    """Run the command; it has a loop of its own, so it runs in a thread."""
    server = str(site.client.make_url("/"))
    line = ["calls", "add", "--server", server, *arguments]
    return await asyncio.to_thread(CliRunner().invoke, main, line, env=environment)


async def test_a_call_is_scheduled_with_its_distance(site: Site) -> None:
    """Each person's link is printed, and the call is as it was asked for."""
    result = await add(
        site, *COUPLE, "--therapist", "Tess", "--distance", "soft", "--room-minimum", "soft",
        "--minutes", "75", "--format", "open-talk", "--starts-at", "2026-12-06T19:00", "--timezone", "Europe/Berlin",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert [re.search(rf"{name} .*/i/", result.output) is not None for name in ("Ada", "Ben", "Tess")] == [
        True
    ] * 3
    found = re.search(r"Call: (\S+)\n.*: (\S+)\n$", result.output)
    assert found is not None
    headers = {"Authorization": f"Bearer {found[2]}"}
    call = await (await site.client.get(f"{CALLS}/{found[1]}", headers=headers)).json()
    assert (call["distance"], call["room_minimum"], call["duration_minutes"]) == ("soft", "soft", 75)
    assert (call["format"], call["starts_at"]) == ("open-talk", "2026-12-06T19:00:00+01:00")


async def test_a_refusal_is_said_plainly(site: Site) -> None:
    """The server's own words, with the field; no traceback."""
    result = await add(site, "--partner", "Ada")
    assert result.exit_code == 1
    assert result.output == "Error: participants: A call needs exactly two partners.\n"


async def test_the_organizers_key_comes_from_the_environment(
    open_site: Callable[..., Awaitable[Site]],
) -> None:
    """With a key set at the server, scheduling takes the key that stands in the environment."""
    site = await open_site(organizer_key="open sesame")
    refused = await add(site, *COUPLE)
    assert (refused.exit_code, "organizer key" in refused.output) == (1, True)
    allowed = await add(site, *COUPLE, environment={"HOLDSPACE_ORGANIZER_KEY": "open sesame"})
    assert allowed.exit_code == 0, allowed.output


def test_a_server_that_is_not_there_is_said_to_be() -> None:
    """Nobody answers: one sentence, and an exit code of its own."""
    result = CliRunner().invoke(main, ["calls", "add", "--server", "http://127.0.0.1:9", *COUPLE])
    assert (result.exit_code, result.output) == (
        3,
        "Error: No Holdspace server answers at http://127.0.0.1:9.\n",
    )


def test_a_level_that_there_is_not_is_refused_before_anybody_is_asked() -> None:
    """The four words are the only ones."""
    result = CliRunner().invoke(main, ["calls", "add", *COUPLE, "--distance", "private"])
    assert result.exit_code == 2
    assert "'audio-only'" in result.output


async def test_people_with_addresses_are_invited_by_mail(site: Site) -> None:
    """An address beside a name is where letters go; the answer says who gets one, and that the partners are asked first."""
    result = await add(
        site, "--partner", "Ada <ada@example.org>", "--partner", "Ben", "--therapist", "Tess <tess@example.org>",
        "--starts-at", "2026-12-06T19:00", "--timezone", "Europe/Berlin",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "An invitation is mailed to Ada and Tess." in result.output
    assert "once they have accepted" in result.output
    assert "Yours, to look after it, also shown this once: https://talk.example.org/m/" in result.output


async def test_a_series_is_made_from_words(site: Site) -> None:
    """`--every week` with an end; the answer in JSON holds all its calls."""
    result = await add(
        site, *COUPLE, "--starts-at", "2026-12-06T19:00", "--timezone", "Europe/Berlin",
        "--every", "week", "--interval", "2", "--until", "2027-03-01", "--on-the-spot", "--json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    call = json.loads(result.output)
    assert (call["series"]["rule"], len(call["series"]["calls"]), call["on_the_spot"]) == (
        "FREQ=WEEKLY;INTERVAL=2;UNTIL=20270228T180000Z",
        7,
        True,
    )
    result = await add(
        site,
        *COUPLE,
        "--starts-at",
        "2026-12-06T19:00",
        "--timezone",
        "Europe/Berlin",
        "--every",
        "day",
        "--count",
        "3",
    )
    assert "It is the first of 3 calls, the last of them on Tue 8 Dec 2026, 19:00." in result.output


async def test_a_time_that_the_clocks_skip_is_asked_back(site: Site) -> None:
    """The server names the day; nothing is scheduled."""
    result = await add(
        site,
        *COUPLE,
        "--starts-at",
        "2027-03-14T02:30",
        "--timezone",
        "Europe/Berlin",
        "--every",
        "week",
        "--count",
        "5",
    )
    assert result.exit_code == 1
    assert (
        "starts_at: On Sunday, 28 March 2027 the clocks in Europe/Berlin change and jump over 02:30"
        in result.output
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--every", "week"), "--every needs an end"),
        (("--every", "week", "--count", "3", "--until", "2027-01-01"), "--every needs an end"),
        (("--every", "month", "--count", "3"), "'week', 'day'"),
        (("--count", "3"), "--count says how a series goes: it needs --every."),
        (("--therapist", "<tess@example.org>"), "write a name, or a name and an address"),
        (("--therapist", "Tess <>"), "write a name, or a name and an address"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anybody_is_asked(
    arguments: tuple[str, ...], words: str
) -> None:
    """Without a server, and with the exit code of a command that is not understood."""
    result = CliRunner().invoke(main, ["calls", "add", "--server", "http://127.0.0.1:9", *COUPLE, *arguments])
    assert (result.exit_code, words in result.output) == (2, True), result.output
