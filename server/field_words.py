"""What is wrong with one field of a body, in plain words.

pydantic's own sentences speak of tuples, patterns and class names; none of them is passed on. A test goes
through every kind of error that a body can cause.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

FOUND_ELSEWHERE: Mapping[str, str] = {
    "propose": "Propose another time with POST /api/v1/calls/{id}/proposals.",
}
"""Fields that are looked for in one place and found in another."""

WORDS: Mapping[str, str] = {
    "missing": "This field is needed.",
    "model_type": "This must be a JSON object.",
    "tuple_type": "This must be a list.",
    "too_long": "The list may have at most {max_length} entries.",
    "string_type": "This must be text.",
    "string_too_short": "This must not be empty.",
    "string_too_long": "This may have at most {max_length} characters.",
    "string_pattern_mismatch": "This must be an e-mail address, such as name@example.org.",
    "int_type": "This must be a whole number.",
    "bool_type": "This must be true or false.",
    "int_parsing": "This must be a whole number.",
    "greater_than_equal": "This must be at least {ge}.",
    "less_than_equal": "This may be at most {le}.",
    "enum": "This must be one of: {expected}.",
    "literal_error": "This must be one of: {expected}.",
}
"""By pydantic's kind of error; the braces hold what its context tells."""

OTHERWISE = "This value is not valid."


def field_words(error: ErrorDetails) -> str:
    """Return one sentence for people about an error, given with its context."""
    kind = error["type"]
    if kind == "extra_forbidden":
        return FOUND_ELSEWHERE.get(str(error["loc"][-1]), "There is no such field.")
    if kind == "value_error":  # raised by our own validators, in words for people
        text = error["msg"].removeprefix("Value error, ")
        return f"{text[:1].upper()}{text[1:]}."
    told = {name: _plain(value) for name, value in error.get("ctx", {}).items()}
    return WORDS.get(kind, OTHERWISE).format(**told)


def _plain(value: object) -> str:
    """Return `accepted, declined or tentative` for pydantic's quoted list of choices."""
    return str(value).replace("'", "")
