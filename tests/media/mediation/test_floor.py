"""The talking stick: who gets it, for how long, and where it goes next."""

import math

import pytest

from media.mediation.commands import (
    Consent,
    FloorExtend,
    FloorGrant,
    FloorPass,
    FloorRelease,
    FloorRequest,
    FloorRevoke,
    Join,
    Lost,
)
from media.mediation.conversation import Reason
from media.mediation.errors import (
    AlreadyQueued,
    FloorTaken,
    NotHolder,
    NotPresent,
    NotYourRight,
)
from media.mediation.floor import TRANSITIONS, Floor, Step, Stick, cue_left_s
from media.mediation.formats import PLAIN, format_named
from media.mediation.snapshot import FloorMode
from tests.media.mediation.scene import ANN, BEN, EVERYONE, TESS, Scene, talking


def test_free_stick_is_silence_in_timed_turns() -> None:
    """With timed turns nobody is heard while nobody holds the stick."""
    scene = talking()
    scene.assert_heard()
    assert scene.floor.mode is FloorMode.TURNS


def test_first_request_is_granted_at_once() -> None:
    """A free stick goes to whoever asks, for the format's length, and only they are heard."""
    scene = talking(turn_seconds=120)
    scene.do(FloorRequest(BEN))
    assert (scene.floor.holder, scene.floor.turn, scene.floor.ends_at) == (BEN, 1, scene.now + 120)
    assert scene.codes() == ["turn.started"]
    scene.assert_heard(BEN)


def test_others_wait_once_in_order() -> None:
    """While the stick is held others queue in the order of asking, each once; the holder can't."""
    scene = talking()
    scene.do(FloorRequest(ANN), FloorRequest(TESS), FloorRequest(BEN))
    assert scene.floor.queue == (TESS, BEN)
    scene.refuses(FloorRequest(TESS), AlreadyQueued)
    scene.refuses(FloorRequest(ANN), FloorTaken)


def test_release_goes_to_the_head_of_the_queue() -> None:
    """A turn that is given back goes to who waits longest."""
    scene = talking()
    scene.do(FloorRequest(ANN), FloorRequest(TESS), FloorRequest(BEN), FloorRelease(ANN))
    assert (scene.floor.holder, scene.floor.queue, scene.floor.last_holder) == (TESS, (BEN,), ANN)
    assert scene.endings() == [(ANN, "released")]


def test_release_by_one_who_waits_leaves_the_queue() -> None:
    """Someone who waits and releases waits no longer; someone who neither holds nor waits is refused."""
    scene = talking()
    scene.do(FloorRequest(ANN), FloorRequest(BEN), FloorRelease(BEN))
    assert scene.floor.queue == ()
    scene.refuses(FloorRelease(BEN), NotHolder)


def test_time_hands_the_stick_to_the_other_partner() -> None:
    """A turn that ends by time goes to the partner who did not speak last, if nobody waits."""
    scene = talking()
    scene.do(FloorRequest(ANN))
    scene.after(180)
    assert (scene.floor.holder, scene.floor.turn) == (BEN, 2)
    assert scene.codes() == ["turn.started", "turn.ending", "turn.closing", "turn.ended", "turn.started"]
    scene.after(180)
    assert scene.floor.holder == ANN


def test_after_a_therapists_turn_alternation_goes_on() -> None:
    """After a therapist's turn it is the turn of the partner who did not speak last."""
    scene = talking()
    scene.do(FloorRequest(ANN), FloorPass(ANN, TESS), FloorRelease(TESS))
    assert scene.floor.holder == BEN


def test_therapist_first_leaves_the_stick_free() -> None:
    """When no partner has spoken yet the server puts nobody on the spot: the stick is free."""
    scene = talking()
    scene.do(FloorRequest(TESS), FloorRelease(TESS))
    assert scene.floor.holder is None


def test_a_lost_partner_is_not_handed_the_stick() -> None:
    """The stick goes to nobody who does not take part; a lost one in the queue is passed over."""
    scene = talking()
    scene.do(FloorRequest(ANN), FloorRequest(BEN), Lost(BEN), FloorRelease(ANN))
    assert (scene.floor.holder, scene.floor.queue) == (None, (BEN,))


def test_pass_hands_on_a_whole_turn() -> None:
    """The holder hands the stick to whom they like, who gets a whole turn and waits no longer."""
    scene = talking()
    scene.do(FloorRequest(ANN), FloorRequest(TESS))
    scene.after(100)
    scene.do(FloorPass(ANN, TESS))
    assert (scene.floor.holder, scene.floor.queue, scene.floor.remaining_s) == (TESS, (), 180)
    assert scene.endings() == [(ANN, "passed")]


