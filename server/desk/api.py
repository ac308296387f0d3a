"""The HTTP API of the desk, `/api/v1/desk…`: reads a request, asks the desk's parts, writes the answer."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import web

from server.bodies import as_json, body_of
from server.desk.couples import couples
from server.desk.schemas import (
    CouplesAnswer,
    DeskAnswer,
    DeskDefaults,
    DeskDefaultsAnswer,
    LinkAnswer,
    LinkWish,
    SignedInAnswer,
    SignIn,
    read_defaults,
)
from server.secret import Pii

if TYPE_CHECKING:
    from collections.abc import Collection

    from server.desk.links import SignInLinks
    from server.desk.sessions import DeskSessions
    from server.desk.therapists import Therapists
    from server.limits import AddressLimit
    from server.same_site import SameSite
    from server.sealing import Sealer
    from server.store import CallStore

PREFIX: Final = "/api/v1/desk"
LINKS_PER_HOUR: Final = 10
"""Sign-in links that one address may ask for in an hour, whoever they are for."""


class DeskApi:
    """The handlers; one for an application. `limit`: for sign-in links; `formats`: what a call can begin with."""

    def __init__(
        self,
        store: CallStore,
        therapists: Therapists,
        links: SignInLinks,
        sessions: DeskSessions,
        sealer: Sealer,
        same_site: SameSite,
        *,
        base_url: str,
        limit: AddressLimit,
        formats: Collection[str],
    ) -> None:
        self._store = store
        self._therapists = therapists
        self._links = links
        self._sessions = sessions
        self._sealer = sealer
        self._same_site = same_site
        self._base_url = base_url
        self._limit = limit
        self._formats = formats

    def add_to(self, app: web.Application) -> None:
        """Register the desk's addresses."""
        app.router.add_post(f"{PREFIX}/links", self.ask_for_link)
        app.router.add_post(f"{PREFIX}/sessions", self.sign_in)
        app.router.add_delete(f"{PREFIX}/sessions", self.sign_out)
        app.router.add_get(PREFIX, self.show)
        app.router.add_put(f"{PREFIX}/defaults", self.write_defaults)
        app.router.add_get(f"{PREFIX}/couples", self.show_couples)

    async def ask_for_link(self, request: web.Request) -> web.Response:
        """`POST /desk/links`: the same answer for everybody, before anything is looked up."""
        wish = await body_of(request, LinkWish)
        with self._limit.one_more(request):
            self._links.ask(Pii(wish.email))
        return as_json(LinkAnswer(), HTTPStatus.ACCEPTED)

    async def sign_in(self, request: web.Request) -> web.Response:
        """`POST /desk/sessions`: a link's secret for a cookie; never on another site's behalf."""
        self._same_site.check(request)
        body = await body_of(request, SignIn)
        response = as_json(SignedInAnswer(), HTTPStatus.CREATED)
        await self._sessions.begin(Pii(body.token), response)
        return response

    async def sign_out(self, request: web.Request) -> web.Response:
        """`DELETE /desk/sessions`: this browser's session is over."""
        self._same_site.check(request)
        response = web.Response(status=HTTPStatus.NO_CONTENT)
        await self._sessions.end(request, response)
        return response

    async def show(self, request: web.Request) -> web.Response:
        """`GET /desk`: whose it is, and how their calls begin."""
        return await self._desk(await self._sessions.signed_in(request))

    async def write_defaults(self, request: web.Request) -> web.Response:
        """`PUT /desk/defaults`: how calls begin from now on, as a whole."""
        therapist_id = await self._sessions.signed_in(request)
        self._same_site.check(request)
        body = await body_of(request, DeskDefaults, self._formats)
        await self._therapists.write_defaults(therapist_id, body.model_dump_json(exclude_none=True))
        return await self._desk(therapist_id)

    async def show_couples(self, request: web.Request) -> web.Response:
        """`GET /desk/couples`: for whom calls were scheduled from this desk, and how."""
        therapist_id = await self._sessions.signed_in(request)
        return as_json(CouplesAnswer(couples=await couples(self._store, therapist_id)))

    async def _desk(self, therapist_id: str) -> web.Response:
        therapist = await self._therapists.get(therapist_id)
        if therapist is None:
            raise LookupError("a therapist vanished within a request")
        defaults = read_defaults(therapist.defaults, self._formats)
        feed = self._sealer.feed_token(therapist.address_hash).value
        answer = DeskAnswer(
            email=therapist.email,
            defaults=DeskDefaultsAnswer(**defaults.model_dump()),
            feed_url=f"{self._base_url}/feeds/{feed}.ics",
        )
        return as_json(answer)
