"""Every format that comes with the product, from its beginning to its end: who is heard by whom in each phase, and for how long.

The tables are written out by hand, from what the formats are meant to be. Everyone is there, whoever speaks pauses when their
time is up, and nothing is done but what a row says.
"""

from dataclasses import dataclass

import pytest

from media.formats.folders import shipped
from media.mediation.commands import (
    CaucusEnd,
    CaucusStart,
    Command,
    FloorRelease,
    FloorRequest,
    MirrorAnswer,
    MirrorDone,
    MirrorStart,
    PhaseDone,
)
from media.mediation.conversation import Phase
from media.mediation.plan import SILENT
from tests.media.mediation.scene import ANN, BEN, EVERYONE, TESS, Scene, talking

NOBODY: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """One stretch in which the same people are heard: it begins by itself, lasts so long, and ends by itself or by `then`."""

    phase: str
    """As the file names it; "" where the format has no phases, or none any more."""
    heard: tuple[str, ...]
    """By everyone else."""
    seconds: int
    then: tuple[Command, ...] = ()
    """Nothing: its time is up. It is the whole time of the phase in that case, and the part is looked at to its last second."""


BOTH_READY = (PhaseDone(ANN, done=True), PhaseDone(BEN, done=True))


def each(phase: str, seconds: int) -> list[Part]:
    """First one, then the other."""
    return [Part(phase, (ANN,), seconds), Part(phase, (BEN,), seconds)]


def imago(sender: str, receiver: str) -> list[Part]:
    """Sending with "there is more", a summary, validating, empathising."""
    return [
        Part("sending", (sender,), 40, (MirrorStart(sender),)),
        Part("sending", (receiver,), 20, (MirrorDone(receiver),)),
        Part("sending", (sender,), 5, (MirrorAnswer(sender, got_it=False),)),
        Part("sending", (sender,), 30, (MirrorStart(sender),)),
        Part("sending", (receiver,), 45),  # its whole slot
        Part("sending", (sender,), 5, (MirrorAnswer(sender, got_it=True),)),
        Part("summary", (receiver,), 90),  # it opens with it
        Part("summary", (sender,), 10, (MirrorAnswer(sender, got_it=True),)),
        Part("validating", (receiver,), 120),
        Part("empathising", (receiver,), 120),
    ]


def speaker_listener(speaker: str, listener: str) -> list[Part]:
    """Short parts until "you got it"."""
    return [
        Part("speaking", (speaker,), 60, (MirrorStart(speaker),)),
        Part("speaking", (listener,), 30, (MirrorAnswer(speaker, got_it=False),)),
        Part("speaking", (speaker,), 60, (MirrorStart(speaker),)),
        Part("speaking", (listener,), 45),
        Part("speaking", (speaker,), 8, (MirrorAnswer(speaker, got_it=True),)),
    ]


def rapoport(speaker: str, listener: str) -> list[Part]:
    """A view, five minutes long, and its summary, until it is right."""
    return [
        Part("stating", (speaker,), 300),
        Part("summing-up", (listener,), 60, (MirrorDone(listener),)),
        Part("summing-up", (speaker,), 20, (MirrorStart(speaker),)),
        Part("summing-up", (listener,), 120),
        Part("summing-up", (speaker,), 5, (MirrorAnswer(speaker, got_it=True),)),
    ]


def question() -> list[Part]:
    """They agree on one, and each answers it: one to the last second, one in less."""
    return [Part("question", EVERYONE, 25, BOTH_READY), Part("answer", (ANN,), 180)]


OPEN_AFTERWARDS = [Part("", EVERYONE, 600, (FloorRequest(BEN),)), Part("", (BEN,), 30, (FloorRelease(BEN),))]

PLAYED: dict[str, list[Part]] = {
    "open-talk": [
        Part("", EVERYONE, 300, (FloorRequest(ANN),)),
        Part("", (ANN,), 180),
        Part("", EVERYONE, 60, (FloorRequest(BEN), FloorRequest(ANN))),
        Part("", (BEN,), 20, (FloorRelease(BEN),)),
        Part("", (ANN,), 180),
        Part("", EVERYONE, 60, (FloorRequest(TESS),)),
    ],
    "timed-turns": [
        Part("", NOBODY, 30, (FloorRequest(BEN),)),
        Part("", (BEN,), 180),
        Part("", (ANN,), 180),
        Part("", (BEN,), 90, (FloorRelease(BEN),)),
        Part("", (ANN,), 180),
    ],
    "speaker-listener": [
        *speaker_listener(ANN, BEN),
        *speaker_listener(BEN, ANN),
        Part("speaking", (ANN,), 180),  # without a word said back it is over with its time
        Part("speaking", (BEN,), 30, (FloorRelease(BEN),)),
        *speaker_listener(ANN, BEN),
    ],
    "imago": [
        Part("appointment", EVERYONE, 40, BOTH_READY),
        *imago(ANN, BEN),
        *imago(BEN, ANN),
        *OPEN_AFTERWARDS,
    ],
    "rapoport": [*rapoport(ANN, BEN), *rapoport(BEN, ANN), *OPEN_AFTERWARDS],
    "aftermath": [
        *each("feelings", 180),
        Part("realities", (ANN,), 100, (MirrorStart(ANN),)),
        Part("realities", (BEN,), 60),
        Part(
            "realities", (ANN,), 10, (MirrorAnswer(ANN, got_it=True),)
        ),  # and it goes on: this phase has its time
        Part("realities", (ANN,), 190),
        Part("realities", (BEN,), 300),
        *each("triggers", 300),
        *each("responsibility", 180),
        *each("plan", 120),
        *OPEN_AFTERWARDS,
    ],
    "zwiegespraech": each("speaking", 900) * 3,
    "five-five-five": [*each("each", 300), Part("together", EVERYONE, 300), *OPEN_AFTERWARDS],
    "question-round": [
        *question(),
        Part("answer", (BEN,), 50, (FloorRelease(BEN),)),
        Part("question", EVERYONE, 10, BOTH_READY),
        Part("answer", (BEN,), 180),  # the other begins
        Part("answer", (ANN,), 180),
        Part("question", EVERYONE, 10, BOTH_READY),
        Part("answer", (ANN,), 180),
    ],
    "arrival-silence": [Part("silence", NOBODY, 300), *OPEN_AFTERWARDS],
    "closing": each("last-words", 60),
}
"""Whoever is not in this table but is shipped has a test of their own."""
ENDS_CALL = {"zwiegespraech", "closing"}


