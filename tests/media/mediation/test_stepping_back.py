"""Stepping back: one is enough, nobody can refuse it, and coming back is said by both."""

import copy

import pytest

from media.mediation.breaks import DEFAULT_BREAK_S, MAX_BREAK_S, MIN_BREAK_S
from media.mediation.commands import (
    BreakEnd,
    BreakStart,
    BreakTime,
    Command,
    Consent,
    DistanceOutgoing,
    DistanceRoom,
    End,
    FloorExtend,
    FloorGrant,
    FloorRelease,
    FloorRequest,
    FloorRevoke,
    FormatSet,
    Join,
    Leave,
    Lost,
    Ready,
)
from media.mediation.conversation import Phase, Reason
from media.mediation.distance import Distance
from media.mediation.errors import (
    NothingToChange,
    NotInThisPhase,
    NotPresent,
    NotYourRight,
    OutOfRange,
    ProposalOpen,
)
from media.mediation.floor import RETURN_TURN_S
from media.mediation.plan import SILENT
from media.mediation.snapshot import BreakSnapshot
from tests.media.mediation.scene import ANN, BEN, EVERYONE, TESS, Scene, talking


def break_of(scene: Scene) -> BreakSnapshot:
    """The break as people see it."""
    shown = scene.conversation.snapshot(scene.now).break_
    assert shown is not None
    return shown


def assert_nobody_heard_or_seen(scene: Scene) -> None:
    """Every view is silence without a picture."""
    assert set(scene.conversation.plan().views.values()) == {SILENT}


def in_a_break(by: str = BEN, form: str = "timed-turns", seconds: int | None = None) -> Scene:
    """Ann was speaking when somebody stepped back."""
    scene = talking(form)
    scene.do(FloorRequest(ANN), BreakStart(by, seconds))
    return scene


@pytest.mark.parametrize("by", EVERYONE)
@pytest.mark.parametrize("form", ["timed-turns", "open-talk"])
def test_one_press_of_anyone_closes_every_gate(by: str, form: str) -> None:
    """A partner or the therapist steps back, without asking: nobody is heard or seen, for twenty minutes."""
    scene = talking(form)
    scene.do(BreakStart(by))
    assert scene.conversation.phase is Phase.BREAK
    assert_nobody_heard_or_seen(scene)
    shown = break_of(scene)
    assert (shown.by, shown.returns_at - scene.now, shown.due, shown.back) == (by, DEFAULT_BREAK_S, False, ())
    assert scene.codes()[-1] == "break.started"


def test_a_partner_steps_back_while_the_therapist_holds_the_stick() -> None:
    """The chair's turn ends like anybody's, and the chair is first in line afterwards."""
    scene = talking()
    scene.do(FloorGrant(TESS, TESS), FloorRequest(BEN), BreakStart(ANN))
    assert_nobody_heard_or_seen(scene)
    assert scene.endings() == [(TESS, "break")]
    assert (scene.floor.holder, scene.floor.queue) == (None, (TESS, BEN))


@pytest.mark.parametrize("seconds", [MIN_BREAK_S, 3600, MAX_BREAK_S])
def test_the_caller_names_the_time_of_return(seconds: int) -> None:
    """From twenty minutes to a day."""
    scene = in_a_break(seconds=seconds)
    assert break_of(scene).returns_at == scene.now + seconds


@pytest.mark.parametrize("seconds", [-1, 0, MIN_BREAK_S - 1, MAX_BREAK_S + 1])
def test_a_time_outside_the_limits_is_refused(seconds: int) -> None:
    """Shorter than a body needs, or longer than the server promises."""
    talking().refuses(BreakStart(ANN, seconds), OutOfRange)


def test_nobody_steps_back_from_what_has_not_begun() -> None:
    """Not while waiting, not twice, and not by one who takes no part."""
    scene = Scene()
    scene.do(Join(ANN), Ready(ANN, ready=True))
    scene.refuses(BreakStart(ANN), NotInThisPhase)
    scene = talking(people=(ANN, BEN))
    scene.do(Join(TESS))
    scene.refuses(BreakStart(TESS), NotPresent)
    scene.do(BreakStart(ANN))
    scene.refuses(BreakStart(BEN), NotInThisPhase)
    talking().refuses(BreakEnd(ANN), NotInThisPhase)
    talking().refuses(BreakTime(ANN, 1800), NotInThisPhase)


