"""A call after it was scheduled: who may see, change and cancel it, and how its status follows."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import WSMsgType
from icalendar import Calendar

from server.app import PARTS
from server.housekeeping import Housekeeping
from tests.server.calendar.test_reply_api import hand_on, says
from tests.server.scene import CALLS, PUBLIC_URL, assert_problem, token_of

if TYPE_CHECKING:
    from tests.server.scene import Site

LATER = {"starts_at": "2026-12-06T19:00", "timezone": "Europe/Berlin"}


async def _status(site: Site, call: dict[str, Any]) -> str:
    answer = await (await site.ask("GET", call, call["manage_token"])).json()
    status: str = answer["status"]
    return status


async def test_participants_and_organizer_see_the_call(site: Site) -> None:
    """Both may look; neither is told e-mail addresses or links."""
    people = [
        {"role": "partner", "name": "Ada", "email": "ada@example.org"},
        {"role": "partner", "name": "Ben"},
    ]
    call = await site.call(participants=people)
    for token in (token_of(call, 0), token_of(call, 1), call["manage_token"]):
        response = await site.ask("GET", call, token)
        assert response.status == 200
        answer = await response.json()
        assert [[one[name] for name in ("id", "role", "name", "rsvp")] for one in answer["participants"]] == [
            [one[name] for name in ("id", "role", "name", "rsvp")] for one in call["participants"]
        ]
        assert "ada@example.org" not in await response.text()


async def test_only_the_organizer_learns_who_gets_letters(site: Site) -> None:
    """Whether somebody has an address is the organizer's business; everyone is told who they are themselves."""
    people = [{**site.people[0], "email": "ada@example.org"}, site.people[1]]
    call = await site.call(participants=people)
    for token, you, known in (
        (call["manage_token"], None, [True, False]),
        (token_of(call, 1), call["participants"][1]["id"], [None, None]),
    ):
        answer = await (await site.ask("GET", call, token)).json()
        assert answer["you"] == you
        assert [one["has_email"] for one in answer["participants"]] == known


@pytest.mark.parametrize("token", ["", "x", "ü" * 10, "x" * 5000])
async def test_a_wrong_token_sees_nothing(site: Site, token: str) -> None:
    """Without a right token the answer is `unauthorised`; another call's token is a wrong one."""
    call, other = await site.call(), await site.call()
    await assert_problem(await site.ask("GET", call, token), 401, "unauthorised")
    for others in (token_of(other), other["manage_token"]):
        await assert_problem(await site.ask("GET", call, others), 401, "unauthorised")
    await assert_problem(await site.ask("GET", {"id": "nowhere"}, token), 404, "call-unknown")


async def test_only_the_organizer_changes_a_call(site: Site) -> None:
    """A participant lacks the right to change or to cancel, and nothing changes."""
    call = await site.call(**LATER)
    changed = await site.ask("PATCH", call, token_of(call), json={"title": "Mine"})
    await assert_problem(changed, 403, "forbidden")
    await assert_problem(await site.ask("DELETE", call, token_of(call)), 403, "forbidden")
    shown = await (await site.ask("GET", call, token_of(call))).json()
    assert (shown["title"], shown["status"]) == ("A talk", "scheduled")


async def test_a_change_changes_what_it_names(site: Site) -> None:
    """Fields that are left out stay; a local time is meant in the call's own zone."""
    call = await site.call(**LATER)
    wish = {"title": "Sunday", "starts_at": "2026-12-07T20:00", "turn_seconds": 60, "format": "open-talk"}
    wish |= {"distance": "soft", "room_minimum": "veiled"}
    response = await site.ask("PATCH", call, call["manage_token"], json=wish)
    assert response.status == 200
    assert await response.json() == {
        **call_shown(call),
        **wish,
        "starts_at": "2026-12-07T20:00:00+01:00",
        "sequence": 1,
    }


def call_shown(call: dict[str, Any]) -> dict[str, Any]:
    """Return what later answers show of the first one."""
    people = [{k: v for k, v in one.items() if k != "invitation_url"} for one in call["participants"]]
    shown = {k: v for k, v in call.items() if not k.startswith("manage_")}
    return {**shown, "participants": people, "occupied": False, "you": None, "proposals": []}


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"timezone": "Europe/Paris"}, "/timezone"),
        ({"starts_at": "2026-12-07T20:00", "timezone": "Mars/Olympus"}, "/timezone"),
        ({"starts_at": "2020-01-01T00:00:00Z"}, "/starts_at"),
        ({"title": "a\nb"}, "/title"),
        ({"status": "ended"}, "/status"),
        ({"participants": []}, "/participants"),
        ({"duration_minutes": 0}, "/duration_minutes"),
        ({"distance": "blurred"}, "/distance"),
    ],
)
async def test_a_bad_change_changes_nothing(site: Site, wish: dict[str, Any], pointer: str) -> None:
    """A change with one bad field is refused as a whole."""
    call = await site.call(**LATER)
    response = await site.ask("PATCH", call, call["manage_token"], json={"title": "New", **wish})
    await assert_problem(response, 422, "invalid", pointer)
    assert await (await site.ask("GET", call, call["manage_token"])).json() == call_shown(call)


