"""What is kept too long is gone: the keys, what they sealed, and every link, in the database's files as well."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, insert, select, update

from server.app import PARTS
from server.database import Database
from server.desk.listed import ListedTherapists
from server.erasing import erase_calls
from server.mail.wishes import MailKind, MailWish, invitations, queue_mails
from server.records import ERASED_NAME, Proposal, ProposalState
from server.retention import BATCH, Retention
from server.sealing import Sealer
from server.secret import new_id, token_hash
from server.status import DoorHours
from server.store import CallStore
from server.stored_rows import proposal_row
from server.tables import calls, desk_tokens, mails, people, proposals, therapists
from tests.server.mail.post import KEY, NOW, a_call, a_person, a_series
from tests.server.scene import token_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from datetime import datetime
    from pathlib import Path

    from server.records import Call
    from tests.server.scene import Site

HOURS = DoorHours(before=timedelta(minutes=10), after=timedelta(hours=1))
THERAPIST = "thea@practice.example"


class Archive:
    """A database of calls, and what its retention makes of it."""

    def __init__(self, folder: Path, keep_days: int = 30) -> None:
        self.folder = folder
        self.sealer = Sealer(KEY)
        self.database = Database(f"sqlite+aiosqlite:///{folder}/calls.sqlite3", self.sealer)
        self.store = CallStore(self.database, self.sealer)
        self.retention = self.keeping(keep_days)

    def keeping(self, days: int, therapist: str = THERAPIST) -> Retention:
        """A retention of so many days, with one therapist on the list."""
        listed = ListedTherapists([therapist], self.sealer, anybody=False)
        outbox = self.folder / "outbox"
        return Retention(self.database, HOURS, listed, keep=timedelta(days=days), outbox=outbox)

    async def write(self, statement: Any) -> None:
        """Run one statement."""
        async with self.database.writing() as connection:
            await connection.execute(statement)

    async def secrets(self, call: Call) -> set[bytes]:
        """Every byte string of this call in the database that could help to read it, or to find somebody."""
        async with self.database.reading() as connection:
            rows = (await connection.execute(select(calls).where(calls.c.id == call.id))).mappings().all()
            query = select(people).where(people.c.call_id == call.id)
            rows += (await connection.execute(query)).mappings().all()
        hashes = ("manage_hash", "token_hash", "address_hash", "feed_hash")
        sealed = {value for row in rows for value in row.values() if isinstance(value, bytes)}
        found = sealed | {row[name].encode() for row in rows for name in hashes if row.get(name)}
        assert len(found) > 10
        return found

    def bytes(self) -> bytes:
        """The database's files as they lie on the disk, the journal too."""
        return b"".join(path.read_bytes() for path in self.folder.glob("calls.sqlite3*"))

    async def is_erased(self, call: Call) -> bool:
        """Whether nothing of the call can be read any more."""
        now = await self.store.get(call.id)
        assert now is not None
        gone = {now.title, *(person.name for person in now.people)} == {ERASED_NAME}
        assert gone == (now.erased_at is not None) == all(person.erased for person in now.people)
        return gone


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Archive]:
    """Return an empty database that keeps calls for thirty days."""
    made = Archive(tmp_path)
    await made.database.open()
    yield made
    await made.database.close()


def _over(how: str) -> tuple[Call, datetime]:
    """A call that is over in this way, and since when."""
    starts = NOW + timedelta(hours=1)
    planned_end = starts + timedelta(minutes=50)
    match how:
        case "ended":
            ended = starts + timedelta(minutes=20)
            return a_call(starts_at=starts, began_at=starts, ended_at=ended), ended
        case "ended before its new time":
            moved = starts + timedelta(days=60)
            return a_call(starts_at=moved, began_at=starts, ended_at=starts), starts
        case "called off long before":
            return a_call(starts_at=starts + timedelta(days=300), cancelled_at=NOW), NOW
        case "never began":
            return a_call(starts_at=starts), planned_end + HOURS.after
        case _:
            return a_call(starts_at=starts, began_at=starts), planned_end + timedelta(days=1)


@pytest.mark.parametrize(
    "how", ["ended", "ended before its new time", "called off long before", "never began", "never ended"]
)
@pytest.mark.parametrize("days", [30, 0])
async def test_a_call_is_erased_so_many_days_after_it_was_over(archive: Archive, how: str, days: int) -> None:
    """Not a second before; and with 0 days at once."""
    call, over = _over(how)
    await archive.store.add(call)
    retention = archive.keeping(days)
    due = over + timedelta(days=days)
    assert await retention.run(due - timedelta(seconds=1)) == 0
    assert not await archive.is_erased(call)
    assert await retention.run(due) == 1
    assert await archive.is_erased(call)
    assert await retention.run(due + timedelta(hours=1)) == 0


