"""Options that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click
from pydantic import ValidationError

from media.mediation.distance import Distance
from server.settings import Settings, unknown_variables

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")

_LEVELS = click.Choice([level.value for level in Distance])


def distance_options(command: F) -> F:
    """Give a command `--distance` and `--room-minimum`: how people are seen when the call begins."""
    for option in (
        click.option(
            "--room-minimum",
            type=_LEVELS,
            default=Distance.CLEAR.value,
            show_default=True,
            help="The least distance for everyone; in the call both partners together can lower it.",
        ),
        click.option(
            "--distance",
            type=_LEVELS,
            default=Distance.CLEAR.value,
            show_default=True,
            help="How everyone is seen at first; in the call each person chooses for themselves.",
        ),
    ):
        command = option(command)
    return command


def read_settings(**overrides: Any) -> Settings:
    """Read the settings from the environment; these options win. Raises click.UsageError."""
    if unknown := unknown_variables():
        raise click.UsageError("; ".join(unknown))
    try:
        return Settings(**overrides)
    except ValidationError as error:
        found = (
            f"HOLDSPACE_{'_'.join(map(str, each['loc'][:1])).upper()}: {each['msg'].removeprefix('Value error, ')}"
            for each in error.errors()
        )
        raise click.UsageError("; ".join(found)) from None
