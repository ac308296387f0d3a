"""At the desk: defaults that are kept sealed, the couples of one's calls, and nobody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from server.app import PARTS
from server.secret import Pii, token_hash
from server.tables import calls, therapists
from tests.server.desk.scene import THERAPIST, Practice
from tests.server.scene import assert_problem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.server.scene import Site

DEFAULTS = {
    "duration_minutes": 90,
    "format": "open-talk",
    "turn_seconds": 120,
    "distance": "soft",
    "room_minimum": "clear",
    "reminder_words": "Please bring the letter you wrote.",
}
NOTHING = dict.fromkeys(DEFAULTS)


def couple(one: str, other: str, *, addresses: bool = True) -> list[dict[str, str]]:
    """Two partners by their names, with addresses made of them."""
    people = [{"role": "partner", "name": name} for name in (one, other)]
    if addresses:
        for person in people:
            person["email"] = f"{person['name'].lower()}@example.org"
    return people


async def _schedule(practice: Practice, headers: dict[str, str], **fields: Any) -> dict[str, Any]:
    response = await practice.site.post(headers, **fields)
    assert response.status == 201, await response.text()
    made: dict[str, Any] = await response.json()
    return made


async def _couples(practice: Practice, headers: dict[str, str]) -> list[dict[str, Any]]:
    response = await practice.ask("GET", "/couples", headers)
    assert response.status == 200, await response.text()
    found: list[dict[str, Any]] = (await response.json())["couples"]
    return found


async def test_defaults_are_kept(practice: Practice) -> None:
    """What a therapist's calls begin with comes back as it was written, as a whole each time."""
    headers = await practice.sign_in()
    desk = await (await practice.ask("GET", "", headers)).json()
    assert desk["defaults"] == NOTHING
    written = await practice.ask("PUT", "/defaults", headers, json=DEFAULTS)
    assert written.status == 200
    assert (await written.json())["defaults"] == DEFAULTS
    assert (await (await practice.ask("GET", "", headers)).json())["defaults"] == DEFAULTS
    shorter = await practice.ask("PUT", "/defaults", headers, json={"duration_minutes": 50, "format": None})
    assert (await shorter.json())["defaults"] == {**NOTHING, "duration_minutes": 50}


async def test_defaults_are_sealed(practice: Practice) -> None:
    """A therapist's own words stand nowhere in the clear."""
    headers = await practice.sign_in()
    await practice.ask("PUT", "/defaults", headers, json=DEFAULTS)
    files = b"".join(path.read_bytes() for path in practice.site.folder.glob("*.sqlite3*"))
    assert b"the letter you wrote" not in files


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("duration_minutes", 4),
        ("duration_minutes", "50"),
        ("format", "no-such-format"),
        ("turn_seconds", 1),
        ("distance", "far"),
        ("room_minimum", 3),
        ("reminder_words", "x" * 301),
        ("reminder_words", "two\nlines"),
        ("unknown", 1),
    ],
)
async def test_defaults_that_no_call_could_have_are_refused(
    practice: Practice, field: str, value: Any
) -> None:
    """The field is named, and what was kept before stays."""
    headers = await practice.sign_in()
    await practice.ask("PUT", "/defaults", headers, json=DEFAULTS)
    refused = await practice.ask("PUT", "/defaults", headers, json={field: value})
    await assert_problem(refused, 422, "invalid", f"/{field}")
    assert (await (await practice.ask("GET", "", headers)).json())["defaults"] == DEFAULTS


async def test_a_format_that_was_taken_away_is_left_out(
    practice: Practice,
) -> None:
    """An operator's own format may go; the rest of the defaults stays."""
    headers = await practice.sign_in()
    await practice.ask("PUT", "/defaults", headers, json=DEFAULTS)
    async with practice.parts.database.writing() as connection:
        key = await connection.scalar(select(therapists.c.data_key))
        words = practice.parts.sealer.seal(key, '{"format": "gone", "turn_seconds": 120}')
        await connection.execute(update(therapists).values(defaults=words))
    desk = await (await practice.ask("GET", "", headers)).json()
    assert desk["defaults"] == {**NOTHING, "turn_seconds": 120}


