"""Reminders: a day before and ten minutes before, once, to those who have not declined, and never of what is off."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.dialects import sqlite

from server.mail.reminders import DAY, SOON, near
from server.mail.wishes import changes, invitations
from server.records import Rsvp
from tests.server.mail.post import NOW, a_call, a_person, a_series, agreed, the_queue

if TYPE_CHECKING:
    from server.records import Call
    from tests.server.mail.post_room import PostRoom

STARTS = NOW + timedelta(days=5)
DAY_BEFORE = STARTS - timedelta(days=1)
SOON_BEFORE = STARTS - timedelta(minutes=10)


async def scheduled(post: PostRoom, call: Call | None = None) -> Call:
    """A call to which everyone has said yes, and whose invitations went out."""
    call = call or agreed(a_call())
    await post.store.add(call, letters=invitations(call, post.clock()))
    await post.postman().send_due()
    return call


async def at(post: PostRoom, moment: datetime) -> int:
    """Go to a moment and have sent what is due; how many letters went."""
    post.clock.move(seconds=(moment - post.clock()).total_seconds())
    return await post.postman().send_due()


async def reminders(post: PostRoom, state: str = "sent") -> list[tuple[str, int | None]]:
    """Kind and place of the reminders in this state."""
    rows = await the_queue(post.database)
    return [(row.kind, row.place) for row in rows if row.kind.startswith("reminder") and row.state == state]


async def test_each_is_reminded_twice(post: PostRoom) -> None:
    """A day before and ten minutes before, not earlier, each once, whoever asks again."""
    await scheduled(post)
    assert await at(post, DAY_BEFORE - timedelta(seconds=1)) == 0
    assert await at(post, DAY_BEFORE) == 2
    assert await at(post, DAY_BEFORE + timedelta(minutes=1)) == 0
    assert await at(post, SOON_BEFORE - timedelta(seconds=1)) == 0
    assert await at(post, SOON_BEFORE) == 2
    assert await at(post, STARTS) == 0
    assert await reminders(post) == [
        ("reminder-day", 0), ("reminder-day", 1), ("reminder-soon", 0), ("reminder-soon", 1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("late", "letters"), [(timedelta(hours=22, minutes=59), 2), (timedelta(hours=23), 0)]
)
async def test_a_server_that_was_away_reminds_late(post: PostRoom, late: timedelta, letters: int) -> None:
    """The day's reminder is made up for until an hour before the start."""
    await scheduled(post)
    assert await at(post, DAY_BEFORE + late) == letters


async def test_nobody_is_reminded_of_the_past(post: PostRoom) -> None:
    """From the start on there are no reminders, not even those that already wait."""
    await scheduled(post)
    assert await at(post, STARTS) == 0
    assert await reminders(post) == []


async def test_what_was_only_just_told_is_not_repeated(post: PostRoom) -> None:
    """A call scheduled less than a day ahead has its invitation and the reminder ten minutes before."""
    call = agreed(a_call(starts_at=NOW + timedelta(hours=23)))
    await scheduled(post, call)
    assert await at(post, NOW + timedelta(minutes=1)) == 0
    assert await at(post, call.starts_at - timedelta(minutes=10)) == 2


@pytest.mark.parametrize("moment", [DAY_BEFORE, SOON_BEFORE])
@pytest.mark.parametrize("why", ["cancelled", "ended", "not agreed", "one declined"])
async def test_what_does_not_take_place_is_not_reminded_of(
    post: PostRoom, why: str, moment: datetime
) -> None:
    """Cancelled, over, or not agreed by both: no reminder."""
    call = await scheduled(post)
    async with post.store.changing(call.id) as now:
        if why in {"cancelled", "ended"}:
            await now.write({f"{why}_at": NOW})
        else:
            await now.write_rsvp(1, Rsvp.DECLINED if why == "one declined" else Rsvp.NEEDS_ACTION)
    assert await at(post, moment) == 0
    assert await reminders(post) == []


@pytest.mark.parametrize("moment", [DAY_BEFORE, SOON_BEFORE])
async def test_a_reminder_that_waits_is_not_sent_once_the_call_is_off(
    post: PostRoom, moment: datetime
) -> None:
    """Queued and then cancelled: the reminder is dropped, since a letter is looked at again when it goes."""
    call = await scheduled(post)
    post.clock.move(seconds=(moment - post.clock()).total_seconds())
    assert await post.reminders().queue_due() == 2
    async with post.store.changing(call.id) as now:
        await now.write({"cancelled_at": post.clock()})
    assert await post.postman().send_due() == 0
    assert len(await reminders(post, "dropped")) == 2


