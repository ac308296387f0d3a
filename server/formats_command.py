"""`holdspace formats`: what there is to choose from, whether a file is one, and how it goes."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from media.formats.faults import FormatFileError
from media.formats.reader import SUFFIX, read_file
from media.formats.rehearsal import rehearse
from media.mediation.formats import FloorRule, PhaseFloor, Then
from server.command_options import read_settings
from server.known_formats import faults_are_told, known_formats

if TYPE_CHECKING:
    from collections.abc import Iterator

    from media.formats.rehearsal import Moment, Rehearsal
    from media.mediation.formats import Format, FormatPhase, Formats

SPEED = 120
"""Two minutes of a call in a second: an hour is over in half a minute."""
INDENT = "       "
RULES = {
    FloorRule.OPEN: "Everyone is heard; the stick can be brought in.",
    FloorRule.TURNS: "Turns that alternate.",
    FloorRule.COURSE: "Phases that follow each other:",
    FloorRule.SHUTTLE: "The partners share no media; the therapist goes from one to the other.",
}
AFTER = {
    Then.OPEN: "Then everyone is heard.",
    Then.TURNS: "Then turns alternate.",
    Then.END: "Then the call is over.",
}


@click.group()
def formats() -> None:
    """See the formats that calls can be held in, check files of your own, and watch one go.

    Your own folder of formats is HOLDSPACE_FORMATS_DIR; docs/formats.md says how to write one.
    """


@formats.command("list")
def list_() -> None:
    """List the formats of this server: those that come with it, and those of your own folder."""
    known = _known()
    widest = max(len(name) for name in known)
    for name, form in known.items():
        click.echo(f"{name:<{widest}}  {form.title}" + (f" ({form.source})" if form.source else ""))


@formats.command()
@click.argument("name")
def show(name: str) -> None:
    """Say all that a format holds."""
    click.echo("\n".join(_described(_by_name(name, _known()))))


@formats.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def check(files: tuple[Path, ...]) -> None:
    """Say of each file that it is OK, or which line is wrong and why; ends with 1 if any is wrong."""
    bad = False
    for file in files:
        try:
            read_file(file)
        except FormatFileError as error:
            bad = True
            click.echo(str(error))
        else:
            click.echo(f"{file}: OK")
    if bad:
        sys.exit(1)


@formats.command()
@click.argument("file_or_name")
@click.option(
    "--speed",
    type=click.IntRange(1, 100_000),
    help=f"How many times faster than a call; {SPEED} in a terminal, and all at once anywhere else.",
)
def preview(file_or_name: str, speed: int | None) -> None:
    """Play a format in fast motion: when, which phase, who is heard, and what people are told.

    The conversation itself plays it, with two partners who do what it asks of them, and a therapist where one is needed.
    """
    known = _known()
    form = _from_file(file_or_name) if _is_file(file_or_name) else _by_name(file_or_name, known)
    played = rehearse(form, known)
    if speed is None and sys.stdout.isatty():
        speed = SPEED
    now_s = 0.0
    for at_s, line in _played(form, played):
        if speed:
            time.sleep((at_s - now_s) / speed)
        now_s = at_s
        click.echo(line)


def _known() -> Formats:
    with faults_are_told():
        return known_formats(read_settings())


def _is_file(file_or_name: str) -> bool:
    return file_or_name.endswith(SUFFIX) or Path(file_or_name).name != file_or_name


def _from_file(file: str) -> Format:
    try:
        return read_file(Path(file))
    except FormatFileError as error:
        raise click.ClickException(str(error)) from None


def _by_name(name: str, known: Formats) -> Format:
    if name not in known:
        raise click.ClickException(f"There is no format {name}; there are {', '.join(known)}.")
    return known[name]


def _described(form: Format) -> Iterator[str]:
    yield f"{form.name}: {form.title}"
    yield form.sentence
    if form.source:
        yield f"After {form.source}."
    yield f"A turn lasts {_clock(form.turn_seconds)} as a rule" + (
        f", with {form.rest_seconds} s of silence between two." if form.rest_seconds else "."
    )
    yield RULES[form.floor]
    for one in form.rounds:
        if one.repeat != 1:
            often = "until something else is agreed" if one.repeat == 0 else f"{one.repeat} times"
            yield f"  {often}, " + ("changing places each time:" if one.swap else "in the same places:")
        for phase in one.phases:
            yield from _of_phase(form, phase)
    if form.floor is FloorRule.COURSE:
        yield AFTER[form.then]


def _of_phase(form: Format, phase: FormatPhase) -> Iterator[str]:
    turn = phase.floor is PhaseFloor.TURN
    seconds = phase.seconds or (form.turn_seconds if turn else None)
    parts = [
        f"{phase.speaker} speaks" if turn else "everyone" if phase.floor is PhaseFloor.OPEN else "silence",
        "until both go on" if seconds is None else _clock(seconds),
        f"said back in {phase.mirror_seconds} s" if phase.mirror_seconds else "",
    ]
    yield f"  - {phase.title}: {', '.join(filter(None, parts))}"
    for who, told in _prompts(phase.to_speaker, phase.to_listener, for_both=not turn):
        yield f"      {who}: {told}"


def _prompts(to_speaker: str, to_listener: str, *, for_both: bool) -> Iterator[tuple[str, str]]:
    if to_speaker:
        yield ("both are told" if for_both else "the speaker is told", to_speaker)
    if to_listener:
        yield "the listener is told", to_listener


def _played(form: Format, played: Rehearsal) -> Iterator[tuple[float, str]]:
    """Each line with its second."""
    yield 0.0, f"{form.title}: {form.sentence}"
    before: Moment | None = None
    for moment in played.moments:
        yield moment.at_s, f"{_clock(moment.at_s)}  {moment.title}: {moment.words}"
        told = (moment.speaker, moment.to_speaker, moment.to_listener)
        if before is None or told != (before.speaker, before.to_speaker, before.to_listener):
            for who, prompt in _prompts(*told[1:], for_both=moment.speaker is None):
                yield moment.at_s, f"{INDENT}{who}: {prompt}"
        before = moment
    if not played.ends_call:
        yield (
            played.length_s,
            f"{_clock(played.length_s)}  It goes on from here, until something else is agreed.",
        )


def _clock(seconds: float) -> str:
    """`mm:ss`, and more minutes than an hour has where it takes them."""
    whole = int(seconds)
    return f"{whole // 60:02}:{whole % 60:02}"
