"""Who sits at the desk: a session in the database, found by the hash of a cookie's secret."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select

from server.problems import Problem
from server.secret import MAX_TOKEN_CHARS, Pii, new_token, token_hash
from server.tables import desk_tokens, therapists

if TYPE_CHECKING:
    from datetime import datetime

    from aiohttp import web
    from sqlalchemy.ext.asyncio import AsyncConnection

    from server.clock import WallClock
    from server.database import Database
    from server.desk.links import SignInLinks
    from server.desk.listed import ListedTherapists

COOKIE: Final = "holdspace_desk"
SESSION: Final = "session"
SESSION_TTL: Final = timedelta(days=30)
"""From signing in, however much the desk is used: a practice goes by weeks, and a lost laptop is out within the month."""
MAX_SESSIONS: Final = 20
"""Of one therapist; the oldest give way. A handful of devices, each signed in anew now and then."""


class DeskSessions:
    """Begins, finds and ends sessions. `https`: whether cookies are for TLS alone."""

    def __init__(
        self,
        database: Database,
        links: SignInLinks,
        listed: ListedTherapists,
        clock: WallClock,
        *,
        https: bool,
    ) -> None:
        self._database = database
        self._links = links
        self._listed = listed
        self._clock = clock
        self._https = https

    async def therapist_id(self, request: web.Request) -> str | None:
        """Return who is signed in in this browser and may still be, or None."""
        token = _cookie(request)
        if token is None:
            return None
        query = (
            select(therapists.c.id, therapists.c.address_hash)
            .join(desk_tokens, desk_tokens.c.therapist_id == therapists.c.id)
            .where(
                desk_tokens.c.token_hash == token_hash(token),
                desk_tokens.c.kind == SESSION,
                desk_tokens.c.expires_at > self._clock(),
            )
        )
        async with self._database.reading() as connection:
            found = (await connection.execute(query)).one_or_none()
        return found.id if found is not None and self._listed.has(found.address_hash) else None

    async def signed_in(self, request: web.Request) -> str:
        """Return who is signed in. Raises Problem `unauthorised` (401)."""
        found = await self.therapist_id(request)
        if found is None:
            raise Problem(
                "unauthorised",
                HTTPStatus.UNAUTHORIZED,
                "Please sign in to your desk first.",
                {"WWW-Authenticate": "Bearer"},
            )
        return found

    async def begin(self, link: Pii[str], response: web.Response) -> None:
        """Redeem a sign-in link and put the session's cookie on the response. Raises Problem `link-spent` (410)."""
        session, now = new_token(), self._clock()
        async with self._database.writing() as connection:
            whose = await self._links.redeem(connection, link)
            row = {
                "token_hash": token_hash(session),
                "therapist_id": whose,
                "kind": SESSION,
                "expires_at": now + SESSION_TTL,
            }
            await connection.execute(insert(desk_tokens).values(row))
            await _end_oldest(connection, whose)
        self._set(response, session.value, SESSION_TTL)

    async def end(self, request: web.Request, response: web.Response) -> None:
        """Sign this browser out; doing so twice changes nothing."""
        token = _cookie(request)
        if token is not None:
            here = (desk_tokens.c.token_hash == token_hash(token)) & (desk_tokens.c.kind == SESSION)
            async with self._database.writing() as connection:
                await connection.execute(delete(desk_tokens).where(here))
        self._set(response, "", timedelta())

    def _set(self, response: web.Response, value: str, ttl: timedelta) -> None:
        response.set_cookie(
            COOKIE,
            value,
            max_age=int(ttl.total_seconds()),
            path="/",
            httponly=True,
            secure=self._https,
            samesite="Strict",
        )


async def _end_oldest(connection: AsyncConnection, therapist_id: str) -> None:
    mine = (desk_tokens.c.therapist_id == therapist_id) & (desk_tokens.c.kind == SESSION)
    newest_first = select(desk_tokens.c.token_hash).where(mine).order_by(desk_tokens.c.expires_at.desc())
    old = (await connection.scalars(newest_first.offset(MAX_SESSIONS))).all()
    if old:
        await connection.execute(delete(desk_tokens).where(desk_tokens.c.token_hash.in_(old)))


def _cookie(request: web.Request) -> Pii[str] | None:
    value = request.cookies.get(COOKIE, "")
    return Pii(value) if 0 < len(value) <= MAX_TOKEN_CHARS else None


async def forget_expired(connection: AsyncConnection, now: datetime) -> None:
    """Delete the links and sessions whose time is over."""
    await connection.execute(delete(desk_tokens).where(desk_tokens.c.expires_at <= now))
