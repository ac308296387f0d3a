"""The talking stick: who holds it, for how long, who waits for it.

The rules:

1. At most one person holds the stick. Each holding is a turn with an id of its own, counting up.
2. A free stick is taken by START. A held one is never started again: the turn ENDs first.
3. A turn's clock runs (HELD) or stands still (PAUSED). PAUSE keeps what remains, RESUME goes on with it.
4. A turn is cued once, CUE, when little is left; EXTEND gives it more time and a new cue if that puts the end
   further off than the cue.
5. A turn ends by its own end, never by another's: the end belongs to the turn, and goes with it. When its time is up
   (TIME_UP) it is CLOSING: it ends at the first pause in the holder's speech, or when the grace is over.
6. A turn waits for its holder, and for a lost partner, so long and no longer, all gaps together (`waits`).
7. Everyone waits at most once in the queue, in order of asking; whoever gets the stick waits no longer.
8. After a break the partners have one short turn each, before all others. It is no turn of the format: whoever has it
   goes on waiting in the queue, and it changes nothing in whose turn comes next.
9. While the listener says back (`mirror`) the floor stays the holder's, whose clock stands, and the listener alone is heard.
10. Between two turns there may be a silence that both share: nobody is heard, and then the stick goes on by itself.

The table below is all of it; a step that is not in the table raises and changes nothing. Whether a person may
take such a step, and where the stick goes next, is decided in `turns`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from media.mediation.course import Course
from media.mediation.errors import AlreadyQueued, FloorTaken, NotHolder
from media.mediation.formats import FloorRule, Format, PhaseFloor, Then
from media.mediation.mirror import Mirror
from media.mediation.waits import Wait

# SAPL #1674 (Brazilian legislature): one soft cue 30 s before the end; a fifth of the turn for long turns.
CUE_S: Final = 30.0
CUE_SHARE: Final = 0.2
# Below this a cue of 30 s would come in the turn's first half: a fifth of the turn instead.
SHORT_TURN_S: Final = 60.0
# Toastmasters allow 15 s beyond the time of a short speech and 30 s beyond that of a long one. Cut-offs in the middle of a word
# are called harsh (jitsi-meet #13456).
SHORT_GRACE_S: Final = 15.0
LONG_GRACE_S: Final = 30.0
SHORT_GRACE_UP_TO_S: Final = 180.0
# Long enough to say how one feels on coming back, too short to go on where it broke.
RETURN_TURN_S: Final = 60


class Stick(StrEnum):
    """Where the stick is."""

    FREE = "free"
    HELD = "held"
    PAUSED = "paused"
    CLOSING = "closing"


class Step(StrEnum):
    """What can happen to the stick."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    CUE = "cue"
    EXTEND = "extend"
    TIME_UP = "time-up"
    END = "end"


class EndReason(StrEnum):
    """Why a turn ended."""

    TIME = "time"
    RELEASED = "released"
    PASSED = "passed"
    REVOKED = "revoked"
    LOST = "lost"
    BREAK = "break"
    COMPLETE = "complete"
    """The speaker said "you got it"."""
    CAUCUS = "caucus"


TRANSITIONS: Final = {
    (Stick.FREE, Step.START): Stick.HELD,
    (Stick.HELD, Step.PAUSE): Stick.PAUSED,
    (Stick.HELD, Step.CUE): Stick.HELD,
    (Stick.HELD, Step.EXTEND): Stick.HELD,
    (Stick.HELD, Step.END): Stick.FREE,
    (Stick.PAUSED, Step.RESUME): Stick.HELD,
    (Stick.PAUSED, Step.EXTEND): Stick.PAUSED,
    (Stick.PAUSED, Step.END): Stick.FREE,
    (Stick.HELD, Step.TIME_UP): Stick.CLOSING,
    (Stick.CLOSING, Step.PAUSE): Stick.PAUSED,
    (Stick.CLOSING, Step.EXTEND): Stick.HELD,
    (Stick.CLOSING, Step.END): Stick.FREE,
}


def grace_s(length_s: float) -> float:
    """How many seconds a turn of this length may last beyond its time, if the holder does not pause."""
    return SHORT_GRACE_S if length_s <= SHORT_GRACE_UP_TO_S else LONG_GRACE_S


