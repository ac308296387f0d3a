"""How clearly a viewer sees a subject now, and whose word that is.

People's wishes and the viewer's line, side by side: the furthest of them counts, and it is the reason as well.
"""

from media.mediation.distance import ON_A_THIN_LINE, Because, Distance, furthest
from media.mediation.state import State


def seen(state: State, viewer: str, subject: str) -> Distance:
    """The distance of a view between two who take part."""
    return furthest(*_levels(state, viewer, subject).values())


def because(state: State, viewer: str, subject: str) -> tuple[Because, ...]:
    """Whose word the distance is; nobody's while it is clear."""
    levels = _levels(state, viewer, subject)
    furthest_level = furthest(*levels.values())
    if furthest_level is Distance.CLEAR:
        return ()
    return tuple(reason for reason, level in levels.items() if level is furthest_level)


def _levels(state: State, viewer: str, subject: str) -> dict[Because, Distance]:
    line = ON_A_THIN_LINE if state.people[viewer].thin else Distance.CLEAR
    return {**state.distance.wishes(viewer, subject), Because.LINE: line}
