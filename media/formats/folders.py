"""All formats that a server knows: those that come with the product, and an operator's own."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from media.formats.faults import FaultAtLine, FormatFileError
from media.formats.reader import SUFFIX, read_file

if TYPE_CHECKING:
    from media.mediation.formats import Format, Formats

SHIPPED = Path(__file__).parent / "shipped"
ORDER = (
    "timed-turns",
    "open-talk",
    "speaker-listener",
    "imago",
    "rapoport",
    "aftermath",
    "zwiegespraech",
    "five-five-five",
    "question-round",
    "arrival-silence",
    "shuttle",
    "closing",
)
"""As people are offered them: the simplest first. A format that is not named here comes after these, by name."""
MAX_OWN = 100
"""Files in an operator's folder; people choose from a list."""


@cache
def shipped() -> Formats:
    """The formats that come with the product, in ORDER."""
    return _in_order({path.stem: read_file(path) for path in SHIPPED.glob(f"*{SUFFIX}")})


def with_own(folder: Path) -> Formats:
    """The shipped formats and those of the folder, which take the place of shipped ones with the same name.

    Raises:
        FormatFileError: the folder can't be read, or one of its files is no format.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == SUFFIX)
    except OSError as error:
        raise _refused(folder, f"this folder can't be read: {error.strerror}") from None
    if len(paths) > MAX_OWN:
        raise _refused(folder, f"there may be at most {MAX_OWN} formats in a folder")
    return _in_order({**shipped(), **{path.stem: read_file(path) for path in paths}})


def _refused(folder: Path, reason: str) -> FormatFileError:
    return FormatFileError(str(folder), (FaultAtLine(1, reason),))


def _in_order(formats: dict[str, Format]) -> Formats:
    last = len(ORDER)
    names = sorted(formats, key=lambda name: (ORDER.index(name) if name in ORDER else last, name))
    return MappingProxyType({name: formats[name] for name in names})
