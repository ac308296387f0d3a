"""Letters by real mail servers: STARTTLS, TLS and login, and what their answers mean."""

from __future__ import annotations

import asyncio
import stat
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from server.mail.queue import DELAYS_MINUTES
from server.mail.transport import without_addresses
from server.mail.wishes import invitations
from server.secret import Pii
from tests.server.mail.mail_server import (
    PASSWORD,
    USER,
    Inbox,
    login,
    mail_server,
    throw_away_certificate,
)
from tests.server.mail.post import NOW, a_call, a_person, the_queue
from tests.server.mail.post_room import smtp

if TYPE_CHECKING:
    from pathlib import Path

    from server.records import Call
    from tests.server.mail.post_room import PostRoom


async def invited(post: PostRoom, **more: Any) -> Call:
    """A new call, whose invitations wait."""
    call = a_call(**more)
    await post.store.add(call, letters=invitations(call, NOW))
    return call


async def one_invited(post: PostRoom) -> Call:
    """The same with one letter."""
    return await invited(post, people=(a_person(0, "Ada", "ada@example.net"), a_person(1, "Ben", None)))


async def test_letters_arrive(post: PostRoom, inbox: Inbox) -> None:
    """Each partner gets a letter, at their own address alone, and it is noted as sent."""
    await invited(post)
    assert await post.by_mail(inbox).send_due() == 2
    assert sorted(inbox.recipients) == ["ada@example.net", "ben@example.net"]
    rows = await the_queue(post.database)
    assert [(row.state, row.reason) for row in rows] == [("sent", None)] * 2
    assert sorted(inbox.ids) == sorted(f"<{row.id}@talk.example.org>" for row in rows)
    assert await post.by_mail(inbox).send_due() == 0


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_protected_connection_with_login(post: PostRoom, tmp_path: Path, security: str) -> None:
    """With STARTTLS, and with TLS from the start, the login and the letters cross the network encrypted."""
    await invited(post)
    shows, believes = throw_away_certificate(tmp_path)
    options = {"authenticator": login, "auth_required": True, "auth_require_tls": security == "starttls"}
    async with mail_server(Inbox(), shows, implicit=security == "tls", **options) as inbox:
        transport = smtp(inbox, believes, security=security, user=USER, password=Pii(PASSWORD))
        assert await post.postman(transport).send_due() == 2
    assert inbox.encrypted == [True, True]
    assert inbox.logins == [USER, USER]


async def test_a_certificate_that_nobody_vouches_for(post: PostRoom, tmp_path: Path) -> None:
    """A mail server with a certificate of its own making gets neither password nor letter."""
    await one_invited(post)
    shows, _ = throw_away_certificate(tmp_path)
    async with mail_server(Inbox(), shows, authenticator=login) as inbox:
        transport = smtp(inbox, security="starttls", user=USER, password=Pii(PASSWORD))
        assert await post.postman(transport).send_due() == 0
    assert (inbox.letters, inbox.logins) == ([], [])
    (row,) = await the_queue(post.database)
    assert (row.state, row.attempts) == ("queued", 1)


async def test_a_server_without_starttls(post: PostRoom, inbox: Inbox, tmp_path: Path) -> None:
    """Where encryption is asked for and not offered, nothing is sent in the clear."""
    await one_invited(post)
    _, believes = throw_away_certificate(tmp_path)
    assert await post.postman(smtp(inbox, believes, security="starttls")).send_due() == 0
    assert inbox.letters == []


@pytest.mark.parametrize("password", ["wrong", "ü"])
async def test_a_wrong_password_is_no_letters_fault(post: PostRoom, tmp_path: Path, password: str) -> None:
    """When the login is refused, letters wait for the operator to mend it."""
    await one_invited(post)
    shows, believes = throw_away_certificate(tmp_path)
    async with mail_server(Inbox(), shows, authenticator=login) as inbox:
        transport = smtp(inbox, believes, security="starttls", user=USER, password=Pii(password))
        assert await post.postman(transport).send_due() == 0
    (row,) = await the_queue(post.database)
    assert (row.state, row.attempts) == ("queued", 1)
    assert password not in (row.reason or "")


async def test_a_login_that_is_missing_is_no_letters_fault(post: PostRoom) -> None:
    """A server that takes nothing without a login keeps letters waiting, and does not make them fail."""
    await one_invited(post)
    options = {"authenticator": login, "auth_required": True, "auth_require_tls": False}
    async with mail_server(Inbox(), **options) as inbox:
        assert await post.by_mail(inbox).send_due() == 0
    (row,) = await the_queue(post.database)
    assert row.state == "queued"
    assert row.reason is not None
    assert "530" in row.reason


async def test_busy_servers_are_tried_again(post: PostRoom, inbox: Inbox) -> None:
    """After "try later" the letter waits a minute, then five, and arrives once the server takes it."""
    await one_invited(post)
    inbox.answers = ["451 4.3.0 Later, please"]
    inbox.at_recipient = ["450 4.2.0 Greylisted <ada@example.net>"]
    postman = post.by_mail(inbox)
    assert await postman.send_due() == 0
    (row,) = await the_queue(post.database)
    assert (row.state, row.attempts) == ("queued", 1)
    assert row.reason == "The mail server answered 450 4.2.0 Greylisted <(address)>"
    post.clock.move(seconds=59)
    assert await postman.send_due() == 0
    post.clock.move(seconds=1)
    assert await postman.send_due() == 0
    assert (await the_queue(post.database))[0].attempts == 2
    post.clock.move(minutes=4, seconds=59)
    assert await postman.send_due() == 0
    assert inbox.letters == []
    post.clock.move(seconds=1)
    assert await postman.send_due() == 1
    assert len(inbox.letters) == 1


