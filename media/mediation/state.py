"""The whole state of a conversation as one immutable value, and the working copy that a command changes.

Immutable, so that two states can be compared and an abandoned change leaves nothing behind: a command works
on a `Draft`, and only a draft that was finished without an error becomes the conversation's state.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from media.mediation.breaks import Break
from media.mediation.caucus import Caucus, CaucusStage
from media.mediation.distance_choices import DistanceChoices
from media.mediation.errors import NotInThisPhase, UnknownParticipant
from media.mediation.floor import Floor
from media.mediation.formats import FloorRule, Formats
from media.mediation.notices import JSON, Notice
from media.mediation.people import Phase, Role, Seat
from media.mediation.presence import Presence
from media.mediation.proposals import Proposal


@dataclass(frozen=True)
class State:
    """Everything that is true of a conversation; mappings are never changed in place."""

    seats: tuple[Seat, ...]
    people: Mapping[str, Presence]
    """By participant id, every seat."""
    floor: Floor
    distance: DistanceChoices
    phase: Phase = Phase.WAITING
    proposals: tuple[Proposal, ...] = ()
    """Open ones, oldest first."""
    proposals_so_far: int = 0
    break_: Break | None = None
    """While everyone has stepped back."""
    caucus: Caucus | None = None
    """While the therapist is alone with one partner, and until both partners will meet again."""
    caucus_s: Mapping[str, float] = field(default_factory=dict)
    """Seconds that each partner has had alone with the therapist, in caucuses that are over."""
    admitted: frozenset[str] = frozenset()
    """The therapists who may take part in this talk: they were there when it began, or both partners let them in."""
    asked: frozenset[str] = frozenset()
    """The therapists about whom the partners have been asked since they came."""
    interrupted: bool = False
    """The talk fell back to waiting, and a partner has been willing ever since: to whom they said yes, and to nobody else."""
    formats: Formats = field(default_factory=dict, repr=False)
    """What this conversation may be held in."""

    @cached_property
    def partners(self) -> tuple[str, ...]:
        """The ids of the two partners."""
        return tuple(seat.id for seat in self.seats if seat.role is Role.PARTNER)

    @property
    def both_willing(self) -> bool:
        """Both partners are present and ready."""
        return all(self.takes_part(partner) for partner in self.partners)

    @cached_property
    def therapists(self) -> tuple[str, ...]:
        """The ids of the therapists."""
        return tuple(seat.id for seat in self.seats if seat.role is Role.THERAPIST)

    def takes_part(self, person: str) -> bool:
        """May have media once the conversation talks; into a talk that goes on a therapist is let in by both partners."""
        return self.people[person].takes_part and self.is_admitted(person)

    def is_admitted(self, person: str) -> bool:
        """Nobody has to be asked about them: whoever is there when a talk begins takes part in it, and in what belongs to it."""
        outside = self.phase is Phase.ENDED or (self.phase is Phase.WAITING and not self.interrupted)
        return outside or person in self.partners or person in self.admitted

    def meet(self, one: str, other: str) -> bool:
        """Whether they may hear and see each other as far as being there goes."""
        if not (self.takes_part(one) and self.takes_part(other)):
            return False
        if self.caucus is not None:
            aside = self.phase is Phase.CAUCUS and self.caucus.stage is CaucusStage.TALKING
            return aside and {one, other} == self.caucus.pair
        return self.phase is Phase.TALKING and self.floor.format.floor is not FloorRule.SHUTTLE

    def seat(self, person: str) -> Seat:
        """The seat with this id.

        Raises:
            UnknownParticipant: there is none.
        """
        for seat in self.seats:
            if seat.id == person:
                return seat
        raise UnknownParticipant("Nobody in this conversation has this id.")


@dataclass
class Draft:
    """A change in the making: the state so far, when it happens (monotonic s), what will be told."""

    state: State
    now: float
    notices: list[Notice] = field(default_factory=list)

    @property
    def floor(self) -> Floor:
        """The floor so far."""
        return self.state.floor

    @floor.setter
    def floor(self, floor: Floor) -> None:
        self.state = replace(self.state, floor=floor)

    @property
    def distance(self) -> DistanceChoices:
        """The wishes about distance so far."""
        return self.state.distance

    @distance.setter
    def distance(self, choices: DistanceChoices) -> None:
        self.state = replace(self.state, distance=choices)

    @property
    def phase(self) -> Phase:
        """The phase so far."""
        return self.state.phase

    @phase.setter
    def phase(self, phase: Phase) -> None:
        self.state = replace(self.state, phase=phase)

    @property
    def break_(self) -> Break | None:
        """The break so far."""
        return self.state.break_

    @break_.setter
    def break_(self, break_: Break | None) -> None:
        self.state = replace(self.state, break_=break_)

    @property
    def caucus(self) -> Caucus | None:
        """The caucus so far."""
        return self.state.caucus

    @caucus.setter
    def caucus(self, caucus: Caucus | None) -> None:
        self.state = replace(self.state, caucus=caucus)

    def running_caucus(self) -> Caucus:
        """The caucus that goes on.

        Raises:
            NotInThisPhase: there is none.
        """
        if self.state.caucus is None:
            raise NotInThisPhase("The therapist is not alone with anybody.")
        return self.state.caucus

    def running_break(self) -> Break:
        """The break that goes on.

        Raises:
            NotInThisPhase: there is none.
        """
        if self.state.break_ is None:
            raise NotInThisPhase("Nobody has stepped back.")
        return self.state.break_

    def set_presence(self, person: str, presence: Presence) -> None:
        """How `person` is there from now on."""
        self.state = replace(self.state, people={**self.state.people, person: presence})

    def tell(self, code: str, **fields: JSON) -> None:
        """Add a notice to everyone."""
        self.notices.append(Notice(code, fields=fields))