def cue_left_s(length_s: float) -> float:
    """How many seconds before its end a turn of this length is cued."""
    share = length_s * CUE_SHARE
    return share if length_s < SHORT_TURN_S else max(CUE_S, share)


@dataclass(frozen=True, slots=True)
class Turn:
    """One holding of the stick; `ends_at` is set while the clock runs, `remaining_s` while it stands."""

    id: int
    holder: str
    length_s: float
    """Extensions included."""
    started_at: float
    ends_at: float | None
    remaining_s: float | None = None
    over_s: float = 0.0
    """Seconds spoken beyond its time, in a grace that was stopped or made up for by more time."""
    cued: bool = False
    grace_ends_at: float | None = None
    """When the turn ends at the latest, once its time is up (monotonic s)."""
    returning: bool = False
    """The short turn of somebody who comes back from a break."""
    in_course: bool = False
    """It is a phase of the format."""
    grace: bool = True
    """Its holder may finish the sentence."""
    mirror: Mirror | None = None
    """While the listener says back."""
    answer_due: bool = False
    """The listener has said back, and the holder has not said yet whether it is that."""
    last_said_back: bool = False
    """Its time is up, and what was said last has been said back, or is."""
    for_holder: Wait = field(default_factory=Wait)
    """Waiting for a holder who is cut off."""
    for_partner: Wait = field(default_factory=Wait)
    """Waiting for a partner, other than the holder, who is lost."""

    @property
    def cue_at(self) -> float | None:
        """When the cue is due (monotonic s); None when it was given, the clock stands, or the time is up."""
        if self.cued or self.ends_at is None or self.grace_ends_at is not None:
            return None
        return self.ends_at - cue_left_s(self.length_s)

    def left_s(self, now: float) -> float:
        """Seconds left, whether the clock runs or stands."""
        return max(0.0, self.ends_at - now) if self.ends_at is not None else self.remaining_s or 0.0

    def spoken_s(self, now: float) -> float:
        """Seconds that the clock has run, the grace included."""
        return self.length_s - self.left_s(now) + self.overrun_s(now)

    def overrun_s(self, now: float) -> float:
        """Seconds of them that were beyond its time."""
        return self.over_s + (0.0 if self.ends_at is None else max(0.0, now - self.ends_at))