def test_pass_has_its_limits() -> None:
    """Only the holder passes, only to someone else who takes part."""
    scene = talking(people=(ANN, BEN))
    scene.do(Join(TESS), FloorRequest(ANN))
    scene.refuses(FloorPass(BEN, ANN), NotHolder)
    scene.refuses(FloorPass(ANN, TESS), NotPresent)
    scene.refuses(FloorPass(ANN, ANN), FloorTaken)
    scene.refuses(FloorRequest(TESS), NotPresent)


def test_the_chair_grants_and_revokes() -> None:
    """The therapist gives the stick to anyone, ending a running turn, and takes it back; the queue stays."""
    scene = talking()
    scene.do(FloorRequest(ANN), FloorRequest(BEN), FloorGrant(TESS, TESS))
    assert (scene.floor.holder, scene.floor.queue) == (TESS, (BEN,))
    scene.assert_heard(TESS)
    scene.do(FloorRevoke(TESS))
    assert (scene.floor.holder, scene.floor.queue) == (None, (BEN,))
    scene.assert_heard()
    assert scene.endings() == [(ANN, "revoked"), (TESS, "revoked")]
    scene.refuses(FloorRevoke(TESS), NotHolder)


def test_one_who_waits_takes_a_stick_that_was_revoked() -> None:
    """After a revoke the free stick goes to who asks for it, also to one who has waited."""
    scene = talking()
    scene.do(FloorRequest(ANN), FloorRequest(BEN), FloorRevoke(TESS), FloorRequest(BEN))
    assert (scene.floor.holder, scene.floor.queue) == (BEN, ())


def test_partners_do_not_chair() -> None:
    """A partner can neither grant nor revoke."""
    scene = talking()
    scene.do(FloorRequest(ANN))
    scene.refuses(FloorGrant(BEN, BEN), NotYourRight)
    scene.refuses(FloorRevoke(BEN), NotYourRight)
    scene.refuses(FloorGrant(TESS, ANN), FloorTaken)


def test_the_therapist_is_bound_by_the_gates() -> None:
    """The therapist too is heard only while holding the stick."""
    scene = talking()
    scene.do(FloorRequest(ANN))
    assert not scene.conversation.plan().view(ANN, TESS).heard


def test_open_talk_hears_all_until_the_stick_comes_in() -> None:
    """In open talk all are heard; a request brings the stick in, and after the turn all are heard again."""
    scene = talking("open-talk", turn_seconds=60)
    scene.assert_heard(*EVERYONE)
    assert scene.floor.mode is FloorMode.OPEN
    scene.do(FloorRequest(ANN))
    scene.assert_heard(ANN)
    assert scene.floor.mode is FloorMode.TURNS
    scene.after(60)
    scene.assert_heard(*EVERYONE)
    assert scene.floor.holder is None


def test_open_talk_serves_its_queue() -> None:
    """In open talk the stick goes on to who waits, and is free after that."""
    scene = talking("open-talk", turn_seconds=60)
    scene.do(FloorRequest(ANN), FloorRequest(TESS))
    scene.after(60)
    assert scene.floor.holder == TESS
    scene.after(60)
    assert scene.floor.holder is None


@pytest.mark.parametrize(("length", "left"), [(10, 2), (50, 10), (60, 30), (120, 30), (300, 60), (3600, 720)])
def test_cue_comes_when_little_is_left(length: int, left: float) -> None:
    """The cue comes once, 30 s or a fifth of the turn before its end, a fifth for turns under a minute."""
    scene = talking("open-talk", turn_seconds=length)
    scene.do(FloorRequest(ANN))
    assert cue_left_s(length) == left
    deadline = scene.conversation.deadline()
    assert deadline is not None
    assert (deadline.at, deadline.reason) == (scene.now + length - left, Reason.TURN_CUE)
    scene.after(length)
    cues = [notice.fields for notice in scene.told if notice.code == "turn.ending"]
    assert cues == [{"turn": 1, "seconds": left}]


def test_cue_is_not_repeated_after_a_pause() -> None:
    """A pause after the cue brings no second one."""
    scene = talking()
    scene.do(FloorRequest(ANN))
    scene.after(160)
    scene.do(Lost(ANN), Join(ANN))
    scene.after(19)
    assert scene.codes() == ["turn.started", "turn.ending"]


def test_rounding_puts_no_deadline_in_the_past() -> None:
    """A clock that goes on a hair before the cue, where floats are coarser, gives the cue at once."""
    scene = talking()
    scene.now = 8040.0
    scene.do(FloorRequest(ANN))
    scene.now = math.nextafter(8184.0, 0.0)
    scene.do(Lost(ANN))
    scene.now = 8200.0
    scene.do(Join(ANN))
    deadline = scene.conversation.deadline()
    assert deadline is not None
    assert deadline.at > scene.now
    assert scene.codes() == ["turn.started", "turn.ending"]


