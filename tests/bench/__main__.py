"""`python -m tests.bench [PART]...`: what the server costs, how quickly one is in, and what a distance leaves.

Ends with 1 when a bound is missed: forwarding at most a tenth of MediaRelay's CPU time and nine tenths of Janus's
(six on the compiled path), everything delivered; at most 1 ms (p50) and 5 ms (p99) added with eight calls on a core; the first
remote picture within a second of `join`; an acknowledgement within 50 ms (p95); lists, doors and reminders in 20 ms (p50) with
ten thousand calls; the veil on the other's screen 50 ms (p50) after the press; nothing left over and flat memory in a soak.
"""

from __future__ import annotations

import asyncio
import os
from statistics import median
from typing import TYPE_CHECKING, Final

import click

from tests.bench import (
    blurring,
    commands,
    distance,
    faces,
    figures,
    footage,
    forwarding,
    joining,
    latency,
    levels_page,
    scheduling,
    soak,
    veiled,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_CALLS: Final = 12


def _counts(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, ...]:
    """`1,4`: numbers of calls, between 1 and MOST_CALLS each; without any, none."""
    try:
        counts = tuple(int(part) for part in value.split(",")) if value else ()
    except ValueError:
        raise click.BadParameter(f"{value!r} is no list of numbers", ctx, param) from None
    if not all(1 <= count <= MOST_CALLS for count in counts):
        raise click.BadParameter(f"from 1 to {MOST_CALLS} calls", ctx, param)
    return counts


@click.command()
@click.argument(
    "parts",
    nargs=-1,
    type=click.Choice(
        [
            "forwarding",
            "latency",
            "join",
            "commands",
            "blur",
            "veiled",
            "distance",
            "faces",
            "scheduling",
            "soak",
        ]
    ),
)
@click.option(
    "--seconds", default=10.0, show_default=True, help="Length of a run of `forwarding`, `latency`, `veiled`."
)
@click.option("--rounds", default=3, show_default=True, help="Rounds of `forwarding`, `latency` and `blur`.")
@click.option(
    "--calls",
    callback=_counts,
    metavar="N[,N]...",
    help="Calls at once: of `forwarding` one or more numbers (1), of `soak` one (5).",
)
@click.option("--minutes", default=30.0, show_default=True, help="Length of `soak`.")
@click.option(
    "--write",
    is_flag=True,
    help=f"Put what is found into README.md and {figures.PLOT}; of `faces` into docs/levels.md.",
)
def main(
    *,
    parts: tuple[str, ...],
    seconds: float,
    rounds: int,
    calls: tuple[int, ...],
    minutes: float,
    write: bool,
) -> None:
    """Measure Holdspace; without PARTS: forwarding, latency, join, commands, blur, scheduling.

    On a busy Linux machine `chrt -r 5 python -m tests.bench` (as root) runs everything measured before all else.
    """
    if hasattr(os, "getloadavg") and os.getloadavg()[0] > 1:
        click.echo(
            f"This machine is busy (load {os.getloadavg()[0]:.1f}): trust the ratios, not the figures.\n"
        )
    run: dict[str, Callable[[], bool]] = {
        "forwarding": lambda: _forwarding(calls or (1,), seconds, rounds, write=write),
        "latency": lambda: _latency(seconds, rounds, write=write),
        "join": _join,
        "commands": _commands,
        "blur": lambda: _blur(rounds),
        "veiled": lambda: _veiled(round(seconds)),
        "distance": _distance,
        "faces": lambda: _faces(write=write),
        "scheduling": _scheduling,
        "soak": lambda: _soak((calls or (5,))[0], minutes),
    }
    held = [
        run[part]() for part in parts or ("forwarding", "latency", "join", "commands", "blur", "scheduling")
    ]
    raise SystemExit(0 if all(held) else 1)


def _forwarding(counts: tuple[int, ...], seconds: float, rounds: int, *, write: bool) -> bool:
    held, found = True, []
    for calls in counts:
        comparison = asyncio.run(forwarding.compare(seconds, rounds, calls))
        click.echo(forwarding.report(comparison, seconds, rounds) + "\n")
        found.append(comparison)
        held = held and comparison.holds and comparison.holds_beside_janus
    if write:
        figures.write_forwarding(found, seconds, rounds)
    return held


def _latency(seconds: float, rounds: int, *, write: bool) -> bool:
    runs = asyncio.run(latency.compare(seconds, rounds))
    click.echo(latency.report(runs, seconds, rounds) + "\n")
    if write:
        figures.write_latency(runs, seconds, rounds)
    return latency.holds(runs)


def _join() -> bool:
    joins = asyncio.run(joining.time_joins())
    click.echo(joining.report(joins) + "\n")
    return median(one.seen_ms for one in joins) < joining.BOUND_MS


def _commands() -> bool:
    found = asyncio.run(commands.time_commands())
    click.echo(commands.report(found) + "\n")
    return commands.holds(found)


def _blur(rounds: int) -> bool:
    costs = blurring.compare(rounds)
    click.echo(blurring.report(costs, rounds) + "\n")
    return blurring.holds(costs)


def _veiled(seconds: int) -> bool:
    found = asyncio.run(veiled.measure(seconds))
    click.echo(veiled.report(found) + "\n")
    return found.holds


def _distance() -> bool:
    found = asyncio.run(distance.time_distance())
    click.echo(distance.report(found) + "\n")
    return distance.holds(found)


def _faces(*, write: bool) -> bool:
    try:
        found = faces.measure()
    except footage.NoPicturesError as missing:
        click.echo(f"{missing}\n")
        return False
    click.echo(faces.report(found) + "\n")
    if write:
        levels_page.write(found)
    return True


def _scheduling() -> bool:
    found = scheduling.time_scheduling()
    click.echo(scheduling.report(found) + "\n")
    return scheduling.holds(found)


def _soak(calls: int, minutes: float) -> bool:
    found = asyncio.run(soak.soak(calls, minutes))
    click.echo(soak.report(found) + "\n")
    return not found.leaks and found.growth <= soak.GROWTH_BOUND


if __name__ == "__main__":
    main()
