"""Whether a change comes from this server's own pages: a cookie is sent along by whatever page makes the browser ask."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from server.problems import Problem

if TYPE_CHECKING:
    from aiohttp import web


class SameSite:
    """Tells our own pages from another site's. `base_url`: where people reach this server."""

    def __init__(self, base_url: str) -> None:
        self._origin = base_url.lower()

    def check(self, request: web.Request) -> None:
        """Raise Problem `cross-site` (403) unless the browser says that one of our own pages asks."""
        site = request.headers.get("Sec-Fetch-Site")
        origin = request.headers.get("Origin")
        if site not in {None, "same-origin"} or (origin is not None and not self._is_ours(request, origin)):
            raise _cross_site()
        if site is None and origin is None:
            raise _cross_site()

    def _is_ours(self, request: web.Request, origin: str) -> bool:
        try:
            host = urlsplit(origin).netloc.lower()
        except ValueError:  # such as "http://[": no address at all
            return False
        return origin.lower() == self._origin or host == request.host.lower()


def _cross_site() -> Problem:
    return Problem("cross-site", HTTPStatus.FORBIDDEN, "Changes are made from this server's own pages.")