async def test_the_status_follows_the_clock(site: Site) -> None:
    """Scheduled until ten minutes before, then open, over an hour after the planned end."""
    call = await site.call(starts_at="2026-11-24T13:00:00Z")
    assert await _status(site, call) == "scheduled"
    site.clock.move(minutes=50)
    assert await _status(site, call) == "open"
    site.clock.move(minutes=10 + 50 + 59)
    assert await _status(site, call) == "open"
    site.clock.move(minutes=1)
    assert await _status(site, call) == "ended"


async def test_a_call_that_began_is_live_until_it_is_ended(site: Site) -> None:
    """A live call can't be changed, may run over, and is over once it was ended."""
    call = await site.call()
    door = site.client.app[PARTS].door
    await door.began(call["id"])
    assert await _status(site, call) == "live"
    response = await site.ask("PATCH", call, call["manage_token"], json={"title": "New"})
    await assert_problem(response, 409, "call-live")
    site.clock.move(hours=3)
    assert await _status(site, call) == "live"
    await door.ended(call["id"])
    assert await _status(site, call) == "ended"
    for method, slug in (("PATCH", "call-over"), ("DELETE", "call-over")):
        await assert_problem(await site.ask(method, call, call["manage_token"], json={}), 409, slug)


async def test_a_live_call_that_nobody_ended_is_over_after_a_day(site: Site) -> None:
    """Nothing is live for ever."""
    call = await site.call()
    await site.client.app[PARTS].door.began(call["id"])
    site.clock.move(days=1, minutes=50)
    assert await _status(site, call) == "ended"


async def test_cancelling_twice_is_cancelling(site: Site) -> None:
    """A cancelled call stays so, can't be changed or answered, and can still be looked at."""
    call = await site.call(**LATER)
    for _ in range(2):
        response = await site.ask("DELETE", call, call["manage_token"])
        assert (response.status, (await response.json())["status"]) == (200, "cancelled")
    changed = await site.ask("PATCH", call, call["manage_token"], json={"title": "New"})
    await assert_problem(changed, 409, "call-cancelled")
    answered = await site.ask("POST", call, token_of(call), "/rsvp", json={"answer": "accepted"})
    await assert_problem(answered, 409, "call-cancelled")


async def _join(site: Site, call: dict[str, Any]) -> Any:
    socket = await site.client.ws_connect(
        f"{CALLS}/{call['id']}/signaling",
        protocols=("holdspace.v1",),
        headers={"Authorization": f"Bearer {token_of(call)}"},
    )
    await socket.send_json({"type": "join", "id": 1})
    async with asyncio.timeout(5):
        assert (await socket.receive_json())["type"] == "welcome"
    return socket


async def _last_word(socket: Any) -> str:
    async with asyncio.timeout(5):
        while True:
            message = await socket.receive()
            assert message.type is WSMsgType.TEXT
            told = message.json()
            if told["type"] == "bye":
                code: str = told["code"]
                return code


async def test_cancelling_tells_the_people_in_the_room(site: Site) -> None:
    """Whoever is in the call gets `bye` with `cancelled`."""
    call = await site.call()
    socket = await _join(site, call)
    assert (await site.ask("DELETE", call, call["manage_token"])).status == 200
    assert await _last_word(socket) == "cancelled"


async def test_who_waits_is_sent_away_when_the_other_says_no_after_all(site: Site) -> None:
    """The door is closed again, by the page and by a calendar; a call that has begun goes on whatever is answered."""
    people = [{**one, "email": f"{one['name'].lower()}@example.org"} for one in site.people]
    call = await site.call(starts_at="2026-11-24T12:05:00Z", participants=people)
    await site.accept(call)
    socket = await _join(site, call)
    await site.answer(call, 1, "declined")
    assert await _last_word(socket) == "changed"
    await site.accept(call)
    socket = await _join(site, call)
    site.clock.move(minutes=1)
    no = says(call, "DECLINED", address="ben@example.org", DTSTAMP="DTSTAMP:20261124T120100Z")
    assert (await hand_on(site, no, token_of(call, 1))).status == 200
    assert await _last_word(socket) == "changed"
    await site.accept(call)
    socket = await _join(site, call)
    await site.client.app[PARTS].door.began(call["id"])
    await site.answer(call, 1, "declined")
    assert (await site.ask("DELETE", call, call["manage_token"])).status == 200
    assert await _last_word(socket) == "cancelled"