async def test_a_call_that_moved_is_reminded_of_at_its_new_time(post: PostRoom) -> None:
    """Moved to the next week: what waits for the old time is dropped, and both reminders come anew."""
    call = await scheduled(post)
    post.clock.move(seconds=(DAY_BEFORE - post.clock()).total_seconds())
    await post.reminders().queue_due()
    async with post.store.changing(call.id) as now:
        await now.write({"starts_at": STARTS + timedelta(days=7), "sequence": 1})
        await now.queue(changes(now.call, post.clock()), post.clock())
    assert await post.postman().send_due() == 2
    assert len(await reminders(post, "dropped")) == 2
    assert await at(post, SOON_BEFORE) == 0
    assert await at(post, DAY_BEFORE + timedelta(days=7)) == 2
    assert await at(post, SOON_BEFORE + timedelta(days=7)) == 2


async def test_on_the_spot_calls_need_no_answer(post: PostRoom) -> None:
    """Where nobody was asked, everybody with an address is reminded, except who said they can't come."""
    call = a_call(on_the_spot=True)
    declining = replace(call.people[1], rsvp=Rsvp.DECLINED)
    await scheduled(post, replace(call, people=(call.people[0], declining)))
    assert await at(post, DAY_BEFORE) == 1
    assert await reminders(post) == [("reminder-day", 0)]


async def test_each_call_of_a_series_is_reminded_of(post: PostRoom) -> None:
    """Every occurrence has its own reminders."""
    calls = tuple(
        agreed(call)
        for call in a_series(people=(a_person(0, "Ada", "a@example.net"), a_person(1, "Ben", None)))
    )
    await post.store.add(*calls, letters=invitations(calls[0], NOW))
    await post.postman().send_due()
    for call in calls:
        assert await at(post, call.starts_at - timedelta(days=1)) == 1
        assert await at(post, call.starts_at - timedelta(minutes=10)) == 1


async def test_several_processes_remind_once(post: PostRoom) -> None:
    """Whoever finds the call first queues its reminders; the other finds them there."""
    await scheduled(post)
    post.clock.move(seconds=(DAY_BEFORE - post.clock()).total_seconds())
    both = [post.reminders(), post.reminders()]
    assert sorted([await one.queue_due() for one in both]) == [0, 2]


async def last_words(post: PostRoom, moment: datetime, door_minutes: int) -> str:
    """What Ada's last reminder says, sent at this moment by a server whose door opens so long before."""
    post.clock.move(seconds=(moment - post.clock()).total_seconds())
    await post.postman(door_minutes=door_minutes).send_due()
    (row,) = (row for row in await the_queue(post.database) if (row.kind, row.place) == ("reminder-soon", 0))
    (path,) = (path for path in post.letters() if row.id in path.name)
    part = message_from_bytes(path.read_bytes(), policy=policy.default).get_body(("plain",))
    assert part is not None
    return " ".join(part.get_content().split())


@pytest.mark.parametrize(
    ("door_minutes", "opens"),
    [(9, "9 minutes before the time"), (1, "1 minute before the time"), (0, "when the call begins")],
)
@pytest.mark.parametrize("moment", ["soon", "last"])
async def test_nobody_is_asked_in_through_a_door_that_is_shut(
    post: PostRoom, door_minutes: int, opens: str, moment: str
) -> None:
    """Where the door opens later than the last reminder goes, it says when."""
    await scheduled(post)
    last = STARTS - timedelta(minutes=door_minutes, seconds=1)
    words = await last_words(post, SOON_BEFORE if moment == "soon" else last, door_minutes)
    assert f"The door opens {opens}: find a place where you can talk undisturbed, and come in then." in words
    assert "when you are ready" not in words


@pytest.mark.parametrize("why", ["open", "begun"])
async def test_one_is_asked_in_through_a_door_that_is_open(post: PostRoom, why: str) -> None:
    """From when it opens on; or since the call has begun, and was moved in there."""
    call = await scheduled(post)
    if why == "begun":
        await post.store.mark(call.id, "began_at", NOW)
    words = await last_words(post, STARTS - timedelta(minutes=9 if why == "begun" else 5), 5)
    assert "Find a place where you can talk undisturbed, and come in when you are ready." in words
    assert "door" not in words


@pytest.mark.parametrize("reminder", [DAY, SOON])
async def test_the_scan_uses_the_index(post: PostRoom, reminder: Any) -> None:
    """Calls are found by their start; no table is read from one end to the other."""
    statement = near(reminder, NOW).compile(
        dialect=sqlite.dialect(), compile_kwargs={"render_postcompile": True}
    )
    async with post.database.reading() as connection:
        values = tuple(
            value.isoformat(" ") if isinstance(value, datetime) else value
            for value in (statement.params[name] for name in statement.positiontup or ())
        )
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        steps = [row[3] for row in plan]
    assert any("SEARCH calls USING INDEX ix_calls_starts_at" in step for step in steps), steps
    assert not any(step.startswith("SCAN") for step in steps), steps
