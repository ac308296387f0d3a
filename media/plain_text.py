"""One line of plain text: what may stand in a name, a title or a prompt."""

import unicodedata
from typing import Final

FORBIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, half characters, and line and paragraph separators."""
DIRECTION_OVERRIDES: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They make a text read as something else than it is."""


def one_line(text: str) -> str:
    """The text itself.

    Raises:
        ValueError: it has more than one line, or characters that are not to be seen.
    """
    if any(
        unicodedata.category(char) in FORBIDDEN_CATEGORIES or char in DIRECTION_OVERRIDES for char in text
    ):
        raise ValueError("must be one line of plain text, without control characters")
    return text