async def test_after_a_day_a_letter_fails(post: PostRoom, inbox: Inbox) -> None:
    """A letter that nobody takes for about a day fails with the last answer."""
    await one_invited(post)
    inbox.at_recipient = ["450 4.2.0 Not now"] * 100
    postman = post.by_mail(inbox)
    begun = post.clock()
    for minutes in (*DELAYS_MINUTES, 0):
        await postman.send_due()
        post.clock.move(minutes=minutes)
    (row,) = await the_queue(post.database)
    assert (row.state, row.reason) == ("failed", "The mail server answered 450 4.2.0 Not now")
    assert timedelta(hours=20) < post.clock() - begun < timedelta(hours=25)
    assert postman.counts.failed == 1


@pytest.mark.parametrize("at", ["recipient", "text"])
async def test_a_refusal_is_final(post: PostRoom, inbox: Inbox, at: str) -> None:
    """A letter that is refused for good fails at once, with the server's words and without the address in them."""
    await one_invited(post)
    words = ["550 5.1.1 <ada@example.net>: no such person as Ada" + " at all" * 100]
    inbox.at_recipient, inbox.answers = (words, []) if at == "recipient" else ([], words)
    assert await post.by_mail(inbox).send_due() == 0
    (row,) = await the_queue(post.database)
    assert row.state == "failed"
    assert row.reason is not None
    assert row.reason.startswith(
        "The mail server answered 550 5.1.1 <(address)>: no such person as (address)"
    )
    assert len(row.reason) <= 300


async def test_a_connection_that_breaks_after_the_text(post: PostRoom, inbox: Inbox) -> None:
    """When the server vanishes before it has answered, nobody can know: uncertain, with a reason, and never again."""
    await one_invited(post)
    inbox.answers = ["break"]
    postman = post.by_mail(inbox)
    assert await postman.send_due() == 0
    (row,) = await the_queue(post.database)
    assert row.state == "uncertain"
    assert row.reason is not None
    assert "may or may not have arrived" in row.reason
    post.clock.move(days=1)
    assert await postman.send_due() == 0
    assert (inbox.letters, postman.counts.uncertain) == ([], 1)


async def test_one_refused_letter_holds_up_no_other(post: PostRoom, inbox: Inbox) -> None:
    """A refusal, and an address that is none, stay with their letters."""
    await invited(post, people=(a_person(0, "Ada", "not an address"), a_person(1, "Ben", "ben@example.net")))
    await invited(post)
    inbox.at_recipient = ["550 No"]
    assert await post.by_mail(inbox).send_due() == 2
    states = sorted(row.state for row in await the_queue(post.database))
    assert states == ["failed", "failed", "sent", "sent"]


async def test_a_server_that_is_away(post: PostRoom) -> None:
    """Without anybody listening, letters wait, and only as many are tried as go at once."""
    for _ in range(5):
        await invited(post)
    away = Inbox()
    async with mail_server(away):
        pass
    assert await post.by_mail(away).send_due() == 0
    rows = await the_queue(post.database)
    assert {row.state for row in rows} == {"queued"}
    assert sum(row.attempts for row in rows) <= 4
    assert {row.reason for row in rows if row.attempts} == {
        "The mail server can't be reached (SMTPConnectError)."
    }


async def test_few_connections_carry_many_letters(post: PostRoom, inbox: Inbox) -> None:
    """Connections are used again: forty letters need no more than four of them."""
    for _ in range(20):
        await invited(post)
    assert await post.by_mail(inbox).send_due() == 40
    assert inbox.connections <= 4


async def test_a_silent_server_is_given_up(post: PostRoom, inbox: Inbox) -> None:
    """A server that never answers costs a timeout, and the letter waits."""
    await one_invited(post)
    inbox.hold = asyncio.Event()
    assert await post.by_mail(inbox, timeout_s=0.2).send_due() == 0
    (row,) = await the_queue(post.database)
    assert (row.state, row.reason) == ("queued", "The mail server does not answer.")


async def test_the_outbox(post: PostRoom) -> None:
    """Without a mail server every letter becomes one file, named after its call, which its owner alone can read."""
    call = await invited(post)
    assert await post.postman().send_due() == 2
    rows = await the_queue(post.database)
    files = post.letters()
    assert [file.name for file in files] == sorted(f"{call.id}-{row.id}.eml" for row in rows)
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(files[0].parent.stat().st_mode) == 0o700
    assert all(file.read_bytes().startswith(b"From: Appointments") for file in files)


async def test_an_outbox_that_cannot_be_written(post: PostRoom) -> None:
    """A full or missing disk keeps letters waiting, and leaves no half of a letter."""
    await one_invited(post)
    blocked = post.folder / "outbox"
    blocked.write_text("a file where the folder belongs")
    assert await post.postman().send_due() == 0
    assert (await the_queue(post.database))[0].state == "queued"
    blocked.unlink()
    post.clock.move(minutes=1)
    assert await post.postman().send_due() == 1


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("550 <ada@example.net>: unknown", "550 <(address)>: unknown"),
        ("user ada.l+x@mail.example.net\nunknown", "user (address) unknown"),
        ("rcpt=ada@example.net; id=7", "rcpt=(address); id=7"),
    ],
)
def test_reasons_name_no_address(said: str, kept: str) -> None:
    """What a mail server says is kept in the clear, so addresses are taken out of it."""
    assert without_addresses(said) == kept
