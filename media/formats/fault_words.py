"""What is wrong with one key of a file, in plain words; pydantic's own speak of class names and patterns."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from media.formats.shape import FormatTable, PhaseTable, RoundTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

WORDS: Mapping[str, str] = {
    "string_type": "must be text in quotes",
    "string_too_short": "must not be empty",
    "string_too_long": "may have at most {max_length} characters",
    "string_pattern_mismatch": "must be small letters, digits and single hyphens, and begin with a letter",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "model_type": "must be a table",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "may be at most {le}",
    "too_long": "may have at most {max_length} entries",
    "too_short": "must have at least {min_length} entry",
    "literal_error": "must be {expected}",
}
"""By pydantic's kind of error; the braces hold what its context tells."""


def fault_words(error: ErrorDetails) -> str:
    """One reason for people, which begins with the key that it is about."""
    keys = [part for part in error["loc"] if isinstance(part, str)]
    key, kind = keys[-1] if keys else "the file", error["type"]
    if kind == "missing":
        return f"{key} is missing"
    if kind == "extra_forbidden":
        return f'there is no key "{key}" here{_nearest(key, keys)}'
    if kind == "value_error":
        return f"{key} {error['msg'].removeprefix('Value error, ')}"
    told = {name: _quoted(value) for name, value in error.get("ctx", {}).items()}
    return f"{key} {WORDS.get(kind, 'is not valid').format(**told)}"


def _nearest(key: str, keys: list[str]) -> str:
    table = PhaseTable if "phases" in keys[:-1] else RoundTable if "rounds" in keys[:-1] else FormatTable
    near = get_close_matches(key, table.model_fields, 1)
    return f"; {near[0]}?" if near else ""


def _quoted(value: object) -> str:
    return str(value).replace("'", '"')
