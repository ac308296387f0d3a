"""A vocabulary for the desk's tests: asking for a link, finding it in the letter that waits, signing in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from server.desk.sessions import COOKIE
from server.tables import desk_tokens, mails, therapists
from tests.server.scene import PUBLIC_URL

if TYPE_CHECKING:
    from aiohttp import ClientResponse
    from sqlalchemy import Table

    from server.app import Parts
    from tests.server.scene import Site

THERAPIST: Final = "Thea.Moss@practice.example"
DESK: Final = "/api/v1/desk"
OURS: Final = {"Origin": PUBLIC_URL, "Sec-Fetch-Site": "same-origin"}
"""What a browser says of a request that one of our own pages makes."""


@dataclass
class Practice:
    """A running server, its insides, and what a browser at the desk asks of it."""

    site: Site
    parts: Parts

    async def ask_for_link(self, email: str = THERAPIST) -> ClientResponse:
        """Ask for a link and wait until it is written, if it is."""
        response = await self.site.client.post(f"{DESK}/links", json={"email": email})
        await self.parts.desk.links.finish()
        return response

    async def link(self, email: str = THERAPIST) -> str:
        """Ask for a link and return its secret, as the letter will hold it."""
        await self.ask_for_link(email)
        return (await self.waiting_links())[-1]

    async def waiting_links(self) -> list[str]:
        """The secrets in the letters that wait, the oldest first."""
        query = (
            select(therapists.c.data_key, mails.c.enclosed)
            .join(mails, mails.c.therapist_id == therapists.c.id)
            .where(mails.c.state == "queued")
            .order_by(mails.c.created_at)
        )
        async with self.parts.database.reading() as connection:
            rows = (await connection.execute(query)).all()
        return [self.parts.sealer.open(row.data_key, row.enclosed) for row in rows]

    async def redeem(self, token: str, headers: dict[str, str] | None = None) -> ClientResponse:
        """Give a link's secret for a session."""
        body = {"token": token}
        return await self.site.client.post(f"{DESK}/sessions", json=body, headers=headers or OURS)

    async def sign_in(self, email: str = THERAPIST) -> dict[str, str]:
        """Sign in, and return the headers of a request from our own page with the session's cookie."""
        response = await self.redeem(await self.link(email))
        assert response.status == 201, await response.text()
        cookie = response.cookies[COOKIE].value
        self.site.client.session.cookie_jar.clear()
        return {**OURS, "Cookie": f"{COOKIE}={cookie}"}

    async def ask(self, method: str, tail: str, headers: dict[str, str], **more: Any) -> ClientResponse:
        """Make a request of the desk."""
        return await self.site.client.request(method, f"{DESK}{tail}", headers=headers, **more)

    async def count(self, table: Table) -> int:
        """How many rows there are."""
        async with self.parts.database.reading() as connection:
            return await connection.scalar(select(func.count()).select_from(table)) or 0

    async def rows(self) -> tuple[int, int, int]:
        """How many therapists, tokens and letters are stored."""
        return (await self.count(therapists), await self.count(desk_tokens), await self.count(mails))