async def test_the_organizer_learns_whether_somebody_is_inside(site: Site) -> None:
    """`occupied` follows who is in the room, for the organizer alone; `live` says that the call has begun."""
    call = await site.call()
    token = call["manage_token"]
    assert (await (await site.ask("GET", call, token)).json())["occupied"] is False
    socket = await _join(site, call)
    await site.client.app[PARTS].door.began(call["id"])
    answer = await (await site.ask("GET", call, token)).json()
    assert (answer["status"], answer["occupied"]) == ("live", True)
    assert (await (await site.ask("GET", call, token_of(call))).json())["occupied"] is None
    assert (await (await site.ask("DELETE", call, token)).json())["occupied"] is False
    await socket.close()


async def test_a_call_that_never_began_says_goodbye_by_itself(site: Site) -> None:
    """Whoever still waits inside when its time has passed is told so, also on a line that has not joined yet."""
    call = await site.call()
    parts = site.client.app[PARTS]
    inside = await _join(site, call)
    at_the_door = await site.client.ws_connect(
        f"{CALLS}/{call['id']}/signaling",
        protocols=("holdspace.v1",),
        headers={"Authorization": f"Bearer {token_of(call, 1)}"},
    )
    async with asyncio.timeout(5):
        while not parts.rooms.lobby.call_ids():  # noqa: ASYNC110 - the lobby tells nobody
            await asyncio.sleep(0)
    site.clock.move(minutes=50 + 60)
    house = Housekeeping(_Nothing(), parts.rooms, parts.store, parts.hours, site.clock)  # type: ignore[arg-type]
    await house.run_once(site.clock())
    assert await _last_word(inside) == await _last_word(at_the_door) == "call-over"
    assert parts.rooms.call_ids() == frozenset()


class _Nothing:
    """A retention without anything to erase."""

    async def run(self, _now: datetime) -> int:
        """Erase nothing."""
        return 0


async def test_a_room_forgets_the_name_of_whoever_was_erased(site: Site) -> None:
    """Whoever waits inside comes back into a room that doesn't know it; without a partner there is none."""
    therapist = {"role": "therapist", "name": "Tess"}
    call = await site.call(participants=[*site.people, therapist])
    for place, last_word in ((2, "changed"), (1, "cancelled")):
        inside = await _join(site, call)
        erased = await site.ask("DELETE", call, token_of(call, place), "/my-data")
        assert erased.status == 204
        assert await _last_word(inside) == last_word


async def test_a_page_knows_that_its_person_is_inside_already(site: Site) -> None:
    """The call page's data say `elsewhere` for whoever is connected at that moment, and for nobody else."""
    call = await site.call()

    async def elsewhere(place: int) -> bool:
        cookie = f"holdspace_{call['participants'][place]['id']}={token_of(call, place)}"
        page = await site.client.get(f"/calls/{call['id']}", headers={"Cookie": cookie})
        return '"elsewhere": true' in await page.text()

    assert await elsewhere(0) is False
    socket = await _join(site, call)
    assert [await elsewhere(place) for place in range(2)] == [True, False]
    await socket.close()


async def test_a_change_reaches_those_who_wait_already(site: Site) -> None:
    """Whoever waits is asked to come back, into a room that knows the change."""
    call = await site.call()
    socket = await _join(site, call)
    response = await site.ask(
        "PATCH", call, call["manage_token"], json={"title": "New", "turn_seconds": 60, "distance": "soft"}
    )
    assert response.status == 200
    assert await _last_word(socket) == "changed"
    again = await site.client.ws_connect(
        f"{CALLS}/{call['id']}/signaling",
        protocols=("holdspace.v1",),
        headers={"Authorization": f"Bearer {token_of(call)}"},
    )
    await again.send_json({"type": "join"})
    async with asyncio.timeout(5):
        welcome = await again.receive_json()
    assert (welcome["call"]["title"], welcome["call"]["turn_seconds"]) == ("New", 60)
    assert (welcome["call"]["distance"], welcome["call"]["room_minimum"]) == ("soft", "clear")


async def test_a_call_begins_as_it_was_scheduled(site: Site) -> None:
    """Before anybody has chosen anything, everyone is seen as the call says, and the room has its least distance."""
    call = await site.call(distance="veiled", room_minimum="soft")
    socket = await _join(site, call)
    state = await socket.receive_json(timeout=5)
    assert set(state["distance"]["outgoing"].values()) == {"veiled"}
    assert state["distance"]["room"] == "soft"
    await socket.close()


