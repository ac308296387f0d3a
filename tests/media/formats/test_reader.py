"""A format's file: each refusal names its line and its reason, and what is read is what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from media.formats.faults import FormatFileError
from media.formats.lines import line_of, places_in
from media.formats.reader import MAX_FAULTS, MAX_FILE_BYTES, read_file, read_text
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

WHOLE = """\
title = "Two steps"
sentence = "One speaks, then both."
source = "Nobody"
floor = "course"
turn_seconds = 240
rest_seconds = 30
then = "end"

[[rounds]]
repeat = 2
swap = true

[[rounds.phases]]
name = "speaking"
title = "Speaking"
floor = "turn"
speaker = "first"
seconds = 120
grace = false
mirror_seconds = 45
opens_with_mirror = true
completes = ["got-it"]
to_speaker = "Speak."
to_listener = "Listen."

[[rounds.phases]]
name = "both"
title = "Both"
floor = "silence"
seconds = 60
completes = ["both"]
"""


def faults(text: str, name: str = "two-steps") -> list[tuple[int, str]]:
    """What the reader finds wrong, by line."""
    with pytest.raises(FormatFileError) as caught:
        read_text(text, name, "f.toml")
    return [(fault.line, fault.reason) for fault in caught.value.faults]


def changed(line: int, to: str | None) -> str:
    """The whole file with one line (from 1) put differently, or left out."""
    lines = WHOLE.splitlines()
    lines[line - 1 : line] = [] if to is None else [to]
    return "\n".join(lines)


def test_every_key_arrives() -> None:
    """All that a file can say is in the format."""
    speaking = FormatPhase(
        "speaking", "Speaking", PhaseFloor.TURN, Speaker.FIRST, 120, False, 45, True,
        frozenset({Completion.GOT_IT}), "Speak.", "Listen.",
    )  # fmt: skip
    both = FormatPhase("both", "Both", PhaseFloor.SILENCE, seconds=60, completes=frozenset({Completion.BOTH}))
    assert read_text(WHOLE, "two-steps", "f.toml") == Format(
        "two-steps", FloorRule.COURSE, "Two steps", "One speaks, then both.", "Nobody", 240, 30,
        (FormatRound((speaking, both), 2, swap=True),), Then.END,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "to", "reason"),
    [
        (1, None, "title is missing"),
        (1, "title = 5", "title must be text in quotes"),
        (1, 'title = ""', "title must not be empty"),
        (1, f'title = "{"x" * 61}"', "title may have at most 60 characters"),
        (1, r'title = "a\nb"', "title must be one line of plain text, without control characters"),
        (1, r'title = "a\u202eb"', "title must be one line of plain text, without control characters"),
        (2, f'sentence = "{"x" * 241}"', "sentence may have at most 240 characters"),
        (3, 'origin = "x"', 'there is no key "origin" here'),
        (3, 'sourze = "x"', 'there is no key "sourze" here; source?'),
        (4, 'floor = "circle"', 'floor must be "open", "turns", "course" or "shuttle"'),
        (5, "turn_seconds = 9", "turn_seconds must be at least 10"),
        (5, "turn_seconds = 3601", "turn_seconds may be at most 3600"),
        (5, "turn_seconds = 60.0", "turn_seconds must be a whole number"),
        (6, "rest_seconds = 301", "rest_seconds may be at most 300"),
        (6, "rest_seconds = true", "rest_seconds must be a whole number"),
        (7, 'then = "dance"', 'then must be "end", "open" or "turns"'),
        (10, "repeat = -1", "repeat must be at least 0"),
        (10, "repeat = 101", "repeat may be at most 100"),
        (11, 'swap = "yes"', "swap must be true or false"),
        (11, "swop = true", 'there is no key "swop" here; swap?'),
        (
            14,
            'name = "Speaking!"',
            "name must be small letters, digits and single hyphens, and begin with a letter",
        ),
        (27, 'name = "speaking"', 'there is a phase "speaking" already; each needs a name of its own'),
        (16, 'floor = "turns"', 'floor must be "turn", "open" or "silence"'),
        (17, 'speaker = "third"', 'speaker must be "first", "second" or "each"'),
        (17, "", 'floor: a turn needs a speaker: "first", "second" or "each"'),
        (18, "seconds = 5", "seconds must be at least 10"),
        (18, "seconds = 9999", "seconds may be at most 3600"),
        (20, "mirror_seconds = 301", "mirror_seconds may be at most 300"),
        (20, "mirror_seconds = 3", "mirror_seconds: must be 0 (no saying back) or at least 10"),
        (22, 'completes = "got-it"', "completes must be a list"),
        (22, 'completes = ["silence"]', 'completes must be "got-it" or "both"'),
        (22, 'completes = ["got-it", "got-it"]', "completes: the same thing stands here twice"),
        (
            22,
            'completes = ["both"]',
            'completes: "both" is for an open or a silent phase; a turn ends with its time or its speaker',
        ),
        (23, "to_speaker = 1", "to_speaker must be text in quotes"),
        (30, 'speaker = "first"', 'speaker: only a phase with floor = "turn" has this'),
        (30, "seconds = 60\ngrace = true", 'grace: only a phase with floor = "turn" has this'),
        (30, "seconds = 60\nmirror_seconds = 0", 'mirror_seconds: only a phase with floor = "turn" has this'),
        (31, 'completes = ["got-it"]', 'completes: "got-it" is for a turn; use "both" here'),
        (
            31,
            'to_listener = "x"',
            "to_listener: nobody is the listener here; what is for both stands in to_speaker",
        ),
    ],
)
def test_a_refusal_names_the_line_and_the_reason(line: int, to: str | None, reason: str) -> None:
    """Whatever is wrong with a key is told at that key's line; what is missing at the line of its table."""
    at = {'floor: a turn needs a speaker: "first", "second" or "each"': 16}.get(reason, line)
    added = 1 if to and "\n" in to else 0
    assert (at + added, reason) in faults(changed(line, to))


