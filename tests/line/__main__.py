"""`python -m tests.line`: a call between real browsers over a bad line, and what their own statistics say of it."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
from typing import TYPE_CHECKING, Any

import click

from tests.bench import readme
from tests.bench.table import markdown, table
from tests.line.link import LineSettings
from tests.line.outcome import BEHIND, OTHER, Case, Outcome, details, machine_kept_up, measure, summary
from tests.line.scene import Line
from tests.line.servers import JANUS_MISSING, SERVERS, is_here
from tests.line.sound_codecs import SOUND

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def _sounds(ctx: click.Context, param: click.Parameter, value: str) -> tuple[str, ...]:
    """`both,fec`: names of what protects the sound."""
    names = tuple(value.split(","))
    if not set(names) <= set(SOUND):
        raise click.BadParameter(f"of {', '.join(SOUND)}", ctx, param)
    return names


@click.command()
@click.option("--loss", default=5.0, show_default=True, help="Datagrams lost, in per cent, each way.")
@click.option(
    "--burst", default=None, type=float, help="Mean length of a run of losses; without it each is alone."
)
@click.option("--delay", default=50.0, show_default=True, help="Milliseconds on the way, each way.")
@click.option(
    "--jitter", default=20.0, show_default=True, help="Largest deviation from the delay, in milliseconds."
)
@click.option("--ordered", is_flag=True, help="Jitter never lets one datagram overtake another.")
@click.option("--rate", default=None, type=float, help="Kilobits per second towards the viewer.")
@click.option("--both", is_flag=True, help="Both partners behind such a line, not only the first.")
@click.option("--third", is_flag=True, help="The therapist sends, too.")
@click.option(
    "--outage", default=0.0, show_default=True, help="Afterwards cut the first line for so many seconds."
)
@click.option("--seconds", default=20.0, show_default=True, help="How long to measure.")
@click.option("--seed", default=1, show_default=True, help="The same seed loses the same datagrams.")
@click.option(
    "--server", type=click.Choice(list(SERVERS)), default="holdspace", show_default=True, help="Whose call."
)
@click.option("--beside", type=click.Choice(list(SERVERS)), help="The same through this one, in turns.")
@click.option(
    "--sound",
    "sounds",
    callback=_sounds,
    default="both",
    metavar="NAME[,NAME]...",
    help=f"With what Holdspace's sound is protected, in turns: {', '.join(SOUND)}.",
)
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="How often; the medians are told.",
)
@click.option("--write", metavar="NAME", help="Put the table into README.md, between the marks of this name.")
def main(
    *,
    both: bool,
    third: bool,
    outage: float,
    seconds: float,
    server: str,
    beside: str | None,
    sounds: tuple[str, ...],
    rounds: int,
    write: str | None,
    **line: Any,
) -> None:
    """Measure what arrives over a bad line.

    The first partner (ash) has that line, both ways: birch sees what came up it, ash what came down. The therapist (cedar)
    looks on over a perfect line: what freezes there is this machine's doing.
    """
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise click.ClickException("no Chromium here; apt-get install chromium")
    bad = _line(**line)
    lines = {BEHIND: bad} | ({OTHER: bad} if both else {})
    cases = _cases((server, beside), sounds)
    found: dict[Case, list[Outcome]] = {case: [] for case in cases}
    for _ in range(rounds):
        for case in cases:
            found[case].append(
                asyncio.run(measure(chromium, case, lines, seconds, outage, third_sends=third))
            )
            click.echo(f"{case.name}\n{details(found[case][-1])}\n")
    if write or len(cases) * rounds > 1:
        _sum_up(found, f"medians of {rounds} x {seconds:g} s, interleaved", write)


def _sum_up(found: Mapping[Case, Sequence[Outcome]], how: str, write: str | None) -> None:
    if not found:
        return
    click.echo(f"{how}; {machine_kept_up(found)}\n{table(summary(found))}")
    if write:
        preface = f"By `{readme.command('tests.line')}`: {how}; {machine_kept_up(found)}. {readme.machine()}."
        readme.write(write, f"{preface}\n\n{markdown(summary(found))}")


def _cases(servers: Sequence[str | None], sounds: Sequence[str]) -> list[Case]:
    """What is to be measured: Janus always has all that it can do for the sound."""
    cases: list[Case] = []
    for server in servers:
        if server is not None and not is_here(server):
            click.echo(JANUS_MISSING)
        elif server is not None:
            cases += [Case(server, sound) for sound in (sounds if server == "holdspace" else ("both",))]
    return cases


def _line(
    *,
    loss: float,
    burst: float | None,
    delay: float,
    jitter: float,
    ordered: bool,
    rate: float | None,
    seed: int,
) -> Line:
    way = LineSettings(loss / 100, burst, delay / 1000, jitter / 1000, reorders=not ordered)
    down = way if rate is None else dataclasses.replace(way, rate_bps=rate * 1000)
    return Line(way, down, seed)


if __name__ == "__main__":
    main()
