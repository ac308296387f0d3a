"""What each viewer may hear and see of each other person: the one thing the plane obeys.

The plan knows no reasons. Whatever it does not name is silence and no picture.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations

from media.mediation.distance import Distance
from media.mediation.seeing import seen
from media.mediation.state import State


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
    pauses_of: str | None = None
    """Whose next pause in speech is to be told: of whoever is heard and whose time is up."""

    def view(self, viewer: str, subject: str) -> ViewPlan:
        """The plan for one ordered pair; silence and no picture for anything unknown."""
        return self.views.get((viewer, subject), SILENT)


def make_plan(state: State) -> Plan:
    """The plan that follows from a conversation's state: every ordered pair of different seats."""
    ids = [seat.id for seat in state.seats]
    views = {(viewer, subject): _view(state, viewer, subject) for viewer, subject in permutations(ids, 2)}
    return Plan(views, state.floor.awaits_pause_of)


def _view(state: State, viewer: str, subject: str) -> ViewPlan:
    """Nothing unless the talk goes on and both take part; then the stick and the furthest wish decide."""
    if not state.meet(viewer, subject):
        return SILENT
    heard = state.caucus is not None or state.floor.open or state.floor.heard == subject
    return ViewPlan(heard=heard, distance=seen(state, viewer, subject))
