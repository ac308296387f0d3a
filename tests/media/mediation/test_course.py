"""A format with phases is followed step by step: who is heard in each, what completes it, what makes it wait or begin anew."""

import pytest

from media.mediation.commands import (
    BreakEnd,
    BreakStart,
    Consent,
    End,
    FloorExtend,
    FloorGrant,
    FloorPass,
    FloorRelease,
    FloorRequest,
    FloorRevoke,
    FormatSet,
    Join,
    Leave,
    Line,
    Lost,
    MirrorAnswer,
    MirrorStart,
    PhaseDone,
    Ready,
    SpeechPaused,
)
from media.mediation.conversation import Phase, Reason
from media.mediation.errors import NotHolder, NotInThisPhase, NotPresent, NotYourRight, OutOfRange
from media.mediation.formats import (
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
from media.mediation.people import LineState
from media.mediation.plan import SILENT
from tests.media.mediation.scene import ANN, BEN, TESS, Scene, talking

TURN, OPEN, SILENCE = PhaseFloor.TURN, PhaseFloor.OPEN, PhaseFloor.SILENCE
FIRST, SECOND, EACH = Speaker.FIRST, Speaker.SECOND, Speaker.EACH
BOTH = frozenset({Completion.BOTH})


def course(*phases: FormatPhase, repeat: int = 1, swap: bool = False, then: Then = Then.OPEN) -> Format:
    """A format of one round."""
    rounds = (FormatRound(phases, repeat, swap),)
    return Format("course", FloorRule.COURSE, turn_seconds=100, rounds=rounds, then=then)


def following(form: Format, people: tuple[str, ...] = (ANN, BEN, TESS)) -> Scene:
    """All follow this format from its beginning."""
    return talking("course", people=people, formats={**PLAIN, "course": form})


def turn(name: str = "speaking", speaker: Speaker = FIRST, seconds: int | None = 60) -> FormatPhase:
    """A phase in which somebody speaks."""
    return FormatPhase(name, name.title(), TURN, speaker, seconds)


def together(name: str = "together", seconds: int | None = None) -> FormatPhase:
    """A phase in which all are heard."""
    return FormatPhase(name, name.title(), OPEN, seconds=seconds, completes=BOTH)


def silence(seconds: int | None = 30) -> FormatPhase:
    """A phase in which nobody is heard."""
    return FormatPhase("silence", "Silence", SILENCE, seconds=seconds, completes=BOTH)


def place(scene: Scene) -> tuple[str, str | None, int, int]:
    """Which phase it is, whose, and how often it was gone through."""
    here = scene.course
    return here.phase, here.speaker, here.number, here.repetition


def test_the_phases_follow_each_other_by_themselves() -> None:
    """A turn, an open phase and a silence, and everyone afterwards: who is heard in each, and everyone is seen in all."""
    scene = following(course(turn(speaker=EACH), together(seconds=20), silence(30)))
    assert [notice.code for notice in scene.told] == ["phase.started", "turn.started"]
    assert scene.told[0].fields == {"phase": "speaking", "title": "Speaking", "speaker": ANN}
    for seconds, heard, where in (
        (60, (ANN,), ("speaking", ANN, 1, 1)),
        (60, (BEN,), ("speaking", BEN, 2, 1)),
        (20, (ANN, BEN, TESS), ("together", None, 3, 1)),
        (30, (), ("silence", None, 4, 1)),
    ):
        scene.codes()
        assert place(scene) == where
        scene.assert_heard(*heard)
        scene.assert_all_seen()
        scene.after(seconds - 1)
        scene.assert_heard(*heard)
        scene.after(1)
    assert scene.codes() == ["course.ended"]
    assert scene.course.over
    scene.assert_heard(ANN, BEN, TESS)
    assert scene.left_s is None


def test_a_phase_has_its_own_time_or_the_usual_one() -> None:
    """Seconds of the phase; a turn without them lasts as long as turns do in this conversation."""
    scene = following(course(turn(seconds=60), turn("more", seconds=None)))
    assert scene.floor.length_s == 60
    scene.do(FloorRelease(ANN))
    assert (scene.floor.length_s, scene.course.phase) == (100, "more")
    assert scene.course.completes == ("time",)


@pytest.mark.parametrize(
    ("giving_back", "reason"), [(FloorRelease(ANN), "released"), (FloorPass(ANN, BEN), "passed")]
)
def test_the_speakers_own_end_completes_a_turn(giving_back: FloorRelease | FloorPass, reason: str) -> None:
    """The next phase begins as any phase does, with its word to everyone, also when the stick was handed on."""
    scene = following(course(turn(speaker=EACH)))
    scene.codes()
    scene.do(giving_back)
    ended, began, started = scene.told
    assert (ended.code, ended.fields["reason"]) == ("turn.ended", reason)
    assert (began.code, began.fields["speaker"], started.code) == ("phase.started", BEN, "turn.started")
    assert scene.course.started_at == scene.now
    scene.assert_heard(BEN)


def test_handing_the_stick_to_whom_it_is_not_due_delays_the_course() -> None:
    """The other speaks first, outside of the phases, and then the phase that is due begins."""
    scene = following(course(turn("one"), turn("two")))
    scene.do(FloorPass(ANN, BEN))
    scene.assert_heard(BEN)
    assert (scene.floor.length_s, scene.course.started_at) == (100, None)
    scene.do(FloorRelease(BEN))
    scene.assert_heard(ANN)
    assert place(scene) == ("two", ANN, 2, 1)


def test_repeat_and_swap() -> None:
    """The two change places with each repetition; after the last one the course is over."""
    scene = following(course(turn("a"), turn("b", SECOND), repeat=3, swap=True))
    seen = []
    for _ in range(6):
        seen.append(place(scene))
        scene.assert_heard(str(scene.course.speaker))
        scene.do(FloorRelease(str(scene.course.speaker)))
    assert seen == [
        ("a", ANN, 1, 1), ("b", BEN, 2, 1),
        ("a", BEN, 1, 2), ("b", ANN, 2, 2),
        ("a", ANN, 1, 3), ("b", BEN, 2, 3),
    ]  # fmt: skip
    assert scene.course.over


def test_without_swap_everyone_keeps_their_place() -> None:
    """Twice the same."""
    scene = following(course(turn("a"), turn("b", SECOND), repeat=2))
    speakers = []
    while not scene.course.over:
        speakers.append(scene.course.speaker)
        scene.after(60)
    assert speakers == [ANN, BEN, ANN, BEN]


def test_a_round_without_an_end_goes_on_until_something_else_is_agreed() -> None:
    """Repeat 0 means no number."""
    scene = following(course(turn(), repeat=0, swap=True))
    assert scene.course.repetitions is None
    scene.after(60 * 21)
    assert place(scene) == ("speaking", BEN, 1, 22)
    scene.do(FormatSet(ANN, "open-talk", None), Consent(BEN, "1", answer=True))
    assert scene.floor.course is None
    scene.assert_heard(ANN, BEN, TESS)


def test_whoever_is_named_begins() -> None:
    """Named, else who proposes, else the first partner when a therapist proposes; never the therapist."""
    forms = {**PLAIN, "course": course(turn())}
    for by, first, begins in (
        (ANN, None, ANN),
        (BEN, None, BEN),
        (ANN, BEN, BEN),
        (TESS, BEN, BEN),
        (TESS, None, ANN),
    ):
        scene = talking(formats=forms)
        scene.do(FormatSet(by, "course", None, None, first), Consent(ANN, "1", answer=True))
        if scene.proposals:
            assert scene.floor.format == "timed-turns"
            scene.assert_heard()
            scene.do(Consent(BEN, "1", answer=True))
        scene.assert_heard(begins)
    talking(formats=forms).refuses(FormatSet(ANN, "course", None, None, TESS), OutOfRange)


def test_a_course_may_begin_anew() -> None:
    """What is so already is refused, but a format with phases may be begun again."""
    scene = following(course(turn(), turn("b", SECOND)))
    scene.do(FloorRelease(ANN), FormatSet(BEN, "course", None), Consent(ANN, "1", answer=True))
    assert place(scene) == ("speaking", BEN, 1, 1)
    scene.assert_heard(BEN)


def test_both_complete_what_has_no_turn() -> None:
    """One is ready and nothing happens; they may take it back; both are ready, and it goes on."""
    scene = following(course(together(), turn()))
    assert scene.course.completes == ("both",)
    scene.do(PhaseDone(ANN, done=True))
    assert scene.floor.done == (ANN,)
    scene.do(PhaseDone(ANN, done=False), PhaseDone(BEN, done=True))
    assert (scene.floor.done, scene.course.phase) == ((BEN,), "together")
    scene.assert_heard(ANN, BEN, TESS)
    scene.do(PhaseDone(ANN, done=True))
    assert (scene.floor.done, scene.course.phase) == ((), "speaking")
    scene.assert_heard(ANN)


def test_readiness_is_the_partners_and_only_where_it_is_asked_for() -> None:
    """Not the therapist's, not in a turn, not in a phase that time alone completes."""
    scene = following(course(together(), turn()))
    scene.refuses(PhaseDone(TESS, done=True), NotYourRight)
    scene.do(PhaseDone(ANN, done=True), PhaseDone(BEN, done=True))
    scene.refuses(PhaseDone(BEN, done=True), NotInThisPhase)
    timed = following(course(FormatPhase("timed", "Timed", SILENCE, seconds=30)))
    timed.refuses(PhaseDone(ANN, done=True), NotInThisPhase)
    talking().refuses(PhaseDone(ANN, done=True), NotInThisPhase)


def test_a_partner_does_not_ask_for_the_stick_of_a_course() -> None:
    """It comes by itself; in an open phase it may be brought in as ever, and the phase waits for its end."""
    scene = following(course(turn(), silence(), together(seconds=50), then=Then.TURNS))
    for person in (ANN, BEN):
        scene.refuses(FloorRequest(person), NotInThisPhase)
    scene.after(60)
    for person in (ANN, BEN):
        scene.refuses(FloorRequest(person), NotInThisPhase)
    scene.after(30)
    scene.do(FloorRequest(BEN))
    scene.assert_heard(BEN)
    scene.after(60)
    assert scene.course.phase == "together"
    scene.do(FloorRelease(BEN))
    assert scene.course.over


def test_the_therapist_waits_for_a_silence_to_end() -> None:
    """Whoever asks in a silence is heard after it, before the phase that is due."""
    scene = following(course(silence(30), turn()))
    scene.do(FloorRequest(TESS))
    scene.assert_heard()
    assert scene.floor.queue == (TESS,)
    scene.after(30)
    scene.assert_heard(TESS)
    scene.do(FloorRelease(TESS))
    scene.assert_heard(ANN)
    assert scene.course.phase == "speaking"


def test_who_asked_in_an_open_phase_and_is_due_has_their_phase() -> None:
    """The stick that was brought in and taken back does not stand in for the phase: that begins with its word and its time."""
    scene = following(course(together(), turn()))
    scene.do(FloorRequest(BEN), FloorRequest(ANN), FloorRevoke(TESS))
    assert scene.floor.queue == (ANN,)
    scene.codes()
    scene.do(PhaseDone(ANN, done=True), PhaseDone(BEN, done=True))
    assert scene.codes() == ["phase.started", "turn.started"]
    assert (scene.floor.holder, scene.floor.length_s, scene.floor.queue) == (ANN, 60, ())


def test_what_was_taken_back_waits_for_a_partner() -> None:
    """The chair takes the stick: nothing goes on by itself, nobody is heard; a partner asks, and the phase begins again."""
    scene = following(course(turn(), turn("b", SECOND)))
    scene.after(20)
    scene.do(FloorRevoke(TESS))
    assert scene.course.halted
    scene.assert_heard()
    scene.after(500)
    scene.assert_heard()
    scene.refuses(FloorRevoke(TESS), NotHolder)
    scene.do(FloorRequest(BEN))
    assert (scene.course.halted, place(scene)) == (False, ("speaking", ANN, 1, 1))
    assert scene.floor.remaining_s == 60
    scene.assert_heard(ANN)


def test_what_was_taken_back_is_given_by_the_chair_as_well() -> None:
    """To whose phase it is: that begins, and no longer waits. To the other: a turn beside the course, which goes on waiting."""
    scene = following(course(turn()))
    scene.do(FloorRevoke(TESS), FloorGrant(TESS, ANN))
    assert (scene.course.halted, scene.floor.length_s, scene.course.started_at) == (False, 60, scene.now)
    scene.do(FloorGrant(TESS, BEN))
    assert (scene.course.halted, scene.floor.length_s) == (True, 100)
    scene.refuses(FloorRequest(ANN), NotInThisPhase)
    scene.do(FloorRelease(BEN))
    scene.assert_heard()
    scene.do(FloorRequest(ANN))
    scene.assert_heard(ANN)


def test_the_chair_speaks_and_the_course_goes_on() -> None:
    """A therapist who asks waits until the turn is over, and the next phase waits for them."""
    scene = following(course(turn(speaker=EACH)))
    scene.do(FloorRequest(TESS))
    scene.assert_heard(ANN)
    scene.after(60)
    scene.assert_heard(TESS)
    scene.do(FloorRelease(TESS))
    assert place(scene) == ("speaking", BEN, 2, 1)
    scene.assert_heard(BEN)


def test_a_lost_speaker_is_waited_for_and_then_the_course_waits() -> None:
    """A minute with the clock standing; then the turn is over, and a partner's asking begins the phase anew."""
    scene = following(course(turn(speaker=EACH)))
    scene.after(10)
    scene.do(Lost(ANN))
    assert (scene.floor.paused, scene.floor.remaining_s) == (True, 50)
    scene.do(Join(ANN))
    assert scene.floor.ends_at == scene.now + 50
    scene.do(Lost(ANN))
    scene.after(61)
    assert scene.conversation.phase is Phase.WAITING
    scene.do(Join(ANN), Ready(ANN, ready=True))
    assert place(scene) == ("speaking", ANN, 1, 1)
    assert scene.floor.remaining_s == 60


def test_the_clock_of_a_phase_without_a_turn_stands_while_a_partner_is_lost() -> None:
    """A shared silence is shared: what was left of it is left when they are back."""
    scene = following(course(silence(30), turn()))
    scene.after(10)
    scene.do(Lost(BEN))
    assert scene.course.ends_at is None
    scene.after(40)
    scene.assert_heard()
    scene.do(Join(BEN))
    assert scene.course.ends_at == scene.now + 20
    scene.after(20)
    scene.assert_heard(ANN)


@pytest.mark.parametrize("going", [Leave(BEN), Ready(BEN, ready=False)])
def test_a_fall_back_lets_the_phase_begin_anew(going: Leave | Ready) -> None:
    """Not the course: what was complete is complete."""
    scene = following(course(turn("a"), turn("b", SECOND), turn("c")))
    scene.after(70)
    assert (scene.course.phase, scene.floor.remaining_s) == ("b", 50)
    scene.do(going)
    assert set(scene.conversation.plan().views.values()) == {SILENT}
    scene.after(300)
    scene.do(Join(BEN), Ready(BEN, ready=True))
    assert (place(scene), scene.floor.remaining_s) == (("b", BEN, 2, 1), 60)
    scene.assert_heard(BEN)


def test_a_break_lets_the_phase_begin_anew_after_the_short_turns() -> None:
    """Nobody is first in line for a turn beside the course: their phase is theirs anyway."""
    scene = following(course(turn("a"), together(seconds=40)))
    scene.after(50)
    scene.do(BreakStart(BEN))
    assert set(scene.conversation.plan().views.values()) == {SILENT}
    assert (scene.floor.queue, scene.course.started_at) == ((), None)
    scene.do(BreakEnd(ANN), BreakEnd(BEN))
    scene.assert_heard(BEN)
    scene.after(60)
    scene.assert_heard(ANN)
    assert scene.floor.return_turn
    scene.after(60)
    assert (scene.floor.return_turn, place(scene), scene.floor.remaining_s) == (False, ("a", ANN, 1, 1), 60)
    scene.after(60 + 30)
    scene.do(BreakStart(ANN), BreakEnd(ANN), BreakEnd(BEN))
    scene.after(120)
    assert (scene.course.phase, scene.course.ends_at) == ("together", scene.now + 40)
    scene.assert_heard(ANN, BEN, TESS)


def test_more_time_for_a_phase() -> None:
    """As for any turn: with the listener's yes, and for this turn alone."""
    scene = following(course(turn(speaker=EACH)))
    scene.do(FloorExtend(ANN, 30), Consent(BEN, "1", answer=True))
    assert scene.floor.remaining_s == 90
    scene.after(90)
    assert (scene.floor.holder, scene.floor.remaining_s) == (BEN, 60)


@pytest.mark.parametrize(("grace", "late"), [(True, 15), (False, 0)])
def test_a_phase_may_have_no_grace(*, grace: bool, late: int) -> None:
    """Somebody speaks on: with grace their turn closes 15 s later, without it at its time."""
    phase = FormatPhase("answer", "Answer", TURN, EACH, 60, grace=grace)
    scene = following(course(phase))
    scene.pauses = False
    scene.after(59)
    scene.assert_heard(ANN)
    scene.after(1)
    scene.assert_heard(ANN if grace else BEN)
    scene.after(late)
    scene.assert_heard(BEN)
    assert scene.endings() == [(ANN, "time")]


def test_the_last_phase_may_end_the_call() -> None:
    """Nobody is heard or seen from that moment, nothing waits, and nothing is asked any more."""
    scene = following(course(turn(speaker=EACH), then=Then.END))
    scene.do(FloorRelease(ANN))
    scene.after(30)
    scene.do(FormatSet(ANN, "open-talk", None))
    scene.codes()
    scene.after(30)
    assert scene.conversation.phase is Phase.ENDED
    assert set(scene.conversation.plan().views.values()) == {SILENT}
    assert scene.codes()[-3:] == ["turn.ended", "course.ended", "proposal.expired"]
    assert (scene.left_s, scene.proposals) == (None, ())
    scene.refuses(FloorRequest(ANN), NotInThisPhase)


def test_alternating_turns_may_follow() -> None:
    """After the course nobody is heard but who has the stick, and it goes from one to the other."""
    scene = following(course(turn(), then=Then.TURNS))
    scene.after(60)
    assert scene.course.over
    scene.assert_heard(BEN)
    assert scene.floor.length_s == 100
    scene.after(100)
    scene.assert_heard(ANN)


def test_a_course_is_over_once() -> None:
    """A fall back, a break and a caucus don't end it again, and no phase comes back."""
    scene = following(course(turn()))
    scene.after(60)
    assert "course.ended" in scene.codes()
    scene.do(Leave(ANN), Join(ANN), Ready(ANN, ready=True))
    scene.do(BreakStart(BEN), BreakEnd(ANN), BreakEnd(BEN))
    scene.after(120)
    assert "course.ended" not in scene.codes()
    scene.assert_heard(ANN, BEN, TESS)


def test_a_phase_waits_for_its_speaker() -> None:
    """Whoever is lost when their phase is due has all of it when they are back."""
    scene = following(course(together(seconds=20), turn(speaker=SECOND)))
    scene.after(10)
    scene.do(Lost(BEN))
    scene.after(30)
    assert scene.course.phase == "together"
    scene.do(Join(BEN))
    scene.after(10)
    assert (scene.floor.holder, scene.floor.remaining_s) == (BEN, 60)


def test_deadlines_say_why() -> None:
    """An open phase's time is a deadline of its own; a phase that both complete has none."""
    scene = following(course(together(), together("timed", seconds=20)))
    assert scene.conversation.deadline() is None
    scene.do(PhaseDone(ANN, done=True), PhaseDone(BEN, done=True))
    deadline = scene.conversation.deadline()
    assert deadline is not None
    assert (deadline.reason, deadline.at) == (Reason.PHASE_END, scene.now + 20)


def test_ending_needs_two_and_is_at_once() -> None:
    """Whatever the phase."""
    scene = following(course(turn()))
    scene.do(End(ANN))
    scene.assert_heard(ANN)
    scene.do(Consent(BEN, "1", answer=True))
    assert scene.conversation.phase is Phase.ENDED


def test_only_who_is_there_is_ready_to_go_on() -> None:
    """A partner who is not willing has nothing to complete, and there is no talk without them anyway."""
    scene = following(course(together()))
    scene.do(PhaseDone(ANN, done=True), Leave(ANN))
    scene.refuses(PhaseDone(BEN, done=True), NotInThisPhase)
    scene.do(Join(ANN))
    scene.do(Ready(ANN, ready=True))
    assert scene.floor.done == ()


@pytest.mark.parametrize("then", [Then.OPEN, Then.END])
def test_what_follows_a_turn_that_ends_with_its_holders_line_begins_at_once(then: Then) -> None:
    """In the grace somebody is cut off: the other's turn begins, or the call is over, with nothing else to wait for."""
    scene = following(course(turn(speaker=EACH), then=then))
    scene.pauses = False
    scene.after(60)
    scene.do(Line(ANN, LineState.LOST))
    scene.assert_heard(BEN)
    assert scene.floor.turn == 2
    scene.after(60)
    scene.do(Line(BEN, LineState.LOST))
    assert scene.course.over
    assert (scene.conversation.phase is Phase.ENDED) == (then is Then.END)
    assert "course.ended" in scene.codes()


def test_what_is_spoken_in_the_grace_counts() -> None:
    """Nobody's time is forgotten when the clock is stopped or more of it is agreed after the time was up."""
    mirrored = FormatPhase("speaking", "Speaking", TURN, FIRST, 60, mirror_seconds=30)
    scene = following(course(mirrored))
    scene.pauses = False
    scene.after(70)
    assert scene.floor.airtime == {ANN: 70}
    scene.do(MirrorStart(ANN))
    assert scene.floor.airtime == {ANN: 70, BEN: 0}
    scene.after(5)
    scene.do(MirrorAnswer(ANN, got_it=False))
    scene.after(10)
    assert scene.floor.airtime == {ANN: 80, BEN: 5}
    scene.do(FloorExtend(ANN, 60), Consent(BEN, "1", answer=True))
    assert scene.floor.airtime == {ANN: 80, BEN: 5}
    scene.after(60)
    scene.do(SpeechPaused(ANN))
    assert scene.floor.airtime == {ANN: 140, BEN: 5}


def test_whoever_takes_no_part_moves_no_stick() -> None:
    """A therapist who is not ready neither gives nor takes."""
    scene = following(course(turn()), people=(ANN, BEN))
    scene.do(Join(TESS))
    scene.refuses(FloorGrant(TESS, BEN), NotPresent)
    scene.refuses(FloorRevoke(TESS), NotPresent)
    scene.assert_heard(ANN)
