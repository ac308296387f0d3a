"""A silence between two turns: nobody is heard, all are seen, and then the stick goes on by itself."""

import pytest

from media.mediation.commands import (
    BreakEnd,
    BreakStart,
    Command,
    Consent,
    FloorGrant,
    FloorPass,
    FloorRelease,
    FloorRequest,
    FloorRevoke,
    FormatSet,
    Join,
    Leave,
    Lost,
    MirrorAnswer,
    MirrorStart,
    PhaseDone,
)
from media.mediation.conversation import Phase, Reason
from media.mediation.errors import NothingToChange, NotInThisPhase, NotYourRight, OutOfRange
from media.mediation.formats import (
    MAX_REST_S,
    PLAIN,
    Completion,
    FloorRule,
    Format,
    FormatPhase,
    FormatRound,
    PhaseFloor,
    Speaker,
    Then,
)
from media.mediation.plan import SILENT
from tests.media.mediation.scene import ANN, BEN, TESS, Scene, talking

RESTING = Format("resting", FloorRule.TURNS, turn_seconds=60, rest_seconds=30)
MIRRORED = FormatPhase(
    "speaking",
    "Speaking",
    PhaseFloor.TURN,
    Speaker.EACH,
    60,
    mirror_seconds=45,
    completes=frozenset({Completion.GOT_IT}),
)
OPEN = FormatPhase("open", "Open", PhaseFloor.OPEN, seconds=20)


def course(*phases: FormatPhase, then: Then = Then.OPEN) -> Format:
    """A format with phases and half a minute of silence after each turn."""
    return Format(
        "resting",
        FloorRule.COURSE,
        turn_seconds=60,
        rest_seconds=30,
        rounds=(FormatRound(phases),),
        then=then,
    )


def speaking(form: Format = RESTING) -> Scene:
    """Ann speaks, and a silence follows each turn."""
    scene = talking("resting", formats={**PLAIN, "resting": form})
    if form.floor is FloorRule.TURNS:
        scene.do(FloorRequest(ANN))
    scene.assert_heard(ANN)
    scene.codes()
    return scene


def resting(form: Format = RESTING) -> Scene:
    """Ann has given the stick back."""
    scene = speaking(form)
    scene.do(FloorRelease(ANN))
    return scene


@pytest.mark.parametrize("by_time", [True, False])
def test_nobody_is_heard_and_then_the_other(*, by_time: bool) -> None:
    """After a turn that had its time, or was given back: half a minute, in which everyone is seen."""
    scene = speaking()
    scene.after(60 if by_time else 20)
    scene.do(*([] if by_time else [FloorRelease(ANN)]))
    assert (scene.floor.holder, scene.floor.rest_ends_at) == (None, scene.now + 30)
    assert scene.codes()[-1] == "rest.started"
    scene.assert_heard()
    scene.assert_all_seen()
    deadline = scene.conversation.deadline()
    assert deadline is not None
    assert (deadline.reason, deadline.at) == (Reason.REST_END, scene.now + 30)
    scene.after(29)
    scene.assert_heard()
    scene.after(1)
    scene.assert_heard(BEN)
    assert scene.codes() == ["rest.ended", "turn.started"]
    assert scene.floor.rest_ends_at is None


@pytest.mark.parametrize("handing_on", [FloorPass(ANN, BEN), FloorGrant(TESS, BEN)])
def test_handing_the_stick_to_somebody_needs_no_silence(handing_on: Command) -> None:
    """It goes from hand to hand."""
    scene = speaking()
    scene.do(handing_on)
    scene.assert_heard(BEN)


def test_a_stick_that_was_taken_back_lies_there() -> None:
    """Nothing goes on by itself, so nothing is waited for."""
    scene = speaking()
    scene.do(FloorRevoke(TESS))
    assert scene.floor.rest_ends_at is None
    scene.do(FloorRequest(BEN))
    scene.assert_heard(BEN)


def test_both_end_it_early() -> None:
    """One is not enough, and may take it back; the therapist is not asked."""
    scene = resting()
    scene.refuses(PhaseDone(TESS, done=True), NotYourRight)
    scene.do(PhaseDone(ANN, done=True))
    assert scene.floor.done == (ANN,)
    scene.do(PhaseDone(ANN, done=False), PhaseDone(BEN, done=True))
    scene.assert_heard()
    scene.do(PhaseDone(ANN, done=True))
    scene.assert_heard(BEN)
    assert scene.floor.done == ()
    scene.refuses(PhaseDone(ANN, done=True), NotInThisPhase)


def test_who_asks_in_it_waits_for_its_end() -> None:
    """In order of asking, before whom the format would have next."""
    scene = resting()
    scene.do(FloorRequest(ANN), FloorRequest(TESS))
    scene.assert_heard()
    assert scene.floor.queue == (ANN, TESS)
    scene.after(30)
    scene.assert_heard(ANN)
    assert scene.floor.queue == (TESS,)


def test_the_chair_may_end_it_by_giving_the_stick() -> None:
    """To anyone."""
    scene = resting()
    scene.do(FloorGrant(TESS, ANN))
    scene.assert_heard(ANN)
    assert scene.floor.rest_ends_at is None


