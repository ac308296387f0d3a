"""Headers that tell a browser to be strict with our pages and answers.

Set when an answer is about to be sent, so that errors, static files and WebSocket upgrades carry them too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

POLICY = (
    "default-src 'self'; connect-src 'self'; media-src 'self' blob: mediastream:; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


async def set_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add what is missing (an `on_response_prepare` signal); pages and answers are never stored."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if not request.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "no-store")
    # aiohttp's own value names the versions of Python and of itself.
    response.headers["Server"] = "holdspace"
