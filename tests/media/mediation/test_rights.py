"""Who may do what, in which phase: the table, what the conversation really does, and what PROTOCOL.md says, are one."""

from __future__ import annotations

import subprocess
import sys
from itertools import product
from typing import TYPE_CHECKING, get_args

import pytest

from media.formats.folders import shipped
from media.mediation import commands as c
from media.mediation.conversation import Conversation, Phase
from media.mediation.distance import Distance
from media.mediation.errors import MediationError, NotInThisPhase, NotYourRight
from media.mediation.people import LineState, Role
from media.mediation.rights import RIGHTS, Needs
from media.mediation.rights_table import BEGIN, DOCUMENT, END, MESSAGES, NOT_SENT, table, written_into
from signaling.handlers import COMMANDS
from signaling.messages import CLIENT_MESSAGES
from tests.media.mediation.scene import ANN, BEN, TESS, Scene, talking

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLES = {Role.PARTNER: (ANN, BEN), Role.THERAPIST: (TESS,)}

# Written out by hand: who may, while waiting, talking, in a break, in a caucus. P: a partner, T: a therapist.
EXPECTED: dict[type, tuple[str, str, str, str]] = {
    c.Join: ("PT", "PT", "PT", "PT"),
    c.Leave: ("PT", "PT", "PT", "PT"),
    c.Lost: ("PT", "PT", "PT", "PT"),
    c.Line: ("PT", "PT", "PT", "PT"),
    c.LineThin: ("PT", "PT", "PT", "PT"),
    c.Ready: ("PT", "PT", "PT", "PT"),
    c.MicrophoneSet: ("PT", "PT", "PT", "PT"),
    c.SpeechPaused: ("PT", "PT", "PT", "PT"),
    c.FloorRequest: ("", "PT", "", ""),
    c.FloorRelease: ("", "PT", "", ""),
    c.FloorPass: ("", "PT", "", ""),
    c.FloorGrant: ("", "T", "", ""),
    c.FloorRevoke: ("", "T", "", ""),
    c.FloorExtend: ("", "PT", "", ""),
    c.FormatSet: ("PT", "PT", "", ""),
    c.PhaseDone: ("", "P", "", ""),
    c.MirrorStart: ("", "P", "", ""),
    c.MirrorDone: ("", "P", "", ""),
    c.MirrorAnswer: ("", "P", "", ""),
    c.CaucusStart: ("T", "T", "", "T"),
    c.CaucusEnd: ("", "", "", "PT"),
    c.CaucusBack: ("", "", "", "P"),
    c.Admit: ("", "P", "", ""),
    c.BreakStart: ("", "PT", "", "PT"),
    c.BreakTime: ("", "", "PT", ""),
    c.BreakEnd: ("", "", "P", ""),
    c.DistanceOutgoing: ("PT", "PT", "PT", "PT"),
    c.DistanceIncoming: ("PT", "PT", "PT", "PT"),
    c.Listen: ("PT", "PT", "PT", "PT"),
    c.DistanceRoom: ("PT", "PT", "PT", "PT"),
    c.Consent: ("P", "P", "P", ""),
    c.End: ("PT", "PT", "", ""),
}
BOTH = {c.FloorExtend, c.FormatSet, c.Admit, c.End}
MORE_ONE_LESS_BOTH = {c.DistanceRoom, c.BreakTime}

WITH: dict[type, tuple[object, ...]] = {
    c.Line: (LineState.WEAK,),
    c.FloorExtend: (30,),
    c.BreakTime: (3000,),
    c.DistanceOutgoing: (Distance.SOFT, None),
    c.DistanceRoom: (Distance.VEILED,),
}


