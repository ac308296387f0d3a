"""`POST /api/v1/calls/{id}/letters`: the organizer has somebody's newest letter sent again."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from server.bodies import as_json, body_of
from server.mail.reports import send_again
from server.problems import InvalidFieldError
from server.scheduling.rules import conflict
from server.schemas import LetterWish

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from server.access import Access
    from server.call_view import CallView
    from server.clock import WallClock
    from server.database import Database


class LettersApi:
    """The handler; one for an application. `told` is called when a letter waits."""

    def __init__(
        self,
        database: Database,
        access: Access,
        view: CallView,
        clock: WallClock,
        told: Callable[[], None],
    ) -> None:
        self._database = database
        self._access = access
        self._view = view
        self._clock = clock
        self._told = told

    def add_to(self, app: web.Application) -> None:
        """Register the address."""
        app.router.add_post("/api/v1/calls/{id}/letters", self.send)

    async def send(self, request: web.Request) -> web.Response:
        """Queue the letter; the answer shows it waiting."""
        caller = await self._access.organizer(request, request.match_info["id"])
        self._access.refuse_cross_site(request, caller)
        wanted = (await body_of(request, LetterWish)).participant
        person = next((one for one in caller.call.people if one.id == wanted), None)
        if person is None:
            raise InvalidFieldError("/participant", "There is no such person in this call.")
        if person.email is None:
            raise conflict("no-address", "No e-mail address is known of this person; give them their link.")
        await send_again(self._database, caller.call.id, person.place, self._clock().replace(microsecond=0))
        self._told()
        return as_json(await self._view.answer(caller.call, None), HTTPStatus.ACCEPTED)
