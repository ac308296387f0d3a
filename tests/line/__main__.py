"""`python -m tests.line`: a call between real browsers over a bad line, and what their own statistics say of it."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import click

from tests.bench.table import table
from tests.line.link import LineSettings
from tests.line.reading import rows_of
from tests.line.scene import CONTROL, Line, Scene, talking
from tests.line.starvation import waited_for_cpu_s


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
def main(*, both: bool, third: bool, outage: float, seconds: float, **line: Any) -> None:
    """Measure what arrives over a bad line.

    The first partner (ash) has that line, both ways: birch sees what came up it, ash what came down. The therapist (cedar)
    looks on over a perfect line: what freezes there is this machine's doing.
    """
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise click.ClickException("no Chromium here; apt-get install chromium")
    bad = _line(**line)
    lines = {"ash": bad} | ({"birch": bad} if both else {})
    click.echo(asyncio.run(_measure(chromium, lines, seconds, outage, third_sends=third)))


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


async def _measure(
    chromium: str, lines: dict[str, Line], seconds: float, outage_s: float, *, third_sends: bool
) -> str:
    pairs = {"ash": "birch", "birch": "ash", CONTROL: "birch"}
    with tempfile.TemporaryDirectory(prefix="holdspace-line-") as folder:
        async with talking(chromium, Path(folder), lines, third_sends=third_sends) as scene:
            waited_s, now = waited_for_cpu_s(), time.perf_counter()
            views = await scene.watch(pairs, seconds)
            starved = (waited_for_cpu_s() - waited_s) / (time.perf_counter() - now)
            told = [table(rows_of({f"{v} sees {pairs[v]}": view for v, view in views.items()}))]
            told += [_fates(name, scene) for name in scene.relays]
            if outage_s:
                told.append(await _recovery(scene, outage_s))
    told.append(f"  somebody waited for a processor {starved:.0%} of the time, load {os.getloadavg()[0]:.1f}")
    return "\n".join(told)


def _fates(name: str, scene: Scene) -> str:
    relay = scene.relays[name]
    return f"  {name}'s line: up {dict(relay.up.fates)}, down {dict(relay.down.fates)}"


async def _recovery(scene: Scene, outage_s: float) -> str:
    await scene.cut("ash", outage_s)
    down, up = await asyncio.gather(scene.moves_again_s("ash", "birch"), scene.moves_again_s("birch", "ash"))
    return f"  after an outage of {outage_s:g} s five frames more: down {down:.2f} s, up {up:.2f} s"


if __name__ == "__main__":
    main()
