"""Everyone's wishes about distance, and the distance of a view that follows from them.

My distance is mine: `outgoing` is set by the subject alone, and what others wish only adds to it.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from media.mediation.distance import Distance, furthest


@dataclass(frozen=True, slots=True)
class DistanceChoices:
    """All wishes. A pair that is missing has none (clear); mappings are never changed in place."""

    room: Distance = Distance.CLEAR
    outgoing: Mapping[str, Distance] = field(default_factory=dict)
    """By subject."""
    outgoing_to: Mapping[tuple[str, str], Distance] = field(default_factory=dict)
    """By (subject, viewer): stands in for `outgoing` towards that viewer."""
    incoming: Mapping[tuple[str, str], Distance] = field(default_factory=dict)
    """By (viewer, subject)."""

    def seen_as(self, subject: str) -> Distance:
        """The subject's own choice for everyone."""
        return self.outgoing.get(subject, Distance.CLEAR)

    def own_choice(self, subject: str, viewer: str) -> Distance:
        """The subject's own choice towards this viewer."""
        return self.outgoing_to.get((subject, viewer), self.seen_as(subject))

    def between(self, viewer: str, subject: str) -> Distance:
        """The distance of the view: the furthest of the three wishes."""
        wish = self.incoming.get((viewer, subject), Distance.CLEAR)
        return furthest(self.own_choice(subject, viewer), wish, self.room)

    def with_outgoing(self, subject: str, level: Distance) -> "DistanceChoices":
        """The subject chooses for everyone; choices for single viewers are taken back."""
        kept = {pair: chosen for pair, chosen in self.outgoing_to.items() if pair[0] != subject}
        return replace(self, outgoing={**self.outgoing, subject: level}, outgoing_to=kept)

    def with_outgoing_to(self, subject: str, viewer: str, level: Distance) -> "DistanceChoices":
        """The subject chooses for one viewer."""
        return replace(self, outgoing_to={**self.outgoing_to, (subject, viewer): level})

    def with_incoming(self, viewer: str, subject: str, level: Distance) -> "DistanceChoices":
        """The viewer chooses how they see the subject."""
        return replace(self, incoming={**self.incoming, (viewer, subject): level})

    def among(self, people: AbstractSet[str]) -> "DistanceChoices":
        """The wishes of these people about each other, and the room's least."""
        return replace(
            self,
            outgoing={who: level for who, level in self.outgoing.items() if who in people},
            outgoing_to={pair: level for pair, level in self.outgoing_to.items() if set(pair) <= people},
            incoming={pair: level for pair, level in self.incoming.items() if set(pair) <= people},
        )

    def with_room(self, level: Distance) -> "DistanceChoices":
        """The least for all."""
        return replace(self, room=level)
