"""`holdspace formats`: what there is, whether a file is a format, and how it goes."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from media.formats.folders import ORDER, SHIPPED
from server.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path

OWN = (
    'title = "Our own"\nsentence = "As we like it."\nfloor = "turns"\nturn_seconds = 60\nrest_seconds = 30\n'
)


def run(*line: str, folder: Path | None = None) -> Result:
    """Run the command with this folder of formats."""
    environment = {"HOLDSPACE_FORMATS_DIR": None if folder is None else str(folder)}
    return CliRunner().invoke(main, ["formats", *line], env=environment)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with one format."""
    (tmp_path / "our-own.toml").write_text(OWN)
    return tmp_path


def test_the_list_holds_shipped_and_own(folder: Path) -> None:
    """Every name, in the order in which people are offered them."""
    result = run("list", folder=folder)
    assert [line.split()[0] for line in result.output.splitlines()] == [*ORDER, "our-own"]
    assert "Our own" in result.output
    assert "our-own" not in run("list").output


@pytest.mark.parametrize("name", ORDER)
def test_a_format_is_shown_whole(name: str) -> None:
    """Its sentence, its source, and every prompt of every phase."""
    result = run("show", name)
    assert result.exit_code == 0, result.output
    text = (SHIPPED / f"{name}.toml").read_text()
    for words in re.findall(r'^(?:title|sentence|source|to_\w+) = "(.*)"$', text, re.MULTILINE):
        assert words in result.output


def test_an_unknown_name_is_told_with_those_that_there_are() -> None:
    """No traceback; the names are there to choose from."""
    for command in ("show", "preview"):
        result = run(command, "tango")
        assert result.exit_code == 1
        assert result.output.startswith("Error: There is no format tango; there are timed-turns, open-talk,")


def test_check_says_ok_or_file_line_and_reason(folder: Path) -> None:
    """Good files are OK, each fault of a bad one has a line of its own, and the command fails."""
    good, bad = folder / "our-own.toml", folder / "bad.toml"
    assert run("check", str(good), str(SHIPPED / "imago.toml")).output == (
        f"{good}: OK\n{SHIPPED / 'imago.toml'}: OK\n"
    )
    bad.write_text(OWN.replace("turn_seconds", "turn_second").replace("30", "3000"))
    result = run("check", str(bad), str(good))
    assert result.exit_code == 1
    assert result.output == (
        f'{bad}:4: there is no key "turn_second" here; turn_seconds?\n'
        f"{bad}:5: rest_seconds may be at most 300\n"
        f"{good}: OK\n"
    )


def test_preview_plays_a_file_in_virtual_time(folder: Path) -> None:
    """When, which phase, who is heard, the silence between turns: at once, where nobody watches a terminal."""
    begun = time.perf_counter()
    result = run("preview", str(folder / "our-own.toml"))
    assert time.perf_counter() - begun < 5
    assert result.output.splitlines()[:6] == [
        "Our own: As we like it.",
        "00:00  Our own: Nobody is heard until one takes the stick.",
        "00:04  Our own: Partner A speaks, and is heard alone.",
        "01:06  Our own: Nobody is heard: a shared silence between two turns.",
        "01:36  Our own: Partner B speaks, and is heard alone.",
        "02:38  Our own: Nobody is heard: a shared silence between two turns.",
    ]
    assert result.output.splitlines()[-1].endswith("It goes on from here, until something else is agreed.")


def test_preview_says_the_prompts_and_the_end() -> None:
    """A shipped format by its name: what people are told once a phase, and that the call is over."""
    lines = run("preview", "closing").output.splitlines()
    assert lines[1] == "00:00  A last word: Partner A speaks, and is heard alone."
    assert lines[2].startswith("       the speaker is told: Say what you take with you")
    assert lines[3].startswith("       the listener is told: ")
    assert lines[-1] == "02:04  Closing words: The call is over."


def test_preview_plays_faster_than_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a speed it waits between two lines, so many times shorter than people would."""
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    assert run("preview", "closing", "--speed", "62").exit_code == 0
    assert sum(waited) == pytest.approx(2)


def test_a_bad_file_is_told_and_not_played(folder: Path) -> None:
    """Preview of a file that is no format says where and why."""
    bad = folder / "bad.toml"
    bad.write_text("title = 3")
    result = run("preview", str(bad))
    assert result.exit_code == 1
    assert f"{bad}:1: title must be text in quotes" in result.output


@pytest.mark.parametrize("command", [("formats", "list"), ("serve", "--port", "1"), ("demo", "--alone")])
def test_a_bad_file_in_the_folder_refuses_the_start(command: tuple[str, ...], folder: Path) -> None:
    """Nothing starts with a format that can't be followed: file, line and reason, as with any other setting."""
    (folder / "bad.toml").write_text(OWN.replace('"turns"', '"tango"'))
    environment = {"HOLDSPACE_FORMATS_DIR": str(folder), "HOLDSPACE_DATA_DIR": str(folder)}
    result = CliRunner().invoke(main, list(command), env=environment)
    assert result.exit_code == 2
    told = f'HOLDSPACE_FORMATS_DIR: {folder}/bad.toml:3: floor must be "open", "turns", "course" or "shuttle"'
    assert told in result.output
