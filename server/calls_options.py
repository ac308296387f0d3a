"""Options of `holdspace calls`: where the server is, who is invited, and how often."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")

DEFAULT_SERVER: Final = "http://127.0.0.1:8080"
FREQUENCIES: Final = {"week": "weekly", "day": "daily"}
_WITH_ADDRESS: Final = re.compile(r"(?P<name>[^<>]*)<(?P<email>[^<>]*)>\s*")


def server_options(command: F) -> F:
    """Give a command `--server` and `--json`."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print the server's answer as JSON."),
        click.option(
            "--server",
            default=DEFAULT_SERVER,
            show_default=True,
            envvar="HOLDSPACE_PUBLIC_URL",
            show_envvar=True,
            help="Where the server is reached.",
        ),
    ):
        command = option(command)
    return command


def person(text: str) -> dict[str, str]:
    """Return who is meant, as the API takes it: `Ada`, or `Ada <ada@example.org>`. Raises click.BadParameter."""
    found = _WITH_ADDRESS.fullmatch(text)
    if found is None:
        return {"name": text}
    name, email = found["name"].strip(), found["email"].strip()
    if not name or not email:
        raise click.BadParameter(
            f"{text!r}: write a name, or a name and an address such as 'Ada <ada@example.org>'."
        )
    return {"name": name, "email": email}


def recurrence(
    every: str | None, interval: int | None, count: int | None, until: str | None
) -> dict[str, Any] | None:
    """Return how a call recurs, as the API takes it; None for a single one. Raises click.UsageError."""
    given = {"interval": interval, "count": count, "until": until}
    known = {name: value for name, value in given.items() if value is not None}
    if every is None:
        if known:
            raise click.UsageError(f"--{next(iter(known))} says how a series goes: it needs --every.")
        return None
    if (count is None) == (until is None):
        raise click.UsageError("--every needs an end: either --count or --until.")
    return {"frequency": FREQUENCIES[every], **known}
