"""`holdspace calls`: schedule calls at a running server and look after them, as any client of its HTTP API would."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from server import calls_words
from server.calls_client import CallsClientError, NoServerError, RefusedError, ask
from server.calls_credentials import of_one_call, operators
from server.calls_options import FREQUENCIES, person, recurrence, server_options
from server.command_options import distance_options

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from server.secret import Pii

MOST: Final = 100
"""Calls in one page of the API."""
UNAUTHORISED: Final = 401
HINT: Final = (
    " Put the organizer key into HOLDSPACE_ORGANIZER_KEY, or for one call its manage token into HOLDSPACE_MANAGE_TOKEN; "
    "on the server's own machine, HOLDSPACE_DATA_DIR with a key that you may read is enough."
)


class _NoServer(click.ClickException):
    exit_code = 3


@click.group()
def calls() -> None:
    """Schedule calls at a running server, and look after them.

    What shows that you may is read from the environment: the organizer key in HOLDSPACE_ORGANIZER_KEY, or for one call its
    manage token in HOLDSPACE_MANAGE_TOKEN. On the server's own machine the key in HOLDSPACE_DATA_DIR is enough.

    Ends with 1 if the server refuses, with 2 for a command that is not understood, with 3 if no server answers.
    """


@calls.command()
@server_options
@click.option(
    "--partner", "partners", multiple=True, required=True, type=person,
    help="A partner, such as 'Ada' or 'Ada <ada@example.org>'; give it twice.",
)  # fmt: skip
@click.option("--therapist", type=person, help="The therapist, written the same way, if one takes part.")
@click.option("--title", help="What everyone who is invited sees it called.")
@click.option("--starts-at", help="When, such as 2026-12-06T19:00+01:00; without it: now.")
@click.option("--timezone", help="IANA name, such as Europe/Berlin; needed when --starts-at has no offset.")
@click.option("--minutes", type=int, help="How long the call is to last.")
@click.option(
    "--every", type=click.Choice(list(FREQUENCIES)), help="Make it a series, with --count or --until."
)
@click.option("--interval", type=int, help="Every so many weeks or days.")
@click.option("--count", type=int, help="How many calls the series has.")
@click.option("--until", help="The last day on which there may be one, such as 2027-06-30.")
@click.option(
    "--on-the-spot/--ask-first", default=None,
    help="Whether the door opens without asking the partners; they are asked unless the call is for now.",
)  # fmt: skip
@click.option("--reminder-words", help="A sentence for the reminders by mail.")
@click.option("--format", "form", help="How people will talk; `holdspace formats list` says what there is.")
@click.option(
    "--turn-seconds", type=int, help="How long a turn lasts; without it, as is usual in the format."
)
@distance_options
def add(
    server: str,
    partners: tuple[dict[str, str], ...],
    therapist: dict[str, str] | None,
    every: str | None,
    interval: int | None,
    count: int | None,
    until: str | None,
    *,
    as_json: bool,
    **options: Any,
) -> None:
    """Schedule a call, or a series, and print each person's link, this once."""
    people = [{"role": "partner", **one} for one in partners]
    if therapist is not None:
        people.append({"role": "therapist", **therapist})
    options["recurrence"] = recurrence(every, interval, count, until)
    names = {"minutes": "duration_minutes", "form": "format"}
    wish = {names.get(name, name): value for name, value in options.items() if value is not None}
    body = {"participants": people, **wish}
    call = _answer(ask(server, operators(server), "POST", "/calls", body=body), as_json=as_json)
    _print(call, calls_words.created, as_json=as_json)


@calls.command("list")
@server_options
@click.option(
    "--when", type=click.Choice(["coming", "past", "all"]), default="coming", show_default=True,
    help="Those to come, the earliest first; or those that are over, or all, the latest first.",
)  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at most.")
def list_(server: str, when: str, limit: int, *, as_json: bool) -> None:
    """List calls in a table: when, who has answered what, and each call's id."""
    found = _answer(_listed(server, operators(server), when, limit), as_json=as_json)
    _print(found, lambda answer: calls_words.listed(answer["calls"]), as_json=as_json)
    if found["next"] is not None:
        click.echo(f"There are more than these {limit}; --limit says how many to show.", err=True)


@calls.command()
@server_options
@click.argument("call")
def show(server: str, call: str, *, as_json: bool) -> None:
    """Show a call: who answered what, other times that were proposed, and what became of the letters."""
    found = _answer(ask(server, of_one_call(server), "GET", _path(call)), as_json=as_json)
    _print(found, calls_words.shown, as_json=as_json)


@calls.command()
@server_options
@click.argument("call")
@click.option(
    "--to", required=True, help="The new time, such as 2026-12-07T19:00, in the call's zone or --timezone."
)
@click.option("--timezone", help="IANA name, such as Europe/Berlin.")
def move(server: str, call: str, to: str, timezone: str | None, *, as_json: bool) -> None:
    """Move a call, of a series this one alone. Everyone is asked again."""
    body = {"starts_at": to, **({"timezone": timezone} if timezone else {})}
    found = _answer(ask(server, of_one_call(server), "PATCH", _path(call), body=body), as_json=as_json)
    _print(found, calls_words.moved, as_json=as_json)


@calls.command()
@server_options
@click.argument("call")
@click.option("--series", is_flag=True, help="End its series: this call and all later ones.")
def cancel(server: str, call: str, *, series: bool, as_json: bool) -> None:
    """Cancel a call, of a series this one alone. Everyone is told."""
    query = {"scope": "series" if series else "this"}
    found = _answer(ask(server, of_one_call(server), "DELETE", _path(call), query=query), as_json=as_json)
    ended = series and found["series"] is not None
    said = (
        "The series ends: this call and all later ones are cancelled." if ended else "The call is cancelled."
    )
    _print(found, lambda _answer: said, as_json=as_json)


async def _listed(server: str, token: Pii[str] | None, when: str, limit: int) -> dict[str, Any]:
    """Return as many calls as are asked for, page after page."""
    found: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        query = {"when": when, "limit": str(min(MOST, limit - len(found)))} | (
            {"after": after} if after else {}
        )
        page = await ask(server, token, "GET", "/calls", query=query)
        found += page["calls"]
        after = page["next"]
        if after is None or len(found) >= limit:
            return {"calls": found, "next": after}


def _path(call: str) -> str:
    if not call.isalnum():
        raise click.UsageError(f"{call!r} is no call's id; `holdspace calls list` shows them.")
    return f"/calls/{call}"


def _answer(asked: Coroutine[Any, Any, dict[str, Any]], *, as_json: bool) -> dict[str, Any]:
    """Run it; what goes wrong ends the command in words, and in JSON too where that is asked for."""
    try:
        return asyncio.run(asked)
    except CallsClientError as error:
        _end(error, as_json=as_json)


def _end(error: CallsClientError, *, as_json: bool) -> NoReturn:
    words = str(error)
    if isinstance(error, RefusedError):
        if as_json:
            click.echo(json.dumps(error.problem, indent=2, ensure_ascii=False))
        if error.status == UNAUTHORISED:
            words += HINT
    raise (_NoServer if isinstance(error, NoServerError) else click.ClickException)(words) from None


def _print(answer: dict[str, Any], words: Callable[[dict[str, Any]], str], *, as_json: bool) -> None:
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False) if as_json else words(answer))
