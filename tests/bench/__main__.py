"""`python -m tests.bench [forwarding|join|blur]...`: what the server costs and how quickly one is in.

Ends with 1 when a bound is missed: forwarding at most a tenth of MediaRelay's CPU time, everything delivered; the first
remote picture within a second of `join`.
"""

from __future__ import annotations

import asyncio
import os
from statistics import median

import click

from tests.bench import blurring, forwarding, joining

PARTS = ("forwarding", "join", "blur")


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
@click.option(
    "--seconds", default=10.0, show_default=True, help="Length of each measured call of `forwarding`."
)
@click.option("--rounds", default=3, show_default=True, help="Rounds of `forwarding` and `blur`.")
def main(parts: tuple[str, ...], seconds: float, rounds: int) -> None:
    """Measure Holdspace; without PARTS all three: forwarding, join, blur."""
    if hasattr(os, "getloadavg") and os.getloadavg()[0] > 1:
        click.echo(
            f"This machine is busy (load {os.getloadavg()[0]:.1f}): trust the ratios, not the figures.\n"
        )
    held = [_run(part, seconds, rounds) for part in parts or PARTS]
    raise SystemExit(0 if all(held) else 1)


def _run(part: str, seconds: float, rounds: int) -> bool:
    """Measure and print one part; whether its bound held."""
    if part == "forwarding":
        comparison = asyncio.run(forwarding.compare(seconds, rounds))
        click.echo(forwarding.report(comparison, seconds, rounds) + "\n")
        return comparison.holds
    if part == "join":
        joins = asyncio.run(joining.time_joins())
        click.echo(joining.report(joins) + "\n")
        return median(one.seen_ms for one in joins) < joining.BOUND_MS
    click.echo(blurring.report(blurring.compare(rounds), rounds) + "\n")
    return True


if __name__ == "__main__":
    main()
