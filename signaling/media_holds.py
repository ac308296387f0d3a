"""Until when the media connection of somebody who is not there any more in the same way is kept.

Two reasons: the person is lost, and may be back in a moment with the same media; or their connection was replaced
by one from elsewhere, which has media of its own to come, so that the old one hears and shows nobody for long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from signaling.settings import SignalingSettings


class MediaHolds:
    """The holds of one room; times are monotonic seconds."""

    def __init__(self, settings: SignalingSettings) -> None:
        self._settings = settings
        self._lost: dict[str, float] = {}
        self._replaced: dict[str, float] = {}

    def lose(self, participant: str, now: float) -> None:
        """Their connection has closed."""
        self._lost[participant] = now + self._settings.media_hold_s

    def find(self, participant: str) -> None:
        """They are back; media that belongs to a replaced connection stays due."""
        self._lost.pop(participant, None)

    def replace(self, participant: str, now: float) -> None:
        """A new connection has taken the old one's place; the first of several counts."""
        self._replaced.setdefault(participant, now + self._settings.replace_s)

    def is_replaced(self, participant: str) -> bool:
        """Whether the media that is there belongs to a replaced connection."""
        return participant in self._replaced

    def release(self, participant: str) -> None:
        """The media is gone."""
        self._lost.pop(participant, None)
        self._replaced.pop(participant, None)

    def next_due(self) -> float | None:
        """When the next hold ends."""
        return min((*self._lost.values(), *self._replaced.values()), default=None)

    def due(self, now: float) -> list[str]:
        """Whose hold has ended."""
        ended = [who for holds in (self._lost, self._replaced) for who, due in holds.items() if due <= now]
        return list(dict.fromkeys(ended))
