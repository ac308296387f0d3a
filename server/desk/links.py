"""Sign-in links: mailed, good once and for a quarter of an hour. Only a link's hash is stored.

Nobody learns from the answer who is a therapist here: it is given before anything is looked up, and what follows happens
in a task of its own.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, insert, select, update

from server.mail.wishes import MailKind, MailState, MailWish, queue_mails
from server.problems import Problem
from server.secret import new_token, token_hash
from server.tables import desk_tokens, mails, therapists
from signaling.tasks import OwnedTasks

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.ext.asyncio import AsyncConnection

    from server.clock import WallClock
    from server.database import Database
    from server.desk.listed import ListedTherapists
    from server.desk.therapists import Therapist, Therapists
    from server.sealing import Sealer
    from server.secret import Pii

LINK: Final = "link"
LINK_TTL: Final = timedelta(minutes=15)
"""Long enough for a slow mail server, short enough for a mailbox that somebody else opens later."""
MAX_LIVE_LINKS: Final = 5
"""Of one therapist: whoever asks again and again fills nobody's mailbox; each of the five is good."""
MAX_AT_ONCE: Final = 100
"""Requests whose link is still to be written; more are told to come back later, whoever asks."""
_PATIENCE_S: Final = 5.0


class SignInLinks:
    """Makes links and redeems them. `told` is called when a letter waits."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        listed: ListedTherapists,
        therapists: Therapists,
        clock: WallClock,
        told: Callable[[], None],
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._listed = listed
        self._therapists = therapists
        self._clock = clock
        self._told = told
        self._tasks = OwnedTasks()

    def ask(self, email: Pii[str]) -> None:
        """Have a link sent if the address is a therapist's; returns at once. Raises Problem `too-busy` (503)."""
        if len(self._tasks) >= MAX_AT_ONCE:
            raise Problem(
                "too-busy", HTTPStatus.SERVICE_UNAVAILABLE, "Please try again later.", {"Retry-After": "5"}
            )
        self._tasks.start(self._send(email), "sign-in-link")

    async def finish(self) -> None:
        """Wait until everything asked for is written, or given up."""
        await self._tasks.finish(_PATIENCE_S)

    async def redeem(self, connection: AsyncConnection, token: Pii[str]) -> str:
        """Return whose link this is, and spend it with all the others of that therapist.

        Raises Problem `link-spent` (410) for one that was used, is too old, or never was.
        """
        now = self._clock()
        query = (
            select(therapists.c.id, therapists.c.address_hash)
            .join(desk_tokens, desk_tokens.c.therapist_id == therapists.c.id)
            .where(
                desk_tokens.c.token_hash == token_hash(token),
                desk_tokens.c.kind == LINK,
                desk_tokens.c.expires_at > now,
            )
        )
        whose = (await connection.execute(query)).one_or_none()
        if whose is None or not self._listed.has(whose.address_hash):
            minutes = LINK_TTL // timedelta(minutes=1)
            detail = f"A link is good once and for {minutes} minutes. Please ask for a new one."
            raise Problem("link-spent", HTTPStatus.GONE, detail)
        await self._spend(connection, whose.id, now)
        return str(whose.id)

    async def _spend(self, connection: AsyncConnection, therapist_id: str, now: datetime) -> None:
        links = (desk_tokens.c.therapist_id == therapist_id) & (desk_tokens.c.kind == LINK)
        await connection.execute(delete(desk_tokens).where(links))
        waiting = (
            (mails.c.therapist_id == therapist_id)
            & (mails.c.kind == MailKind.SIGN_IN.value)
            & (mails.c.state == MailState.QUEUED.value)
        )
        dropped = {"state": MailState.DROPPED.value, "enclosed": None, "settled_at": now}
        await connection.execute(update(mails).where(waiting).values(dropped))

    async def _send(self, email: Pii[str]) -> None:
        address = self._listed.address(email.value)
        if address is None:
            return
        now = self._clock()
        async with self._database.writing() as connection:
            therapist = await self._therapists.found_or_added(connection, address, now)
            if await self._live_links(connection, therapist, now) >= MAX_LIVE_LINKS:
                return
            await self._write(connection, therapist, now)
        self._told()

    async def _live_links(self, connection: AsyncConnection, therapist: Therapist, now: datetime) -> int:
        live = (
            (desk_tokens.c.therapist_id == therapist.id)
            & (desk_tokens.c.kind == LINK)
            & (desk_tokens.c.expires_at > now)
        )
        return await connection.scalar(select(func.count()).select_from(desk_tokens).where(live)) or 0

    async def _write(self, connection: AsyncConnection, therapist: Therapist, now: datetime) -> None:
        token = new_token()
        hashed = token_hash(token)
        row = {
            "token_hash": hashed,
            "therapist_id": therapist.id,
            "kind": LINK,
            "expires_at": now + LINK_TTL,
        }
        await connection.execute(insert(desk_tokens).values(row))
        enclosed = self._sealer.seal(therapist.data_key, token.value)
        wish = MailWish(MailKind.SIGN_IN, None, None, hashed, now, therapist.id, enclosed)
        await queue_mails(connection, [wish], now)