@dataclass(frozen=True, slots=True)
class Floor:
    """The stick, its queue and its memory; immutable, every step answers a new one."""

    format: Format
    turn_seconds: int
    turn: Turn | None = None
    queue: tuple[str, ...] = ()
    turns_so_far: int = 0
    last_holder: str | None = None
    """Whose turn ended last."""
    last_partner: str | None = None
    """Which partner had the latest turn, for the rule of alternation."""
    return_queue: tuple[str, ...] = ()
    """Who has still to have their short turn after a break."""
    rest_s: int = 0
    """The silence that both share between two turns, in seconds; 0: none."""
    rest_ends_at: float | None = None
    """While it goes on: until when (monotonic s)."""
    course: Course | None = None
    """Of a format with phases."""
    done: tuple[str, ...] = ()
    """The partners who are ready to go on from a phase or a silence."""
    airtime: Mapping[str, float] = field(default_factory=dict)
    """Seconds that each has spoken in turns that are over, and said back."""

    @property
    def stick(self) -> Stick:
        """Where the stick is now."""
        if self.turn is None:
            return Stick.FREE
        if self.turn.grace_ends_at is not None:
            return Stick.CLOSING
        return Stick.PAUSED if self.turn.ends_at is None else Stick.HELD

    @property
    def holder(self) -> str | None:
        """Who holds the stick, if anyone."""
        return self.turn.holder if self.turn else None

    @property
    def mirror(self) -> Mirror | None:
        """While the listener says back."""
        return self.turn.mirror if self.turn else None

    @property
    def heard(self) -> str | None:
        """Who alone is heard while there is a turn."""
        return self.mirror.by if self.mirror else self.holder

    @property
    def awaits_pause_of(self) -> str | None:
        """Whose next pause in speech ends something: their turn, or their saying back."""
        if self.mirror is not None:
            return self.mirror.by if self.mirror.closing else None
        return self.holder if self.stick is Stick.CLOSING else None

    @property
    def in_course(self) -> Course | None:
        """The course that is being followed, if it is not over."""
        return None if self.course is None or self.course.over else self.course

    @property
    def open(self) -> bool:
        """Everyone is heard: the format is open, nobody has brought the stick in, and no silence or return goes on."""
        if self.turn is not None or self.return_queue or self.rest_ends_at is not None:
            return False
        if self.in_course is not None:
            return self.in_course.floor is PhaseFloor.OPEN and self.in_course.began
        return self._rule is FloorRule.OPEN

    @property
    def alternates(self) -> bool:
        """A turn that ends goes to the partner who did not speak last, when nobody waits for it."""
        return self.in_course is None and self._rule is FloorRule.TURNS

    @property
    def _rule(self) -> FloorRule:
        """What holds outside of phases."""
        if self.format.floor is not FloorRule.COURSE:
            return self.format.floor
        return FloorRule.TURNS if self.format.then is Then.TURNS else FloorRule.OPEN

    def start(self, holder: str, now: float, *, partner: bool) -> "Floor":
        """A new turn for `holder`: of the format's length, or the short one if they come back from a break.

        Raises:
            FloorTaken: someone holds the stick.
        """
        if not self._allows(Step.START):
            raise FloorTaken("Someone holds the stick.")
        if self.rest_ends_at is not None:
            return self.rested().start(holder, now, partner=partner)
        number = self.turns_so_far + 1
        if holder in self.return_queue:
            left = tuple(person for person in self.return_queue if person != holder)
            turn = Turn(number, holder, RETURN_TURN_S, now, now + RETURN_TURN_S, returning=True)
            return replace(self, turn=turn, turns_so_far=number, return_queue=left)
        turn = self._new_turn(number, holder, now)
        return replace(
            self.without(holder),
            turn=turn,
            turns_so_far=number,
            last_partner=holder if partner else self.last_partner,
        )

    def is_due_in_course(self, person: str) -> bool:
        """The phase that is due is a turn of this person."""
        course = self.in_course
        return course is not None and course.floor is PhaseFloor.TURN and course.speaker == person

    def _new_turn(self, number: int, holder: str, now: float) -> Turn:
        present = self.in_course.present if self.in_course else None
        if present is None or not self.is_due_in_course(holder):
            return Turn(number, holder, self.turn_seconds, started_at=now, ends_at=now + self.turn_seconds)
        seconds = present.phase.seconds or self.turn_seconds
        return Turn(
            number,
            holder,
            seconds,
            started_at=now,
            ends_at=now + seconds,
            in_course=True,
            grace=present.phase.grace,
        )

    def pause(self, now: float) -> "Floor":
        """The clock stands; what remains is kept, and be it nothing: then the grace begins anew with the clock."""
        turn = self._running(Step.PAUSE)
        stopped = replace(
            turn,
            ends_at=None,
            remaining_s=turn.left_s(now),
            grace_ends_at=None,
            over_s=turn.overrun_s(now),
        )
        return replace(self, turn=stopped)

    def resume(self, now: float) -> "Floor":
        """The clock goes on with what remained."""
        turn = self._running(Step.RESUME)
        return replace(self, turn=replace(turn, ends_at=now + turn.left_s(now), remaining_s=None))

    def waiting(self, now: float, *, for_holder: bool, for_partner: bool) -> "Floor":
        """Whom the turn waits for from `now` on; with a free stick nobody is waited for."""
        turn = self.turn
        if turn is None:
            return self
        holder = turn.for_holder.kept(now, waiting=for_holder)
        partner = turn.for_partner.kept(now, waiting=for_partner)
        return replace(self, turn=replace(turn, for_holder=holder, for_partner=partner))

    def cue(self) -> "Floor":
        """The cue was given."""
        return replace(self, turn=replace(self._running(Step.CUE), cued=True))

    def time_up(self, now: float) -> "Floor":
        """The turn's time is over; the grace began with its end, however late we are told."""
        turn = self._running(Step.TIME_UP)
        over_at = now if turn.ends_at is None else turn.ends_at
        grace = grace_s(turn.length_s) if turn.grace else 0.0
        return replace(self, turn=replace(turn, grace_ends_at=over_at + grace))

    def extend(self, seconds: float, now: float) -> "Floor":
        """The running turn lasts `seconds` longer."""
        turn = self._running(Step.EXTEND)
        left, length = turn.left_s(now) + seconds, turn.length_s + seconds
        cued = turn.cued and left <= cue_left_s(length)
        longer = replace(
            turn,
            length_s=length,
            cued=cued,
            grace_ends_at=None,
            over_s=turn.overrun_s(now),
            last_said_back=False,
        )
        if turn.ends_at is None:
            return replace(self, turn=replace(longer, remaining_s=left))
        return replace(self, turn=replace(longer, ends_at=now + left))

    def end(self) -> "Floor":
        """The turn is over and the stick free; the queue stays.

        Raises:
            NotHolder: nobody holds the stick.
        """
        turn = self._running(Step.END)
        return replace(self, turn=None, last_holder=turn.holder)

    def enqueue(self, person: str) -> "Floor":
        """`person` waits at the end of the queue.

        Raises:
            FloorTaken: they hold the stick.
            AlreadyQueued: they wait already.
        """
        if person == self.holder:
            raise FloorTaken("You hold the stick already.")
        if person in self.queue:
            raise AlreadyQueued("You wait for the stick already.")
        return replace(self, queue=(*self.queue, person))

    def without(self, person: str) -> "Floor":
        """`person` no longer waits."""
        return replace(self, queue=tuple(waiting for waiting in self.queue if waiting != person))

    def with_format(
        self, format_: Format, turn_seconds: int, *, rest_s: int, partners: tuple[str, ...]
    ) -> "Floor":
        """Another course for the turns that come; `partners`: who is first in it, and who is second."""
        first, second = partners
        course = Course(format_.rounds, first, second) if format_.floor is FloorRule.COURSE else None
        return replace(
            self.rested(), format=format_, turn_seconds=turn_seconds, rest_s=rest_s, course=course, done=()
        )

    def with_course(self, course: Course | None) -> "Floor":
        """The course stands elsewhere; who was ready to go on from there is asked anew."""
        moved = course is None or self.course is None or _place(course) != _place(self.course)
        return replace(self, course=course, done=() if moved else self.done)

    def with_done(self, person: str, *, done: bool) -> "Floor":
        """`person` is ready to go on, or not yet."""
        others = tuple(one for one in self.done if one != person)
        return replace(self, done=(*others, person) if done else others)

    def resting(self, now: float, seconds: float) -> "Floor":
        """Both share a silence before the next turn."""
        return replace(self, rest_ends_at=now + seconds, done=())

    def rested(self) -> "Floor":
        """No silence goes on."""
        return self if self.rest_ends_at is None else replace(self, rest_ends_at=None, done=())

    def with_airtime(self, person: str, seconds: float) -> "Floor":
        """`person` has spoken for so much longer."""
        return replace(self, airtime={**self.airtime, person: self.airtime.get(person, 0.0) + seconds})

    def with_mirror(
        self, mirror: Mirror | None, *, answer_due: bool = False, is_last: bool = False
    ) -> "Floor":
        """The listener says back, or no longer; stopping the clock and letting it go on is a step of its own.

        `is_last`: the turn's time is up, so that this is the last time in it.

        Raises:
            NotHolder: there is no turn.
        """
        if self.turn is None:
            raise NotHolder("There is no turn for which this can be done.")
        last = is_last or self.turn.last_said_back
        return replace(
            self, turn=replace(self.turn, mirror=mirror, answer_due=answer_due, last_said_back=last)
        )

    def with_nobody_waiting(self) -> "Floor":
        """The queue is empty, nobody has a short turn to come, and no silence goes on."""
        return replace(self.rested(), queue=(), return_queue=())

    def first_in_line(self, person: str) -> "Floor":
        """`person` waits before all others."""
        return replace(self, queue=(person, *self.without(person).queue))

    def with_return_queue(self, people: tuple[str, ...]) -> "Floor":
        """These come back from a break, in this order."""
        return replace(self, return_queue=people)

    def _allows(self, step: Step) -> bool:
        """The table has this step."""
        return (self.stick, step) in TRANSITIONS

    def _running(self, step: Step) -> Turn:
        """The turn that this step is about, if the table has it."""
        if self.turn is None or not self._allows(step):
            raise NotHolder("There is no turn for which this can be done.")
        return self.turn


def _place(course: Course) -> tuple[int, int, int, bool]:
    return course.round, course.repetition, course.step, course.began
