"""Everyone's wishes about distance, and the distance of a view that follows from them.

My distance is mine: `outgoing` is set by the subject alone, and what others wish only adds to it.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from media.mediation.distance import Because, Distance, furthest


@dataclass(frozen=True, slots=True)
class DistanceChoices:
    """All wishes. A pair that is missing has none; mappings are never changed in place.

    `start` and `least` come with the call as it was scheduled and hold until somebody chooses otherwise: how everyone
    is seen at first, and the room's least.
    """

    start: Distance = Distance.CLEAR
    least: Distance = Distance.CLEAR
    chosen_room: Distance | None = None
    """What the people in the room made of its least; None: they left it as it was."""
    outgoing: Mapping[str, Distance] = field(default_factory=dict)
    """By subject; who is missing has not chosen."""
    outgoing_to: Mapping[tuple[str, str], Distance] = field(default_factory=dict)
    """By (subject, viewer): stands in for `outgoing` towards that viewer."""
    incoming: Mapping[tuple[str, str], Distance] = field(default_factory=dict)
    """By (viewer, subject)."""
    listening: AbstractSet[str] = frozenset()
    """Who sees nobody, wherever they stand; what they wished for single people waits meanwhile."""

    @property
    def room(self) -> Distance:
        """The least for all."""
        return self.least if self.chosen_room is None else self.chosen_room

    def seen_as(self, subject: str) -> Distance:
        """The subject's own choice for everyone."""
        return self.outgoing.get(subject, self.start)

    def own_choice(self, subject: str, viewer: str) -> Distance:
        """The subject's own choice towards this viewer."""
        return self.outgoing_to.get((subject, viewer), self.seen_as(subject))

    def wishes(self, viewer: str, subject: str) -> dict[Because, Distance]:
        """Everything that is said about this view; the furthest counts."""
        return {
            Because.SUBJECT: self.own_choice(subject, viewer),
            Because.VIEWER: self.incoming.get((viewer, subject), Distance.CLEAR),
            Because.LISTENING: Distance.AUDIO_ONLY if viewer in self.listening else Distance.CLEAR,
            Because.ROOM: self.room,
        }

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

    def with_listening(self, viewer: str, *, listening: bool) -> "DistanceChoices":
        """The viewer only listens, or sees again as they wished before."""
        return replace(
            self, listening=frozenset(self.listening | {viewer} if listening else self.listening - {viewer})
        )

    def scheduled(self, start: Distance, least: Distance) -> "DistanceChoices":
        """The same people's choices in a call that is scheduled like this now.

        What somebody chose stays; a least that the new schedule raises holds even where they had lowered it.
        """
        chosen = self.chosen_room
        if chosen is not None and least is not self.least:
            chosen = furthest(chosen, least)
        return replace(self, start=start, least=least, chosen_room=chosen)

    def among(self, people: AbstractSet[str]) -> "DistanceChoices":
        """The wishes of these people about each other, and the room's least."""
        return replace(
            self,
            outgoing={who: level for who, level in self.outgoing.items() if who in people},
            outgoing_to={pair: level for pair, level in self.outgoing_to.items() if set(pair) <= people},
            incoming={pair: level for pair, level in self.incoming.items() if set(pair) <= people},
            listening=frozenset(who for who in self.listening if who in people),
        )

    def with_room(self, level: Distance) -> "DistanceChoices":
        """The least for all."""
        return replace(self, chosen_room=level)