def test_a_phase_that_never_ends_is_refused() -> None:
    """An open or a silent phase has a time, or both say when it is over."""
    text = "\n".join(WHOLE.splitlines()[:-2])
    assert faults(text) == [
        (29, 'floor: this phase would never end: give it seconds, or completes = ["both"]')
    ]


def test_saying_back_needs_a_time() -> None:
    """Nothing that belongs to the mirror stands in a phase without one."""
    assert faults(changed(20, "mirror_seconds = 0")) == [
        (21, "opens_with_mirror: there is no saying back in this phase; set mirror_seconds as well"),
        (22, 'completes: "got-it" answers what was said back; set mirror_seconds as well'),
    ]


def test_only_a_course_has_rounds_and_an_end() -> None:
    """A format without phases says nothing of rounds, nor of what follows them."""
    assert faults(changed(4, 'floor = "turns"')) == [
        (7, 'nothing follows floor = "turns"; only a "course" comes to an end'),
        (9, 'a format with floor = "turns" has no rounds; only "course" has'),
    ]


def test_a_course_needs_rounds_and_rounds_need_phases() -> None:
    """An empty course can't be followed."""
    head = "\n".join(WHOLE.splitlines()[:6])
    assert faults(head) == [(4, 'a format with floor = "course" needs at least one [[rounds]]')]
    assert faults(f"{head}\n[[rounds]]\nrepeat = 1") == [(7, "phases is missing")]
    assert faults(f"{head}\nrounds = [{{phases = []}}]") == [(7, "phases must have at least 1 entry")]


def test_nothing_follows_a_round_without_end() -> None:
    """Neither another round nor the end of the call."""
    endless = changed(10, "repeat = 0")
    assert faults(endless) == [(7, "the last round repeats without end, so the call would never end by it")]
    more = '\n[[rounds]]\n[[rounds.phases]]\nname = "x"\ntitle = "X"\nfloor = "open"\nseconds = 10\n'
    assert faults(endless + more) == [(10, "a round that repeats without end must be the last one")]


def test_closing_ends_the_call() -> None:
    """An operator's own closing must do what it is offered for."""
    reason = 'the format "closing" must end the call: floor = "course" and then = "end"'
    assert faults(changed(7, 'then = "open"'), "closing") == [(7, reason)]
    assert read_text(WHOLE, "closing", "f.toml").then is Then.END


