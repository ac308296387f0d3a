"""The pages that tell of formats: what there is to choose from, and each of them in fast motion.

How a format goes is played here, by the conversation itself (`media.formats.rehearsal`); the page only shows what it is given.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aiohttp import web

from media.formats.rehearsal import rehearse
from media.formats.rehearsal_words import NAMES
from media.mediation.formats import FloorRule, PhaseFloor, Speaker, Then
from web.format_data import length_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment

    from media.formats.rehearsal import Rehearsal
    from media.mediation.formats import Format, FormatPhase, FormatRound, Formats

SPEEDS = (30, 60, 120, 300)
"""How many times faster than a call; at 120 an hour is over in half a minute."""
USUAL_SPEED = 60
RULES: Mapping[FloorRule, str] = {
    FloorRule.OPEN: "Everyone is heard; either of you can bring in the talking stick, and then one alone is heard.",
    FloorRule.TURNS: "One alone is heard. When a turn ends, the talking stick goes to the other.",
    FloorRule.COURSE: "Step by step:",
    FloorRule.SHUTTLE: "The partners neither see nor hear each other. The therapist talks to one of them at a time.",
}
AFTER: Mapping[Then, str] = {
    Then.OPEN: "After that everyone is heard.",
    Then.TURNS: "After that one speaks at a time, in turns.",
    Then.END: "With that the call ends.",
}
WHO: Mapping[Speaker, str] = {
    Speaker.FIRST: "whoever begins",
    Speaker.SECOND: "the other",
    Speaker.EACH: "one, then the other",
}


def add_format_pages(app: web.Application, formats: Formats, templates: Environment) -> None:
    """Register `/formats` and `/formats/{name}`."""
    pages = _FormatPages(formats, templates)
    app.router.add_get("/formats", pages.all, name="formats")
    app.router.add_get("/formats/{name}", pages.one, name="format")


class _FormatPages:
    """The handlers; one for an application."""

    def __init__(self, formats: Formats, templates: Environment) -> None:
        self._formats = formats
        self._templates = templates
        self._played: dict[str, dict[str, Any]] = {}

    async def all(self, _request: web.Request) -> web.Response:
        """Every format, with what it is chosen by."""
        told = [_told(form) for form in self._formats.values()]
        return self._page("formats.html", formats=told)

    async def one(self, request: web.Request) -> web.Response:
        """One of them, to be watched."""
        form = self._formats.get(request.match_info["name"])
        if form is None:
            raise web.HTTPNotFound
        return self._page(
            "format.html",
            format=_told(form),
            data=self._data(form),
            people=[NAMES["first"], NAMES["second"], *([NAMES["therapist"]] if form.needs_therapist else [])],
            speeds=SPEEDS,
            usual_speed=USUAL_SPEED,
        )

    def _data(self, form: Format) -> dict[str, Any]:
        """Played once, when somebody first asks: formats stay as they are while the server runs."""
        if form.name not in self._played:
            self._played[form.name] = _played(rehearse(form, self._formats))
        return self._played[form.name]

    def _page(self, template: str, **values: Any) -> web.Response:
        html = self._templates.get_template(template).render(values)
        return web.Response(text=html, status=HTTPStatus.OK, content_type="text/html")


def _played(rehearsal: Rehearsal) -> dict[str, Any]:
    """What the page's module is given; JSON types only."""
    return {
        "length_s": rehearsal.length_s,
        "ends_call": rehearsal.ends_call,
        "people": NAMES,
        "moments": [
            {
                "at_s": moment.at_s,
                "title": moment.title,
                "heard": moment.heard,
                "words": moment.words,
                "speaker": moment.speaker,
                "listener": moment.listener,
                "to_speaker": moment.to_speaker,
                "to_listener": moment.to_listener,
            }
            for moment in rehearsal.moments
        ],
    }


def _told(form: Format) -> dict[str, Any]:
    """A format in words."""
    return {
        "name": form.name,
        "title": form.title,
        "sentence": form.sentence,
        "source": form.source,
        "rule": RULES[form.floor],
        "usual": _usual_words(form),
        "rounds": [{"words": _round_words(one), "phases": _phases(form, one)} for one in form.rounds],
        "after": AFTER[form.then] if form.floor is FloorRule.COURSE and form.rounds[-1].repeat else "",
    }


def _usual_words(form: Format) -> str:
    if form.needs_therapist:
        return "It needs a therapist in the call."
    silence = f", with {length_words(form.rest_seconds)} of silence between two" if form.rest_seconds else ""
    if form.floor is FloorRule.COURSE:
        return f"Turns follow each other{silence}." if silence else ""
    return f"A turn usually lasts {length_words(form.turn_seconds)}{silence}."


def _round_words(one: FormatRound) -> str:
    """Empty: gone through once."""
    if one.repeat == 1:
        return ""
    often = "Again and again, until you agree on something else" if one.repeat == 0 else f"{one.repeat} times"
    return f"{often}, and you change places each time:" if one.swap else f"{often}:"


def _phases(form: Format, one: FormatRound) -> list[dict[str, Any]]:
    return [
        {
            "title": phase.title,
            "words": _phase_words(form, phase),
            "prompts": [
                (who, told)
                for who, told in (
                    ("For the speaker" if phase.speaker else "For both", phase.to_speaker),
                    ("For the listener", phase.to_listener),
                )
                if told
            ],
        }
        for phase in one.phases
    ]


def _phase_words(form: Format, phase: FormatPhase) -> str:
    """`whoever begins speaks, 3 minutes; the other says back in 45 seconds`."""
    turn = phase.speaker is not None
    seconds = phase.seconds or (form.turn_seconds if turn else None)
    length = "until both of you go on" if seconds is None else length_words(seconds)
    if phase.speaker is None:
        return f"{'everyone is heard' if phase.floor is PhaseFloor.OPEN else 'a shared silence'}, {length}"
    each = " each" if phase.speaker is Speaker.EACH else ""
    words = f"{WHO[phase.speaker]} speaks, {length}{each}"
    mirror = (
        f"; the listener says back in {length_words(phase.mirror_seconds)}" if phase.mirror_seconds else ""
    )
    return words + mirror
