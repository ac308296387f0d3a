"""What two partners, and a therapist where one is needed, do in a rehearsal: enough that every kind of step is seen once.

Pure: from how the conversation stands comes the next thing that somebody does, and when. Nobody here is slow, lost or absent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from media.mediation import commands as c
from media.mediation.caucus import CaucusStage
from media.mediation.formats import Completion, FloorRule, PhaseFloor
from media.mediation.people import Phase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from media.mediation.formats import Format
    from media.mediation.snapshot import CourseSnapshot, FloorSnapshot, Snapshot

FIRST, SECOND, THERAPIST = "first", "second", "therapist"
PAUSE_S = 2.0
"""A sentence is finished this long after the time is up."""
PART_S = 40.0
"""A part that is long enough to be said back."""
ANSWER_S = 4.0
AGREEING_S = 20.0
"""Until both are ready to go on."""
OPEN_S = 60.0
"""Until somebody brings the stick into an open talk, or asks for one that lies there."""
SHARE_SAID_BACK = 0.7
"""Of its slot that saying back takes."""


@dataclass(frozen=True, slots=True)
class Scene:
    """How things stand; times in seconds from the beginning."""

    format: Format
    now: Snapshot
    since_s: float
    """Since when."""
    said_back: int
    """How often something was said back in the running turn."""


@dataclass(frozen=True, slots=True)
class Move:
    """Something that somebody does."""

    at_s: float
    command: c.Command


def next_move(scene: Scene) -> Move | None:
    """The first thing that somebody does if nothing else happens before; None: all wait for the clock."""
    return min(_moves(scene), key=lambda move: move.at_s, default=None)


def _moves(scene: Scene) -> Iterator[Move]:
    floor = scene.now.floor
    if scene.format.floor is FloorRule.SHUTTLE:
        yield from _of_therapist(scene)
    elif floor.mirror is not None:
        yield from _of_saying_back(floor)
    elif floor.turn is not None:
        yield from _of_speaking(scene, floor)
    elif floor.rest_ends_at is None and (floor.course is None or floor.course.over):
        yield from _without_course(scene, floor)
    elif floor.course is not None and Completion.BOTH in floor.course.completes:
        yield from _of_agreeing(scene, floor, floor.course)


def _of_saying_back(floor: FloorSnapshot) -> Iterator[Move]:
    mirror = floor.mirror
    if mirror is not None:
        began = mirror.ends_at - mirror.length_s
        yield Move(began + SHARE_SAID_BACK * mirror.length_s, c.MirrorDone(mirror.by))


def _of_speaking(scene: Scene, floor: FloorSnapshot) -> Iterator[Move]:
    """Whoever speaks asks for a part to be said back, answers it, and comes to an end soon after the time."""
    holder = floor.holder or FIRST
    if floor.grace_ends_at is not None and floor.ends_at is not None:
        yield Move(floor.ends_at + PAUSE_S, c.SpeechPaused(holder))
    if floor.mirror_answer_due:
        got_it = scene.said_back >= _needed(floor.course)
        yield Move(scene.since_s + ANSWER_S, c.MirrorAnswer(holder, got_it))
    elif scene.said_back < _needed(floor.course):
        part = min(PART_S, (floor.length_s or PART_S) / 4)
        yield Move(scene.since_s + part, c.MirrorStart(holder))


def _needed(course: CourseSnapshot | None) -> int:
    """How often it takes: once for a summary, twice where "there is more" is to be seen, never where there is none."""
    if course is None or course.over or course.floor is not PhaseFloor.TURN or not course.mirror_seconds:
        return 0
    return 2 if Completion.GOT_IT in course.completes and not course.opens_with_mirror else 1


def _of_agreeing(scene: Scene, floor: FloorSnapshot, course: CourseSnapshot) -> Iterator[Move]:
    """Both say that they are ready; where there is a time, they take it."""
    if course.seconds is None and FIRST not in floor.done:
        yield Move(scene.since_s + AGREEING_S, c.PhaseDone(FIRST, done=True))
    elif course.seconds is None:
        yield Move(scene.since_s + AGREEING_S, c.PhaseDone(SECOND, done=True))


def _without_course(scene: Scene, floor: FloorSnapshot) -> Iterator[Move]:
    """The stick lies there, or everyone speaks: somebody takes it, once."""
    if floor.last_holder is None or floor.course is not None:
        yield Move(scene.since_s + (OPEN_S if floor.mode == "open" else ANSWER_S), c.FloorRequest(FIRST))


def _of_therapist(scene: Scene) -> Iterator[Move]:
    """To the one, to the other, and away."""
    caucus = scene.now.caucus
    if scene.now.phase is Phase.TALKING and caucus is None:
        yield Move(scene.since_s + ANSWER_S, c.CaucusStart(THERAPIST, FIRST))
    elif caucus is not None and caucus.stage is CaucusStage.TALKING:
        at_s = scene.since_s + scene.format.turn_seconds
        other = c.CaucusStart(THERAPIST, SECOND)
        yield Move(at_s, other if caucus.with_ == FIRST else c.CaucusEnd(THERAPIST))
