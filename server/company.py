"""`holdspace company`: simulated participants, so that one person alone can see and hear a whole call.

They are clients like any other: they need nothing but an invitation link each, and may run on any machine that
reaches the server.
"""

from __future__ import annotations

import asyncio
import functools
import signal
import sys
from typing import TYPE_CHECKING

import aiohttp
import click

from media.plane.simulated_person import SimulatedPerson
from server.company_guest import Guest, Invitation, NoInvitationError
from server.company_mind import Mind
from server.company_visit import Circle

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_GUESTS = 8  # each decodes what it is sent; more would stutter on a small machine
WELL_DONE = frozenset({"replaced", "ended", "cancelled", "left"})


@click.command()
@click.argument("links", nargs=-1, metavar="LINK...")
@click.option("--at-once", is_flag=True, help="Don't wait for a human: be ready, and talk, in any case.")
def company(links: tuple[str, ...], *, at_once: bool) -> None:
    """Join a call with a simulated participant for each invitation LINK.

    With - as the only LINK, the links are read from standard input, one a line: invitation links are secrets,
    and arguments can be seen by everybody on the machine.
    """
    if links == ("-",):
        links = tuple(line for line in sys.stdin.read().split() if line)
    if not 1 <= len(links) <= MAX_GUESTS:
        raise click.UsageError(f"Give one to {MAX_GUESTS} invitation links.")
    try:
        invitations = [Invitation.read(link) for link in links]
    except NoInvitationError as error:
        raise click.UsageError(str(error)) from None
    if not asyncio.run(keep_company(invitations, click.echo, at_once=at_once)):
        raise click.ClickException("Not every simulated participant could take part.")


async def keep_company(
    invitations: Sequence[Invitation], tell: Callable[[str], None], *, at_once: bool = False
) -> bool:
    """Keep company until everyone has gone, or SIGINT or SIGTERM asks to leave. False if one couldn't."""
    circle = Circle()
    guests = [
        Guest(
            invitation,
            SimulatedPerson(number),
            circle,
            functools.partial(Mind, number=number, at_once=at_once),
            tell,
        )
        for number, invitation in enumerate(invitations)
    ]
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _ask_to_leave, guests)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        farewells = await asyncio.gather(*(guest.stay(session) for guest in guests))
    return all(farewell.code in WELL_DONE for farewell in farewells)


def _ask_to_leave(guests: Sequence[Guest]) -> None:
    """Let every guest take its leave."""
    for guest in guests:
        guest.leaving.set()
