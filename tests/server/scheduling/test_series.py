"""A series of calls: made at once, answered at once, one skipped, one moved, and ended early."""

from __future__ import annotations

from datetime import datetime
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from server.app import PARTS
from tests.server.scene import CALLS, assert_problem, token_of
from tests.server.scheduling.letters import THREE, answers, letters, rows, seen

if TYPE_CHECKING:
    from tests.server.scene import Site

WEEKLY = {
    "starts_at": "2026-12-06T19:00",
    "timezone": "Europe/Berlin",
    "recurrence": {"count": 4},
    "participants": THREE,
}


async def _series(site: Site, **more: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Schedule a series; the answer, and its calls as requests name them."""
    made = await site.call(**{**WEEKLY, **more})
    secrets = {"manage_token": made["manage_token"]}
    calls = [{**one, **secrets} for one in made["series"]["calls"]]
    return made, calls


async def test_a_series_is_all_its_calls(site: Site) -> None:
    """Each call is one of its own, at the same local time across daylight saving, with the same people and links."""
    made, calls = await _series(site, recurrence={"until": "2027-04-04"})
    starts = [datetime.fromisoformat(one["starts_at"]) for one in calls]
    assert len(starts) == 18
    assert {(at.hour, at.weekday()) for at in starts} == {(19, 6)}
    assert {at.utcoffset() for at in starts} == {
        at.astimezone(ZoneInfo("Europe/Berlin")).utcoffset() for at in (starts[0], starts[-1])
    }
    assert [one["starts_at"] for one in calls] == [one["occurrence_at"] for one in calls]
    assert made["id"] == calls[0]["id"]
    last = await (await site.ask("GET", calls[-1], token_of(made, 1))).json()
    assert last["series"] == made["series"]
    assert last["you"] in {person["id"] for person in last["participants"]}
    assert last["you"] not in {person["id"] for person in made["participants"]}


async def test_a_series_invites_once(site: Site) -> None:
    """One letter for each person, not one for each call."""
    await _series(site)
    assert await letters(site) == [("invitation", place) for place in range(3)]


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"recurrence": {}}, "/recurrence"),
        ({"recurrence": {"count": 3, "until": "2027-01-01"}}, "/recurrence"),
        ({"recurrence": {"count": 1}}, "/recurrence/count"),
        ({"recurrence": {"count": 105}}, "/recurrence/count"),
        ({"recurrence": {"count": 104, "interval": 2}}, "/recurrence/count"),
        ({"recurrence": {"until": "2029-01-01"}}, "/recurrence/until"),
        ({"recurrence": {"until": "2026-12-07"}}, "/recurrence/until"),
        ({"recurrence": {"until": "soon"}}, "/recurrence/until"),
        ({"recurrence": {"count": 3, "frequency": "hourly"}}, "/recurrence/frequency"),
        ({"recurrence": {"count": 3, "interval": 0}}, "/recurrence/interval"),
        ({"recurrence": {"count": 3, "byday": "MO"}}, "/recurrence/byday"),
        ({"recurrence": "FREQ=WEEKLY"}, "/recurrence"),
        ({"starts_at": None}, "/starts_at"),
        ({"starts_at": "2026-12-06T19:00:00+01:00"}, "/starts_at"),
        ({"timezone": None}, "/starts_at"),
        ({"starts_at": "2026-11-22T19:00"}, "/starts_at"),
        ({"starts_at": "2027-03-21T02:30"}, "/starts_at"),
        ({"starts_at": "2027-10-24T02:30"}, "/starts_at"),
    ],
)
async def test_a_series_that_can_not_be_is_refused(site: Site, wish: dict[str, Any], pointer: str) -> None:
    """Without an end, beyond two years, at a time that clocks skip or show twice: nothing is stored, nobody is told."""
    before = await rows(site)
    response = await site.post(**{**WEEKLY, **wish})
    await assert_problem(response, 422, "invalid", pointer)
    assert await rows(site) == before


@pytest.mark.parametrize("starts_at", ["2027-10-31T02:30", "2027-03-28T02:30"])
async def test_a_first_time_that_is_unclear_asks_for_another_one(site: Site, starts_at: str) -> None:
    """Not for an offset, which a series would not take."""
    wish = {**WEEKLY, "starts_at": starts_at, "timezone": "Europe/Berlin"}
    refused = await assert_problem(await site.post(**wish), 422, "invalid", "/starts_at")
    assert "Choose another one" in refused["errors"][0]["detail"]


async def test_an_answer_is_for_this_and_the_later_ones(site: Site) -> None:
    """Unless it says `this`; earlier ones keep what was answered before."""
    made, calls = await _series(site)
    for call, answer, more in ((calls[1], "accepted", {}), (calls[2], "declined", {"scope": "this"})):
        body = {"answer": answer, **more}
        response = await site.ask("POST", call, token_of(made, 0), "/rsvp", json=body)
        assert response.status == 200
    said = [answers(await seen(site, call))[0] for call in calls]
    assert said == ["needs-action", "accepted", "declined", "accepted"]
    assert await letters(site, "declined") == [("declined", 1), ("declined", 2)]


async def test_one_is_skipped(site: Site) -> None:
    """The others take place, and the rule stays: it is an exception."""
    made, calls = await _series(site)
    response = await site.ask("DELETE", calls[1], made["manage_token"])
    told = (await response.json())["series"]
    assert [one["status"] for one in told["calls"]] == ["scheduled", "cancelled", "scheduled", "scheduled"]
    assert told["rule"] == made["series"]["rule"]
    assert await letters(site, "cancelled") == [("cancelled", place) for place in range(3)]


async def test_one_is_moved(site: Site) -> None:
    """It keeps the time it was to have, and only it is asked about again."""
    made, calls = await _series(site)
    for place in range(2):
        await site.answer(made, place, "accepted")
    moved = await site.ask("PATCH", calls[2], made["manage_token"], json={"starts_at": "2026-12-21T20:00"})
    told = (await moved.json())["series"]["calls"][2]
    assert (told["starts_at"], told["occurrence_at"]) == (
        "2026-12-21T20:00:00+01:00",
        "2026-12-20T19:00:00+01:00",
    )
    assert [(await seen(site, call))["agreed"] for call in calls] == [True, True, False, True]
    assert len(await letters(site, "changed")) == 3


async def test_the_series_never_tells_less_than_its_calls(site: Site) -> None:
    """Every change raises SEQUENCE above all that was told before, of whichever call."""
    made, calls = await _series(site)
    store = site.client.app[PARTS].store  # type: ignore[union-attr]
    for number, title in enumerate(("one", "two", "three"), 1):
        call = calls[number % 2]
        changed = await site.ask("PATCH", call, made["manage_token"], json={"title": title})
        assert (await changed.json())["sequence"] == number
        stored = await store.get(call["id"])
        assert stored.series.sequence == number


async def test_the_series_ends_early(site: Site) -> None:
    """From that call on nothing takes place any more, the rule says so, and one letter tells it; earlier calls stay."""
    made, calls = await _series(site)
    for _ in range(2):
        response = await site.ask("DELETE", calls[2], made["manage_token"], "?scope=series")
        assert response.status == 200
        told = (await response.json())["series"]
        assert [one["status"] for one in told["calls"]] == [
            "scheduled",
            "scheduled",
            "cancelled",
            "cancelled",
        ]
        assert told["rule"] == "FREQ=WEEKLY;UNTIL=20261213T180000Z"
    assert await letters(site, "series-ended") == [("series-ended", place) for place in range(3)]
    ended = [(await seen(site, call))["sequence"] for call in calls]
    assert ended == [0, 0, 1, 1]


async def test_the_whole_series_is_called_off(site: Site) -> None:
    """Ended from its first call on, nothing of it is left."""
    made, calls = await _series(site)
    await site.ask("DELETE", calls[0], made["manage_token"], "?scope=series")
    assert {(await seen(site, call))["status"] for call in calls} == {"cancelled"}


async def test_a_series_that_goes_on_keeps_what_was(site: Site) -> None:
    """What is over is no longer ended from there on; what lies ahead is."""
    made, calls = await _series(site)
    site.clock.now = datetime.fromisoformat("2026-12-14T12:00:00+00:00")
    over = await site.ask("DELETE", calls[1], made["manage_token"], "?scope=series")
    await assert_problem(over, 409, "call-over")
    assert (await site.ask("DELETE", calls[2], made["manage_token"], "?scope=series")).status == 200
    assert [(await seen(site, call))["status"] for call in calls] == [
        "ended",
        "ended",
        "cancelled",
        "cancelled",
    ]


async def test_a_scope_that_there_is_not(site: Site) -> None:
    """A misspelt scope cancels nothing."""
    made, calls = await _series(site)
    refused = await site.ask("DELETE", calls[0], made["manage_token"], "?scope=all")
    await assert_problem(refused, 400, "invalid-query")
    assert (await seen(site, calls[0]))["status"] == "scheduled"


async def test_a_call_that_nobody_ended_gives_way_to_the_next_one(site: Site) -> None:
    """People close their pages: a link leads back into a call that runs over, but not past the next day's."""
    daily = {"frequency": "daily", "count": 5}
    made = await site.call(starts_at="2026-11-25T19:00", timezone="Europe/Berlin", recurrence=daily)
    site.clock.now = datetime.fromisoformat("2026-11-25T18:00:00+00:00")
    await site.client.app[PARTS].door.began(made["id"])  # type: ignore[union-attr]

    async def leads_to() -> str:
        opened = await site.client.get(f"/i/{token_of(made)}", allow_redirects=False)
        return opened.headers["Location"].split("/")[2].partition("?")[0]

    today, tomorrow, *_ = (one["id"] for one in made["series"]["calls"])
    site.clock.move(hours=2)
    assert await leads_to() == today
    for hours in (21.9, 0.5):
        site.clock.move(hours=hours)
        assert await leads_to() == tomorrow


@pytest.mark.parametrize(("way", "tail"), [("i", "?as="), ("m", "/manage")])
async def test_a_link_leads_to_the_next_call(site: Site, way: str, tail: str) -> None:
    """One link for the whole series; its cookie is good for every call of it, and it leads to the last one when all are over."""
    made, calls = await _series(site)
    token = token_of(made) if way == "i" else made["manage_token"]
    for day, place in (("2026-12-01", 0), ("2026-12-14", 2), ("2026-12-27", 3)):
        site.clock.now = datetime.fromisoformat(f"{day}T12:00:00+00:00")
        response = await site.client.get(f"/{way}/{token}", allow_redirects=False)
        assert response.headers["Location"].startswith(f"/calls/{calls[place]['id']}{tail}")
        series_id = made["series"]["id"]
        name = f"holdspace_{series_id}_0" if way == "i" else f"holdspace_manage_{series_id}"
        (line,) = response.headers.getall("Set-Cookie")
        morsel = SimpleCookie(line)[name]
        assert (morsel["path"], morsel.value, morsel["samesite"]) == ("/", token, "Strict")
    for call in calls:
        answer = await site.client.get(f"{CALLS}/{call['id']}", headers={"Cookie": f"{name}={token}"})
        assert answer.status == 200
    site.clock.now = datetime.fromisoformat("2027-01-01T12:00:00+00:00")
    led = await site.client.get(f"/{way}/{token}", allow_redirects=False)
    assert led.headers["Location"].startswith(f"/calls/{calls[-1]['id']}{tail}")


async def test_a_letters_link_leads_to_the_call_it_is_about(site: Site) -> None:
    """While that one is to come; afterwards, or for a call of somebody else, the link leads to the next one as ever."""
    made, calls = await _series(site)
    stranger = await site.call(starts_at="2026-12-25T12:00:00Z")

    async def leads_to(meant: str) -> str:
        opened = await site.client.get(f"/i/{token_of(made)}?call={meant}", allow_redirects=False)
        return opened.headers["Location"].split("/")[2].partition("?")[0]

    first, second, third, fourth = (one["id"] for one in calls)
    assert await leads_to(third) == third
    assert [await leads_to(stranger["id"]), await leads_to("")] == [first, first]
    await site.ask("DELETE", calls[2], made["manage_token"])
    assert await leads_to(third) == first
    site.clock.now = datetime.fromisoformat("2026-12-08T12:00:00+00:00")
    assert [await leads_to(first), await leads_to(fourth)] == [second, fourth]