async def test_nothing_is_left_in_the_files(archive: Archive) -> None:
    """Neither a key nor what it sealed nor a hash that could be compared stands in the database, or in its journal."""
    call, over = _over("ended")
    other = a_call(people=(a_person(0, "Cleo", "cleo@example.net"), a_person(1, "Dan", None)))
    await archive.store.add(call)
    await archive.store.add(other)
    secrets, kept = await archive.secrets(call), await archive.secrets(other)
    assert not [one for one in secrets | kept if one not in archive.bytes()]
    await archive.retention.run(over + timedelta(days=30))
    files = archive.bytes()
    assert not [one for one in secrets if one in files]
    assert not [one for one in kept if one not in files]
    assert (archive.folder / "calls.sqlite3-wal").stat().st_size == 0


async def test_nothing_is_left_by_a_server_that_was_killed(archive: Archive) -> None:
    """It had erased a call and not emptied the journal yet: the next one does as it starts, with nothing to erase."""
    call, over = _over("ended")
    await archive.store.add(call)
    secrets = await archive.secrets(call)
    async with archive.database.writing() as connection:
        await erase_calls(connection, [call.id], over)
    assert [one for one in secrets if one in archive.bytes()]
    assert await archive.retention.run(over) == 0
    assert not [one for one in secrets if one in archive.bytes()]


async def test_the_times_stay_and_nothing_that_was_written(archive: Archive) -> None:
    """The therapist's list still knows when there was a call; proposals and letters are gone."""
    call, over = _over("ended")
    await archive.store.add(call, letters=invitations(call, NOW))
    proposal = Proposal(new_id(), call.id, 0, NOW, "UTC", ProposalState.DECLINED, frozenset(), NOW, NOW)
    await archive.write(insert(proposals).values(proposal_row(proposal)))
    await archive.write(update(mails).values(state="sent"))
    await archive.retention.run(over + timedelta(days=30))
    left = await archive.store.get(call.id)
    assert left is not None
    assert (left.starts_at, left.ended_at, left.duration_minutes) == (call.starts_at, over, 50)
    assert [(person.role, person.rsvp) for person in left.people] == [
        (person.role, person.rsvp) for person in call.people
    ]
    async with archive.database.reading() as connection:
        for table in (mails, proposals):
            assert await connection.scalar(select(func.count()).select_from(table)) == 0


async def test_no_link_leads_to_it(archive: Archive) -> None:
    """Invitations, the organizer's link and feeds find other calls alone."""
    call, over = _over("ended")
    await archive.store.add(call)
    feed = archive.sealer.feed_token(archive.sealer.address_hash("ada@example.net"))
    assert await archive.store.in_feed(token_hash(feed))
    await archive.retention.run(over + timedelta(days=30))
    assert await archive.store.in_feed(token_hash(feed)) == ()
    assert await archive.store.managed(call.manage_hash) == ()
    assert await archive.store.invited(call.people[0].token_hash) == ()


async def test_only_the_calls_of_a_series_that_are_over_are_erased(archive: Archive) -> None:
    """The others go on, by the same links, with the same rule."""
    first, second, third = a_series()
    await archive.store.add(first, second, third)
    await archive.retention.run(HOURS.over_since(second) + timedelta(days=30))
    assert [await archive.is_erased(call) for call in (first, second, third)] == [True, True, False]
    assert [call.id for call in await archive.store.invited(first.people[0].token_hash)] == [third.id]
    assert (await archive.store.series_calls(third.series.id if third.series else ""))[
        2
    ].series == third.series


async def test_a_call_is_kept_until_everybody_is_told(archive: Archive) -> None:
    """A call that was called off is not erased under a letter that still waits for the mail server, within reason."""
    call, over = _over("called off long before")
    await archive.store.add(call, letters=[MailWish(MailKind.CANCELLED, call.id, 0, "1", NOW)])
    retention = archive.keeping(0)
    assert await retention.run(over + timedelta(hours=47)) == 0
    await archive.write(update(mails).values(state="sent"))
    assert await retention.run(over + timedelta(hours=47)) == 1


async def test_a_letter_that_never_leaves_keeps_nothing_for_ever(archive: Archive) -> None:
    """After two more days the call is erased all the same."""
    call, over = _over("ended")
    await archive.store.add(call, letters=invitations(call, NOW))
    assert await archive.retention.run(over + timedelta(days=31, hours=23)) == 0
    assert await archive.retention.run(over + timedelta(days=32)) == 1


async def test_letters_in_the_outbox_are_removed(archive: Archive) -> None:
    """Those of this call, finished or not, and no others."""
    call, over = _over("ended")
    other = a_call()
    await archive.store.add(call)
    await archive.store.add(other)
    outbox = archive.folder / "outbox"
    outbox.mkdir()
    gone = [outbox / f"{call.id}-{new_id()}.{ending}" for ending in ("eml", "eml", "part")]
    stays = [outbox / f"{other.id}-{new_id()}.eml", outbox / f"sign-in-{new_id()}.eml", outbox / "notes.txt"]
    for path in gone + stays:
        path.write_text("Dear Ada")
    await archive.retention.run(over + timedelta(days=30))
    assert sorted(outbox.iterdir()) == sorted(stays)


