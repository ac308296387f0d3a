"""The composition: everything is built once, here, and handed what it needs.

Order of life (`cleanup_ctx` and `on_shutdown`): the database opens first and closes last; rooms say `bye` before the
sockets are torn down, while the store can still note what became of their calls.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from media.plane.blur_workers import BlurWorkers
from media.plane.interface import MediaPlane, PlaneEvents
from media.plane.lane.binding import takes_lane
from media.plane.plane import Plane
from media.plane.settings import PlaneSettings
from server.access import Access
from server.api import CHANGES_PER_HOUR, CallsApi
from server.calendar.download import CalendarFiles
from server.calendar.entries import Entries
from server.calendar.feed import Feeds
from server.calendar.reply_api import CalendarReplies
from server.call_view import CallView
from server.calls import Calls
from server.client_address import ClientAddresses
from server.clock import WallClock, utc_now
from server.conversations import StoredConversations
from server.database import Database
from server.desk.desk import Desk
from server.door import Door
from server.health import Health
from server.housekeeping import Housekeeping
from server.invitations import Invitations
from server.known_formats import known_formats, schedulable
from server.letters_api import LettersApi
from server.limits import AddressLimit, HourlyLimit
from server.mail.metrics import LettersCollector
from server.mail.office import make_postman, posting
from server.mail.outbox import FOLDER
from server.memory import gives_memory_back
from server.metrics import CallsCollector, Metrics, PlaneRegister
from server.my_data.api import MyData
from server.openapi import document
from server.problems import Problem, problems
from server.proposals_api import ProposalsApi
from server.retention import Retention
from server.scheduling.rules import Rules
from server.sealing import KEY_FILE, Sealer, SealError, load_key
from server.secret import Pii
from server.security_headers import set_headers
from server.status import DoorHours
from server.store import CallStore
from server.times import zone
from server.turn import ice_servers
from server.version import product_version
from signaling.rooms import Rooms
from signaling.settings import SignalingSettings
from signaling.socket import make_signaling_handler
from web.pages import add_pages, render_refusal
from web.site import Site

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pydantic import SecretStr

    from media.mediation.formats import Formats
    from server.mail.postman import Postman
    from server.settings import Settings

log = structlog.stdlib.get_logger(__name__)

MAX_BODY_BYTES = 64 * 1024
BLUR_WORKERS = 2
"""Threads that blur for all calls of this process: decoding a camera takes about 2 % of one core."""
_WRONG_KEY = (
    "{} does not open the names in the database: they were sealed with another key. Put that key in its place and start "
    "again (where the file was missing, a new one has just been made). Without it nobody can read them."
)
PlaneFactory = Callable[[Sequence[str], PlaneEvents], MediaPlane]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the application is made of."""

    settings: Settings
    clock: WallClock
    formats: Formats
    sealer: Sealer
    database: Database
    store: CallStore
    postman: Postman
    access: Access
    desk: Desk
    hours: DoorHours
    door: Door
    conversations: StoredConversations
    rooms: Rooms


PARTS = web.AppKey("parts", Parts)


def make_app(
    settings: Settings,
    *,
    clock: WallClock = utc_now,
    plane_factory: PlaneFactory | None = None,
    posts: bool = True,
) -> web.Application:
    """Build the application. Tests hand in a clock of their own, or planes without media, or send letters themselves.

    Raises:
        FormatFileError: a format of the operator's folder can't be followed.
        LaneMissingError: the compiled path is asked for and was not built.
        SealError: there is no key that could seal or open names.
    """
    formats = known_formats(settings)
    workers = BlurWorkers(BLUR_WORKERS)
    planes = PlaneRegister()
    parts = _parts(settings, clock, formats, plane_factory or _planes(settings, workers, planes))
    app = web.Application(middlewares=[problems(_page)], client_max_size=MAX_BODY_BYTES)
    app[PARTS] = parts
    app.cleanup_ctx.append(_database)
    app.cleanup_ctx.append(_conversations)
    app.on_startup.append(_warn_if_shut)
    app.cleanup_ctx.append(_housekeeping)
    if posts:
        app.cleanup_ctx.append(partial(posting, parts.postman))
    app.cleanup_ctx.append(gives_memory_back)
    app.on_shutdown.append(_close_rooms)
    app.on_cleanup.append(partial(_stop_workers, workers))
    app.on_response_prepare.append(set_headers)
    _add_api(app, parts)
    _metrics(parts, planes).add_to(app)
    _add_people_side(app, parts)
    return app