def test_a_break_leaves_nothing_to_do() -> None:
    """No stick, no question about the talk, no less distance; more distance for oneself or all is always there."""
    scene = talking()
    scene.do(DistanceRoom(ANN, Distance.SOFT), FloorRequest(ANN), FloorExtend(ANN, 60), BreakStart(BEN))
    assert scene.proposals == ()
    assert "proposal.expired" in scene.codes()
    closed: list[Command] = [
        FloorRequest(ANN),
        FloorRelease(ANN),
        FloorGrant(TESS, ANN),
        FloorRevoke(TESS),
        FloorExtend(ANN, 60),
        FormatSet(ANN, "open-talk", None),
        End(ANN),
        DistanceRoom(ANN, Distance.CLEAR),
    ]
    for command in closed:
        scene.refuses(command, NotInThisPhase)
    scene.do(DistanceOutgoing(ANN, Distance.VEILED, None), DistanceRoom(BEN, Distance.VEILED))
    assert_nobody_heard_or_seen(scene)


def test_the_named_time_opens_nothing() -> None:
    """When the time has come everyone is told, once, and the gates stay closed until people say that they are back."""
    scene = in_a_break()
    deadline = scene.conversation.deadline()
    assert deadline is not None
    assert (deadline.at, deadline.reason) == (scene.now + DEFAULT_BREAK_S, Reason.BREAK_DUE)
    scene.codes()
    scene.after(DEFAULT_BREAK_S)
    assert scene.codes() == ["break.due"]
    assert break_of(scene).due
    scene.after(100_000)
    assert scene.codes() == []
    assert_nobody_heard_or_seen(scene)


def test_coming_back_needs_both() -> None:
    """One who is back waits, and takes it as it is; the therapist can't say it for anybody."""
    scene = in_a_break()
    scene.do(BreakEnd(ANN), BreakEnd(ANN))
    assert (break_of(scene).back, scene.conversation.phase) == ((ANN,), Phase.BREAK)
    scene.refuses(BreakEnd(TESS), NotYourRight)
    assert_nobody_heard_or_seen(scene)
    scene.do(BreakEnd(BEN))
    assert (scene.conversation.phase, scene.conversation.snapshot(scene.now).break_) == (Phase.TALKING, None)


@pytest.mark.parametrize("form", ["timed-turns", "open-talk"])
def test_the_return_begins_with_one_short_turn_each(form: str) -> None:
    """Whoever stepped back begins, then the other; nobody else is heard; then the interrupted one has a whole turn."""
    scene = in_a_break(BEN, form)
    scene.do(BreakEnd(ANN), BreakEnd(BEN))
    for who, left in ((BEN, (ANN,)), (ANN, ())):
        assert (scene.floor.holder, scene.floor.return_turn, scene.floor.return_queue) == (who, True, left)
        assert (scene.floor.remaining_s, scene.floor.length_s) == (RETURN_TURN_S, RETURN_TURN_S)
        assert scene.floor.queue == (ANN,)
        scene.assert_heard(who)
        scene.after(RETURN_TURN_S)
    assert (scene.floor.holder, scene.floor.return_turn, scene.floor.remaining_s) == (ANN, False, 180)
    assert scene.floor.queue == ()


def test_a_short_turn_may_end_early_and_changes_no_order() -> None:
    """Given back, it goes on to the other; then the queue, as it was, and alternation go on as if nothing had been."""
    scene = talking()
    scene.do(FloorRequest(ANN), FloorRequest(TESS), BreakStart(TESS), BreakEnd(BEN), BreakEnd(ANN))
    assert (scene.floor.holder, scene.floor.queue) == (BEN, (ANN, TESS))
    scene.do(FloorRelease(BEN))
    assert scene.floor.holder == ANN
    scene.do(FloorRelease(ANN))
    assert (scene.floor.holder, scene.floor.queue) == (ANN, (TESS,))
    scene.do(FloorRelease(ANN), FloorRelease(TESS))
    assert scene.floor.holder == BEN


