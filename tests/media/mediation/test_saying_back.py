"""Saying back: the floor stays the speaker's, the listener alone is heard, and the speaker alone says whether it was that."""

import pytest

from media.mediation.commands import (
    BreakEnd,
    BreakStart,
    Consent,
    FloorExtend,
    FloorPass,
    FloorRelease,
    FloorRequest,
    FloorRevoke,
    Join,
    Leave,
    Line,
    Lost,
    MirrorAnswer,
    MirrorDone,
    MirrorStart,
    SpeechPaused,
)
from media.mediation.conversation import Phase, Reason
from media.mediation.errors import NotHolder, NotInThisPhase, NotPresent, NotYourRight
from media.mediation.formats import (
    PLAIN,
    Completion,
    FloorRule,
    Format,
    FormatPhase,
    FormatRound,
    PhaseFloor,
    Speaker,
)
from media.mediation.people import LineState
from media.mediation.plan import SILENT
from tests.media.mediation.scene import ANN, BEN, TESS, Scene, talking

GOT_IT = frozenset({Completion.GOT_IT})


def speaking(*, got_it: bool = True, opens: bool = False, grace: bool = True, mirror_s: int = 45) -> Scene:
    """Ann speaks for three minutes, and Ben may be asked to say it back; then they change."""
    phase = FormatPhase(
        "speaking",
        "Speaking",
        PhaseFloor.TURN,
        Speaker.EACH,
        180,
        grace=grace,
        mirror_seconds=mirror_s,
        opens_with_mirror=opens,
        completes=GOT_IT if got_it else frozenset(),
    )
    form = Format("course", FloorRule.COURSE, rounds=(FormatRound((phase,)),))
    return talking("course", formats={**PLAIN, "course": form})


def saying_back(*, got_it: bool = True) -> Scene:
    """Ann has spoken for a minute, and Ben says it back."""
    scene = speaking(got_it=got_it)
    scene.after(60)
    scene.do(MirrorStart(ANN))
    return scene


def test_the_listener_alone_is_heard_and_the_speakers_clock_stands() -> None:
    """The floor stays the speaker's: it is theirs to hold, and not theirs to speak."""
    scene = saying_back()
    scene.assert_heard(BEN)
    scene.assert_all_seen()
    floor = scene.floor
    assert (floor.holder, floor.paused, floor.remaining_s, floor.ends_at) == (ANN, True, 120, None)
    assert (scene.mirror.by, scene.mirror.length_s, scene.mirror.ends_at) == (BEN, 45, scene.now + 45)
    assert scene.conversation.plan().pauses_of is None
    assert scene.told[-1].fields == {"by": BEN, "ends_at": scene.now + 45}
    scene.after(30)
    assert scene.floor.remaining_s == 120


def test_done_gives_the_speaker_the_word() -> None:
    """The speaker is heard again, their clock goes on, and they owe an answer."""
    scene = saying_back()
    scene.after(20)
    scene.refuses(MirrorDone(ANN), NotHolder)
    scene.do(MirrorDone(BEN))
    scene.assert_heard(ANN)
    assert (scene.floor.mirror, scene.floor.mirror_answer_due, scene.floor.ends_at) == (
        None,
        True,
        scene.now + 120,
    )
    assert (scene.told[-1].code, scene.told[-1].fields["reason"]) == ("mirror.ended", "done")
    scene.refuses(MirrorDone(BEN), NotHolder)


@pytest.mark.parametrize("during", [True, False])
def test_you_got_it_completes_a_phase_that_waits_for_it(*, during: bool) -> None:
    """While it is said back, or afterwards."""
    scene = saying_back()
    scene.do(*([] if during else [MirrorDone(BEN)]))
    scene.codes()
    scene.do(MirrorAnswer(ANN, got_it=True))
    scene.assert_heard(BEN)
    assert (scene.floor.holder, scene.floor.remaining_s) == (BEN, 180)
    first = ["mirror.ended"] if during else []
    told = scene.told.copy()
    assert scene.codes() == [*first, "mirror.answered", "turn.ended", "phase.started", "turn.started"]
    assert told[-3].fields["reason"] == "complete"


