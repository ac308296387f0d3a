"""A caucus: the therapist alone with one partner, the other held apart, and nobody brought back unasked."""

import pytest

from media.mediation.commands import (
    Admit,
    BreakEnd,
    BreakStart,
    CaucusBack,
    CaucusEnd,
    CaucusStart,
    Command,
    Consent,
    DistanceOutgoing,
    DistanceRoom,
    End,
    FloorGrant,
    FloorRequest,
    FloorRevoke,
    FormatSet,
    Join,
    Leave,
    Line,
    Lost,
    PhaseDone,
    Ready,
)
from media.mediation.conversation import Conversation, Phase, Reason
from media.mediation.distance import Distance
from media.mediation.errors import (
    NothingToChange,
    NotInThisPhase,
    NotPresent,
    NotYourRight,
    OutOfRange,
    UnknownParticipant,
)
from media.mediation.formats import PLAIN, FloorRule, Format, FormatPhase, FormatRound, PhaseFloor, Speaker
from media.mediation.people import LineState, Role, Seat
from media.mediation.plan import SILENT
from media.mediation.snapshot import CaucusSnapshot
from tests.media.mediation.scene import ANN, BEN, SEATS, START, TESS, Scene, talking

SHUTTLE = Format("shuttle", FloorRule.SHUTTLE, turn_seconds=300)
PHASES = (
    FormatPhase("one", "One", PhaseFloor.TURN, Speaker.FIRST, 60),
    FormatPhase("two", "Two", PhaseFloor.OPEN, seconds=40),
)
COURSE = Format("course", FloorRule.COURSE, rounds=(FormatRound(PHASES),))
FORMATS = {**PLAIN, "shuttle": SHUTTLE, "course": COURSE}


def aside(with_: str = ANN, form: str = "timed-turns") -> Scene:
    """Ann was speaking when the therapist took one of the two aside."""
    scene = talking(form, formats=FORMATS)
    if form == "timed-turns":
        scene.do(FloorRequest(ANN))
    scene.after(10)
    scene.codes()
    scene.do(CaucusStart(TESS, with_))
    return scene


def caucus_of(scene: Scene) -> CaucusSnapshot:
    """The caucus as people see it."""
    shown = scene.shown.caucus
    assert shown is not None
    return shown


def assert_all_apart(scene: Scene) -> None:
    """Nobody hears or sees anybody."""
    assert set(scene.conversation.plan().views.values()) == {SILENT}


@pytest.mark.parametrize(("with_", "held"), [(ANN, BEN), (BEN, ANN)])
@pytest.mark.parametrize("form", ["timed-turns", "open-talk", "course"])
def test_the_two_are_alone_and_the_other_has_nothing(with_: str, held: str, form: str) -> None:
    """Both ways: the pair hear and see each other, and not one packet goes to or comes from whoever is held."""
    scene = aside(with_, form)
    assert scene.conversation.phase is Phase.CAUCUS
    scene.assert_alone(TESS, with_)
    for other in (with_, TESS):
        assert scene.conversation.plan().view(held, other) == SILENT
        assert scene.conversation.plan().view(other, held) == SILENT
    shown = caucus_of(scene)
    assert (shown.by, shown.with_, shown.held, shown.started_at) == (TESS, with_, held, scene.now)
    assert (shown.stage, shown.back) == ("talking", ())
    assert (scene.floor.holder, scene.floor.queue[:1]) == (None, (ANN,) if form == "timed-turns" else ())
    assert scene.told[-1].fields == {"by": TESS, "with": with_}


def test_the_running_turn_ends_and_its_holder_has_a_whole_one_afterwards() -> None:
    """As with a break: nobody loses by it."""
    scene = aside()
    assert scene.endings() == [(ANN, "caucus")]
    assert scene.floor.queue == (ANN,)
    scene.do(CaucusEnd(TESS), CaucusBack(ANN), CaucusBack(BEN))
    scene.assert_heard()
    scene.do(FloorRequest(BEN))
    scene.assert_heard(BEN)


def test_a_phase_begins_anew_afterwards() -> None:
    """Its time too."""
    scene = aside(form="course")
    scene.after(500)
    assert scene.floor.queue == ()
    scene.do(CaucusEnd(ANN), CaucusBack(ANN), CaucusBack(BEN))
    assert (scene.course.phase, scene.floor.remaining_s) == ("one", 60)
    scene.assert_heard(ANN)


