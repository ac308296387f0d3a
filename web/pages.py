"""The pages people see: be in a call, be invited to one, and a plain page for every closed door.

This module knows templates and the door (who may enter which call); it knows no database and no room. The
live call is the page's own business: `/calls/{id}` hands it the call's data and it talks to signaling.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from media.formats.folders import shipped
from signaling.calls import DoorRefusedError
from web.closed_door import ClosedDoorError
from web.format_data import format_data
from web.format_pages import add_format_pages
from web.measures import add_measures
from web.scheduling_pages import TURN_MINUTES, add_scheduling_pages, render_invitation
from web.templating import TEMPLATES, page, render
from web.words import LEAST, LEVELS, refusal_words

if TYPE_CHECKING:
    from aiohttp import web

    from media.mediation.formats import Formats
    from signaling.calls import CallDoor, CallInfo
    from web.closed_door import Moment
    from web.site import Site

STATIC = Path(__file__).parent / "static"
BEFORE_THE_CALL = {"call-not-open", "not-agreed"}
"""Why a door may be closed to somebody who is invited and whose call is still to come."""
OfAPerson = Callable[[str, str], bool]
"""Of a call's and a participant's id: something about that person in the call now."""


def add_pages(
    app: web.Application,
    door: CallDoor,
    site: Site,
    *,
    is_connected: OfAPerson | None = None,
    is_missed: OfAPerson | None = None,
) -> None:
    """Register `/`, `/formats`, `/calls/{id}`, `/desk`, what lies below them, and `/static/` on the application.

    `is_connected` tells of a call and a participant whether that person is in the call already, on another page;
    `is_missed` whether their line was lost and the call waits for them. Without it nobody is taken to be.
    """
    pages = _Pages(door, site, is_connected or _nobody, is_missed or _nobody)
    app.router.add_get("/calls/{id}", pages.call, name="call")
    add_measures(app, TEMPLATES)
    add_format_pages(app, site.formats, TEMPLATES)
    add_scheduling_pages(app, site)
    app.router.add_static("/static/", STATIC, name="static")
    app.on_response_prepare.append(_revalidate_static)


def render_call(
    call: CallInfo,
    participant: str,
    *,
    formats: Formats | None = None,
    elsewhere: bool = False,
    missed: bool = False,
) -> str:
    """Return the call page of one participant as HTML.

    `elsewhere`: they are in the call on another page now; `missed`: they were, and their line was lost.
    """
    known = shipped() if formats is None else formats
    data = {**_page_data(call, participant, known), "elsewhere": elsewhere, "missed": missed}
    return render("call.html", call=call, data=data, levels=LEVELS, least_words=LEAST)


def render_refusal(
    code: str,
    detail: str,
    status: int,
    call: CallInfo | None = None,
    *,
    starts: Moment | None = None,
    opens: Moment | None = None,
    kept: bool = False,
) -> web.Response:
    """Return the page for a closed door.

    Args:
        code: The stable code of the refusal; `web.words.REFUSALS` lists those with words of their own.
        detail: A sentence that people may read, or nothing; shown where it says more than the page's own words.
        status: The HTTP status to answer with.
        call: The call, given only where the visitor holds a valid invitation to it.
        starts: When the call starts, given with the call.
        opens: When its door opens, if that lies ahead.
        kept: Whether to offer what is kept about the one who reads; for a call that they were invited to.
    """
    values = {"code": code, "detail": detail, "call": call, "starts": starts, "opens": opens, "kept": kept}
    return page(render("refusal.html", words=refusal_words(code), **values), status)


def render_once_more(address: str) -> web.Response:
    """Return the page that opens `address` once more by itself.

    A SameSite=Strict cookie stays behind while a navigation began on another site (a link in a mail). A
    navigation that begins on this page brings it along.
    """
    return page(render("once_more.html", address=address), HTTPStatus.OK)


class _Pages:
    """The handlers; one for an application."""

    def __init__(self, door: CallDoor, site: Site, is_connected: OfAPerson, is_missed: OfAPerson) -> None:
        self._door = door
        self._site = site
        self._is_connected = is_connected
        self._is_missed = is_missed

    async def call(self, request: web.Request) -> web.Response:
        try:
            call, participant = await self._door.admit(request, request.match_info["id"])
        except DoorRefusedError as refused:
            return _refuse(request, refused)
        elsewhere, missed = (ask(call.id, participant) for ask in (self._is_connected, self._is_missed))
        html = render_call(call, participant, formats=self._site.formats, elsewhere=elsewhere, missed=missed)
        return page(html)


def _refuse(request: web.Request, refused: DoorRefusedError) -> web.Response:
    """Answer a refusal; the first time without a cookie, look once more before saying no."""
    if refused.status == HTTPStatus.UNAUTHORIZED and "again" not in request.query:
        return render_once_more(str(request.rel_url.update_query(again="1")))
    if isinstance(refused, ClosedDoorError) and refused.code in BEFORE_THE_CALL:
        return page(render_invitation(refused))
    if isinstance(refused, ClosedDoorError):
        return render_refusal(
            refused.code,
            refused.detail,
            refused.status,
            refused.call,
            starts=refused.starts,
            opens=refused.opens,
            kept=True,
        )
    return render_refusal(refused.code, refused.detail, refused.status, refused.call)


def _nobody(_call_id: str, _participant: str) -> bool:
    return False


def _page_data(call: CallInfo, participant: str, formats: Formats) -> dict[str, Any]:
    """What the call page's modules are given; JSON types only."""
    me = next(person for person in call.participants if person.id == participant)
    return {
        "me": {"id": me.id, "role": me.role, "name": me.name},
        "call": {
            "id": call.id,
            "title": call.title,
            "format": call.format,
            "turn_seconds": call.turn_seconds,
            "distance": call.distance,
            "room_minimum": call.room_minimum,
            "participants": [{"id": p.id, "role": p.role, "name": p.name} for p in call.participants],
        },
        "formats": [format_data(form) for form in formats.values()],
        "turn_minutes": TURN_MINUTES,
    }


async def _revalidate_static(request: web.Request, response: web.StreamResponse) -> None:
    """Let browsers keep modules and styles, but ask each time: after an update no page mixes old with new."""
    if request.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "no-cache")
