"""Which page has each seat: a page that lost its line comes back to its own place, one opened elsewhere takes the place over.

A page is known by a random word that only it was told. They are known as long as the room is there, and after a restart of the
server, where they are stored beside the conversation.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Places:
    """The pages of one room, by participant."""

    def __init__(self, words: Mapping[str, str | None]) -> None:
        self._words = dict(words)
        """None: the participant has left by choice."""

    @property
    def words(self) -> Mapping[str, str | None]:
        """All of them, as they are now."""
        return dict(self._words)

    def is_back(self, participant: str, word: str | None) -> bool:
        """Whether this is the page that had the place last."""
        return word is not None and self._words.get(participant) == word

    def is_taken(self, participant: str, word: str | None) -> bool:
        """Whether this page had the place once, and another one has it now."""
        held = self._words.get(participant)
        return word is not None and held is not None and held != word

    def take(self, participant: str, word: str | None = None) -> None:
        """Another page has the place now.

        The first in this room keeps the `word` that it brings from the room or server before: should the `welcome` with
        a new one be lost, the page would be taken for another and turned away from its own call.
        """
        first = participant not in self._words
        self._words[participant] = word if first and word is not None else secrets.token_urlsafe(12)

    def word(self, participant: str) -> str:
        """What the page that has the place shows when it comes back."""
        word = self._words[participant]
        if word is None:
            raise KeyError(participant)
        return word

    def free(self, participant: str) -> None:
        """The participant has left by choice."""
        self._words[participant] = None