def test_distances_hold_in_it() -> None:
    """How one is seen is one's own here too, and the room's least is everyone's."""
    scene = aside()
    scene.do(DistanceOutgoing(ANN, Distance.VEILED, None), DistanceRoom(BEN, Distance.SOFT))
    scene.assert_sees(TESS, ANN, Distance.VEILED)
    scene.assert_sees(ANN, TESS, Distance.SOFT)
    scene.assert_sees(BEN, ANN, Distance.AUDIO_ONLY)
    scene.refuses(DistanceRoom(ANN, Distance.CLEAR), NotInThisPhase)


@pytest.mark.parametrize("by", [TESS, ANN])
def test_either_of_the_two_ends_it_and_both_partners_are_asked(by: str) -> None:
    """At once nobody hears or sees anybody; both say that they will meet again, and then they do."""
    scene = aside()
    scene.refuses(CaucusEnd(BEN), NotYourRight)
    scene.refuses(CaucusBack(ANN), NotInThisPhase)
    scene.after(100)
    scene.do(CaucusEnd(by))
    assert (caucus_of(scene).stage, scene.conversation.phase) == ("returning", Phase.CAUCUS)
    assert (scene.told[-1].code, scene.told[-1].fields) == ("caucus.ended", {"by": by})
    assert_all_apart(scene)
    scene.refuses(CaucusEnd(by), NotInThisPhase)
    scene.refuses(CaucusBack(TESS), NotYourRight)
    scene.after(1000)
    assert_all_apart(scene)
    scene.do(CaucusBack(BEN))
    assert caucus_of(scene).back == (BEN,)
    assert_all_apart(scene)
    scene.do(CaucusBack(ANN))
    assert (scene.conversation.phase, scene.shown.caucus) == (Phase.TALKING, None)
    assert scene.told[-1].code == "caucus.over"
    scene.assert_all_seen()
    scene.assert_heard()


def test_the_therapist_moves_to_the_other_who_is_offered_equal_time() -> None:
    """Each one's time is counted, the running one too."""
    scene = aside()
    assert scene.shown.caucus_time == {ANN: 0}
    scene.after(90)
    assert scene.shown.caucus_time == {ANN: 90}
    scene.refuses(CaucusStart(TESS, ANN), NothingToChange)
    scene.do(CaucusStart(TESS, BEN))
    scene.assert_alone(TESS, BEN)
    scene.after(30)
    assert scene.shown.caucus_time == {ANN: 90, BEN: 30}
    scene.do(CaucusEnd(TESS))
    scene.after(30)
    assert scene.shown.caucus_time == {ANN: 90, BEN: 30}
    scene.do(CaucusStart(TESS, BEN))
    scene.assert_alone(TESS, BEN)
    scene.after(60)
    assert scene.shown.caucus_time == {ANN: 90, BEN: 90}


def test_a_move_in_the_return_asks_anew() -> None:
    """Whoever said yes to meeting again said it before the other was taken aside."""
    scene = aside()
    scene.do(CaucusEnd(ANN), CaucusBack(BEN), CaucusStart(TESS, BEN), CaucusEnd(BEN))
    assert caucus_of(scene).back == ()
    scene.do(CaucusBack(ANN))
    assert scene.conversation.phase is Phase.CAUCUS


def test_who_may_begin_it() -> None:
    """A therapist who takes part, with one of the two partners, who takes part; never a partner, never in a break."""
    scene = talking()
    for partner in (ANN, BEN):
        scene.refuses(CaucusStart(partner, BEN), NotYourRight)
    scene.refuses(CaucusStart(TESS, TESS), OutOfRange)
    scene.refuses(CaucusStart(TESS, "nobody"), UnknownParticipant)
    scene.do(Lost(BEN))
    scene.refuses(CaucusStart(TESS, BEN), NotPresent)
    scene.do(BreakStart(ANN))
    scene.refuses(CaucusStart(TESS, ANN), NotInThisPhase)
    scene.refuses(CaucusEnd(TESS), NotInThisPhase)
    scene.refuses(CaucusBack(ANN), NotInThisPhase)
    unready = talking(people=(ANN, BEN))
    unready.do(Join(TESS))
    unready.refuses(CaucusStart(TESS, ANN), NotPresent)


