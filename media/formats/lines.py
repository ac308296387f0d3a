"""On which line of a TOML file a key or a table stands.

tomllib gives values without places. This goes through a text that tomllib has accepted, so it need not check anything: it
must only tell statements from what stands inside strings, comments and brackets.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from media.formats.faults import Path

# A string of any of TOML's four kinds, a comment, a bracket, or the end of a line; the long kinds first.
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*"
    r"|[\[\]{}\n]",
    re.DOTALL,
)
_HEADER = re.compile(r"\s*(\[\[?)((?:\"(?:\\.|[^\"\\])*\"|'[^']*'|[^\]\"'])*)\]")
_KEY = re.compile(r"\s*((?:\"(?:\\.|[^\"\\])*\"|'[^']*'|[^=\"'])*)=")


def line_of(where: Path, places: Mapping[Path, int]) -> int:
    """The line (from 1) of the key or table, else of the nearest thing that it is in; the first one without any."""
    inwards = (where[:length] for length in range(len(where), 0, -1))
    return next((places[part] for part in inwards if part in places), 1)


def places_in(text: str) -> Mapping[Path, int]:
    """The line of every key and table of a text; an array of tables stands where its first table does."""
    found: dict[Path, int] = {}
    counts: Counter[Path] = Counter()
    table: Path = ()
    for line, statement in _statements(text):
        if statement.lstrip().startswith("#"):
            continue
        if header := _HEADER.match(statement):
            table = _opened(_parts(header[2]), counts, array=header[1] == "[[")
            for place in (table, table[:-1]) if header[1] == "[[" else (table,):
                found.setdefault(place, line)
        elif key := _KEY.match(statement):
            found.setdefault((*table, *_parts(key[1])), line)
    return found


def _opened(parts: tuple[str, ...], counts: Counter[Path], *, array: bool) -> Path:
    """Where a header leads: an array on the way means its latest table, and `[[…]]` is one more of them."""
    path: Path = ()
    for part in parts[:-1]:
        path = _latest((*path, part), counts)
    last = (*path, parts[-1])
    if array:
        counts[last] += 1
    return _latest(last, counts)


def _latest(path: Path, counts: Counter[Path]) -> Path:
    return (*path, counts[path] - 1) if counts[path] else path


def _parts(dotted: str) -> tuple[str, ...]:
    """The keys of `a."b.c".d`, read by tomllib itself."""
    inner: object = tomllib.loads(f"{dotted.strip()} = 0")
    parts = []
    while isinstance(inner, dict):
        [(key, inner)] = inner.items()
        parts.append(key)
    return tuple(parts)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each statement's text with the line on which it begins; comments and empty lines too, which are none."""
    start, depth, line, begins = 0, 0, 1, 1
    for token in _TOKEN.finditer(text):
        piece = token[0]
        if piece == "\n" and depth == 0:
            yield begins, text[start : token.start()]
            start, begins = token.end(), line + 1
        elif piece in {"[", "{"}:
            depth += 1
        elif piece in {"]", "}"}:
            depth -= 1
        line += piece.count("\n")
    yield begins, text[start:]
