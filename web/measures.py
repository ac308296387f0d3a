"""The page of kitchen measures: what stands on the screen of somebody who left a call quietly.

It is true, useful and quite ordinary, and it names neither this product nor a call. It needs no script and no invitation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from jinja2 import Environment

PATH = "/measures"
VOLUMES = (
    ("1 teaspoon", "5 ml"),
    ("1 tablespoon", "15 ml (20 ml in Australia)"),
    ("1 fluid ounce (US)", "30 ml"),
    ("1 fluid ounce (UK)", "28 ml"),
    ("1 cup (US)", "237 ml"),
    ("1 cup (metric)", "250 ml"),
    ("1 pint (US)", "473 ml"),
    ("1 pint (UK)", "568 ml"),
)
WEIGHTS = (
    ("1 ounce", "28 g"),
    ("4 ounces", "113 g"),
    ("8 ounces", "227 g"),
    ("1 pound", "454 g"),
    ("1 stick of butter (US)", "113 g"),
)
CUPS = (
    ("Plain flour", "125 g"),
    ("White sugar", "200 g"),
    ("Icing sugar", "120 g"),
    ("Butter", "227 g"),
    ("Rice, uncooked", "185 g"),
    ("Rolled oats", "90 g"),
    ("Honey", "340 g"),
    ("Milk", "245 g"),
)
OVENS = (
    ("Gas mark 2", "150 °C, 300 °F"),
    ("Gas mark 4", "180 °C, 350 °F"),
    ("Gas mark 6", "200 °C, 400 °F"),
    ("Gas mark 7", "220 °C, 425 °F"),
)
TABLES = (
    ("Volume", VOLUMES),
    ("Weight", WEIGHTS),
    ("One US cup of", CUPS),
    ("Oven", OVENS),
)


def add_measures(app: web.Application, templates: Environment) -> None:
    """Register the page."""
    text = templates.get_template("measures.html").render(tables=TABLES)

    async def measures(_request: web.Request) -> web.Response:
        return web.Response(text=text, content_type="text/html", headers={"Cache-Control": "no-store"})

    app.router.add_get(PATH, measures, name="measures")
