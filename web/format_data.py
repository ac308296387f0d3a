"""Formats as pages tell of them: JSON types for the modules, and short words for lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from media.formats.rules import CLOSING
from media.mediation.formats import Speaker

if TYPE_CHECKING:
    from media.mediation.formats import Format, FormatPhase, Formats


def offered(formats: Formats) -> list[Format]:
    """The formats that a call can begin with."""
    return [form for form in formats.values() if form.name != CLOSING]


def format_data(form: Format) -> dict[str, Any]:
    """A format as the modules are given it; its phases in order, each round gone through once."""
    return {
        "id": form.name,
        "name": form.title,
        "sentence": form.sentence,
        "source": form.source,
        "turn_seconds": form.turn_seconds,
        "rest_seconds": form.rest_seconds,
        "floor": form.floor,
        "then": form.then,
        "needs_therapist": form.needs_therapist,
        "phases": [_phase_data(phase) for one in form.rounds for phase in one.phases],
    }


def least_minutes(form: Format) -> int:
    """How many minutes a call needs to hold the format's course once through; 0: the format takes any length."""
    seconds = sum(
        one.repeat * sum(_phase_seconds(form, phase) for phase in one.phases) for one in form.rounds
    )
    return -(-seconds // 60)


def _phase_seconds(form: Format, phase: FormatPhase) -> int:
    """With both partners' turns, and what is said back after each; what ends when people say so takes no set time."""
    if phase.speaker is None:
        return phase.seconds or 0
    turn = (phase.seconds or form.turn_seconds) + phase.mirror_seconds
    return 2 * turn if phase.speaker is Speaker.EACH else turn


def _phase_data(phase: FormatPhase) -> dict[str, Any]:
    return {
        "name": phase.name,
        "title": phase.title,
        "floor": phase.floor,
        "speaker": phase.speaker,
        "seconds": phase.seconds,
        "mirror_seconds": phase.mirror_seconds,
    }


def length_words(seconds: int) -> str:
    """`3 minutes`, `1 minute`, `90 seconds`."""
    minutes, left = divmod(seconds, 60)
    if left:
        return f"{seconds} seconds"
    return "1 minute" if minutes == 1 else f"{minutes} minutes"
