"""`holdspace calls list|show|move|cancel` against a real server: who may, what is shown, and how it ends."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from server.__main__ import main
from server.calls_credentials import operators
from tests.server.scene import token_of
from tests.server.scheduling.letters import ADA, BEN, seen

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.server.scene import Site

ONCE = {"starts_at": "2026-12-06T19:00", "timezone": "Europe/Berlin", "participants": [ADA, BEN]}
WEEKLY = {**ONCE, "recurrence": {"count": 3}}


async def run(site: Site, *arguments: str, **environment: str) -> Result:
    """Run a command in a thread, with nothing in its environment that shows a right, unless it is given."""
    server = str(site.client.make_url("/"))
    names = ("HOLDSPACE_ORGANIZER_KEY", "HOLDSPACE_MANAGE_TOKEN", "HOLDSPACE_SECRET_KEY")
    given: dict[str, str | None] = dict.fromkeys(names)
    given["HOLDSPACE_DATA_DIR"] = str(site.folder / "nothing here")
    line = ["calls", *arguments, "--server", server]
    return await asyncio.to_thread(CliRunner().invoke, main, line, env={**given, **environment})


def as_operator(site: Site) -> dict[str, str]:
    """What whoever can read the server's key has in their environment."""
    return {"HOLDSPACE_DATA_DIR": str(site.folder)}


def manager(call: dict[str, Any]) -> dict[str, str]:
    """What whoever scheduled a call has."""
    return {"HOLDSPACE_MANAGE_TOKEN": call["manage_token"]}


async def test_calls_are_listed_in_a_table(site: Site) -> None:
    """One line for each call, the earliest first, with who has answered what."""
    late = await site.call(**{**ONCE, "starts_at": "2026-12-20T19:00", "title": "Nach dem Fest"})
    early = await site.call(**ONCE, title="Sunday talk")
    await site.answer(early, 1, "accepted")
    result = await run(site, "list", **as_operator(site))
    assert result.exit_code == 0, result.output
    head, _, first, second = result.output.splitlines()
    assert head.split() == ["When", "Zone", "Minutes", "Status", "Series", "Title", "With", "Call"]
    assert first.startswith("Sun 6 Dec 2026, 19:00")
    for words in (
        "Europe/Berlin",
        "not agreed yet",
        "Sunday talk",
        "Ada (?), Ben (yes)",
        early["id"],
    ):
        assert words in first
    assert second.endswith(late["id"])


async def test_a_cancelled_call_is_listed_as_such(site: Site) -> None:
    """It stays in the list until its time has passed, and nobody in it owes an answer."""
    call = await site.call(**ONCE)
    await run(site, "cancel", call["id"], **manager(call))
    (row,) = (await run(site, "list", **as_operator(site))).output.splitlines()[2:]
    assert "cancelled" in row.partition("Ada, Ben")[0]
    assert "Ada, Ben  " in row
    assert "no answer yet" not in (await run(site, "show", call["id"], **manager(call))).output


async def test_a_list_goes_on_over_pages(site: Site) -> None:
    """More than one page of the API when more is asked for; and a word when that was not all."""
    for day in range(1, 5):
        await site.call(**{**ONCE, "starts_at": f"2026-12-0{day}T19:00"})
    result = await run(site, "list", "--limit", "3", **as_operator(site))
    assert "There are more" in result.output
    result = await run(site, "list", "--json", **as_operator(site))
    whole = json.loads(result.output)
    assert ([call["starts_at"][8:10] for call in whole["calls"]], whole["next"]) == (
        ["01", "02", "03", "04"],
        None,
    )
    assert "no such calls" in (await run(site, "list", "--when", "past", **as_operator(site))).output


async def test_the_organizer_key_is_as_good_as_the_servers_own(
    open_site: Callable[..., Awaitable[Site]],
) -> None:
    """Each opens the list; neither is needed as an option."""
    site = await open_site(organizer_key="open sesame")
    for environment in ({"HOLDSPACE_ORGANIZER_KEY": "open sesame"}, as_operator(site)):
        assert (await run(site, "list", **environment)).exit_code == 0
        added = await run(site, "add", "--partner", "Ada", "--partner", "Ben", **environment)
        assert added.exit_code == 0, added.output


async def test_who_shows_nothing_is_told_what_to_show(site: Site) -> None:
    """The server's own words, and where a right could come from; also for somebody else's token."""
    call, other = await site.call(**ONCE), await site.call(**ONCE)
    for arguments, environment in (
        (("list",), {}),
        (("show", call["id"]), {}),
        (("cancel", call["id"]), manager(other)),
        (("move", call["id"], "--to", "2026-12-07T19:00"), manager(other)),
    ):
        result = await run(site, *arguments, **environment)
        assert result.exit_code == 1
        assert "HOLDSPACE_MANAGE_TOKEN" in result.output
    assert (await seen(site, call))["status"] == "scheduled"


