"""Calendars' replies over HTTP: whose they may be, what they do, and that nothing happens when they are refused."""

from __future__ import annotations

import io
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from server import app as application
from server.app import PARTS
from tests.server.calendar.test_replies import reply
from tests.server.scene import assert_problem, token_of
from tests.server.scheduling.letters import ADA, BEN, answers, letters, seen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from aiohttp import ClientResponse

    from server.store import CallStore, Change
    from tests.server.scene import Site

ONCE = {"starts_at": "2026-12-06T19:00", "timezone": "Europe/Berlin", "participants": [ADA, BEN]}
WEEKLY = {**ONCE, "recurrence": {"count": 4}}
STAMP = "DTSTAMP:20261124T120000Z"


def uid_of(call: dict[str, Any]) -> str:
    """Return the line with the UID that a call's entry has."""
    return f"UID:{call['series']['id'] if call['series'] else call['id']}@holdspace"


def says(
    call: dict[str, Any], partstat: str, *more: str, address: str = "ada@example.org", **lines: str
) -> bytes:
    """Return what somebody's calendar answers to the first version of a call."""
    attendee = f"ATTENDEE;PARTSTAT={partstat}:mailto:{address}"
    known = {"UID": uid_of(call), "SEQUENCE": "SEQUENCE:0", "DTSTAMP": STAMP, "ATTENDEE": attendee}
    return reply(*more, **{**known, **lines})


async def hand_on(
    site: Site, data: bytes | io.BytesIO, token: str | None, content_type: str = "text/calendar; method=REPLY"
) -> ClientResponse:
    """Post a reply."""
    headers = {"Content-Type": content_type}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return await site.client.post("/api/v1/calendar-replies", data=data, headers=headers)


async def test_an_invitation_answers_for_its_own_person(site: Site) -> None:
    """The answer counts as one on the page does, and the call is shown as that person sees it."""
    call = await site.call(**ONCE)
    response = await hand_on(site, says(call, "ACCEPTED"), token_of(call))
    assert response.status == 200, await response.text()
    shown = await response.json()
    assert answers(shown) == ["accepted", "needs-action"]
    assert shown["you"] == call["participants"][0]["id"]
    await assert_problem(await hand_on(site, says(call, "ACCEPTED"), token_of(call, 1)), 403, "forbidden")
    assert answers(await seen(site, call)) == ["accepted", "needs-action"]


async def test_who_has_no_address_answers_by_any(site: Site) -> None:
    """There is nothing to compare ATTENDEE with; the invitation says who it is."""
    call = await site.call(**{**ONCE, "participants": [{"role": "partner", "name": "Ada"}, BEN]})
    response = await hand_on(site, says(call, "DECLINED", address="whoever@example.org"), token_of(call))
    assert answers(await response.json()) == ["declined", "needs-action"]


@pytest.mark.parametrize("who", ["manage token", "organizer key"])
async def test_the_organizer_hands_on_anybodys_answer(
    open_site: Callable[..., Awaitable[Site]], who: str
) -> None:
    """A mailbox's keeper posts what arrives there; ATTENDEE says whose it is, in whatever case."""
    site = await open_site(organizer_key="open sesame")
    response = await site.post({"Authorization": "Bearer open sesame"}, **ONCE)
    call = await response.json()
    token = call["manage_token"] if who == "manage token" else "open sesame"
    taken = await hand_on(site, says(call, "TENTATIVE", address="BEN@example.org"), token)
    assert answers(await taken.json()) == ["needs-action", "tentative"]
    stranger = await hand_on(site, says(call, "TENTATIVE", address="eve@example.org"), token)
    body = await assert_problem(stranger, 422, "reply-invalid")
    assert "ATTENDEE" in body["detail"]


async def test_a_call_that_is_not_ones_own_is_like_one_that_is_not_there(site: Site) -> None:
    """Nobody learns from the answer whether a UID exists."""
    call, other = await site.call(**ONCE), await site.call(**ONCE)
    strange = [
        await hand_on(site, says(call, "ACCEPTED"), token_of(other)),
        await hand_on(site, says(call, "ACCEPTED"), other["manage_token"]),
        await hand_on(site, says(call, "ACCEPTED"), "no token at all"),
        await hand_on(site, says(call, "ACCEPTED", UID="UID:0123456789abcdef@holdspace"), token_of(call)),
        await hand_on(site, says(call, "ACCEPTED", UID="UID:meeting@example.org"), call["manage_token"]),
        await hand_on(site, says(call, "ACCEPTED", UID=f"UID:{call['id']}"), token_of(call)),
    ]
    told = [await assert_problem(response, 404, "call-unknown") for response in strange]
    assert all(body == told[0] for body in told)
    await assert_problem(await hand_on(site, says(call, "ACCEPTED"), None), 401, "unauthorised")
    assert answers(await seen(site, call)) == ["needs-action", "needs-action"]


