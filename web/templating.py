"""Pages from templates: what is filled in is text and never markup, and a name that is missing is an error."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(template: str, **values: Any) -> str:
    """Return a template filled with values."""
    return TEMPLATES.get_template(template).render(values)


def page(text: str, status: int = HTTPStatus.OK) -> web.Response:
    """Return an answer that holds a page."""
    return web.Response(text=text, status=status, content_type="text/html")