def beginning(name: str) -> Scene:
    """Everyone is there from the beginning."""
    return talking(name, formats=shipped())


def place(scene: Scene) -> str:
    """The phase that people are shown."""
    return "" if scene.floor.course is None else scene.course.phase


def assert_part(scene: Scene, part: Part) -> None:
    """These are heard by everyone else, and all are seen."""
    assert place(scene) == part.phase
    scene.assert_heard(*part.heard)
    scene.assert_all_seen()


def play(scene: Scene, part: Part) -> None:
    """Look at the part at its beginning, in its midst and just before its end, and bring it to its end."""
    assert_part(scene, part)
    scene.after(part.seconds / 2)
    assert_part(scene, part)
    scene.after(part.seconds / 2 - 0.5)
    assert_part(scene, part)
    scene.after(0.5)
    if part.then:
        assert_part(scene, part)
    scene.do(*part.then)


def test_every_shipped_format_is_played_here() -> None:
    """A new one comes with its table."""
    assert set(PLAYED) | {"shuttle"} == set(shipped())


@pytest.mark.parametrize("name", PLAYED)
def test_it_is_played_as_written(name: str) -> None:
    """Each part in its order; then the call is over where it is to be, and goes on where it is not."""
    scene = beginning(name)
    for part in PLAYED[name]:
        play(scene, part)
    ended = scene.conversation.phase is Phase.ENDED
    assert ended == (name in ENDS_CALL)
    if ended:
        assert set(scene.conversation.plan().views.values()) == {SILENT}
        assert scene.conversation.deadline() is None
    codes = scene.codes()
    assert codes.count("course.ended") == (name in ENDS_CALL or PLAYED[name][-1:] == OPEN_AFTERWARDS[-1:])
    assert "phase.started" in codes or name in {"open-talk", "timed-turns"}


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("zwiegespraech", 6 * 15 * 60),
        ("closing", 2 * 60),
        ("five-five-five", 15 * 60),
        ("arrival-silence", 5 * 60),
    ],
)
def test_how_long_the_whole_lasts(name: str, seconds: int) -> None:
    """To the second, when everyone pauses at the end of their time."""
    scene = beginning(name)
    scene.after(seconds - 0.5)
    assert "course.ended" not in scene.codes()
    scene.after(0.5)
    assert "course.ended" in scene.codes()


def test_the_usual_length_of_a_turn_is_for_phases_without_one() -> None:
    """Speaker and listener, and the first step of Rapoport last as long as was agreed; the others as long as they are."""
    for name, agreed, lasts in (
        ("speaker-listener", 300, 300),
        ("rapoport", 120, 120),
        ("aftermath", 300, 180),
    ):
        scene = talking(name, turn_seconds=agreed, formats=shipped())
        assert scene.floor.length_s == lasts


def test_a_question_is_never_over_its_time() -> None:
    """Somebody speaks on, and is cut off to the second; in other formats they may finish the sentence."""
    scene = beginning("question-round")
    scene.pauses = False
    scene.do(*BOTH_READY)
    scene.after(179)
    scene.assert_heard(ANN)
    scene.after(1)
    scene.assert_heard(BEN)
    for name, grace in (("closing", 15), ("five-five-five", 30), ("zwiegespraech", 30)):
        scene = beginning(name)
        scene.pauses = False
        scene.after(float(scene.floor.length_s or 0) + grace - 1)
        scene.assert_heard(ANN)
        scene.after(1)
        scene.assert_heard(BEN)


def test_arriving_in_silence_may_end_earlier() -> None:
    """When both are ready to talk."""
    scene = beginning("arrival-silence")
    scene.after(100)
    scene.do(PhaseDone(ANN, done=True))
    scene.assert_heard()
    scene.do(PhaseDone(BEN, done=True))
    scene.assert_heard(*EVERYONE)


def test_shuttle() -> None:
    """Nobody meets anybody but the therapist, who is with one of the two at a time; it ends when something else is agreed."""
    scene = beginning("shuttle")
    assert set(scene.conversation.plan().views.values()) == {SILENT}
    for with_ in (ANN, BEN, ANN, BEN):
        scene.do(CaucusStart(TESS, with_))
        for seconds in (0, 299, 301):
            scene.after(seconds)
            scene.assert_alone(TESS, with_)
    scene.do(CaucusEnd(TESS))
    assert set(scene.conversation.plan().views.values()) == {SILENT}
    assert scene.conversation.phase is Phase.TALKING
    assert scene.shown.caucus_time == {ANN: 1200, BEN: 1200}