def test_a_late_timer_ends_no_other_turn() -> None:
    """A timer that was set for turn 1 and fires in turn 2 does nothing."""
    scene = talking()
    scene.do(FloorRequest(ANN))
    end_of_first = scene.now + 180
    scene.after(170)
    scene.do(FloorPass(ANN, BEN))
    revision = scene.conversation.revision
    assert scene.conversation.tick(end_of_first) == []
    assert (scene.floor.turn, scene.conversation.revision) == (2, revision)


def test_a_turn_that_begins_late_is_whole() -> None:
    """When the timer fires late the next speaker loses none of their time."""
    scene = talking()
    scene.do(FloorRequest(ANN))
    scene.now += 300
    scene.conversation.tick(scene.now)
    assert (scene.floor.holder, scene.floor.remaining_s) == (BEN, 180)


def test_a_command_after_the_end_meets_the_next_turn() -> None:
    """What is due is carried out before a command is judged, even when the timer has not fired yet."""
    scene = talking()
    scene.do(FloorRequest(ANN))
    scene.now += 196
    scene.refuses(FloorRelease(ANN), NotHolder)
    scene.do(FloorRelease(BEN))
    assert scene.endings() == [(ANN, "time"), (BEN, "released")]


def _extend(scene: Scene, by: str, seconds: int) -> None:
    scene.do(FloorExtend(by, seconds))
    for partner in (ANN, BEN):
        if partner != by:
            scene.do(Consent(partner, scene.proposals[-1].id, answer=True))


def test_extension_gives_this_turn_more_time() -> None:
    """With both partners' yes the running turn lasts longer, and the next one has its usual length."""
    scene = talking()
    scene.do(FloorRequest(ANN))
    _extend(scene, ANN, 60)
    assert scene.floor.remaining_s == 240
    scene.after(240)
    assert (scene.floor.holder, scene.floor.remaining_s) == (BEN, 180)


def test_extension_by_the_chair_asks_both() -> None:
    """The therapist asks for more time for someone's turn, and both partners answer."""
    scene = talking()
    scene.do(FloorRequest(ANN), FloorExtend(TESS, 60), Consent(BEN, "1", answer=True))
    assert scene.floor.remaining_s == 180
    scene.do(Consent(ANN, "1", answer=True))
    assert scene.floor.remaining_s == 240


def test_extension_brings_a_new_cue() -> None:
    """A turn that was cued and then extended is cued again before its new end."""
    scene = talking()
    scene.do(FloorRequest(ANN))
    scene.after(170)
    _extend(scene, ANN, 60)
    scene.codes()
    scene.after(60)
    assert scene.codes() == ["turn.ending"]


def test_extension_of_a_standing_clock() -> None:
    """A turn whose clock stands can be extended, and its clock still stands."""
    scene = talking()
    scene.do(FloorRequest(TESS), FloorExtend(TESS, 60), Consent(ANN, "1", answer=True), Lost(TESS))
    scene.do(Consent(BEN, "1", answer=True))
    assert (scene.floor.paused, scene.floor.remaining_s) == (True, 240)


def _floors() -> dict[Stick, Floor]:
    free = Floor(format_named("timed-turns", PLAIN), 180)
    held = free.start(ANN, 0.0, partner=True)
    return {
        Stick.FREE: free,
        Stick.HELD: held,
        Stick.PAUSED: held.pause(10.0),
        Stick.CLOSING: held.time_up(180.0),
    }


@pytest.mark.parametrize("stick", list(Stick))
@pytest.mark.parametrize("step", list(Step))
def test_the_table_is_the_floor(stick: Stick, step: Step) -> None:
    """Every step leads where the table says, and a step that the table does not have is refused."""
    floor = _floors()[stick]
    assert floor.stick is stick
    steps = {
        Step.START: lambda: floor.start(BEN, 20.0, partner=True),
        Step.PAUSE: lambda: floor.pause(20.0),
        Step.RESUME: lambda: floor.resume(20.0),
        Step.CUE: floor.cue,
        Step.EXTEND: lambda: floor.extend(30.0, 20.0),
        Step.TIME_UP: lambda: floor.time_up(20.0),
        Step.END: floor.end,
    }
    if (stick, step) in TRANSITIONS:
        assert steps[step]().stick is TRANSITIONS[stick, step]
    else:
        with pytest.raises(FloorTaken if step is Step.START else NotHolder):
            steps[step]()
