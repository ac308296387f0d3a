"""Whatever a file says, the reader answers with a format that the conversation can follow, or with lines that exist."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from media.formats.faults import FormatFileError
from media.formats.folders import shipped
from media.formats.reader import read_text
from media.formats.rehearsal import MAX_MOMENTS, rehearse

if TYPE_CHECKING:
    from media.mediation.formats import Format

SLUGS = st.integers(0, 99).map(lambda number: f"phase-{number}")
SECONDS = st.integers(10, 120)


def often(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly such a value; now and then something else, or nothing (None leaves the key out)."""
    return st.one_of(*[values] * 8, st.none(), st.sampled_from([0, -1, True, "x", [], 7.5]))


NAMED = {"name": SLUGS, "title": st.just("T")}
TURN = st.fixed_dictionaries(
    {**NAMED, "floor": st.just("turn"), "speaker": often(st.sampled_from(["first", "second", "each"]))},
    optional={"seconds": often(SECONDS), "grace": st.booleans()},
)
MIRRORED = st.fixed_dictionaries(
    {
        **NAMED,
        "floor": st.just("turn"),
        "speaker": st.sampled_from(["first", "second", "each"]),
        "mirror_seconds": often(st.sampled_from([10, 45])),
    },
    optional={
        "seconds": SECONDS,
        "opens_with_mirror": st.booleans(),
        "completes": st.sampled_from([["got-it"], []]),
    },
)
OTHER = st.fixed_dictionaries(
    {**NAMED, "floor": st.sampled_from(["open", "silence"]), "completes": st.just(["both"])},
    optional={"seconds": often(SECONDS)},
)
ROUND = st.fixed_dictionaries(
    {"phases": st.lists(TURN | MIRRORED | OTHER, min_size=1, max_size=3)},
    optional={"repeat": st.integers(0, 3), "swap": st.booleans()},
)
PLAIN = {"title": st.just("F"), "sentence": st.just("S")}
LENGTHS = {"turn_seconds": often(SECONDS), "rest_seconds": st.sampled_from([0, 30])}
COURSE = st.fixed_dictionaries(
    {**PLAIN, "floor": st.just("course"), "rounds": st.lists(ROUND, min_size=1, max_size=2)},
    optional={**LENGTHS, "then": st.sampled_from(["open", "end", "turns"])},
)
FREE = st.fixed_dictionaries(
    {**PLAIN, "floor": st.sampled_from(["open", "turns", "shuttle"])},
    optional={**LENGTHS, "then": often(st.none())},
)
FILE = st.one_of(COURSE, COURSE, COURSE, FREE)


def toml(file: dict[str, Any]) -> str:
    """The file's text."""
    lines = [*_keys({key: value for key, value in file.items() if key != "rounds"})]
    for one in file.get("rounds", ()):
        lines += ["[[rounds]]", *_keys({key: value for key, value in one.items() if key != "phases"})]
        for phase in one["phases"]:
            lines += ["[[rounds.phases]]", *_keys(phase)]
    return "\n".join(lines)


def _keys(table: dict[str, Any]) -> list[str]:
    return [f"{key} = {json.dumps(value)}" for key, value in table.items() if value is not None]


def read(text: str) -> Format | FormatFileError:
    """What the reader makes of it."""
    try:
        return read_text(text, "made", "made.toml")
    except FormatFileError as error:
        return error


def assert_lines_exist(error: FormatFileError, text: str) -> None:
    """Something is told, and each line that it names is in the text."""
    assert error.faults
    assert all(1 <= fault.line <= text.count("\n") + 1 for fault in error.faults)


@settings(max_examples=300, deadline=None)
@given(FILE)
def test_what_is_read_can_be_followed(file: dict[str, Any]) -> None:
    """No format that the reader takes makes the conversation refuse, stand still or go in a circle."""
    text = toml(file)
    form = read(text)
    event(type(form).__name__)
    if isinstance(form, FormatFileError):
        assert_lines_exist(form, text)
        return
    rehearsal = rehearse(form, shipped())
    assert 0 < len(rehearsal.moments) <= MAX_MOMENTS
    times = [moment.at_s for moment in rehearsal.moments]
    assert times == sorted(times)
    seen = {moment.title for moment in rehearsal.moments}
    if len(rehearsal.moments) < MAX_MOMENTS:
        assert {phase.title for one in form.rounds for phase in one.phases} <= seen


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("[]{}\"'=,#\n\\.x1 "), max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any text at all is refused with a line that it has."""
    error = read(text)
    assert isinstance(error, FormatFileError)
    assert_lines_exist(error, text)
