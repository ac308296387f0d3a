"""Which page has each seat: a page that lost its line comes back to its own place, one opened elsewhere takes the place over.

A page is known by a random word that only it was told. The words outlive the room and, stored with the conversation, the server.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_REMEMBERED: Final = 16
"""Pages of one participant that had the place before."""


class Places:
    """The pages of one room, by participant. `words`: as they were in the room before."""

    def __init__(self, words: Mapping[str, Sequence[str | None]]) -> None:
        self._words: dict[str, tuple[str | None, ...]] = {who: tuple(known) for who, known in words.items()}
        """The word of the page that has the place, and before it those that had it. None: the participant has left by choice."""

    @property
    def words(self) -> Mapping[str, tuple[str | None, ...]]:
        """All of them, as they are now: by participant the newest first; None for those who have left."""
        return dict(self._words)

    def is_back(self, participant: str, word: str | None) -> bool:
        """Whether this is the page that had the place last."""
        return word is not None and self._held(participant) == word

    def is_taken(self, participant: str, word: str | None) -> bool:
        """Whether this page had the place once, and another one has it now."""
        taken = self._words.get(participant, ())[1:]
        return word is not None and self._held(participant) is not None and word in taken

    def take(self, participant: str, word: str | None = None) -> None:
        """Another page has the place now.

        The first in this call keeps the `word` that it brings from a server before: should the `welcome` with
        a new one be lost, the page would be taken for another and turned away from its own call.
        """
        first = participant not in self._words
        self._put(participant, word if first and word is not None else secrets.token_urlsafe(12))

    def word(self, participant: str) -> str:
        """What the page that has the place shows when it comes back."""
        word = self._held(participant)
        if word is None:
            raise KeyError(participant)
        return word

    def free(self, participant: str) -> None:
        """The participant has left by choice."""
        self._put(participant, None)

    def _held(self, participant: str) -> str | None:
        return self._words.get(participant, (None,))[0]

    def _put(self, participant: str, word: str | None) -> None:
        before = [known for known in self._words.get(participant, ()) if known is not None]
        self._words[participant] = (word, *before[:MOST_REMEMBERED])
