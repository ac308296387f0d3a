"""How a format goes, played by the real conversation in virtual time: what is shown to somebody who chooses or writes one.

Nothing here follows a format: the conversation does, told by two partners (`rehearsing_people`) what two people would tell it.
Whoever is said to be heard is heard by the plan that the packets obey.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from media.formats.rehearsal_words import NAMES, heard_words
from media.formats.rehearsing_people import FIRST, SECOND, THERAPIST, Scene, next_move
from media.mediation.commands import Join, Ready
from media.mediation.conversation import Conversation
from media.mediation.formats import FloorRule
from media.mediation.people import Phase, Role, Seat

if TYPE_CHECKING:
    from media.mediation.formats import Format, Formats
    from media.mediation.snapshot import Snapshot

MAX_MOMENTS = 400
"""A format may have hundreds of repetitions; nobody watches them all."""
TURNS = 4
"""Of a format that alternates without end."""
AFTERWARDS_S = 60
"""Of what follows a course, or a stick that was brought in."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that people would notice; it holds until the next one."""

    at_s: float
    """Seconds from the beginning."""
    title: str
    """Of the phase, or of the format where it has none."""
    heard: tuple[str, ...]
    """Who is heard by somebody: FIRST, SECOND, THERAPIST."""
    words: str
    """The same in a sentence."""
    speaker: str | None = None
    """Whose turn it is."""
    listener: str | None = None
    to_speaker: str = ""
    """For both, where it is nobody's turn."""
    to_listener: str = ""
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The whole of it."""

    moments: tuple[Moment, ...]
    length_s: float
    ends_call: bool
    """The call is over by itself; otherwise it goes on from here as it went, or as people agree."""


def rehearse(form: Format, formats: Formats) -> Rehearsal:
    """Play a format from its beginning to its end, or until everything in it has been seen."""
    stage = _Stage(form, formats)
    while stage.goes_on():
        pass
    return Rehearsal(tuple(stage.moments), round(stage.now, 3), ends_call=stage.phase is Phase.ENDED)


class _Stage:
    """A conversation in virtual time, with everyone there and ready from the beginning."""

    def __init__(self, form: Format, formats: Formats) -> None:
        roles = {FIRST: Role.PARTNER, SECOND: Role.PARTNER}
        if form.needs_therapist:
            roles[THERAPIST] = Role.THERAPIST
        self._form = form
        self._conversation = Conversation(
            [Seat(person, role) for person, role in roles.items()],
            format=form.name,
            turn_seconds=form.turn_seconds,
            formats={**formats, form.name: form},
        )
        self.now, self._since, self._said_back, self._turns = 0.0, 0.0, 0, 0
        self.moments: list[Moment] = []
        for person in roles:
            self._conversation.handle(Join(person), 0.0)
        # The therapist first: whoever is ready while two talk already has to be let in.
        for person in reversed(roles):
            self._conversation.handle(Ready(person, ready=True), 0.0)
        self._snapshot = self._conversation.snapshot(0.0)
        self._notice()

    @property
    def phase(self) -> Phase:
        """Where the conversation stands."""
        return self._conversation.phase

    def goes_on(self) -> bool:
        """Come to what happens next; False when there is nothing new to see."""
        scene = Scene(self._form, self._snapshot, self._since, self._said_back)
        move, deadline = next_move(scene), self._conversation.deadline()
        times = [each.at_s for each in (move,) if each] + [each.at for each in (deadline,) if each]
        if self._is_over() or not times:
            self.now += AFTERWARDS_S if self._is_afterwards() else 0
            return False
        self.now = max(self.now, min(times))
        if move is not None and move.at_s <= self.now:
            self._conversation.handle(move.command, self.now)
        else:
            self._conversation.tick(self.now)
        self._look()
        return len(self.moments) < MAX_MOMENTS

    def _look(self) -> None:
        before, self._snapshot = self._snapshot, self._conversation.snapshot(self.now)
        if self._snapshot.floor.turn != before.floor.turn:
            self._said_back = 0
        if _situation(self._snapshot) != _situation(before):
            self._since = self.now
        if self._snapshot.floor.mirror is None and before.floor.mirror is not None:
            self._said_back += 1
        if not self._is_over() or self._is_afterwards() or self.phase is Phase.ENDED:
            self._notice()

    def _notice(self) -> None:
        moment = self._moment()
        if not self.moments or replace(moment, at_s=self.moments[-1].at_s) != self.moments[-1]:
            self.moments.append(moment)

    def _moment(self) -> Moment:
        floor, course = self._snapshot.floor, self._snapshot.floor.course
        plan = self._conversation.plan()
        heard = tuple(one for one in NAMES if any(plan.view(other, one).heard for other in NAMES))
        moment = Moment(
            round(self.now, 3),
            self._form.title,
            heard,
            heard_words(self._form, self._snapshot, heard),
            turn=floor.turn,
        )
        if course is None or course.over:
            return replace(moment, speaker=floor.holder)
        return replace(
            moment,
            title=course.title,
            speaker=course.speaker,
            listener=course.listener,
            to_speaker=course.to_speaker,
            to_listener=course.to_listener,
        )

    def _is_afterwards(self) -> bool:
        """The course is over, and people are still there; or an open talk is open again."""
        course, floor = self._snapshot.floor.course, self._snapshot.floor
        if self.phase is not Phase.TALKING:
            return False
        if course is not None:
            return course.over
        return self._form.floor is FloorRule.OPEN and floor.last_holder is not None and floor.holder is None

    def _is_over(self) -> bool:
        """Everything has been seen."""
        floor, course = self._snapshot.floor, self._snapshot.floor.course
        if self.phase is Phase.ENDED or self._is_afterwards():
            return True
        if self._form.floor is FloorRule.SHUTTLE:
            return self._snapshot.caucus is None and bool(self._snapshot.caucus_time)
        if self._form.floor is FloorRule.TURNS:
            return (floor.turn or 0) > TURNS
        # Twice: once for each of the two, where they change places.
        return course is not None and course.repetitions is None and course.repetition > 2  # noqa: PLR2004


def _situation(snapshot: Snapshot) -> tuple[object, ...]:
    """What people wait in: their next move is so and so long after it began."""
    floor, course, caucus = snapshot.floor, snapshot.floor.course, snapshot.caucus
    return (
        snapshot.phase,
        floor.turn,
        floor.mirror is None,
        floor.mirror_answer_due,
        floor.rest_ends_at,
        course and (course.phase, course.speaker, course.repetition, course.number),
        caucus and (caucus.with_, caucus.stage),
    )
