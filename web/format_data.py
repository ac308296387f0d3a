"""Formats as pages tell of them: JSON types for the modules, and short words for lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from media.formats.rules import CLOSING

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