async def test_many_calls_at_once_are_erased_by_and_by(archive: Archive) -> None:
    """More than fit into one transaction, of which many began at the same moment, some are not due and some are told later."""
    call, over = _over("ended")
    due = [replace(call, id=new_id(), people=()) for _ in range(2 * BATCH + 5)]
    late = [replace(one, id=new_id(), ended_at=over + timedelta(days=1)) for one in due[: BATCH + 3]]
    never = [replace(one, id=new_id(), ended_at=None, began_at=None) for one in due[: BATCH + 3]]
    async with archive.database.writing() as connection:
        rows = [_row(archive, one) for one in (*due, *late, *never)]
        await connection.execute(insert(calls), rows)
    assert await archive.retention.run(over + timedelta(days=30)) == len(due)
    assert await archive.retention.run(over + timedelta(days=31)) == len(late) + len(never)


def _row(archive: Archive, call: Call) -> dict[str, Any]:
    moments = ("starts_at", "began_at", "ended_at", "created_at", "changed_at", "timezone", "manage_hash")
    more = ("duration_minutes", "turn_seconds", "sequence", "format")
    key = archive.sealer.new_key()
    return {"id": call.id, "data_key": key, **{name: getattr(call, name) for name in (*moments, *more)}}


async def _therapist(archive: Archive, address: str) -> str:
    key, made = archive.sealer.new_key(), new_id()
    row = {"id": made, "data_key": key, "email": archive.sealer.seal(key, address), "created_at": NOW}
    await archive.write(insert(therapists).values(**row, address_hash=archive.sealer.address_hash(address)))
    return made


async def test_what_is_over_at_the_desk_is_forgotten(archive: Archive) -> None:
    """Links and sessions whose time has passed; the letters that brought links, after a day, also as files."""
    thea = await _therapist(archive, THERAPIST)
    for kind, ttl in (("link", 15), ("session", 600)):
        row = {"token_hash": kind, "therapist_id": thea, "kind": kind}
        await archive.write(insert(desk_tokens).values(**row, expires_at=NOW + timedelta(minutes=ttl)))
    async with archive.database.writing() as connection:
        await queue_mails(connection, [MailWish(MailKind.SIGN_IN, None, None, "x", NOW, thea, b"y")], NOW)
        letter = await connection.scalar(select(mails.c.id))
    path = archive.folder / "outbox" / f"sign-in-{letter}.eml"
    path.parent.mkdir()
    path.touch()

    async def left() -> tuple[list[str], int]:
        async with archive.database.reading() as connection:
            tokens = (await connection.scalars(select(desk_tokens.c.kind))).all()
            return list(tokens), len((await connection.scalars(select(mails.c.id))).all())

    await archive.retention.run(NOW + timedelta(minutes=15))
    assert await left() == (["session"], 1)
    await archive.retention.run(NOW + timedelta(days=1, seconds=1))
    assert await left() == ([], 0)
    assert not path.exists()


async def test_a_therapist_off_the_list_is_forgotten_with_their_last_call(archive: Archive) -> None:
    """Whoever is on it stays; the calls themselves stay in any case."""
    thea, otto = await _therapist(archive, THERAPIST), await _therapist(archive, "otto@practice.example")
    call, over = _over("ended")
    await archive.store.add(replace(call, therapist_id=otto))

    async def known() -> set[str]:
        async with archive.database.reading() as connection:
            return set((await connection.scalars(select(therapists.c.id))).all())

    await archive.retention.run(over + timedelta(days=29))
    assert await known() == {thea, otto}
    await archive.retention.run(over + timedelta(days=30))
    assert await known() == {thea}
    assert await archive.is_erased(call)


async def test_the_server_erases_by_itself(open_site: Callable[..., Awaitable[Site]]) -> None:
    """A server that starts after the time erases what is due; an old invitation gets the page of an unknown link."""
    before = await open_site(keep_days=2)
    call = await before.call()
    before.clock.move(days=4)
    site = await open_site(keep_days=2)
    store = site.client.app[PARTS].store
    async with asyncio.timeout(10):
        while (kept := await store.get(call["id"])) is None or kept.erased_at is None:  # noqa: ASYNC110 - tells nobody
            await asyncio.sleep(0.01)
    page = await site.client.get(f"/i/{token_of(call)}", allow_redirects=False)
    unknown = await site.client.get("/i/nobodys", allow_redirects=False)
    assert page.status == unknown.status == 404
    assert await page.text() == await unknown.text()