def _parts(settings: Settings, clock: WallClock, formats: Formats, planes: PlaneFactory) -> Parts:
    sealer = Sealer(load_key(settings.data_dir, _secret(settings.secret_key)))
    database = Database(settings.store_url, sealer)
    postman = make_postman(settings, database, sealer, clock)
    store = CallStore(database, sealer, postman.wake)
    desk = Desk(settings, sealer, database, clock, postman.wake)
    access = Access(
        store,
        settings.base_url,
        operators=[sealer.operator_token, *([key] if (key := _key(settings.organizer_key)) else [])],
        is_open=settings.anybody_schedules,
        therapist=desk.sessions.therapist_id,
    )
    hours = DoorHours(
        before=timedelta(minutes=settings.door_minutes_before),
        after=timedelta(minutes=settings.door_minutes_after),
    )
    door = Door(store, access, hours, clock, seats=settings.seats, formats=formats)
    conversations = StoredConversations(database, sealer, clock)
    told = SignalingSettings(
        public_url=settings.base_url,
        ice_servers=ice_servers(settings, clock),
        max_rooms=settings.max_rooms,
        max_strangers=settings.max_strangers,
        max_kept=settings.max_kept,
        formats=formats,
    )
    return Parts(
        settings,
        clock,
        formats,
        sealer,
        database,
        store,
        postman,
        access,
        desk,
        hours,
        door,
        conversations,
        Rooms(door, planes, told, store=conversations),
    )


def _planes(settings: Settings, workers: BlurWorkers, register: PlaneRegister) -> PlaneFactory:
    chosen = PlaneSettings(
        media_addresses=settings.media_addresses,
        port_range=settings.media_port_range,
        announced_address=settings.announced_address,
        compiled=takes_lane(settings.packet_path),
    )
    return lambda seats, events: register.add(Plane(seats, events, chosen, workers))


def _add_api(app: web.Application, parts: Parts) -> None:
    settings, names = parts.settings, schedulable(parts.formats)
    calls = Calls(parts.store, _rules(parts))
    view = CallView(parts.database, parts.hours, parts.clock, parts.rooms, settings.base_url)
    addresses = ClientAddresses(settings.trusted_proxies)
    changes = AddressLimit(HourlyLimit(CHANGES_PER_HOUR, parts.clock, "changes"), addresses)
    CallsApi(
        calls,
        parts.access,
        view,
        limit=AddressLimit(HourlyLimit(settings.calls_per_hour, parts.clock), addresses),
        changes=changes,
        rooms=parts.rooms,
        formats=names,
    ).add_to(app)
    ProposalsApi(calls, parts.access, view, parts.rooms, changes=changes).add_to(app)
    LettersApi(parts.database, parts.access, view, parts.clock, parts.postman.wake).add_to(app)
    parts.desk.add_to(app, parts.store, names)
    MyData(
        parts.database,
        parts.store,
        parts.access,
        _rules(parts),
        parts.rooms,
        keep=timedelta(days=settings.keep_days),
        outbox=settings.data_dir / FOLDER,
    ).add_to(app)
    CalendarReplies(calls, parts.store, parts.access, view, parts.rooms, changes=changes).add_to(app)
    _add_calendars(app, parts)
    Health(parts.store, document(settings.base_url, product_version(), names)).add_to(app)
    app.router.add_get("/api/v1/calls/{id}/signaling", make_signaling_handler(parts.rooms), allow_head=False)


def _add_calendars(app: web.Application, parts: Parts) -> None:
    entries = Entries.by_settings(parts.settings)
    CalendarFiles(parts.store, parts.access, parts.clock, entries).add_to(app)
    Feeds(parts.store, parts.sealer, parts.clock, entries).add_to(app)