async def test_the_operators_token_stays_on_this_machine(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """To a server elsewhere nothing is shown that was made of the key on this one."""
    monkeypatch.setenv("HOLDSPACE_DATA_DIR", str(site.folder))
    monkeypatch.delenv("HOLDSPACE_ORGANIZER_KEY", raising=False)
    assert operators("http://localhost:8080") is not None
    assert operators("http://[::1]:8080") is not None
    for elsewhere in (
        "https://talk.example.org",
        "http://127.0.0.1.example.org",
        "http://192.0.2.1:8080",
        "nonsense",
    ):
        assert operators(elsewhere) is None


async def test_a_key_that_is_none_is_said_to_be(site: Site) -> None:
    """The file is there and damaged: one sentence, no traceback."""
    folder = site.folder / "damaged"
    folder.mkdir()
    (folder / "holdspace.key").write_text("not a key")
    result = await run(site, "list", HOLDSPACE_DATA_DIR=str(folder))
    assert (result.exit_code, "32 bytes as base64" in result.output) == (1, True)


async def test_a_call_is_shown_with_its_people_and_letters(site: Site) -> None:
    """Answers, zones, the newest letter to each, other times that were proposed, and the rest of its series."""
    call = await site.call(**{**WEEKLY, "participants": [ADA, {"role": "partner", "name": "Ben"}]})
    await site.answer(call, 1, "tentative", timezone="America/New_York")
    proposal = {"starts_at": "2026-12-07T20:00"}
    assert (await site.ask("POST", call, token_of(call), "/proposals", json=proposal)).status == 201
    result = await run(site, "show", call["id"], **manager(call))
    assert result.exit_code == 0, result.output
    for words in (
        "Sun 6 Dec 2026, 19:00 (Europe/Berlin), 50 minutes",
        "Scheduled, not agreed yet.",
        "invitation: queued",
        "no address",
        "perhaps",
        "America/New_York",
        "Mon 7 Dec 2026, 20:00 (Europe/Berlin)",
        "open",
        "One of a series (FREQ=WEEKLY;COUNT=3):",
        "Sun 20 Dec 2026, 19:00",
    ):
        assert words in result.output, words
    as_json = await run(site, "show", call["id"], "--json", **manager(call))
    assert json.loads(as_json.output)["id"] == call["id"]


async def test_a_call_is_moved_and_people_are_asked_again(site: Site) -> None:
    """In its own zone unless another is named; the words say who has to answer."""
    call = await site.call(**ONCE)
    await site.accept(call)
    result = await run(site, "move", call["id"], "--to", "2026-12-07T20:30", **manager(call))
    assert (
        result.output == "It is now on Mon 7 Dec 2026, 20:30 (Europe/Berlin). Ada and Ben are asked again.\n"
    )
    move = ("move", call["id"], "--to", "2026-12-07T14:30", "--timezone", "America/New_York")
    assert "Mon 7 Dec 2026, 14:30 (America/New_York)" in (await run(site, *move, **manager(call))).output
    past = await run(site, "move", call["id"], "--to", "2026-11-01T20:30", "--json", **manager(call))
    assert past.exit_code == 1
    assert '"/starts_at"' in past.stdout
    assert "This time has passed." in past.stderr


@pytest.mark.parametrize("whole", [False, True], ids=["one call", "from there on"])
async def test_a_call_or_the_rest_of_its_series_is_cancelled(site: Site, whole: bool) -> None:  # noqa: FBT001
    """Of a series the one call alone, unless its series is meant."""
    call = await site.call(**WEEKLY)
    second = call["series"]["calls"][1]["id"]
    result = await run(site, "cancel", second, *(["--series"] if whole else []), **manager(call))
    assert result.exit_code == 0, result.output
    assert ("this call and all later ones" in result.output) == whole
    after = [one["status"] for one in (await seen(site, call))["series"]["calls"]]
    assert after == ["scheduled", "cancelled", "cancelled" if whole else "scheduled"]


async def test_what_is_no_id_is_no_path(site: Site) -> None:
    """An argument leads nowhere else on the server, and an unknown id is said to be one."""
    assert (await run(site, "show", "../../metrics")).exit_code == 2
    result = await run(site, "show", "0123456789abcdef", **as_operator(site))
    assert (result.exit_code, "There is no such call." in result.output) == (1, True)