async def test_nobody_sits_at_the_desk_without_signing_in(practice: Practice) -> None:
    """Every address of it needs the session."""
    for method, tail, body in (("GET", "", None), ("GET", "/couples", None), ("PUT", "/defaults", {})):
        response = await practice.ask(method, tail, {}, json=body)
        await assert_problem(response, 401, "unauthorised")


async def test_the_feed_is_that_of_the_therapists_address(practice: Practice) -> None:
    """The calls that a therapist takes part in are found by the feed that the desk tells."""
    headers = await practice.sign_in()
    desk = await (await practice.ask("GET", "", headers)).json()
    people = [*couple("Ada", "Ben"), {"role": "therapist", "name": "Thea", "email": THERAPIST.lower()}]
    call = await _schedule(practice, headers, participants=people)
    secret = desk["feed_url"].rsplit("/", 1)[1].removesuffix(".ics")
    found = await practice.parts.store.in_feed(token_hash(Pii(secret)))
    assert [one.id for one in found] == [call["id"]]


async def test_a_call_from_the_desk_is_the_therapists(practice: Practice) -> None:
    """It can be changed with the session alone, and not with another therapist's."""
    headers = await practice.sign_in()
    call = await _schedule(practice, headers, starts_at="2026-12-06T19:00", timezone="Europe/Berlin")
    changed = await practice.site.client.patch(
        f"/api/v1/calls/{call['id']}", json={"duration_minutes": 60}, headers=headers
    )
    assert changed.status == 200, await changed.text()
    assert (await changed.json())["duration_minutes"] == 60


async def test_couples_are_told_once_the_newest_call_first(practice: Practice) -> None:
    """With the people and the settings of their newest call, whatever the order or case in which they were typed."""
    headers = await practice.sign_in()
    await _schedule(practice, headers, participants=couple("Ada", "Ben"), duration_minutes=50)
    practice.site.clock.move(days=1)
    await _schedule(practice, headers, participants=couple("Cleo", "Dan"))
    practice.site.clock.move(days=1)
    swapped = couple("BEN", "ADA")
    newest = await _schedule(practice, headers, participants=swapped, duration_minutes=80, title="Again")
    found = await _couples(practice, headers)
    assert [[one["name"] for one in each["participants"]] for each in found] == [
        ["BEN", "ADA"],
        ["Cleo", "Dan"],
    ]
    again = found[0]
    assert (again["call_id"], again["duration_minutes"], again["title"]) == (newest["id"], 80, "Again")
    assert again["participants"][0]["email"] == "ben@example.org"


async def test_couples_without_addresses_are_known_by_their_names(practice: Practice) -> None:
    """Twice the same two names is one couple; one other name is another."""
    headers = await practice.sign_in()
    for names in (("Ada", "Ben"), ("ben", "ada"), ("Ada", "Cleo")):
        await _schedule(practice, headers, participants=couple(*names, addresses=False))
        practice.site.clock.move(hours=1)
    found = await _couples(practice, headers)
    assert [[one["name"] for one in each["participants"]] for each in found] == [
        ["Ada", "Cleo"],
        ["ben", "ada"],
    ]


async def test_no_other_desks_couples_are_told(open_site: Callable[..., Awaitable[Site]]) -> None:
    """Nor those of calls that were scheduled without a desk, nor what is erased."""
    site = await open_site(therapists=(THERAPIST, "Otto@practice.example"))
    practice = Practice(site, site.client.app[PARTS])
    thea, otto = await practice.sign_in(), await practice.sign_in("otto@practice.example")
    mine = await _schedule(practice, thea, participants=couple("Ada", "Ben"))
    await _schedule(practice, otto, participants=couple("Cleo", "Dan"))
    await site.call(participants=couple("Eve", "Finn"))
    assert [one["call_id"] for one in await _couples(practice, thea)] == [mine["id"]]
    async with practice.parts.database.writing() as connection:
        await connection.execute(update(calls).values(erased_at=site.clock()))
    assert await _couples(practice, thea) == []
