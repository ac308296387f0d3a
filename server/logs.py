"""Log lines: structured, and without anything personal.

Two guards: code hands personal values over as `Pii`, which hides itself, and `redact` covers what libraries
write by themselves (an exception's text, a peer's address). SDP and bodies are never handed to a logger.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING, Any

import structlog
from aiohttp.abc import AbstractAccessLogger

from web.measures import PATH as NEUTRAL_PATH

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from aiohttp import web

    from server.settings import Settings

_PERSONAL = re.compile(
    r"""
      [^\s<>"'@]+@[^\s<>"'@]+\.[^\s<>"'@]+        # an e-mail address
    | (?<![\w-])[\w-]{43}(?![\w-])                # a token of ours
    | \b\d{1,3}(?:\.\d{1,3}){3}\b                 # an IPv4 address
    | (?<![\w:])(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}(?![\w:])   # an IPv6 address
    | \b(?:candidate:|a=|m=(?:audio|video)).*     # a line of SDP
    """,
    re.VERBOSE | re.IGNORECASE,
)


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Blot out what looks personal in every text of a log line (a structlog processor)."""
    return {
        key: _PERSONAL.sub("…", value) if isinstance(value, str) else value for key, value in event.items()
    }


def configure(settings: Settings) -> None:
    """Send structlog's and the standard library's records through one formatter to standard error."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(default=repr)
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redact, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    _quieten_libraries()


def _quieten_libraries() -> None:
    """Libraries tell of trouble only: at `info` and below they write down peers and statements."""
    for name in ("aioice", "aiortc", "aiosqlite", "sqlalchemy", "alembic", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)


class AccessLogger(AbstractAccessLogger):
    """One line a request: method, route pattern, status, seconds; never the path, which may hold a token.

    None for the page that a quiet exit leads to: beside a closed socket it would tell who left quietly, and when.
    """

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Write the line of one answered request; `time` is in seconds."""
        match = getattr(request, "match_info", None)
        resource = match.route.resource if match is not None else None
        if resource is not None and resource.canonical == NEUTRAL_PATH:
            return
        structlog.stdlib.get_logger("server.access").info(
            "request",
            method=request.method,
            route=resource.canonical if resource is not None else "unknown",
            status=response.status,
            seconds=round(time, 3),
        )