def test_open_talk_is_open_again_after_the_return() -> None:
    """Without a stick before the break, everyone can speak after the two short turns, and nobody before."""
    scene = talking("open-talk")
    scene.do(BreakStart(ANN), BreakEnd(ANN), BreakEnd(BEN))
    scene.assert_heard(ANN)
    scene.do(FloorRelease(ANN))
    scene.assert_heard(BEN)
    scene.do(FloorRelease(BEN))
    scene.assert_heard(*EVERYONE)


def test_the_chair_can_move_the_stick_during_the_return() -> None:
    """A short turn that is taken back goes to the other; the chair's own turn comes in between and the return goes on."""
    scene = talking()
    scene.do(BreakStart(ANN), BreakEnd(ANN), BreakEnd(BEN), FloorRevoke(TESS))
    assert (scene.floor.holder, scene.floor.return_turn) == (BEN, True)
    scene = talking()
    scene.do(BreakStart(ANN), BreakEnd(ANN), BreakEnd(BEN), FloorGrant(TESS, TESS))
    assert (scene.floor.holder, scene.floor.return_turn, scene.floor.return_queue) == (TESS, False, (BEN,))
    scene.do(FloorRelease(TESS))
    assert (scene.floor.holder, scene.floor.return_turn) == (BEN, True)


def test_stepping_back_again_in_the_return() -> None:
    """The short turns are not kept for the next return, which begins anew with both."""
    scene = in_a_break()
    scene.do(BreakEnd(ANN), BreakEnd(BEN), BreakStart(ANN))
    assert (scene.floor.queue, scene.floor.return_queue) == ((ANN,), ())
    scene.do(BreakEnd(BEN), BreakEnd(ANN))
    assert (scene.floor.holder, scene.floor.return_queue) == (ANN, (BEN,))


@pytest.mark.parametrize("by", EVERYONE)
def test_later_needs_one(by: str) -> None:
    """A "not yet" names a new time, at once, and whoever was back may go again."""
    scene = in_a_break()
    scene.do(BreakEnd(ANN))
    scene.after(DEFAULT_BREAK_S)
    scene.codes()
    scene.do(BreakTime(by, 300))
    shown = break_of(scene)
    assert (shown.returns_at, shown.due, shown.back) == (scene.now + 300, False, ())
    assert scene.codes() == ["break.moved"]
    scene.after(300)
    assert scene.codes() == ["break.due"]


def test_earlier_needs_two() -> None:
    """The other may propose an earlier time; the break is as it was until both said yes."""
    scene = in_a_break(seconds=3600)
    scene.do(BreakTime(ANN, 1800))
    asked = scene.proposals[0]
    assert (asked.kind, asked.aim, asked.expires_at) == (
        "return",
        {"returns_at": scene.now + 1800},
        scene.now + 1800,
    )
    assert break_of(scene).returns_at == scene.now + 3600
    scene.refuses(BreakTime(BEN, 2000), ProposalOpen)
    scene.do(Consent(BEN, asked.id, answer=True))
    assert break_of(scene).returns_at == scene.now + 1800
    assert scene.proposals == ()


def test_an_earlier_time_is_declined_by_a_no_or_by_a_later_one() -> None:
    """Nobody comes back sooner than they can, and the break itself can't be refused."""
    scene = in_a_break(seconds=3600)
    scene.do(BreakTime(ANN, 1800), Consent(BEN, "1", answer=False))
    assert break_of(scene).returns_at == scene.now + 3600
    scene.do(BreakTime(ANN, 1800), BreakTime(BEN, 5000))
    assert break_of(scene).returns_at == scene.now + 5000
    assert scene.codes()[-2:] == ["break.moved", "proposal.declined"]


