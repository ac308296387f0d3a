"""What the command line shows a server: none of it is an option, since arguments can be seen by everybody on the machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click

from server.sealing import KEY_FILE, Sealer, SealError, load_key, read_key
from server.secret import Pii
from server.settings import MANAGE_TOKEN, Settings, is_loopback

ORGANIZER_KEY: Final = "HOLDSPACE_ORGANIZER_KEY"
SECRET_KEY: Final = "HOLDSPACE_SECRET_KEY"  # noqa: S105 - its name
DATA_DIR: Final = "HOLDSPACE_DATA_DIR"


def operators(server: str) -> Pii[str] | None:
    """Return what shows that the operator asks: the organizer key, or what the key of a server on this machine is good for.

    Raises click.ClickException for a key that is none.
    """
    given = os.environ.get(ORGANIZER_KEY)
    if given:
        return Pii(given)
    # What is made of this machine's key is shown to a server on this machine alone.
    if not is_loopback(urlsplit(server).hostname or ""):
        return None
    try:
        key = _key()
    except SealError as error:
        raise click.ClickException(str(error)) from None
    return None if key is None else Sealer(key).operator_token


def of_one_call(server: str) -> Pii[str] | None:
    """Return what is shown for a call: its manage token where there is one, or else what the operator shows."""
    given = os.environ.get(MANAGE_TOKEN)
    return Pii(given) if given else operators(server)


def _key() -> bytes | None:
    folder = Path(os.environ.get(DATA_DIR) or str(Settings.model_fields["data_dir"].default))
    given = os.environ.get(SECRET_KEY)
    if given:
        return load_key(folder, given)
    try:
        return read_key(folder / KEY_FILE)
    except OSError:  # there is none here, or it is not for us to read
        return None