@pytest.mark.parametrize("answer", [True, False])
def test_otherwise_the_speaker_goes_on(*, answer: bool) -> None:
    """After "there is more" anywhere, and after "you got it" in a phase that has its time."""
    scene = saying_back(got_it=not answer)
    scene.do(MirrorDone(BEN), MirrorAnswer(ANN, got_it=answer))
    scene.assert_heard(ANN)
    assert (scene.floor.holder, scene.floor.mirror_answer_due, scene.floor.remaining_s) == (ANN, False, 120)
    scene.refuses(MirrorAnswer(ANN, got_it=answer), NotInThisPhase)
    scene.do(MirrorStart(ANN))
    scene.assert_heard(BEN)


def test_there_is_more_ends_the_slot() -> None:
    """The speaker need not wait for the end of it; a new one has its whole time."""
    scene = saying_back()
    scene.after(10)
    scene.do(MirrorAnswer(ANN, got_it=False))
    scene.assert_heard(ANN)
    scene.do(MirrorStart(ANN))
    assert scene.mirror.ends_at == scene.now + 45


def test_a_new_saying_back_takes_the_place_of_an_answer() -> None:
    """Whoever has it said back once more has said that there is more."""
    scene = saying_back()
    scene.do(MirrorDone(BEN), MirrorStart(ANN))
    assert not scene.floor.mirror_answer_due
    scene.assert_heard(BEN)


def test_only_the_speaker_asks_and_answers() -> None:
    """Nobody else can declare somebody understood: not the listener, not the therapist."""
    scene = speaking()
    for other, error in ((BEN, NotHolder), (TESS, NotYourRight)):
        scene.refuses(MirrorStart(other), error)
        scene.refuses(MirrorAnswer(other, got_it=True), error)
    scene.refuses(MirrorAnswer(ANN, got_it=True), NotInThisPhase)
    scene.do(MirrorStart(ANN))
    scene.refuses(MirrorStart(ANN), NotInThisPhase)
    scene.refuses(MirrorDone(TESS), NotYourRight)
    for other, error in ((BEN, NotHolder), (TESS, NotYourRight)):
        scene.refuses(MirrorAnswer(other, got_it=True), error)


def test_not_where_the_format_has_none() -> None:
    """A phase without seconds for it, a turn beside the course, a format without phases."""
    scene = speaking(mirror_s=0)
    scene.refuses(MirrorStart(ANN), NotInThisPhase)
    beside = speaking()
    beside.do(FloorRequest(TESS), FloorRelease(ANN))
    beside.assert_heard(TESS)
    beside.do(FloorPass(TESS, ANN))
    beside.assert_heard(ANN)
    beside.refuses(MirrorStart(ANN), NotInThisPhase)
    plain = talking()
    plain.refuses(MirrorStart(ANN), NotHolder)
    plain.do(FloorRequest(ANN))
    plain.refuses(MirrorStart(ANN), NotInThisPhase)


def test_nobody_is_asked_who_is_not_there() -> None:
    """A lost partner, or one without a line, has nothing to say back."""
    for going in (Lost(BEN), Line(BEN, LineState.LOST)):
        scene = speaking()
        scene.do(going)
        scene.refuses(MirrorStart(ANN), NotPresent)


def test_nobody_asks_for_it_whose_line_is_gone() -> None:
    """Their clock stands already, and what they said last was heard by nobody; back on the line they can ask."""
    scene = speaking()
    scene.after(60)
    scene.do(Line(ANN, LineState.LOST))
    scene.refuses(MirrorStart(ANN), NotPresent)
    scene.do(Line(ANN, LineState.GOOD), MirrorStart(ANN))
    scene.assert_heard(BEN)


def test_its_time_ends_at_the_first_pause_or_with_its_grace() -> None:
    """Nobody is cut off in the middle of a word here either."""
    scene = saying_back()
    scene.pauses = False
    scene.do(SpeechPaused(BEN))
    scene.assert_heard(BEN)
    scene.after(45)
    scene.assert_heard(BEN)
    assert (scene.mirror.grace_ends_at, scene.conversation.plan().pauses_of) == (scene.now + 15, BEN)
    scene.do(SpeechPaused(ANN))
    scene.assert_heard(BEN)
    scene.after(15)
    scene.assert_heard(ANN)
    assert (scene.told[-1].code, scene.told[-1].fields["reason"]) == ("mirror.ended", "time")
    assert (scene.floor.mirror_answer_due, scene.floor.remaining_s) == (True, 120)
    scene.do(MirrorStart(ANN))
    scene.after(46)
    scene.do(SpeechPaused(BEN))
    scene.assert_heard(ANN)