async def test_a_reply_to_an_earlier_version_is_outdated(site: Site) -> None:
    """The call was moved since: a yes to the old time is no yes to the new one (RFC 5546, 2.1.5)."""
    call = await site.call(**ONCE)
    await site.ask("PATCH", call, call["manage_token"], json={"starts_at": "2026-12-07T19:00"})
    await assert_problem(await hand_on(site, says(call, "ACCEPTED"), token_of(call)), 409, "reply-outdated")
    newer = says(call, "ACCEPTED", SEQUENCE="SEQUENCE:1")
    assert answers(await (await hand_on(site, newer, token_of(call))).json()) == ["accepted", "needs-action"]


@pytest.mark.parametrize(("wish", "moved"), [(ONCE, 0), (WEEKLY, 0), (WEEKLY, 2)])
async def test_no_reply_slips_in_beside_a_change(
    site: Site, monkeypatch: pytest.MonkeyPatch, wish: dict[str, Any], moved: int
) -> None:
    """The call, or a later one that the reply reaches, is moved just before the reply is written: it is outdated all the same."""
    call = await site.call(**wish)
    changed = call if call["series"] is None else {**call, "id": call["series"]["calls"][moved]["id"]}
    store: CallStore = site.client.app[PARTS].store  # type: ignore[union-attr]
    changing = store.changing

    @asynccontextmanager
    async def after_another(call_id: str) -> AsyncIterator[Change]:
        monkeypatch.setattr(store, "changing", changing)
        day = f"2026-12-{6 + 7 * moved:02}"
        await site.ask("PATCH", changed, call["manage_token"], json={"starts_at": f"{day}T20:00"})
        async with changing(call_id) as change:
            yield change

    monkeypatch.setattr(store, "changing", after_another)
    await assert_problem(await hand_on(site, says(call, "ACCEPTED"), token_of(call)), 409, "reply-outdated")
    assert (await seen(site, changed))["starts_at"].startswith(f"2026-12-{6 + 7 * moved:02}T20:00")
    assert answers(await seen(site, call)) == ["needs-action", "needs-action"]


async def test_of_two_replies_the_later_one_counts(site: Site) -> None:
    """By DTSTAMP, not by arrival: mail may overtake mail."""
    call = await site.call(**ONCE)
    late = says(call, "DECLINED", DTSTAMP="DTSTAMP:20261124T115500Z")
    assert (await hand_on(site, late, token_of(call))).status == 200
    early = says(call, "ACCEPTED", DTSTAMP="DTSTAMP:20261124T115000Z")
    await assert_problem(await hand_on(site, early, token_of(call)), 409, "reply-outdated")
    assert answers(await seen(site, call)) == ["declined", "needs-action"]


async def test_a_clock_that_is_ahead_shuts_nobody_out(site: Site) -> None:
    """A reply from the future counts as one of now; the next one counts again."""
    call = await site.call(**ONCE)
    ahead = says(call, "DECLINED", DTSTAMP="DTSTAMP:29990101T000000Z")
    assert (await hand_on(site, ahead, token_of(call))).status == 200
    site.clock.move(minutes=1)
    after = says(call, "ACCEPTED", DTSTAMP="DTSTAMP:20261124T120100Z")
    assert answers(await (await hand_on(site, after, token_of(call))).json()) == ["accepted", "needs-action"]


async def _answered(site: Site, call: dict[str, Any]) -> list[str]:
    """What Ada answered to each call of a series."""
    shown = [await seen(site, {**call, "id": one["id"]}) for one in call["series"]["calls"]]
    return [answers(one)[0] for one in shown]


async def test_a_series_is_answered_as_a_whole_or_one_by_one(site: Site) -> None:
    """Without RECURRENCE-ID all that are to come; with it that one; with RANGE it and the later ones."""
    call = await site.call(**WEEKLY)
    assert (await hand_on(site, says(call, "ACCEPTED"), token_of(call))).status == 200
    assert await _answered(site, call) == ["accepted"] * 4
    site.clock.move(minutes=1)
    one = says(
        call,
        "DECLINED",
        "RECURRENCE-ID;TZID=Europe/Berlin:20261213T190000",
        DTSTAMP="DTSTAMP:20261124T120100Z",
    )
    assert (await hand_on(site, one, token_of(call))).status == 200
    assert await _answered(site, call) == ["accepted", "declined", "accepted", "accepted"]
    site.clock.move(minutes=1)
    later = says(
        call,
        "TENTATIVE",
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20261220T180000Z",
        DTSTAMP="DTSTAMP:20261124T120200Z",
    )
    assert (await hand_on(site, later, token_of(call))).status == 200
    assert await _answered(site, call) == ["accepted", "declined", "tentative", "tentative"]
    strange = says(call, "DECLINED", "RECURRENCE-ID:20261221T180000Z")
    body = await assert_problem(await hand_on(site, strange, token_of(call)), 422, "reply-invalid")
    assert "RECURRENCE-ID" in body["detail"]