def test_a_question_about_the_return_lasts_until_it_is_idle() -> None:
    """It waits until the time that it is about, and goes when both are back."""
    scene = in_a_break(seconds=3600)
    scene.do(BreakTime(ANN, 1800))
    scene.after(1799)
    assert len(scene.proposals) == 1
    scene.after(1)
    assert scene.proposals == ()
    scene.do(BreakTime(ANN, 900), BreakEnd(ANN), BreakEnd(BEN))
    assert scene.proposals == ()


def test_other_times_have_limits() -> None:
    """Not before the break's least length, not in less than a minute, not in more than a day."""
    scene = in_a_break()
    for seconds in (0, 59, MIN_BREAK_S - 1, MAX_BREAK_S + 1):
        scene.refuses(BreakTime(ANN, seconds), OutOfRange)
    scene.refuses(BreakTime(ANN, DEFAULT_BREAK_S), NothingToChange)
    scene.after(MIN_BREAK_S)
    scene.do(BreakTime(ANN, 60))


def test_a_break_survives_everybodys_coming_and_going() -> None:
    """Drops, reloads, leaving and a replaced connection change nothing; coming back takes presence and readiness."""
    scene = in_a_break()
    before = break_of(scene)
    scene.do(Lost(ANN), Leave(BEN), Leave(TESS))
    scene.after(500)
    scene.do(Join(BEN), Join(ANN), Join(ANN))
    assert (break_of(scene), scene.floor.queue) == (before, (ANN,))
    scene.refuses(BreakEnd(BEN), NotPresent)
    scene.do(Ready(BEN, ready=True), BreakEnd(BEN), BreakEnd(ANN))
    assert scene.conversation.phase is Phase.TALKING


def test_a_reload_does_not_take_back_that_one_is_back() -> None:
    """Whoever is back and is lost for a moment is still back; the talk waits until they are there."""
    scene = in_a_break()
    scene.do(BreakEnd(ANN), Lost(ANN), BreakEnd(BEN))
    assert (break_of(scene).back, scene.conversation.phase) == ((ANN, BEN), Phase.BREAK)
    scene.after(59)
    scene.do(Join(ANN))
    assert scene.conversation.phase is Phase.TALKING


@pytest.mark.parametrize("going", [Leave(ANN), Ready(ANN, ready=False), Lost(ANN)])
def test_whoever_goes_is_not_back(going: Command) -> None:
    """Leaving, or being lost for a minute, takes it back: a phone that finds its network again opens nobody's gate."""
    scene = in_a_break()
    scene.do(BreakEnd(ANN), going)
    scene.after(60)
    assert break_of(scene).back == ()
    scene.do(Join(ANN), Ready(ANN, ready=True), BreakEnd(BEN))
    assert scene.conversation.phase is Phase.BREAK
    assert_nobody_heard_or_seen(scene)


def test_leaving_after_the_return_waits_as_ever() -> None:
    """Who leaves in a short turn sends the others back to waiting, and the talk then begins without short turns."""
    scene = in_a_break()
    scene.do(BreakEnd(ANN), BreakEnd(BEN), Leave(BEN))
    assert (scene.conversation.phase, scene.floor.return_queue, scene.floor.queue) == (Phase.WAITING, (), ())
    scene.do(Join(BEN), Ready(BEN, ready=True))
    assert (scene.conversation.phase, scene.floor.holder) == (Phase.TALKING, None)


def test_a_restored_state_goes_on_the_same() -> None:
    """The whole state is a value: a copy that was taken in the break behaves the same."""
    one, other = in_a_break(seconds=1500), in_a_break(seconds=1500)
    other.conversation._state = copy.deepcopy(other.conversation._state)
    for scene in (one, other):
        scene.after(100)
        scene.do(BreakEnd(BEN), BreakTime(ANN, 3000))
        scene.after(3000)
        scene.do(BreakEnd(ANN), BreakEnd(BEN))
        scene.after(100)
    assert one.conversation.snapshot(one.now) == other.conversation.snapshot(other.now)
    assert one.told == other.told