@pytest.mark.parametrize("going", [Lost(BEN), Line(BEN, LineState.LOST)])
def test_a_lost_listener_ends_it(going: Lost | Line) -> None:
    """Nobody speaks into a silence; the speaker has the word, with the clock that holds for a lost partner anyway."""
    scene = saying_back()
    scene.do(going)
    assert (scene.floor.mirror, scene.floor.mirror_answer_due) == (None, False)
    assert (scene.told[-1].code, scene.told[-1].fields["reason"]) == ("mirror.ended", "lost")
    assert scene.conversation.plan().view(TESS, ANN).heard
    assert not scene.conversation.plan().view(TESS, BEN).heard
    assert scene.floor.paused == isinstance(going, Lost)
    scene.do(Join(BEN), Line(BEN, LineState.GOOD))
    assert (scene.floor.paused, scene.floor.remaining_s) == (False, 120)
    scene.assert_heard(ANN)


def test_a_lost_speaker_ends_it_too() -> None:
    """There is nobody to say it to."""
    scene = saying_back()
    scene.do(Lost(ANN))
    assert scene.floor.mirror is None
    assert (scene.told[-1].code, scene.told[-1].fields["reason"]) == ("mirror.ended", "lost")
    assert not any(view.heard for pair, view in scene.conversation.plan().views.items() if pair[1] == BEN)


@pytest.mark.parametrize(
    "ending", [FloorRelease(ANN), FloorPass(ANN, BEN), FloorRevoke(TESS), BreakStart(BEN), Leave(BEN)]
)
def test_whatever_ends_the_turn_ends_it(
    ending: FloorRelease | FloorPass | FloorRevoke | BreakStart | Leave,
) -> None:
    """It is told before the turn's end, and nobody says anything back any more."""
    scene = saying_back()
    scene.codes()
    scene.do(ending)
    assert scene.floor.mirror is None
    assert scene.codes()[:2] == ["mirror.ended", "turn.ended"]


def test_a_break_in_it_closes_every_gate() -> None:
    """And the phase begins anew, without an answer that is due."""
    scene = saying_back()
    scene.do(MirrorDone(BEN), BreakStart(BEN))
    assert set(scene.conversation.plan().views.values()) == {SILENT}
    scene.do(BreakEnd(ANN), BreakEnd(BEN))
    scene.after(120)
    assert (scene.floor.holder, scene.floor.remaining_s, scene.floor.mirror_answer_due) == (ANN, 180, False)


def test_a_phase_may_open_with_it() -> None:
    """The summary comes first: the speaker's whole time is left when it is said."""
    scene = speaking(opens=True)
    scene.assert_heard(BEN)
    assert (scene.floor.holder, scene.floor.remaining_s) == (ANN, 180)
    assert [notice.code for notice in scene.told] == ["phase.started", "turn.started", "mirror.started"]
    scene.do(MirrorDone(BEN), MirrorAnswer(ANN, got_it=True))
    scene.assert_heard(ANN)
    assert (scene.floor.holder, scene.mirror.by) == (BEN, ANN)


def test_a_phase_that_opens_with_it_begins_without_where_the_listener_has_no_line() -> None:
    """The speaker's turn begins; it can be said back once the listener can be heard."""
    scene = speaking(opens=True)
    scene.do(MirrorDone(BEN), Line(ANN, LineState.LOST), FloorRelease(ANN))
    assert (scene.floor.holder, scene.floor.mirror, scene.floor.remaining_s) == (BEN, None, 180)
    scene.assert_heard(BEN)
    scene.do(Line(ANN, LineState.GOOD), MirrorStart(BEN))
    scene.assert_heard(ANN)


