"""Which formats this server knows: those that come with it, and those of the operator's folder."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from media.formats.faults import FormatFileError
from media.formats.folders import shipped, with_own
from media.formats.rules import CLOSING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from media.mediation.formats import Formats
    from server.settings import Settings

DEFAULT = "timed-turns"
"""What a call is held in that says nothing else, or whose own format is known no longer."""


def known_formats(settings: Settings) -> Formats:
    """The formats by name, in the order in which people are offered them. Raises FormatFileError."""
    return shipped() if settings.formats_dir is None else with_own(settings.formats_dir)


def schedulable(formats: Formats) -> tuple[str, ...]:
    """The names of those that a call can begin with."""
    return tuple(name for name in formats if name != CLOSING)


@contextmanager
def faults_are_told() -> Iterator[None]:
    """A command stops with the file, line and reason, as with any other setting that can't be used."""
    try:
        yield
    except FormatFileError as error:
        raise click.UsageError(f"HOLDSPACE_FORMATS_DIR: {error}") from None