def _rules(parts: Parts) -> Rules:
    return Rules(
        parts.hours, parts.clock, max_therapists=parts.settings.max_therapists, formats=parts.formats
    )


def _metrics(parts: Parts, planes: PlaneRegister) -> Metrics:
    settings = parts.settings
    return Metrics(
        [CallsCollector(parts.rooms, planes), LettersCollector(parts.postman.counts)],
        key=_key(settings.metrics_key),
        loopback=settings.for_this_machine,
    )


def _secret(setting: SecretStr | None) -> str | None:
    return None if setting is None else setting.get_secret_value()


def _key(setting: SecretStr | None) -> Pii[str] | None:
    return None if setting is None else Pii(setting.get_secret_value())


def _add_people_side(app: web.Application, parts: Parts) -> None:
    settings = parts.settings
    site = Site(
        public_url=settings.base_url,
        formats=parts.formats,
        organizer_key_needed=settings.organizer_key is not None and not settings.anybody_schedules,
        open_scheduling=settings.anybody_schedules,
        has_desk=settings.has_desk,
        sends_mail=bool(settings.smtp_host),
        version=product_version(),
    )
    add_pages(app, parts.door, site, is_connected=parts.rooms.is_connected, is_missed=parts.rooms.is_missed)
    Invitations(
        parts.store,
        parts.clock,
        keep=timedelta(days=settings.keep_days),
        https=settings.https,
        unknown_link=_unknown_link,
    ).add_to(app)


def _page(problem: Problem) -> web.Response:
    response = render_refusal(problem.slug, problem.detail, problem.status)
    response.headers.update(problem.headers)
    return response


def _unknown_link() -> web.Response:
    return render_refusal("link-unknown", "", HTTPStatus.NOT_FOUND)


async def _warn_if_shut(app: web.Application) -> None:
    settings = app[PARTS].settings
    if not (settings.anybody_schedules or settings.organizer_key or settings.has_desk):
        log.warning(
            "nobody can schedule a call over the network: set HOLDSPACE_ORGANIZER_KEY, HOLDSPACE_THERAPISTS or "
            "HOLDSPACE_OPEN_SCHEDULING"
        )


async def _database(app: web.Application) -> AsyncIterator[None]:
    await app[PARTS].database.open()
    try:
        await app[PARTS].store.check_key()
    except SealError:
        await app[PARTS].database.close()
        raise SealError(_WRONG_KEY.format(_where_the_key_is(app[PARTS].settings))) from None
    # The list of time zones is read from many small files: once, and not while calls wait.
    await asyncio.to_thread(zone, "UTC")
    yield
    await app[PARTS].database.close()


async def _conversations(app: web.Application) -> AsyncIterator[None]:
    stored = app[PARTS].conversations
    task = asyncio.create_task(stored.run(app[PARTS].rooms.live), name="conversations")
    yield
    task.cancel()
    await asyncio.wait({task})
    await stored.close()


def _where_the_key_is(settings: Settings) -> str:
    return str(settings.data_dir / KEY_FILE) if settings.secret_key is None else "HOLDSPACE_SECRET_KEY"


async def _housekeeping(app: web.Application) -> AsyncIterator[None]:
    parts = app[PARTS]
    settings = parts.settings
    retention = Retention(
        parts.database,
        parts.hours,
        parts.desk.listed,
        keep=timedelta(days=settings.keep_days),
        outbox=settings.data_dir / FOLDER,
    )
    housekeeping = Housekeeping(retention, parts.rooms, parts.store, parts.hours, parts.clock)
    task = asyncio.create_task(housekeeping.run(), name="housekeeping")
    yield
    task.cancel()
    await asyncio.wait({task})


async def _close_rooms(app: web.Application) -> None:
    await app[PARTS].rooms.close()


async def _stop_workers(workers: BlurWorkers, _app: web.Application) -> None:
    """Every plane is closed by now; what a worker still makes is thrown away."""
    workers.close()
