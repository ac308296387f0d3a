"""What a format may not say although each of its keys is well formed: what could not be followed, or would do nothing.

A key that does nothing is refused as well: whoever wrote it believes that it does something.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from media.formats.faults import Fault
from media.formats.shape import MIN_MIRROR_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from media.formats.faults import Path
    from media.formats.shape import FormatTable, PhaseTable

CLOSING = "closing"
"""The format in which a call ends: proposed in a call when it is time, and none that a call begins with."""


def faults_of(name: str, table: FormatTable) -> Iterator[Fault]:
    """Everything that is wrong between the keys of a file."""
    yield from _of_course(table)
    yield from _of_names(table)
    for number, one in enumerate(table.rounds):
        for place, phase in enumerate(one.phases):
            yield from _of_phase(("rounds", number, "phases", place), phase)
    if name == CLOSING and not _ends(table):
        yield Fault(("then",), 'the format "closing" must end the call: floor = "course" and then = "end"')


def _of_course(table: FormatTable) -> Iterator[Fault]:
    if table.floor != "course":
        if "rounds" in table.model_fields_set:
            yield Fault(
                ("rounds",), f'a format with floor = "{table.floor}" has no rounds; only "course" has'
            )
        if "then" in table.model_fields_set:
            yield Fault(
                ("then",), f'nothing follows floor = "{table.floor}"; only a "course" comes to an end'
            )
        return
    if not table.rounds:
        yield Fault(("floor",), 'a format with floor = "course" needs at least one [[rounds]]')
    for number, one in enumerate(table.rounds[:-1]):
        if one.repeat == 0:
            yield Fault(("rounds", number, "repeat"), "a round that repeats without end must be the last one")
    if table.then == "end" and not _ends(table):
        yield Fault(("then",), "the last round repeats without end, so the call would never end by it")


def _ends(table: FormatTable) -> bool:
    return table.then == "end" and bool(table.rounds) and table.rounds[-1].repeat > 0


def _of_names(table: FormatTable) -> Iterator[Fault]:
    seen: Counter[str] = Counter()
    for number, one in enumerate(table.rounds):
        for place, phase in enumerate(one.phases):
            seen[phase.name] += 1
            if seen[phase.name] > 1:
                where: Path = ("rounds", number, "phases", place, "name")
                yield Fault(where, f'there is a phase "{phase.name}" already; each needs a name of its own')


def _of_phase(where: Path, phase: PhaseTable) -> Iterator[Fault]:
    own = _of_turn(phase) if phase.floor == "turn" else _of_no_turn(phase)
    for key, reason in own:
        yield Fault((*where, key), f"{key}: {reason}")
    if len(set(phase.completes)) < len(phase.completes):
        yield Fault((*where, "completes"), "completes: the same thing stands here twice")


def _of_turn(phase: PhaseTable) -> Iterator[tuple[str, str]]:
    """A turn: key and reason."""
    if phase.speaker is None:
        yield "floor", 'a turn needs a speaker: "first", "second" or "each"'
    if "both" in phase.completes:
        yield "completes", '"both" is for an open or a silent phase; a turn ends with its time or its speaker'
    if 0 < phase.mirror_seconds < MIN_MIRROR_S:
        yield "mirror_seconds", f"must be 0 (no saying back) or at least {MIN_MIRROR_S}"
    if phase.mirror_seconds == 0 and "got-it" in phase.completes:
        yield "completes", '"got-it" answers what was said back; set mirror_seconds as well'
    if phase.mirror_seconds == 0 and phase.opens_with_mirror:
        yield "opens_with_mirror", "there is no saying back in this phase; set mirror_seconds as well"


def _of_no_turn(phase: PhaseTable) -> Iterator[tuple[str, str]]:
    """An open or a silent phase: key and reason."""
    for key in ("speaker", "grace", "mirror_seconds", "opens_with_mirror"):
        if key in phase.model_fields_set:
            yield key, 'only a phase with floor = "turn" has this'
    if "got-it" in phase.completes:
        yield "completes", '"got-it" is for a turn; use "both" here'
    if phase.seconds is None and "both" not in phase.completes:
        yield "floor", 'this phase would never end: give it seconds, or completes = ["both"]'
    if phase.to_listener:
        yield "to_listener", "nobody is the listener here; what is for both stands in to_speaker"
