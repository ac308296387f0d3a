"""Which page has each seat: a page that lost its line comes back to its own place, one opened elsewhere takes the place over.

A page is known by a random word that only it was told. Rooms keep the words in memory, as long as the room is there.
"""

from __future__ import annotations

import secrets


class Places:
    """The pages of one room, by participant."""

    def __init__(self) -> None:
        self._words: dict[str, str] = {}

    def is_back(self, participant: str, word: str | None) -> bool:
        """Whether this is the page that had the place last."""
        return word is not None and self._words.get(participant) == word

    def is_taken(self, participant: str, word: str | None) -> bool:
        """Whether this page had the place once, and another one has it now."""
        return word is not None and self._words.get(participant, word) != word

    def take(self, participant: str) -> None:
        """Another page has the place now."""
        self._words[participant] = secrets.token_urlsafe(12)

    def word(self, participant: str) -> str:
        """What the page that has the place shows when it comes back."""
        return self._words[participant]

    def free(self, participant: str) -> None:
        """The participant has left by choice."""
        self._words.pop(participant, None)