def test_a_phase_that_opens_with_it_waits_for_its_speaker() -> None:
    """Whoever is lost when it is due is told what was heard of them when they are back."""
    scene = speaking(opens=True)
    scene.do(MirrorDone(BEN), Lost(BEN), FloorRelease(ANN))
    assert (scene.floor.holder, scene.floor.mirror) == (None, None)
    scene.do(Join(BEN))
    assert (scene.floor.holder, scene.mirror.by) == (BEN, ANN)
    scene.assert_heard(ANN)


def test_the_stick_passed_on_into_such_a_phase_opens_with_it_as_well() -> None:
    """Handing on is one way to complete a turn, and what is due begins as it is written."""
    scene = speaking(opens=True)
    scene.do(MirrorDone(BEN), FloorPass(ANN, BEN))
    assert (scene.floor.holder, scene.mirror.by) == (BEN, ANN)
    scene.assert_heard(ANN)


def test_the_last_part_is_said_back_in_the_grace() -> None:
    """The turn's time is up: one more saying back, an answer, and what is left is the grace, begun anew."""
    scene = speaking()
    scene.pauses = False
    scene.after(185)
    scene.do(MirrorStart(ANN))
    assert (scene.floor.grace_ends_at, scene.floor.remaining_s, scene.floor.paused) == (None, 0, True)
    scene.assert_heard(BEN)
    scene.after(40)
    scene.do(MirrorDone(BEN))
    scene.assert_heard(ANN)
    assert (scene.floor.grace_ends_at, scene.conversation.plan().pauses_of) == (scene.now + 15, ANN)
    scene.do(MirrorAnswer(ANN, got_it=False))
    scene.after(15)
    assert scene.endings() == [(ANN, "time")]
    scene.assert_heard(BEN)


def test_nobody_draws_out_a_turn_by_it() -> None:
    """Once the time is up, one saying back is all there is; more time is asked for, and then there may be another."""
    scene = speaking()
    scene.pauses = False
    scene.after(185)
    scene.do(MirrorStart(ANN), MirrorAnswer(ANN, got_it=False))
    scene.refuses(MirrorStart(ANN), NotInThisPhase)
    scene.do(FloorExtend(ANN, 60), Consent(BEN, "1", answer=True))
    scene.do(MirrorStart(ANN))
    scene.assert_heard(BEN)
    scene.do(MirrorDone(BEN))
    assert scene.floor.remaining_s == 60


def test_without_a_grace_the_turn_is_over_when_it_was_said_back() -> None:
    """Never over its time, not even for an answer."""
    scene = speaking(grace=False)
    scene.after(179)
    scene.do(MirrorStart(ANN))
    scene.after(30)
    scene.do(MirrorDone(BEN))
    scene.assert_heard(ANN)
    scene.after(1)
    scene.assert_heard(BEN)
    assert scene.floor.holder == BEN


def test_more_time_while_it_is_said_back() -> None:
    """What is agreed meanwhile is there afterwards."""
    scene = saying_back()
    scene.do(FloorExtend(ANN, 60), Consent(BEN, "1", answer=True))
    assert (scene.floor.remaining_s, scene.floor.paused) == (180, True)
    scene.assert_heard(BEN)
    scene.do(MirrorDone(BEN))
    assert scene.floor.ends_at == scene.now + 180


def test_it_counts_as_the_listeners_time() -> None:
    """Whoever is heard has the time, whoever holds the floor meanwhile."""
    scene = saying_back()
    scene.after(20)
    assert scene.floor.airtime == {ANN: 60, BEN: 20}
    scene.do(MirrorDone(BEN))
    scene.after(10)
    assert scene.floor.airtime == {ANN: 70, BEN: 20}


def test_its_deadline_says_why() -> None:
    """The slot's own end, and no other: the turn's clock stands."""
    scene = saying_back()
    deadline = scene.conversation.deadline()
    assert deadline is not None
    assert (deadline.reason, deadline.at) == (Reason.MIRROR_END, scene.now + 45)


def test_who_leaves_in_it_ends_the_talk() -> None:
    """As at any other time."""
    scene = saying_back()
    scene.do(Leave(BEN))
    assert scene.conversation.phase is Phase.WAITING
    assert set(scene.conversation.plan().views.values()) == {SILENT}
