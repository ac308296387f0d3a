"""The pages round a call: set one up, answer an invitation, look after a call, and a therapist's desk.

They are frames with forms in them. What belongs to one person comes from the API, which their browser asks with the cookie that
a link or a sign-in gave it; so nothing here knows who is looking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from web.format_data import format_data, least_minutes, length_words, offered
from web.templating import page, render
from web.words import LEVELS

if TYPE_CHECKING:
    from aiohttp import web

    from media.mediation.formats import Formats
    from web.closed_door import ClosedDoorError
    from web.site import Site

TURN_MINUTES = (3, 5, 10)
LENGTH_MINUTES = (20, 30, 50, 75, 90, 120)
USUAL_LENGTH = 50
USUAL_TURN_S = 180


def add_scheduling_pages(app: web.Application, site: Site) -> None:
    """Register `/`, `/calls/{id}/manage`, `/desk`, `/desk/new` and `/desk/enter/{token}`."""
    pages = _SchedulingPages(site)
    app.router.add_get("/", pages.schedule, name="schedule")
    app.router.add_get("/calls/{id}/manage", pages.manage, name="manage")
    app.router.add_get("/desk", pages.desk, name="desk")
    app.router.add_get("/desk/new", pages.new, name="desk-new")
    app.router.add_get("/desk/enter/{token}", pages.enter, name="desk-enter")


def render_schedule(site: Site, *, at_desk: bool = False) -> str:
    """Return the page that sets up a call as HTML; `at_desk`: for a therapist who is signed in."""
    if not at_desk and not site.takes_calls:
        return render("no_scheduling.html", has_desk=site.has_desk, version=site.version)
    return render("schedule.html", **_choices(site), site=site, at_desk=at_desk)


def render_invitation(refused: ClosedDoorError) -> str:
    """Return the page of somebody who is invited, for the time in which the call's door is closed."""
    return render("invitation.html", refused=refused, call=refused.call)


def render_manage(site: Site) -> str:
    """Return the page of whoever organises a call."""
    return render("manage.html", site=site, length_minutes=LENGTH_MINUTES)


def render_desk(site: Site) -> str:
    """Return the desk: the sign-in, or a therapist's calls and defaults."""
    return render("desk.html", **_choices(site), site=site)


def render_desk_enter(site: Site) -> str:
    """Return the page that a mailed sign-in link opens; only its button signs in, since mail scanners open links too."""
    return render("desk_enter.html", version=site.version)


class _SchedulingPages:
    """The handlers; one for an application. What never changes is rendered once."""

    def __init__(self, site: Site) -> None:
        self._schedule = render_schedule(site)
        self._new = render_schedule(site, at_desk=True)
        self._manage = render_manage(site)
        self._desk = render_desk(site)
        self._enter = render_desk_enter(site)

    async def schedule(self, _request: web.Request) -> web.Response:
        return page(self._schedule)

    async def manage(self, _request: web.Request) -> web.Response:
        return page(self._manage)

    async def desk(self, _request: web.Request) -> web.Response:
        return page(self._desk)

    async def new(self, _request: web.Request) -> web.Response:
        return page(self._new)

    async def enter(self, _request: web.Request) -> web.Response:
        return page(self._enter)


def _choices(site: Site) -> dict[str, object]:
    """What the form of a call, and the defaults of a desk, offer."""
    return {
        "formats": [
            {**format_data(form), "least_minutes": least_minutes(form)} for form in offered(site.formats)
        ],
        "turns": [(seconds, length_words(seconds)) for seconds in _turn_choices(site.formats)],
        "usual_turn": USUAL_TURN_S,
        "length_minutes": LENGTH_MINUTES,
        "usual_length": USUAL_LENGTH,
        "levels": LEVELS,
    }


def _turn_choices(formats: Formats) -> list[int]:
    """The lengths of turns in seconds: the common ones, and what is usual in some format."""
    return sorted(
        {minutes * 60 for minutes in TURN_MINUTES} | {form.turn_seconds for form in offered(formats)}
    )
