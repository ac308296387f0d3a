"""The shape of a format's file: which keys there are, and what each may be. Rules between keys are in `rules`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from media.mediation.formats import MAX_REST_S, MAX_TURN_S, MIN_TURN_S
from media.plain_text import one_line

MAX_ROUNDS = 12
MAX_PHASES = 24
"""In one round; the longest format that is known has seven."""
MAX_REPEAT = 100
MIN_MIRROR_S, MAX_MIRROR_S = 10, 300
"""Structured dialogues reflect 30 to 45 seconds, a summary about two minutes."""
SLUG = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
MAX_SLUG_CHARS = 32
"""What the store keeps of a format's name."""


def _text(most: int, least: int = 1) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=least, max_length=most)


Slug = Annotated[str, StringConstraints(pattern=SLUG, max_length=MAX_SLUG_CHARS)]
Title = Annotated[str, _text(60), AfterValidator(one_line)]
Sentence = Annotated[str, _text(240), AfterValidator(one_line)]
Prompt = Annotated[str, _text(240, 0), AfterValidator(one_line)]
Seconds = Annotated[int, Field(ge=MIN_TURN_S, le=MAX_TURN_S)]


class Table(BaseModel):
    """A table of the file: unknown keys are refused, and no type is guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class PhaseTable(Table):
    """`[[rounds.phases]]`."""

    name: Slug
    title: Title
    floor: Literal["turn", "open", "silence"]
    speaker: Literal["first", "second", "each"] | None = None
    seconds: Seconds | None = None
    grace: bool = True
    mirror_seconds: Annotated[int, Field(ge=0, le=MAX_MIRROR_S)] = 0
    opens_with_mirror: bool = False
    completes: Annotated[list[Literal["got-it", "both"]], Field(max_length=2)] = []
    to_speaker: Prompt = ""
    to_listener: Prompt = ""


class RoundTable(Table):
    """`[[rounds]]`."""

    phases: Annotated[list[PhaseTable], Field(min_length=1, max_length=MAX_PHASES)]
    repeat: Annotated[int, Field(ge=0, le=MAX_REPEAT)] = 1
    swap: bool = False


class FormatTable(Table):
    """The whole file."""

    title: Title
    sentence: Sentence
    floor: Literal["open", "turns", "course", "shuttle"]
    source: Prompt = ""
    turn_seconds: Seconds = 180
    rest_seconds: Annotated[int, Field(ge=0, le=MAX_REST_S)] = 0
    rounds: Annotated[list[RoundTable], Field(max_length=MAX_ROUNDS)] = []
    then: Literal["end", "open", "turns"] = "open"
