"""What each viewer may hear and see of each other person: the one thing the plane obeys.

The plan knows no reasons. Whatever it does not name is silence and no picture.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from media.mediation.distance import Distance


@dataclass(frozen=True, slots=True)
class ViewPlan:
    """What one viewer gets of one subject; AUDIO_ONLY means no picture at all."""

    heard: bool
    distance: Distance


SILENT = ViewPlan(heard=False, distance=Distance.AUDIO_ONLY)


@dataclass(frozen=True, slots=True)
class Plan:
    """Every view of a conversation, keyed (viewer id, subject id)."""

    views: Mapping[tuple[str, str], ViewPlan]

    def view(self, viewer: str, subject: str) -> ViewPlan:
        """The plan for one ordered pair; silence and no picture for anything unknown."""
        return self.views.get((viewer, subject), SILENT)