def test_while_waiting_it_needs_only_the_two() -> None:
    """Each person may be met alone before the talk; it begins when both have come back from it."""
    scene = Scene()
    for person in (TESS, ANN):
        scene.do(Join(person), Ready(person, ready=True))
    scene.refuses(CaucusStart(TESS, BEN), NotPresent)
    scene.do(CaucusStart(TESS, ANN))
    scene.assert_alone(TESS, ANN)
    scene.do(Join(BEN), Ready(BEN, ready=True))
    scene.assert_alone(TESS, ANN)
    scene.do(CaucusStart(TESS, BEN))
    scene.assert_alone(TESS, BEN)
    scene.do(CaucusEnd(TESS), CaucusBack(ANN))
    assert_all_apart(scene)
    scene.do(CaucusBack(BEN))
    assert scene.conversation.phase is Phase.TALKING
    scene.assert_all_seen()


@pytest.mark.parametrize("by", [ANN, BEN, TESS])
def test_anyone_steps_back_from_it(by: str) -> None:
    """Also whoever is held; it is over then, and coming back is said as from any break."""
    scene = aside()
    scene.do(BreakStart(by))
    assert (scene.conversation.phase, scene.shown.caucus) == (Phase.BREAK, None)
    assert_all_apart(scene)
    assert scene.codes()[-2:] == ["caucus.over", "break.started"]
    scene.do(BreakEnd(ANN), BreakEnd(BEN))
    scene.assert_heard(by if by != TESS else ANN)


@pytest.mark.parametrize(
    "going", [Leave(ANN), Ready(ANN, ready=False), Leave(TESS), Ready(TESS, ready=False)]
)
def test_without_one_of_the_two_there_is_none(going: Leave | Ready) -> None:
    """It is ended as if they had ended it, and nobody meets unasked."""
    scene = aside()
    scene.do(going)
    assert (caucus_of(scene).stage, scene.conversation.phase) == ("returning", Phase.CAUCUS)
    assert_all_apart(scene)
    scene.do(Join(ANN), Ready(ANN, ready=True), CaucusBack(ANN))
    assert_all_apart(scene)
    scene.do(CaucusBack(BEN))
    assert scene.conversation.phase is Phase.TALKING


@pytest.mark.parametrize("going", [Leave(BEN), Ready(BEN, ready=False), Lost(BEN)])
def test_it_goes_on_whatever_the_other_does(going: Command) -> None:
    """Whoever is held may go; they are asked when they are there again."""
    scene = aside()
    scene.do(going)
    scene.after(300)
    scene.assert_alone(TESS, ANN)
    scene.do(CaucusEnd(TESS), CaucusBack(ANN))
    scene.do(Join(BEN))
    assert_all_apart(scene)
    scene.refuses(CaucusBack(BEN), NotPresent)
    scene.do(Ready(BEN, ready=True), CaucusBack(BEN))
    assert scene.conversation.phase is Phase.TALKING


@pytest.mark.parametrize("lost", [ANN, TESS])
def test_who_is_lost_in_it_is_waited_for_for_a_minute(lost: str) -> None:
    """Back in time, it goes on; otherwise it is ended."""
    scene = aside()
    scene.do(Lost(lost))
    assert_all_apart(scene)
    deadline = scene.conversation.deadline()
    assert deadline is not None
    assert (deadline.reason, deadline.at) == (Reason.HOLD_END, scene.now + 60)
    scene.after(59)
    scene.do(Join(lost))
    scene.assert_alone(TESS, ANN)
    scene.do(Lost(lost))
    scene.after(60)
    assert caucus_of(scene).stage == "returning"


def test_a_yes_to_meeting_again_lapses_with_who_said_it() -> None:
    """Lost for a minute, gone, or no longer ready: it is said anew."""
    for going in (Lost(ANN), Leave(ANN), Ready(ANN, ready=False)):
        scene = aside()
        scene.do(CaucusEnd(ANN), CaucusBack(ANN), going)
        scene.after(60)
        assert caucus_of(scene).back == ()
        scene.do(CaucusBack(BEN), Join(ANN), Ready(ANN, ready=True))
        assert_all_apart(scene)
        scene.do(CaucusBack(ANN))
        assert scene.conversation.phase is Phase.TALKING


def test_a_lost_line_changes_nothing_in_it() -> None:
    """Nobody's clock runs."""
    scene = aside()
    scene.do(Line(ANN, LineState.LOST))
    scene.assert_alone(TESS, ANN)
    assert scene.left_s is None


def test_nothing_is_asked_and_no_stick_is_moved_meanwhile() -> None:
    """What one partner might agree to alone with the therapist would not be a couple's yes."""
    scene = talking()
    scene.do(FormatSet(ANN, "open-talk", None), CaucusStart(TESS, ANN))
    assert scene.proposals == ()
    assert "proposal.expired" in scene.codes()
    for command in (
        FormatSet(ANN, "open-talk", None),
        End(BEN),
        FloorRequest(BEN),
        FloorGrant(TESS, ANN),
        FloorRevoke(TESS),
        PhaseDone(ANN, done=True),
        Admit(ANN, TESS),
    ):
        scene.refuses(command, NotInThisPhase)