def examples(kind: type, by: str) -> Iterator[c.Command]:
    """Commands of a kind by somebody, with everything that they might be about."""
    match kind:
        case c.LineThin | c.Ready | c.MicrophoneSet | c.Listen | c.PhaseDone | c.MirrorAnswer:
            yield from (kind(by, answer) for answer in (True, False))
        case c.FloorPass | c.FloorGrant | c.CaucusStart | c.Admit:
            yield from (kind(by, other) for other in (ANN, BEN, TESS))
        case c.DistanceIncoming:
            yield from (
                c.DistanceIncoming(by, Distance.SOFT, other) for other in (ANN, BEN, TESS) if other != by
            )
        case c.FormatSet:
            yield from (c.FormatSet(by, form, None) for form in ("open-talk", "timed-turns"))
        case c.Consent:
            yield from (c.Consent(by, str(number), answer=True) for number in range(1, 4))
        case _:
            yield kind(by, *WITH.get(kind, ()))


def waiting() -> Iterator[Scene]:
    """Only one partner is willing; something is asked."""
    scene = Scene(formats=shipped())
    for person in (TESS, ANN):
        scene.do(c.Join(person), c.Ready(person, ready=True))
    scene.do(c.Join(BEN), c.FormatSet(TESS, "imago", None))
    yield scene
    nobody = Scene(formats=shipped())
    nobody.do(*(c.Join(person) for person in (ANN, BEN, TESS)))
    yield nobody


def talks() -> Iterator[Scene]:
    """Somebody holds the stick, or nobody; something is asked; it is said back; all are ready to go on; one is outside."""
    yield talking("open-talk", formats=shipped())
    for holder in (ANN, BEN, TESS):
        scene = talking(formats=shipped())
        scene.do(c.FloorRequest(holder), c.End(TESS))
        yield scene
    for first in (ANN, BEN):
        scene = talking(formats=shipped())
        scene.do(c.FormatSet(TESS, "speaker-listener", None, None, first))
        scene.do(c.Consent(ANN, "1", answer=True), c.Consent(BEN, "1", answer=True))
        yield scene
        said = talking(formats=shipped())
        said.conversation = Conversation.going_on(scene.conversation.state, 0)
        said.do(c.MirrorStart(first))
        yield said
    yield talking("imago", formats=shipped())
    outside = talking("open-talk", people=(ANN, BEN), formats=shipped())
    outside.do(c.Join(TESS), c.Ready(TESS, ready=True), c.Consent(ANN, "1", answer=False))
    yield outside


def breaks() -> Iterator[Scene]:
    """Everyone has stepped back; an earlier return is asked for."""
    scene = talking(formats=shipped())
    scene.do(c.BreakStart(ANN))
    yield scene
    asked = talking(formats=shipped())
    asked.do(c.BreakStart(ANN, 7200), c.BreakTime(TESS, 3600))
    yield asked


def caucuses() -> Iterator[Scene]:
    """With either of the two, going on or ended."""
    for with_, ended in product((ANN, BEN), (False, True)):
        scene = talking(formats=shipped())
        scene.do(c.CaucusStart(TESS, with_), *([c.CaucusEnd(TESS)] if ended else []))
        yield scene


SCENES = {Phase.WAITING: waiting, Phase.TALKING: talks, Phase.BREAK: breaks, Phase.CAUCUS: caucuses}
PHASES = tuple(SCENES)


def outcome(scene: Scene, command: c.Command) -> type[MediationError] | None:
    """What really becomes of a command, tried on a copy."""
    try:
        Conversation.going_on(scene.conversation.state, 0).handle(command, scene.now)
    except MediationError as error:
        return type(error)
    return None


def outcomes(kind: type, role: Role, phase: Phase) -> set[type[MediationError] | None]:
    """Of everything that somebody in this role may try in every scene of a phase."""
    return {
        outcome(scene, command)
        for scene in SCENES[phase]()
        for by in ROLES[role]
        for command in examples(kind, by)
    }


def test_the_scenes_are_what_they_are_called() -> None:
    """Each stands in its phase, with everyone there."""
    for phase, scenes in SCENES.items():
        for scene in scenes():
            assert scene.conversation.phase is phase
            assert all(person.present for person in scene.people)