@pytest.mark.parametrize("name", ["Two", "two steps", "2", "a--b", "-a", "", "x" * 33, "two\n"])
def test_the_name_of_the_file_is_a_slug(name: str) -> None:
    """It is the format's name in the API, in the store and in addresses."""
    [(line, reason)] = faults(WHOLE, name)
    assert (line, "small letters, digits and single hyphens" in reason) == (1, True)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('title = "a"\nsentence = ', 2),
        ('title = "a"\n\nnonsense\n', 3),
        ('title = "a"\ntitle = "b"', 2),
        ('title = """a\n\n', 3),
        ('a = "b"\nrounds = [1,\n2', 3),
        ("[[rounds]\n", 1),
    ],
)
def test_what_is_not_toml_is_told_with_its_line(text: str, line: int) -> None:
    """A slip of the pen is found where it is, also when the text just stops."""
    [(found, reason)] = faults(text)
    assert reason.startswith("this is not TOML: ")
    assert found == line


def test_hostile_files_are_refused_in_time() -> None:
    """Depth, a number without end, and more faults than anybody would read: an error each, and no more."""
    assert faults("a = " + "[" * 5000)[0][0] == 1
    assert "is too long" in faults("turn_seconds = " + "9" * 5000)[0][1]
    assert len(faults("\n".join(f"key{number} = 1" for number in range(3000)))) == MAX_FAULTS
    assert (1, "rounds may have at most 12 entries") in faults("[[rounds]]\n" * 5000)


def test_counts_are_bounded() -> None:
    """A format is something that people can follow."""
    head = 'title = "a"\nsentence = "b"\nfloor = "course"\n'
    assert (4, "rounds may have at most 12 entries") in faults(head + "[[rounds]]\n" * 13)
    phases = "[[rounds.phases]]\n" * 25
    assert (5, "phases may have at most 24 entries") in faults(f"{head}[[rounds]]\n{phases}")


def test_a_file_is_read_by_its_name(tmp_path: Path) -> None:
    """The format is called as its file is."""
    path = tmp_path / "my-own.toml"
    path.write_text(WHOLE)
    assert read_file(path).name == "my-own"


def test_what_can_not_be_read_is_told(tmp_path: Path) -> None:
    """A missing, a large, a wrongly named and a wrongly encoded file: each is named with its reason."""
    large, other, latin = tmp_path / "large.toml", tmp_path / "other.txt", tmp_path / "latin.toml"
    large.write_text("#" * (MAX_FILE_BYTES + 1))
    other.write_text(WHOLE)
    latin.write_bytes(b'title = "a"\nsentence = "\xe9"')
    told = []
    for path in (tmp_path / "none.toml", large, other, latin):
        with pytest.raises(FormatFileError) as caught:
            read_file(path)
        told.append(str(caught.value).removeprefix(f"{tmp_path}/"))
    assert told == [
        "none.toml:1: can't be read: No such file or directory",
        "large.toml:1: may have at most 64 KiB",
        "other.txt:1: a format's file ends in .toml",
        "latin.toml:2: must be UTF-8",
    ]


def test_lines_are_found_past_strings_comments_and_brackets() -> None:
    """What only looks like a key or a table is none, and every way of writing a key is one."""
    text = '''\
# title = "no"
a = """
b = 1
[[rounds]]
"""
c = [ # d = 1
  "[[rounds]]", 'e = 2',
]
"f.g" . h = {i = 1}
[[ rounds ]] # first
[[rounds]]
  [[rounds."phases"]]
  [[ rounds . phases ]]
  k = \'\'\'
l = 3\'\'\'
m = 4
[n.o]
p = "]"
'''
    places = places_in(text)
    assert places == {
        ("a",): 2,
        ("c",): 6,
        ("f.g", "h"): 9,
        ("rounds",): 10,
        ("rounds", 0): 10,
        ("rounds", 1): 11,
        ("rounds", 1, "phases"): 12,
        ("rounds", 1, "phases", 0): 12,
        ("rounds", 1, "phases", 1): 13,
        ("rounds", 1, "phases", 1, "k"): 14,
        ("rounds", 1, "phases", 1, "m"): 16,
        ("n", "o"): 17,
        ("n", "o", "p"): 18,
    }
    assert line_of(("rounds", 1, "phases", 1, "none"), places) == 13
    assert line_of(("f.g", "h", "i"), places) == 9
    assert line_of(("nowhere",), places) == 1
