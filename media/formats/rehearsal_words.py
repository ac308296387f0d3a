"""Who is heard at a moment of a rehearsal, in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.formats.rehearsing_people import FIRST, SECOND, THERAPIST
from media.mediation.formats import FloorRule, PhaseFloor
from media.mediation.people import Phase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from media.mediation.formats import Format
    from media.mediation.snapshot import Snapshot

NAMES: Mapping[str, str] = {FIRST: "Partner A", SECOND: "Partner B", THERAPIST: "The therapist"}


def heard_words(form: Format, now: Snapshot, heard: tuple[str, ...]) -> str:
    """What holds now, who is heard first of all; `heard`: by the plan."""
    if now.phase is Phase.ENDED:
        return "The call is over."
    if now.caucus is not None:
        held = NAMES[now.caucus.held]
        return f"{NAMES[now.caucus.with_]} and the therapist talk; {held} hears and sees nobody."
    return _with_stick(now) or _without_stick(form, now, heard)


def _with_stick(now: Snapshot) -> str:
    """Empty: nobody holds it, and no silence stands between two who do."""
    floor = now.floor
    if floor.mirror is not None:
        return f"{NAMES[floor.mirror.by]} says back what they heard, and is heard alone."
    if floor.rest_ends_at is not None:
        return "Nobody is heard: a shared silence between two turns."
    return f"{NAMES[floor.holder]} speaks, and is heard alone." if floor.holder else ""


def _without_stick(form: Format, now: Snapshot, heard: tuple[str, ...]) -> str:
    if heard:
        return "Everyone is heard."
    if form.floor is FloorRule.SHUTTLE:
        return "Nobody hears or sees anybody until the therapist goes to one of the two."
    course = now.floor.course
    if course is not None and course.floor is PhaseFloor.SILENCE:
        return "Nobody is heard, and everyone is seen."
    return "Nobody is heard until one takes the stick."