def test_another_therapist_is_not_in_it() -> None:
    """Neither hears it, nor ends it, nor takes it over."""
    una = "una"
    scene = Scene()
    scene.conversation = Conversation([*SEATS, Seat(una, Role.THERAPIST)])
    for person in (TESS, una, ANN, BEN):
        scene.do(Join(person), Ready(person, ready=True))
    scene.do(CaucusStart(TESS, ANN))
    scene.assert_alone(TESS, ANN)
    scene.refuses(CaucusEnd(una), NotYourRight)
    scene.refuses(CaucusStart(una, BEN), NotYourRight)
    scene.do(CaucusEnd(TESS))
    scene.refuses(CaucusStart(una, BEN), NotYourRight)


def test_who_comes_in_the_midst_of_it_takes_no_part() -> None:
    """A therapist whom nobody let in can't step everyone back; the partners are asked when they are together."""
    una = "una"
    scene = Scene()
    scene.conversation = Conversation([*SEATS, Seat(una, Role.THERAPIST)])
    for person in (TESS, ANN, BEN):
        scene.do(Join(person), Ready(person, ready=True))
    scene.do(CaucusStart(TESS, ANN), Join(una), Ready(una, ready=True))
    scene.refuses(BreakStart(una), NotPresent)
    assert scene.proposals == ()
    scene.do(CaucusEnd(TESS), CaucusBack(ANN), CaucusBack(BEN))
    assert [(one.kind, one.aim) for one in scene.proposals] == [("admit", {"participant": una})]
    scene.assert_all_seen()


def shuttle() -> Scene:
    """The partners are to share nothing."""
    scene = talking("shuttle", formats=FORMATS)
    assert scene.now == START
    return scene


def test_in_a_shuttle_nobody_meets_by_themselves() -> None:
    """Everyone is there and ready, and no sound and no picture goes from anybody to anybody, whoever has the stick."""
    scene = shuttle()
    assert scene.conversation.phase is Phase.TALKING
    assert_all_apart(scene)
    scene.do(FloorRequest(ANN))
    assert_all_apart(scene)
    scene.do(FloorGrant(TESS, TESS))
    assert_all_apart(scene)


def test_in_a_shuttle_the_therapist_goes_from_one_to_the_other() -> None:
    """Alone with one at a time; when it ends all are apart as before, and nobody is asked to meet."""
    scene = shuttle()
    for with_ in (ANN, BEN, ANN):
        scene.do(CaucusStart(TESS, with_))
        scene.assert_alone(TESS, with_)
        scene.after(100)
    assert scene.shown.caucus_time == {ANN: 200, BEN: 100}
    scene.do(CaucusEnd(ANN))
    assert (scene.conversation.phase, scene.shown.caucus) == (Phase.TALKING, None)
    assert_all_apart(scene)
    scene.do(BreakStart(BEN), BreakEnd(ANN), BreakEnd(BEN))
    assert_all_apart(scene)


def test_a_shuttle_needs_a_therapist() -> None:
    """Two alone can't follow it."""
    scene = Scene()
    scene.conversation = Conversation(SEATS[:2], formats=FORMATS)
    for person in (ANN, BEN):
        scene.do(Join(person), Ready(person, ready=True))
    scene.refuses(FormatSet(ANN, "shuttle", None), OutOfRange)


def test_from_a_shuttle_to_a_talk_takes_both() -> None:
    """They meet when both said yes to another format, and not before."""
    scene = shuttle()
    scene.do(FormatSet(TESS, "open-talk", None), Consent(ANN, "1", answer=True))
    assert_all_apart(scene)
    scene.do(Consent(BEN, "1", answer=True))
    scene.assert_heard(ANN, BEN, TESS)


def test_who_has_ended_it_is_not_taken_aside_again_unasked() -> None:
    """No needs one: before they say that they come back, the therapist reaches the other alone."""
    scene = aside(ANN)
    scene.do(CaucusEnd(ANN))
    scene.refuses(CaucusStart(TESS, ANN), NotPresent)
    scene.do(CaucusStart(TESS, BEN), CaucusEnd(TESS))
    scene.do(CaucusStart(TESS, ANN), CaucusEnd(ANN), CaucusBack(ANN), CaucusStart(TESS, ANN))
    assert scene.conversation.snapshot(scene.now).caucus.with_ == ANN