async def test_a_change_without_difference_disturbs_nobody(site: Site) -> None:
    """Asking for what is so already keeps the room and the calendar's sequence."""
    call = await site.call()
    socket = await _join(site, call)
    response = await site.ask("PATCH", call, call["manage_token"], json={"title": call["title"]})
    assert response.status == 200
    assert not socket.closed
    assert len(site.client.app[PARTS].rooms) == 1
    await socket.close()


async def test_shutting_down_says_goodbye(site: Site) -> None:
    """A server that stops tells everybody `draining`, so that they come back."""
    socket = await _join(site, await site.call())
    closing = asyncio.create_task(site.client.server.close())
    assert await _last_word(socket) == "draining"
    async with asyncio.timeout(10):
        await closing


async def test_answers_to_the_invitation_are_kept(site: Site) -> None:
    """Each participant answers for themselves, and may think again."""
    call = await site.call()
    for answer in ("declined", "accepted"):
        response = await site.ask("POST", call, token_of(call, 1), "/rsvp", json={"answer": answer})
        assert [one["rsvp"] for one in (await response.json())["participants"]] == ["needs-action", answer]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"answer": "accepted", "propose": "2026-12-06T19:00:00Z"}, "/propose"),
        ({"answer": "perhaps"}, "/answer"),
        ({"answer": "needs-action"}, "/answer"),
        ({}, "/answer"),
    ],
)
async def test_what_is_no_answer_is_refused(site: Site, body: dict[str, Any], pointer: str) -> None:
    """Only the three answers count; proposing another time is not offered."""
    call = await site.call()
    response = await site.ask("POST", call, token_of(call), "/rsvp", json=body)
    await assert_problem(response, 422, "invalid", pointer)


async def test_the_organizer_answers_for_nobody(site: Site) -> None:
    """A manage token is no invitation."""
    call = await site.call()
    response = await site.ask("POST", call, call["manage_token"], "/rsvp", json={"answer": "accepted"})
    await assert_problem(response, 401, "unauthorised")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://elsewhere.example"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": PUBLIC_URL}, 200),
    ],
)
async def test_another_site_answers_for_nobody(site: Site, headers: dict[str, str], status: int) -> None:
    """A change with a cookie comes from our own pages, or not at all."""
    call = await site.call()
    person = call["participants"][0]
    cookie = f"holdspace_{person['id']}={token_of(call)}"
    response = await site.client.post(
        f"{CALLS}/{call['id']}/rsvp", json={"answer": "accepted"}, headers={"Cookie": cookie, **headers}
    )
    assert response.status == status


async def test_a_long_break_is_a_new_appointment(site: Site) -> None:
    """The call's time moves, its calendar entry is an update of the same one, and everyone's links lead there."""
    call = await site.call()
    door = site.client.app[PARTS].door  # type: ignore[union-attr]
    await door.began(call["id"])
    before = await (await site.ask("GET", call, token_of(call))).json()
    entry = await _entry(site, call)
    await door.postponed(call["id"], 20 * 3600)
    after = await (await site.ask("GET", call, token_of(call))).json()
    moved = datetime.fromisoformat(after["starts_at"]) - datetime.fromisoformat(before["starts_at"])
    assert timedelta(hours=19, minutes=58) < moved <= timedelta(hours=20, minutes=1)
    assert after["status"] == "live"
    updated = await _entry(site, call)
    assert updated["UID"] == entry["UID"]
    assert updated["SEQUENCE"] == entry["SEQUENCE"] + 1
    assert updated["DTSTART"].dt - entry["DTSTART"].dt == moved
    site.clock.move(seconds=45)
    await door.postponed(call["id"], 20 * 3600 - 45)  # once more, by a server that was restarted
    assert (await _entry(site, call))["SEQUENCE"] == updated["SEQUENCE"]


async def test_whoever_comes_back_learns_the_new_time(site: Site) -> None:
    """A page that joins after a long break began is told when the call is now, though the room is the same."""
    call = await site.call()
    sockets = [await _join(site, call)]
    door = site.client.app[PARTS].door  # type: ignore[union-attr]
    await door.began(call["id"])
    await door.postponed(call["id"], 3600)
    headers = {"Authorization": f"Bearer {token_of(call, 1)}"}
    where = f"{CALLS}/{call['id']}/signaling"
    sockets.append(await site.client.ws_connect(where, protocols=("holdspace.v1",), headers=headers))
    await sockets[1].send_json({"type": "join"})
    welcome = await sockets[1].receive_json(timeout=5)
    assert welcome["call"]["starts_at"] == "2026-11-24T13:00:00+00:00"
    for socket in sockets:
        await socket.close()


async def _entry(site: Site, call: dict[str, Any]) -> Any:
    """The call's entry as a participant's calendar gets it."""
    response = await site.ask("GET", call, token_of(call), "/calendar.ics")
    assert response.status == 200
    return Calendar.from_ical(await response.text()).walk("VEVENT")[0]