def test_a_break_in_it_ends_it() -> None:
    """Silence and no picture, and after the short turns the other's turn, without the rest of the silence."""
    scene = resting()
    scene.do(BreakStart(ANN))
    assert (scene.floor.rest_ends_at, set(scene.conversation.plan().views.values())) == (None, {SILENT})
    scene.do(BreakEnd(ANN), BreakEnd(BEN))
    scene.assert_heard(ANN)
    scene.after(120)
    scene.assert_heard(BEN)


def test_who_leaves_in_it_ends_it() -> None:
    """There is nothing to go on with."""
    scene = resting()
    scene.do(Leave(BEN))
    assert (scene.conversation.phase, scene.floor.rest_ends_at) == (Phase.WAITING, None)
    assert scene.left_s is None


def test_who_is_lost_in_it_misses_nothing() -> None:
    """In a course the phase that is due waits for its speaker."""
    scene = resting(course(MIRRORED))
    scene.do(Lost(BEN))
    scene.after(30)
    assert (scene.floor.holder, scene.floor.rest_ends_at, scene.course.speaker) == (None, None, BEN)
    scene.assert_heard()


def test_the_turn_of_who_is_lost_in_it_is_held() -> None:
    """Where the two alternate: its clock stands, and it is theirs, whole, when they are back."""
    scene = resting()
    scene.do(Lost(BEN))
    scene.after(31)
    assert (scene.floor.holder, scene.floor.paused, scene.floor.remaining_s) == (BEN, True, 60)
    scene.assert_heard()
    scene.do(Join(BEN))
    scene.assert_heard(BEN)
    assert (scene.floor.paused, scene.floor.remaining_s) == (False, 60)


def test_who_is_lost_in_it_for_a_minute_is_waited_for_no_longer() -> None:
    """As in any turn."""
    scene = resting()
    scene.do(Lost(BEN))
    scene.after(60)
    assert (scene.conversation.phase, scene.floor.holder) == (Phase.WAITING, None)


def test_a_course_has_it_between_turns_and_before_what_all_share() -> None:
    """After each turn of the format, and not at its very end where the call ends with it."""
    scene = resting(course(MIRRORED, OPEN))
    for person in (ANN, BEN):
        scene.refuses(FloorRequest(person), NotInThisPhase)
    scene.assert_heard()
    scene.after(30)
    scene.assert_heard(BEN)
    scene.after(60)
    scene.assert_heard()
    assert (scene.course.phase, scene.course.started_at) == ("open", None)
    scene.after(30)
    scene.assert_heard(ANN, BEN, TESS)
    assert scene.course.ends_at == scene.now + 20


def test_you_got_it_is_followed_by_it() -> None:
    """Time for what was understood."""
    scene = speaking(course(MIRRORED))
    scene.do(MirrorStart(ANN), MirrorAnswer(ANN, got_it=True))
    scene.assert_heard()
    scene.after(30)
    scene.assert_heard(BEN)


def test_no_silence_after_the_last_word() -> None:
    """The call ends with it."""
    scene = resting(course(MIRRORED, then=Then.END))
    scene.after(30)
    scene.do(FloorRelease(BEN))
    assert scene.conversation.phase is Phase.ENDED


def test_no_silence_where_nobody_comes_next() -> None:
    """An open talk in which the stick was brought in is open again."""
    form = Format("resting", FloorRule.OPEN, turn_seconds=60, rest_seconds=30)
    scene = talking("resting", formats={**PLAIN, "resting": form})
    scene.do(FloorRequest(ANN), FloorRequest(BEN), FloorRelease(ANN))
    scene.assert_heard()
    scene.after(30)
    scene.assert_heard(BEN)
    scene.do(FloorRelease(BEN))
    scene.assert_heard(ANN, BEN, TESS)


def test_short_turns_after_a_break_have_none() -> None:
    """They say how each is, one after the other."""
    scene = speaking()
    scene.do(BreakStart(BEN), BreakEnd(ANN), BreakEnd(BEN), FloorRelease(BEN))
    scene.assert_heard(ANN)
    scene.do(FloorRelease(ANN))
    assert scene.floor.rest_ends_at is None


def test_its_length_is_agreed_like_a_turns() -> None:
    """A proposal to both, from none to five minutes; the usual one of the format, unless something else is said."""
    scene = speaking()
    assert scene.floor.rest_seconds == 30
    scene.refuses(FormatSet(ANN, "resting", None, 30), NothingToChange)
    for wrong in (-1, MAX_REST_S + 1):
        scene.refuses(FormatSet(ANN, "resting", None, wrong), OutOfRange)
    scene.do(FormatSet(ANN, "resting", None, 0))
    assert (scene.floor.rest_seconds, scene.proposals[0].aim["rest_seconds"]) == (30, 0)
    scene.do(Consent(BEN, "1", answer=True), FloorRequest(ANN), FloorRelease(ANN))
    scene.assert_heard(BEN)
    scene.do(FormatSet(ANN, "timed-turns", None), Consent(BEN, "2", answer=True))
    assert scene.floor.rest_seconds == 0
    scene.do(FormatSet(ANN, "resting", None), Consent(BEN, "3", answer=True))
    assert scene.floor.rest_seconds == 30
