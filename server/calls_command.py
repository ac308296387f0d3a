"""`holdspace calls add`: schedule a call at a server, as any client of its HTTP API would."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import aiohttp
import click

from server.command_options import distance_options

DEFAULT_SERVER = "http://127.0.0.1:8080"
KEY = "HOLDSPACE_ORGANIZER_KEY"
"""No option: arguments can be seen by everybody on the machine."""
TIMEOUT_S = 20.0


class NotScheduledError(Exception):
    """The server refused, or can't be reached; the text is for people."""


@click.group()
def calls() -> None:
    """Schedule calls at a running server."""


@calls.command()
@click.option(
    "--server",
    default=DEFAULT_SERVER,
    show_default=True,
    envvar="HOLDSPACE_PUBLIC_URL",
    show_envvar=True,
    help="Where the server is reached.",
)
@click.option("--partner", "partners", multiple=True, required=True, help="A partner's name; give it twice.")
@click.option("--therapist", help="The therapist's name, if one takes part.")
@click.option("--title", help="What everyone who is invited sees it called.")
@click.option("--starts-at", help="When, such as 2026-12-06T19:00+01:00; without it: now.")
@click.option("--timezone", help="IANA name, such as Europe/Berlin; needed when --starts-at has no offset.")
@click.option("--minutes", type=int, help="How long the call is to last.")
@click.option("--format", "form", help="How people will talk; `holdspace formats list` says what there is.")
@click.option(
    "--turn-seconds", type=int, help="How long a turn lasts; without it, as is usual in the format."
)
@distance_options
def add(server: str, partners: tuple[str, ...], therapist: str | None, **options: Any) -> None:
    """Schedule a call and print each person's link, this once.

    A server with an organizer key is given the one in HOLDSPACE_ORGANIZER_KEY.
    """
    people = [{"role": "partner", "name": name} for name in partners]
    if therapist is not None:
        people.append({"role": "therapist", "name": therapist})
    names = {"minutes": "duration_minutes", "form": "format"}
    wish = {names.get(name, name): value for name, value in options.items() if value is not None}
    try:
        call = asyncio.run(schedule(server, os.environ.get(KEY), {"participants": people, **wish}))
    except NotScheduledError as error:
        raise click.ClickException(str(error)) from None
    click.echo(words(call))


async def schedule(server: str, key: str | None, wish: dict[str, Any]) -> dict[str, Any]:
    """Ask for the call; returns the server's answer. Raises NotScheduledError."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S)) as session,
            session.post(f"{server.rstrip('/')}/api/v1/calls", json=wish, headers=headers) as response,
        ):
            answer: dict[str, Any] = await response.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        raise NotScheduledError(f"No Holdspace server answers at {server}.") from None
    if not response.ok:
        raise NotScheduledError(_refusal(answer))
    return answer


def words(call: dict[str, Any]) -> str:
    """What is said of a call that has just been scheduled."""
    people = [f"  {one['name']} ({one['role']}): {one['invitation_url']}" for one in call["participants"]]
    return "\n".join(
        [
            f"{call['title']}, {call['starts_at']} ({call['timezone']}), {call['duration_minutes']} minutes",
            "Each link is one person's own, and shown this once:",
            *people,
            f"Call: {call['id']}",
            f"To change or cancel it, also shown this once: {call['manage_token']}",
        ]
    )


def _refusal(answer: dict[str, Any]) -> str:
    fields = [f"{error['pointer'].lstrip('/')}: {error['detail']}" for error in answer.get("errors") or ()]
    return " ".join(fields) or str(answer.get("detail", "The server refused."))
