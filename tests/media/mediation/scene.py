"""A vocabulary for the core's tests: two partners, a therapist, and a clock that only the test moves."""

import pytest

from media.mediation.commands import Command, Join, Ready, SpeechPaused
from media.mediation.conversation import Conversation, Notice
from media.mediation.distance import Distance
from media.mediation.errors import MediationError
from media.mediation.people import Role, Seat
from media.mediation.snapshot import FloorSnapshot, ParticipantSnapshot, ProposalSnapshot

ANN, BEN, TESS = "ann", "ben", "tess"
EVERYONE = (ANN, BEN, TESS)
SEATS = (Seat(ANN, Role.PARTNER), Seat(BEN, Role.PARTNER), Seat(TESS, Role.THERAPIST))
START = 1000.0


class Scene:
    """A conversation and its clock; notices pile up in `told` until they are taken."""

    def __init__(self, form: str = "timed-turns", turn_seconds: int = 180) -> None:
        self.conversation = Conversation(SEATS, format=form, turn_seconds=turn_seconds)
        self.now = START
        self.told: list[Notice] = []
        self.pauses = True
        """Whoever's time is up pauses at once, as most people soon do."""

    def do(self, *commands: Command) -> None:
        """Carry out commands at the present moment."""
        for command in commands:
            self.told += self.conversation.handle(command, self.now)

    def after(self, seconds: float) -> None:
        """Let time pass, waking the conversation at each of its deadlines as a room would."""
        until = self.now + seconds
        while (deadline := self.conversation.deadline()) and deadline.at <= until:
            self.now = deadline.at
            self.told += self.conversation.tick(self.now)
            closing = self.conversation.plan().pauses_of
            if self.pauses and closing is not None:
                self.do(SpeechPaused(closing))
        self.now = until

    def refuses(self, command: Command, error: type[MediationError]) -> None:
        """The command is refused with this error, and nothing at all has changed."""
        before = (self.conversation._state, self.conversation.revision, self.conversation.deadline())
        with pytest.raises(error) as caught:
            self.conversation.handle(command, self.now)
        assert type(caught.value) is error
        assert caught.value.detail
        assert before == (self.conversation._state, self.conversation.revision, self.conversation.deadline())

    @property
    def floor(self) -> FloorSnapshot:
        """The floor as people see it now."""
        return self.conversation.snapshot(self.now).floor

    @property
    def people(self) -> tuple[ParticipantSnapshot, ...]:
        """Every seat as people see it now, in the order of the seats."""
        return self.conversation.snapshot(self.now).participants

    @property
    def room(self) -> Distance:
        """The least distance for all."""
        return self.conversation.snapshot(self.now).distance.room

    @property
    def proposals(self) -> tuple[ProposalSnapshot, ...]:
        """The open proposals."""
        return self.conversation.snapshot(self.now).proposals

    def codes(self) -> list[str]:
        """The codes of the notices since the last call, in order."""
        told, self.told = self.told, []
        return [notice.code for notice in told]

    def endings(self) -> list[tuple[object, object]]:
        """(holder, reason) of every turn that ended since the last taking of notices."""
        told, self.told = self.told, []
        ended = (notice.fields for notice in told if notice.code == "turn.ended")
        return [(fields["holder"], fields["reason"]) for fields in ended]

    def assert_heard(self, *subjects: str) -> None:
        """Exactly these are heard, by everyone else who takes part."""
        snapshot = self.conversation.snapshot(self.now)
        part = [one.id for one in snapshot.participants if one.present and one.ready]
        heard = {(v.viewer, v.subject) for v in snapshot.distance.views if v.heard}
        assert heard == {(v, s) for s in subjects for v in part if v != s}

    def assert_sees(self, viewer: str, subject: str, level: Distance) -> None:
        """The viewer has the subject at this distance."""
        assert self.conversation.plan().view(viewer, subject).distance is level


def talking(form: str = "timed-turns", turn_seconds: int = 180, people: tuple[str, ...] = EVERYONE) -> Scene:
    """A scene in which these people take part already; the therapist was there when the talk began."""
    scene = Scene(form, turn_seconds)
    for person in sorted(people, key=lambda who: who != TESS):
        scene.do(Join(person), Ready(person, ready=True))
    return scene
