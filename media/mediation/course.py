"""Where a conversation stands in its format's phases, as a value.

A course is gone through step by step: a phase in which each of the two speaks is two steps. Who is first and who second is
said when the course begins; a round with `swap` has them change places with each repetition. What begins a step and what
completes it is in `keeping_course`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from media.mediation.formats import Completion, FormatPhase, FormatRound, PhaseFloor, Speaker


@dataclass(frozen=True, slots=True)
class Step:
    """A phase with one speaker, or with none."""

    phase: FormatPhase
    speaker: Speaker | None
    """FIRST or SECOND, and never EACH; None in an open or a silent phase."""


@dataclass(frozen=True, slots=True)
class Course:
    """A place in the rounds of a format; immutable."""

    rounds: tuple[FormatRound, ...]
    first: str
    second: str
    round: int = 0
    repetition: int = 0
    step: int = 0
    began: bool = False
    """The step that is due has begun."""
    started_at: float | None = None
    ends_at: float | None = None
    """Of an open or a silent step with a time (monotonic s); None while its clock stands."""
    left_s: float | None = None
    """What is left of it while its clock stands."""
    halted: bool = False
    """The stick was taken back, or lost: nothing goes on by itself."""

    @property
    def over(self) -> bool:
        """The last phase is complete."""
        return self.round >= len(self.rounds)

    @property
    def present(self) -> Step | None:
        """The step that is due or goes on; None when the course is over."""
        return None if self.over else self.steps[self.step]

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step of one pass through the present round."""
        return () if self.over else tuple(_steps(self.rounds[self.round]))

    @property
    def floor(self) -> PhaseFloor | None:
        """Who is heard in the present step, as a rule."""
        present = self.present
        return None if present is None else present.phase.floor

    @property
    def speaker(self) -> str | None:
        """Whose turn the present step is."""
        present = self.present
        if present is None or present.speaker is None:
            return None
        return self._first_now if present.speaker is Speaker.FIRST else self._other(self._first_now)

    @property
    def listener(self) -> str | None:
        """The other one."""
        speaker = self.speaker
        return None if speaker is None else self._other(speaker)

    @property
    def both_complete(self) -> bool:
        """The present step is complete when both say so."""
        present = self.present
        return present is not None and Completion.BOTH in present.phase.completes

    def begun(self, now: float, *, seconds: float | None) -> "Course":
        """The present step begins; `seconds`: of an open or a silent one that has a time."""
        return replace(
            self, began=True, started_at=now, ends_at=None if seconds is None else now + seconds, halted=False
        )

    def stopped(self, now: float) -> "Course":
        """The clock of an open or a silent step stands."""
        if self.ends_at is None:
            return self
        return replace(self, ends_at=None, left_s=max(0.0, self.ends_at - now))

    def resumed(self, now: float) -> "Course":
        """Its clock goes on with what was left."""
        if self.left_s is None:
            return self
        return replace(self, ends_at=now + self.left_s, left_s=None)

    def rewound(self) -> "Course":
        """The present step begins anew when the talk goes on; a course that is over does not."""
        if self.over:
            return self
        return replace(self, began=False, started_at=None, ends_at=None, left_s=None, halted=False)

    def halt(self) -> "Course":
        """Nothing goes on by itself until somebody asks for the stick."""
        return replace(self.rewound(), halted=True)

    def advanced(self) -> "Course":
        """The present step is complete; the next one is due."""
        if self.over:
            return self
        here, due = self.rounds[self.round], self.rewound()
        if self.step + 1 < len(self.steps):
            return replace(due, step=self.step + 1)
        if here.repeat == 0 or self.repetition + 1 < here.repeat:
            return replace(due, step=0, repetition=self.repetition + 1)
        return replace(due, step=0, repetition=0, round=self.round + 1)

    @property
    def _first_now(self) -> str:
        """Who is in the first place in this repetition."""
        swapped = self.rounds[self.round].swap and self.repetition % 2 == 1
        return self.second if swapped else self.first

    def _other(self, person: str) -> str:
        return self.second if person == self.first else self.first


def _steps(written: FormatRound) -> Iterator[Step]:
    for phase in written.phases:
        if phase.floor is not PhaseFloor.TURN:
            yield Step(phase, None)
        elif phase.speaker is Speaker.EACH:
            yield Step(phase, Speaker.FIRST)
            yield Step(phase, Speaker.SECOND)
        else:
            yield Step(phase, phase.speaker or Speaker.FIRST)
