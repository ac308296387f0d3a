"""A format's file becomes a format, or an error that names the file, the line and the reason."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from pydantic import ValidationError

from media.formats.fault_words import fault_words
from media.formats.faults import Fault, FaultAtLine, FormatFileError
from media.formats.lines import line_of, places_in
from media.formats.rules import faults_of
from media.formats.shape import MAX_SLUG_CHARS, SLUG, FormatTable
from media.mediation.formats import (
    Completion,
    FloorRule,
    Format,
    FormatPhase,
    FormatRound,
    PhaseFloor,
    Speaker,
    Then,
)

if TYPE_CHECKING:
    from pathlib import Path

    from media.formats.shape import PhaseTable, RoundTable

MAX_FILE_BYTES = 64 * 1024
MAX_FAULTS = 20
"""Most faults told of one file; the first ones are enough to go on."""
SUFFIX = ".toml"


def read_file(path: Path) -> Format:
    """The format in this file, named like the file.

    Raises:
        FormatFileError: it can't be read, or is no format.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _refused(str(path), f"can't be read: {error.strerror}") from None
    if len(data) > MAX_FILE_BYTES:
        raise _refused(str(path), f"may have at most {MAX_FILE_BYTES // 1024} KiB")
    if path.suffix != SUFFIX:
        raise _refused(str(path), f"a format's file ends in {SUFFIX}")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise _refused(str(path), "must be UTF-8", data.count(b"\n", 0, error.start) + 1) from None
    return read_text(text, path.stem, str(path))


def read_text(text: str, name: str, file: str) -> Format:
    """The format written in `text`; `file` is how errors name it.

    Raises:
        FormatFileError: it is no format.
    """
    if not re.fullmatch(SLUG, name) or len(name) > MAX_SLUG_CHARS:
        reason = (
            f"the file's name is the format's, so \"{name}\" must be small letters, digits and single hyphens"
        )
        raise _refused(file, f"{reason}, {MAX_SLUG_CHARS} characters at most")
    try:
        table = FormatTable.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise _of_syntax(file, text, str(error)) from None
    except RecursionError:
        raise _refused(file, "its lists and tables lie too deep in each other") from None
    except ValidationError as error:
        raise _all(file, text, [Fault(each["loc"], fault_words(each)) for each in error.errors()]) from None
    except ValueError:  # Python reads no whole number of more than 4300 digits
        raise _refused(file, "a number in it is too long") from None
    if faults := list(faults_of(name, table)):
        raise _all(file, text, faults)
    return _format(name, table)


def _refused(file: str, reason: str, line: int = 1) -> FormatFileError:
    return FormatFileError(file, (FaultAtLine(line, reason),))


def _all(file: str, text: str, faults: list[Fault]) -> FormatFileError:
    places = places_in(text)
    found = sorted(FaultAtLine(line_of(fault.where, places), fault.reason) for fault in faults)
    return FormatFileError(file, tuple(found[:MAX_FAULTS]))


def _of_syntax(file: str, text: str, message: str) -> FormatFileError:
    """The place is told in the message alone before Python 3.14."""
    words, _, place = message.partition(" (at ")
    found = re.match(r"line (\d+)", place)
    line = int(found[1]) if found else text.count("\n") + 1
    return _refused(file, f"this is not TOML: {words[:1].lower()}{words[1:]}", line)


def _format(name: str, table: FormatTable) -> Format:
    return Format(
        name=name,
        floor=FloorRule(table.floor),
        title=table.title,
        sentence=table.sentence,
        source=table.source,
        turn_seconds=table.turn_seconds,
        rest_seconds=table.rest_seconds,
        rounds=tuple(_round(one) for one in table.rounds),
        then=Then(table.then),
    )


def _round(table: RoundTable) -> FormatRound:
    return FormatRound(tuple(_phase(one) for one in table.phases), table.repeat, table.swap)


def _phase(table: PhaseTable) -> FormatPhase:
    return FormatPhase(
        name=table.name,
        title=table.title,
        floor=PhaseFloor(table.floor),
        speaker=None if table.speaker is None else Speaker(table.speaker),
        seconds=table.seconds,
        grace=table.grace,
        mirror_seconds=table.mirror_seconds,
        opens_with_mirror=table.opens_with_mirror,
        completes=frozenset(Completion(one) for one in table.completes),
        to_speaker=table.to_speaker,
        to_listener=table.to_listener,
    )
