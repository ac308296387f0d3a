"""The desk as a whole: built once from what the application has, and put into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.client_address import ClientAddresses
from server.desk.api import LINKS_PER_HOUR, DeskApi
from server.desk.links import SignInLinks
from server.desk.listed import ListedTherapists
from server.desk.sessions import DeskSessions
from server.desk.therapists import Therapists
from server.limits import AddressLimit, HourlyLimit
from server.same_site import SameSite

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from aiohttp import web

    from server.clock import WallClock
    from server.database import Database
    from server.sealing import Sealer
    from server.settings import Settings
    from server.store import CallStore


class Desk:
    """The parts that others need: who is listed, and who is signed in. `told` is called when a letter waits."""

    def __init__(
        self,
        settings: Settings,
        sealer: Sealer,
        database: Database,
        clock: WallClock,
        told: Callable[[], None] = lambda: None,
    ) -> None:
        self._settings = settings
        self._sealer = sealer
        self._clock = clock
        self.listed = ListedTherapists(settings.therapists, sealer, anybody=settings.for_this_machine)
        self._therapists = Therapists(database, sealer)
        self.links = SignInLinks(database, sealer, self.listed, self._therapists, clock, told)
        self.sessions = DeskSessions(database, self.links, self.listed, clock, https=settings.https)

    def add_to(self, app: web.Application, store: CallStore, formats: Collection[str]) -> None:
        """Register the desk's addresses; links that are asked for at the end are still written."""
        DeskApi(
            store,
            self._therapists,
            self.links,
            self.sessions,
            self._sealer,
            SameSite(self._settings.base_url),
            base_url=self._settings.base_url,
            limit=AddressLimit(
                HourlyLimit(LINKS_PER_HOUR, self._clock, "sign-in links"),
                ClientAddresses(self._settings.trusted_proxies),
            ),
            formats=formats,
        ).add_to(app)
        app.on_shutdown.append(self._finish)

    async def _finish(self, _app: web.Application) -> None:
        await self.links.finish()