def test_every_command_is_in_the_table() -> None:
    """And nothing else; the same in the table that is written here."""
    assert set(RIGHTS) == set(get_args(c.Command)) == set(EXPECTED)


@pytest.mark.parametrize("kind", EXPECTED, ids=lambda kind: kind.__name__)
def test_the_table_is_as_meant(kind: type) -> None:
    """Roles, phases, and whose yes."""
    allowed = {
        (role, phase)
        for cell, phase in zip(EXPECTED[kind], PHASES, strict=True)
        for role, letter in ((Role.PARTNER, "P"), (Role.THERAPIST, "T"))
        if letter in cell
    }
    assert set(product(RIGHTS[kind].roles, RIGHTS[kind].phases)) == allowed
    needs = (
        Needs.BOTH if kind in BOTH else Needs.MORE_ONE_LESS_BOTH if kind in MORE_ONE_LESS_BOTH else Needs.ONE
    )
    assert RIGHTS[kind].needs is needs


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("kind", EXPECTED, ids=lambda kind: kind.__name__)
def test_the_conversation_does_what_the_table_says(kind: type, role: Role, phase: Phase) -> None:
    """What the table has can be done, in some situation; what it has not is refused in all, with its error."""
    letter = "P" if role is Role.PARTNER else "T"
    cells = dict(zip(PHASES, EXPECTED[kind], strict=True))
    if letter in cells[phase]:
        assert None in outcomes(kind, role, phase)
    else:
        assert outcomes(kind, role, phase) == {NotYourRight if cells[phase] else NotInThisPhase}


@pytest.mark.parametrize("kind", EXPECTED, ids=lambda kind: kind.__name__)
def test_after_the_end_there_is_nothing(kind: type) -> None:
    """Not even coming back."""
    scene = talking("open-talk", formats=shipped())
    scene.do(c.End(ANN), c.Consent(BEN, "1", answer=True))
    for by in (ANN, TESS):
        assert {outcome(scene, command) for command in examples(kind, by)} == {NotInThisPhase}


@pytest.mark.parametrize("kind", sorted(BOTH, key=str), ids=lambda kind: kind.__name__)
def test_what_needs_both_does_nothing_at_once(kind: type) -> None:
    """It is asked, and what is heard, seen and agreed is as before."""
    tried = 0
    for scene in talks():
        for by in (ANN, BEN, TESS):
            for command in examples(kind, by):
                if outcome(scene, command) is not None:
                    continue
                tried += 1
                after = Conversation.going_on(scene.conversation.state, 0)
                after.handle(command, scene.now)
                assert len(after.state.proposals) == len(scene.conversation.state.proposals) + 1
                assert after.plan() == scene.conversation.plan()
                assert after.state.floor == scene.conversation.state.floor
    assert tried


def test_messages_have_the_names_of_the_wire() -> None:
    """Every message that is a command is in the table that people read, under its name."""
    named = {name.split("`")[1] for name in MESSAGES.values()}
    carried = {name for name, message in CLIENT_MESSAGES.items() if message in COMMANDS}
    assert named == carried | {"join", "leave"}
    assert set(MESSAGES) | NOT_SENT == set(RIGHTS)
    assert not set(MESSAGES) & NOT_SENT


def test_protocol_md_has_the_table_as_it_is() -> None:
    """`python -m media.mediation.rights_table --write` brings it up to date."""
    document = DOCUMENT.read_text(encoding="utf-8")
    assert written_into(document) == document
    assert "### Who may do what\n" in document.partition(BEGIN)[0]


def test_the_table_is_printed() -> None:
    """By the command."""
    command = [sys.executable, "-m", "media.mediation.rights_table"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)  # noqa: S603 - our own module
    assert printed.stdout == f"{table()}\n"


def test_a_document_without_a_place_for_it_is_refused() -> None:
    """Nothing is written anywhere else."""
    for document in ("", BEGIN, END, f"{END}{BEGIN}"):
        with pytest.raises(ValueError, match="no place"):
            written_into(document)
