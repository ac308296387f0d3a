"""Which formats a call can have: the server's own and the operator's, as the API and its document say."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest

from media.formats.folders import shipped
from tests.server.scene import CALLS, assert_problem, token_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.server.scene import Site

OWN = 'title = "Our own"\nsentence = "As we like it."\nfloor = "turns"\nturn_seconds = 240\n'
THERAPIST = {"role": "therapist", "name": "Tess"}
SCHEDULED = [name for name in shipped() if name != "closing"]


@pytest.fixture
async def own_site(tmp_path: Path, open_site: Callable[..., Awaitable[Site]]) -> Site:
    """Return a server with a format of the operator's."""
    folder = tmp_path / "formats"
    folder.mkdir()
    (folder / "our-own.toml").write_text(OWN)
    return await open_site(formats_dir=folder)


async def _field(site: Site, model: str) -> dict[str, Any]:
    document = await (await site.client.get("/api/v1/openapi.json")).json()
    found: dict[str, Any] = document["components"]["schemas"][model]["properties"]["format"]
    return found


async def test_a_call_has_the_turns_that_are_usual_in_its_format(own_site: Site) -> None:
    """Without a length the format's own holds, also for an operator's format; with one, that."""
    own = await own_site.call(format="our-own")
    assert (own["format"], own["turn_seconds"]) == ("our-own", 240)
    assert (await own_site.call(format="zwiegespraech"))["turn_seconds"] == 900
    assert (await own_site.call(format="our-own", turn_seconds=60))["turn_seconds"] == 60
    assert (await own_site.call())["format"] == "timed-turns"


async def test_only_what_this_server_knows_can_be_chosen(site: Site, own_site: Site) -> None:
    """An unknown format is refused at its field with the names that there are, on POST and on PATCH."""
    for server, names in ((site, SCHEDULED), (own_site, [*SCHEDULED, "our-own"])):
        body = await assert_problem(await server.post(format="tango"), 422, "invalid", "/format")
        assert body["errors"][0]["detail"] == f"Must be one of {', '.join(names)}."
        call = await server.call()
        changed = await server.ask("PATCH", call, call["manage_token"], json={"format": "tango"})
        await assert_problem(changed, 422, "invalid", "/format")
    await assert_problem(await site.post(format="our-own"), 422, "invalid", "/format")


async def test_no_call_begins_with_its_closing(site: Site) -> None:
    """The closing is proposed in a call, when it is time."""
    await assert_problem(await site.post(format="closing"), 422, "invalid", "/format")


async def test_a_shuttle_needs_a_therapist(site: Site) -> None:
    """Two alone would neither hear nor see each other; refused on POST and on PATCH, and fine with a therapist."""
    body = await assert_problem(await site.post(format="shuttle"), 422, "invalid", "/format")
    assert body["errors"][0]["detail"].startswith("This format needs a therapist")
    two = await site.call()
    changed = await site.ask("PATCH", two, two["manage_token"], json={"format": "shuttle"})
    await assert_problem(changed, 422, "invalid", "/format")
    three = await site.call(participants=[*site.people, THERAPIST])
    changed = await site.ask("PATCH", three, three["manage_token"], json={"format": "shuttle"})
    assert (await changed.json())["format"] == "shuttle"


async def test_the_document_lists_the_names(own_site: Site) -> None:
    """OpenAPI names what can be chosen here, for a new call and for a change."""
    names = [*SCHEDULED, "our-own"]
    assert (await _field(own_site, "NewCall"))["enum"] == names
    kinds = (await _field(own_site, "CallChange"))["anyOf"]
    assert [kind.get("enum") for kind in kinds] == [names, None]


async def test_a_call_outlives_its_format(
    tmp_path: Path, own_site: Site, open_site: Callable[..., Awaitable[Site]]
) -> None:
    """Its operator took the format away: people still come in, and talk in timed turns."""
    call = await own_site.call(format="our-own")
    await own_site.client.close()
    site = await open_site(data_dir=tmp_path)
    headers = {"Authorization": f"Bearer {token_of(call)}"}
    address = f"{CALLS}/{call['id']}/signaling"
    async with (
        asyncio.timeout(5),
        site.client.ws_connect(address, headers=headers, protocols=("holdspace.v1",)) as line,
    ):
        await line.send_json({"id": 1, "type": "join"})
        welcome = await line.receive_json()
    assert (welcome["type"], welcome["call"]["format"]) == ("welcome", "timed-turns")


COURSE = """\
title = "Our course"
sentence = "As we like it."
floor = "course"
[[rounds]]
[[rounds.phases]]
name = "first-words"
title = "First words"
floor = "turn"
speaker = "first"
to_speaker = "Begin gently."
"""


async def test_an_operators_format_is_followed(
    tmp_path: Path, open_site: Callable[..., Awaitable[Site]]
) -> None:
    """From the file to the wire: both are ready, and the first phase begins with its words."""
    folder = tmp_path / "formats"
    folder.mkdir()
    (folder / "our-course.toml").write_text(COURSE)
    site = await open_site(formats_dir=folder)
    call = await site.call(format="our-course")
    async with asyncio.timeout(10), AsyncExitStack() as lines:
        for place in (0, 1):
            headers = {"Authorization": f"Bearer {token_of(call, place)}"}
            address = f"{CALLS}/{call['id']}/signaling"
            joined = site.client.ws_connect(address, headers=headers, protocols=("holdspace.v1",))
            line = await lines.enter_async_context(joined)
            await line.send_json({"type": "join"})
            await line.send_json({"type": "ready", "ready": True})
        course = None
        while not (course and course["started_at"]):
            message = await line.receive_json()
            course = message["floor"]["course"] if message["type"] == "conversation" else None
    assert (course["phase"], course["title"], course["to_speaker"]) == (
        "first-words", "First words", "Begin gently.",
    )  # fmt: skip
    assert course["speaker"] == call["participants"][0]["id"]


async def test_the_pages_tell_of_it(own_site: Site) -> None:
    """The operator's format is on the list, has a page, and can be chosen; an unknown one has a plain page that says so."""
    for address in ("/", "/formats", "/formats/our-own"):
        assert "Our own" in await (await own_site.client.get(address)).text()
    missing = await own_site.client.get("/formats/tango", headers={"Accept": "text/html"})
    assert (missing.status, "There is no such page" in await missing.text()) == (404, True)
