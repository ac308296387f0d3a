"""A turn's end is kind: it comes at the first pause in speech, and in any case when the grace is over."""

import pytest

from media.mediation.commands import (
    BreakStart,
    Consent,
    FloorExtend,
    FloorPass,
    FloorRelease,
    FloorRequest,
    Line,
    Lost,
    SpeechPaused,
)
from media.mediation.conversation import Reason
from media.mediation.floor import grace_s
from media.mediation.people import LineState
from tests.media.mediation.scene import ANN, BEN, TESS, Scene, talking


def closing(turn_seconds: int = 180) -> Scene:
    """Ann's time is up, and she goes on speaking."""
    scene = talking(turn_seconds=turn_seconds)
    scene.pauses = False
    scene.do(FloorRequest(ANN))
    scene.after(turn_seconds)
    return scene


@pytest.mark.parametrize(("length_s", "grace"), [(10, 15), (180, 15), (181, 30), (3600, 30)])
def test_the_grace_is_fifteen_or_thirty_seconds(length_s: int, grace: int) -> None:
    """Fifteen for turns of up to three minutes, thirty for longer ones."""
    assert grace_s(length_s) == grace


def test_whoever_speaks_on_is_heard_until_the_grace_is_over() -> None:
    """The gate stays open, the plane is asked to listen, everyone is told, and then the turn passes on."""
    scene = closing()
    assert scene.codes()[-1] == "turn.closing"
    assert (scene.floor.holder, scene.floor.remaining_s, scene.floor.grace_ends_at) == (
        ANN,
        0,
        scene.now + 15,
    )
    assert scene.conversation.plan().pauses_of == ANN
    scene.assert_heard(ANN)
    deadline = scene.conversation.deadline()
    assert deadline is not None
    assert (deadline.at, deadline.reason) == (scene.now + 15, Reason.GRACE_END)
    scene.after(15)
    assert (scene.floor.holder, scene.endings()) == (BEN, [(ANN, "time")])
    assert scene.conversation.plan().pauses_of is None


def test_the_first_pause_closes() -> None:
    """A pause after the time is up passes the stick on; the other has a whole turn."""
    scene = closing()
    scene.after(3)
    scene.do(SpeechPaused(ANN))
    assert (scene.floor.holder, scene.floor.remaining_s, scene.floor.grace_ends_at) == (BEN, 180, None)
    scene.assert_heard(BEN)


def test_other_pauses_mean_nothing() -> None:
    """A pause before the time is up, or of somebody else, changes nothing, not even the revision."""
    scene = talking()
    scene.pauses = False
    scene.do(FloorRequest(ANN))
    revision = scene.conversation.revision
    scene.do(SpeechPaused(ANN))
    assert scene.conversation.revision == revision
    scene.after(180)
    revision = scene.conversation.revision
    scene.do(SpeechPaused(BEN), SpeechPaused(TESS))
    assert (scene.conversation.revision, scene.floor.holder) == (revision, ANN)


def test_more_time_in_the_grace_counts_from_then() -> None:
    """An extension that is accepted late gives all of its seconds, with a cue of its own."""
    scene = talking()
    scene.pauses = False
    scene.do(FloorRequest(ANN))
    scene.after(170)
    scene.do(FloorExtend(ANN, 60))
    scene.after(15)
    scene.do(Consent(BEN, "1", answer=True))
    assert (scene.floor.remaining_s, scene.floor.grace_ends_at) == (60, None)
    assert scene.conversation.plan().pauses_of is None
    scene.codes()
    scene.after(60)
    assert scene.codes() == ["turn.ending", "turn.closing"]


@pytest.mark.parametrize("going", [Lost(ANN), Line(ANN, LineState.LOST)])
def test_who_is_cut_off_in_the_grace_has_ended(going: Lost | Line) -> None:
    """Nobody waits for the rest of a turn that has had its time."""
    scene = closing()
    scene.do(going)
    assert (scene.floor.holder, scene.endings()) == (BEN, [(ANN, "time")])


def test_every_other_way_out_stays_open() -> None:
    """In the grace the stick can be given back or passed, and anyone can step back."""
    for command in (FloorRelease(ANN), FloorPass(ANN, BEN)):
        scene = closing()
        scene.do(command)
        assert (scene.floor.holder, scene.floor.grace_ends_at) == (BEN, None)
    scene = closing()
    scene.do(BreakStart(BEN))
    assert (scene.floor.queue, scene.conversation.plan().pauses_of) == ((), None)