async def test_a_moved_call_of_a_series_needs_an_answer_of_its_own(site: Site) -> None:
    """A yes to the series as it was is no yes to a time that came since; the call's own newer entry is answered."""
    call = await site.call(**WEEKLY)
    second = {**call, "id": call["series"]["calls"][1]["id"]}
    await site.ask("PATCH", second, call["manage_token"], json={"starts_at": "2026-12-14T19:00"})
    await assert_problem(await hand_on(site, says(call, "ACCEPTED"), token_of(call)), 409, "reply-outdated")
    moved = says(call, "ACCEPTED", "RECURRENCE-ID;TZID=Europe/Berlin:20261213T190000", SEQUENCE="SEQUENCE:1")
    assert (await hand_on(site, moved, token_of(call))).status == 200
    assert await _answered(site, call) == ["needs-action", "accepted", "needs-action", "needs-action"]


async def test_an_answer_to_the_later_ones_is_none_to_a_time_that_came_since(site: Site) -> None:
    """RANGE reaches a call that was moved after the reply was written: that one has to be answered by itself."""
    call = await site.call(**WEEKLY)
    third = {**call, "id": call["series"]["calls"][2]["id"]}
    await site.ask("PATCH", third, call["manage_token"], json={"starts_at": "2026-12-21T19:00"})
    later = says(call, "ACCEPTED", "RECURRENCE-ID;RANGE=THISANDFUTURE:20261213T180000Z")
    await assert_problem(await hand_on(site, later, token_of(call)), 409, "reply-outdated")
    assert await _answered(site, call) == ["needs-action"] * 4


async def test_an_older_answer_to_all_leaves_a_newer_one_to_one_call(site: Site) -> None:
    """Mail may overtake mail here, too: whoever has said no to one call is not made to come by an earlier yes to all."""
    call = await site.call(**WEEKLY)
    site.clock.move(minutes=2)
    stamp, one = "DTSTAMP:20261124T120100Z", "RECURRENCE-ID:20261213T180000Z"
    assert (await hand_on(site, says(call, "DECLINED", one, DTSTAMP=stamp), token_of(call))).status == 200
    assert (await hand_on(site, says(call, "ACCEPTED"), token_of(call))).status == 200
    assert await _answered(site, call) == ["accepted", "declined", "accepted", "accepted"]


async def test_a_call_that_is_off_takes_no_answer(site: Site) -> None:
    """Cancelled, whatever SEQUENCE the reply claims."""
    call = await site.call(**ONCE)
    await site.ask("DELETE", call, call["manage_token"])
    newer = says(call, "ACCEPTED", SEQUENCE="SEQUENCE:7")
    await assert_problem(await hand_on(site, newer, token_of(call)), 409, "call-cancelled")


async def test_what_is_no_reply_changes_nothing_and_sends_nothing(site: Site) -> None:
    """Each refused with a problem, by an organizer who might; nothing is stored, nobody is written to."""
    call = await site.call(**ONCE)
    before = await letters(site)
    event = says(call, "DECLINED").split(b"BEGIN:VEVENT")[1].split(b"END:VEVENT")[0]
    bomb = says(call, "DECLINED").replace(event, event + b"END:VEVENT\r\nBEGIN:VEVENT" + event, 1) * 3
    token = token_of(call)
    for data in (
        b"",
        b"garbage",
        bomb,
        says(call, "DECLINED", "ATTENDEE;PARTSTAT=DECLINED:mailto:ben@example.org"),
    ):
        await assert_problem(await hand_on(site, data, token), 422, "reply-invalid")
    body = await assert_problem(
        await hand_on(site, says(call, "DECLINED").replace(b":REPLY", b":COUNTER"), token),
        422,
        "reply-invalid",
    )
    assert "propose another time" in body["detail"]
    await assert_problem(await hand_on(site, io.BytesIO(b"x" * 10_000_000), token), 413, "too-large")
    await assert_problem(
        await hand_on(site, says(call, "DECLINED"), token, "application/json"), 415, "unsupported-media-type"
    )
    assert answers(await seen(site, call)) == ["needs-action", "needs-action"]
    assert await letters(site) == before


async def test_answers_by_calendar_are_counted_as_those_on_the_page(
    open_site: Callable[..., Awaitable[Site]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each can be a letter to the others: an address has only so many in an hour. What the operator hands on is not counted."""
    monkeypatch.setattr(application, "CHANGES_PER_HOUR", 2)
    site = await open_site(organizer_key="key")
    call = await site.call(**ONCE, headers={"Authorization": "Bearer key"})
    site.clock.move(minutes=5)
    replies = [
        says(call, partstat, DTSTAMP=f"DTSTAMP:20261124T1200{second}Z")
        for second, partstat in ((10, "ACCEPTED"), (11, "DECLINED"), (12, "ACCEPTED"))
    ]
    for data in replies[:2]:
        assert (await hand_on(site, data, token_of(call))).status == 200
    await assert_problem(await hand_on(site, replies[2], token_of(call)), 429, "too-many")
    assert (await hand_on(site, replies[2], "key")).status == 200
