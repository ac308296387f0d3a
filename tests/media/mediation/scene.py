"""A vocabulary for the core's tests: two partners, a therapist, and a clock that only the test moves."""

import pytest

from media.mediation.commands import Command, Join, Ready, SpeechPaused
from media.mediation.conversation import Conversation, Notice
from media.mediation.distance import Distance
from media.mediation.errors import MediationError
from media.mediation.formats import PLAIN, Formats
from media.mediation.people import Role, Seat
from media.mediation.plan import SILENT
from media.mediation.snapshot import (
    CourseSnapshot,
    FloorSnapshot,
    MirrorSnapshot,
    ParticipantSnapshot,
    ProposalSnapshot,
    Snapshot,
)

ANN, BEN, TESS = "ann", "ben", "tess"
EVERYONE = (ANN, BEN, TESS)
SEATS = (Seat(ANN, Role.PARTNER), Seat(BEN, Role.PARTNER), Seat(TESS, Role.THERAPIST))
START = 1000.0


class Scene:
    """A conversation and its clock; notices pile up in `told` until they are taken."""

    def __init__(
        self, form: str = "timed-turns", turn_seconds: int | None = None, formats: Formats = PLAIN
    ) -> None:
        usual = formats[form].turn_seconds if turn_seconds is None else turn_seconds
        self.conversation = Conversation(SEATS, format=form, turn_seconds=usual, formats=formats)
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
    def shown(self) -> Snapshot:
        """Everything as people see it now."""
        return self.conversation.snapshot(self.now)

    @property
    def floor(self) -> FloorSnapshot:
        """The floor as people see it now."""
        return self.shown.floor

    @property
    def course(self) -> CourseSnapshot:
        """Where the format stands, which has phases."""
        course = self.floor.course
        assert course is not None
        return course

    @property
    def mirror(self) -> MirrorSnapshot:
        """The saying back that goes on."""
        mirror = self.floor.mirror
        assert mirror is not None
        return mirror

    @property
    def left_s(self) -> float | None:
        """Seconds until the next deadline."""
        deadline = self.conversation.deadline()
        return None if deadline is None else deadline.at - self.now

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

    def heard(self) -> set[tuple[str, str]]:
        """Every (viewer, subject) that is heard by the plan, which people are shown as it is."""
        heard = {pair for pair, view in self.conversation.plan().views.items() if view.heard}
        assert heard == {(v.viewer, v.subject) for v in self.shown.distance.views if v.heard}
        return heard

    def assert_heard(self, *subjects: str) -> None:
        """Exactly these are heard, by everyone else who takes part."""
        part = [one.id for one in self.people if one.present and one.ready and one.admitted]
        assert self.heard() == {(v, s) for s in subjects for v in part if v != s}

    def assert_all_seen(self) -> None:
        """All who take part see each other."""
        part = [one.id for one in self.people if one.present and one.ready and one.admitted]
        for viewer in part:
            for subject in part:
                if viewer != subject:
                    self.assert_sees(viewer, subject, Distance.CLEAR)

    def assert_alone(self, *pair: str) -> None:
        """These two hear and see each other, and nobody else hears or sees anybody."""
        meeting = {(one, other) for one in pair for other in pair if one != other}
        for views, view in self.conversation.plan().views.items():
            assert (view == SILENT) == (views not in meeting)
            assert view.heard == (views in meeting)

    def assert_sees(self, viewer: str, subject: str, level: Distance) -> None:
        """The viewer has the subject at this distance."""
        assert self.conversation.plan().view(viewer, subject).distance is level


def talking(
    form: str = "timed-turns",
    turn_seconds: int | None = None,
    people: tuple[str, ...] = EVERYONE,
    formats: Formats = PLAIN,
) -> Scene:
    """A scene in which these people take part already; the therapist was there when the talk began."""
    scene = Scene(form, turn_seconds, formats)
    for person in sorted(people, key=lambda who: who != TESS):
        scene.do(Join(person), Ready(person, ready=True))
    return scene
