"""Who is there and willing: when the talk begins, pauses, falls back to waiting and ends."""

import pytest

from media.mediation.commands import (
    Consent,
    DistanceOutgoing,
    End,
    FloorExtend,
    FloorGrant,
    FloorPass,
    FloorRelease,
    FloorRequest,
    FloorRevoke,
    Join,
    Leave,
    Line,
    LineState,
    Lost,
    MicrophoneSet,
    Ready,
)
from media.mediation.conversation import Conversation, Phase, Reason
from media.mediation.distance import Distance
from media.mediation.errors import NotInThisPhase, NotPresent, OutOfRange, UnknownFormat, UnknownParticipant
from media.mediation.people import Role, Seat
from media.mediation.presence import HOLD_S
from tests.media.mediation.scene import ANN, BEN, EVERYONE, SEATS, TESS, Scene, talking


def test_waiting_is_silent_and_dark() -> None:
    """While waiting nobody hears or sees anybody, whoever is there."""
    scene = talking("open-talk", people=(ANN, TESS))
    scene.do(Join(BEN))
    assert scene.conversation.phase is Phase.WAITING
    scene.assert_heard()
    scene.assert_sees(TESS, ANN, Distance.AUDIO_ONLY)


def test_talk_begins_with_both_partners_ready() -> None:
    """The talk begins when both partners are present and ready; the therapist is not waited for."""
    scene = talking(people=(ANN, BEN))
    assert scene.conversation.phase is Phase.TALKING
    scene.assert_sees(ANN, BEN, Distance.CLEAR)


def test_therapist_needs_readiness_too() -> None:
    """A therapist who is present but not ready neither sees nor is seen, nor before both partners have let them in."""
    scene = talking(people=(ANN, BEN))
    scene.do(Join(TESS))
    scene.assert_sees(ANN, TESS, Distance.AUDIO_ONLY)
    scene.assert_sees(TESS, ANN, Distance.AUDIO_ONLY)
    scene.do(Ready(TESS, ready=True), Consent(ANN, "1", answer=True))
    scene.assert_sees(TESS, ANN, Distance.AUDIO_ONLY)
    scene.do(Consent(BEN, "1", answer=True))
    scene.assert_sees(TESS, ANN, Distance.CLEAR)


@pytest.mark.parametrize(
    "command",
    [
        FloorRequest(ANN),
        FloorRelease(ANN),
        FloorPass(ANN, BEN),
        FloorGrant(ANN, BEN),
        FloorRevoke(ANN),
        FloorExtend(ANN, 60),
    ],
)
def test_no_floor_while_waiting(command: FloorRequest) -> None:
    """Every floor command is refused while waiting."""
    scene = Scene()
    scene.do(Join(ANN))
    scene.refuses(command, NotInThisPhase)


def test_absent_people_command_nothing() -> None:
    """Someone who is not there can do nothing but join."""
    scene = Scene()
    for command in (
        Ready(ANN, ready=True),
        Leave(ANN),
        Lost(ANN),
        DistanceOutgoing(ANN, Distance.SOFT, None),
        MicrophoneSet(ANN, on=False),
    ):
        scene.refuses(command, NotPresent)
    scene.do(Join(ANN), Ready(ANN, ready=True))


def test_unknown_people_are_refused() -> None:
    """An id without a seat is refused, as sender and as the one who is meant."""
    scene = talking()
    scene.refuses(Join("nobody"), UnknownParticipant)
    scene.refuses(FloorGrant(TESS, "nobody"), UnknownParticipant)
    scene.refuses(DistanceOutgoing(ANN, Distance.SOFT, "nobody"), UnknownParticipant)


def test_joining_twice_changes_nothing() -> None:
    """A second join of someone present (a replaced connection) is no change and no error."""
    scene = talking()
    scene.do(FloorRequest(ANN))
    revision = scene.conversation.revision
    scene.do(Join(ANN))
    assert scene.conversation.revision == revision


def test_each_change_counts_once() -> None:
    """The revision grows by one for each command that changes something, however much it changes."""
    scene = talking()
    before = scene.conversation.revision
    scene.do(FloorRequest(ANN), FloorRequest(BEN), Ready(ANN, ready=True))
    assert scene.conversation.revision == before + 2


def test_partner_leaving_stops_at_once() -> None:
    """A partner's leaving drops the turn and everyone waits; only the leaver must be ready anew."""
    scene = talking()
    scene.do(FloorRequest(BEN), FloorRequest(TESS), Leave(ANN))
    assert scene.conversation.phase is Phase.WAITING
    assert (scene.floor.holder, scene.floor.queue) == (None, ())
    scene.assert_heard()
    scene.do(Join(ANN))
    assert scene.conversation.phase is Phase.WAITING
    scene.do(Ready(ANN, ready=True))
    assert scene.conversation.phase is Phase.TALKING
    assert scene.floor.holder is None


def test_unready_partner_stops_at_once() -> None:
    """A partner who is no longer ready stops the talk as one who leaves: a no needs one."""
    scene = talking()
    scene.do(FloorRequest(BEN), Ready(BEN, ready=False))
    assert scene.conversation.phase is Phase.WAITING
    assert scene.endings() == [(BEN, "released")]
    scene.assert_heard()


@pytest.mark.parametrize("going", [Leave(TESS), Ready(TESS, ready=False)])
def test_therapist_going_just_goes(going: Leave | Ready) -> None:
    """A therapist's turn ends with their going and passes on; the partners talk on."""
    scene = talking()
    scene.do(FloorRequest(ANN), FloorPass(ANN, TESS), going)
    assert scene.conversation.phase is Phase.TALKING
    assert scene.floor.holder == BEN
    scene.assert_heard(BEN)


def test_therapist_going_leaves_the_queue() -> None:
    """A therapist who waits for the stick and goes waits no longer."""
    scene = talking()
    scene.do(FloorRequest(ANN), FloorRequest(TESS), Leave(TESS))
    assert scene.floor.queue == ()


def test_lost_holder_keeps_the_turn() -> None:
    """A lost holder's clock stands, and goes on with the remaining time when they are back."""
    scene = talking()
    scene.do(FloorRequest(ANN))
    scene.after(50)
    scene.do(Lost(ANN))
    assert (scene.floor.paused, scene.floor.ends_at, scene.floor.remaining_s) == (True, None, 130)
    scene.assert_heard()
    scene.after(40)
    scene.do(Join(ANN))
    assert (scene.floor.holder, scene.floor.paused) == (ANN, False)
    assert scene.floor.ends_at == scene.now + 130
    scene.assert_heard(ANN)


def test_lost_partner_is_waited_for_and_then_not() -> None:
    """A partner who is lost longer than the hold drops the turn and sends everyone back to waiting."""
    scene = talking()
    scene.do(FloorRequest(ANN), Lost(ANN))
    deadline = scene.conversation.deadline()
    assert deadline is not None
    assert (deadline.at, deadline.reason) == (scene.now + 60, Reason.HOLD_END)
    scene.after(60)
    assert scene.conversation.phase is Phase.WAITING
    assert scene.endings() == [(ANN, "lost")]
    scene.do(Join(ANN))
    assert scene.conversation.phase is Phase.WAITING, "a yes from before the hold counts no more"
    scene.do(Ready(ANN, ready=True))
    assert scene.conversation.phase is Phase.TALKING


def test_nobody_talks_into_the_void() -> None:
    """While a partner is lost the other's clock stands too, and goes on when they are back."""
    scene = talking()
    scene.do(FloorRequest(ANN), Lost(BEN))
    assert scene.floor.paused
    scene.after(59)
    scene.do(Join(BEN))
    assert (scene.floor.paused, scene.floor.remaining_s) == (False, 180)


def test_lost_therapist_does_not_stop_the_clock() -> None:
    """A therapist who is lost while a partner speaks changes nothing about the turn."""
    scene = talking()
    scene.do(FloorRequest(ANN), Lost(TESS))
    assert not scene.floor.paused
    scene.after(100)
    assert scene.conversation.phase is Phase.TALKING


def test_lost_therapists_turn_passes_on() -> None:
    """A therapist who holds the stick and stays lost loses the turn to the partner who did not speak last."""
    scene = talking()
    scene.do(FloorRequest(BEN), FloorPass(BEN, TESS), Lost(TESS))
    scene.after(60)
    assert scene.floor.holder == ANN
    assert scene.endings() == [(BEN, "passed"), (TESS, "lost")]


def test_lost_line_of_the_holder_stops_the_clock() -> None:
    """A holder whose media is lost is waited for like one whose connection is lost, then the turn passes on."""
    scene = talking()
    scene.do(FloorRequest(ANN), Line(ANN, LineState.LOST))
    assert scene.floor.paused
    scene.after(20)
    scene.do(Line(ANN, LineState.WEAK))
    assert (scene.floor.paused, scene.floor.remaining_s) == (False, 180)
    scene.do(Line(ANN, LineState.LOST))
    scene.after(60)
    assert (scene.conversation.phase, scene.floor.holder) == (Phase.TALKING, BEN)


def test_a_holder_waits_no_longer_in_many_gaps_than_in_one() -> None:
    """However often the holder's line comes and goes, all gaps of one turn together last for one hold."""
    scene = talking("open-talk", turn_seconds=60)
    scene.do(FloorRequest(ANN), FloorRequest(BEN))
    for _ in range(2):
        scene.do(Line(ANN, LineState.LOST))
        scene.after(25)
        scene.do(Line(ANN, LineState.GOOD))
        scene.after(0.5)
    scene.do(Line(ANN, LineState.LOST))
    scene.after(9)
    assert (scene.floor.holder, scene.floor.remaining_s) == (ANN, 59)
    scene.after(1)
    assert (scene.floor.holder, scene.endings()) == (BEN, [(ANN, "lost")])


def test_gaps_of_connection_and_line_count_alike() -> None:
    """A holder whose line is lost, then their connection, then again their line, has one hold for all of it."""
    scene = talking(people=(ANN, BEN))
    scene.do(FloorRequest(ANN), Line(ANN, LineState.LOST))
    scene.after(20)
    scene.do(Lost(ANN))
    scene.after(20)
    scene.do(Join(ANN), Line(ANN, LineState.LOST))
    scene.after(20)
    assert (scene.floor.holder, scene.conversation.phase) == (BEN, Phase.TALKING)


def test_the_next_turn_has_its_own_hold() -> None:
    """What one turn has waited for its holder is no burden of the next."""
    scene = talking()
    scene.do(FloorRequest(ANN), Line(ANN, LineState.LOST))
    scene.after(59)
    scene.do(Line(ANN, LineState.GOOD), FloorPass(ANN, BEN), FloorPass(BEN, ANN), Line(ANN, LineState.LOST))
    scene.after(59)
    assert scene.floor.holder == ANN


def test_a_partner_is_waited_for_once_a_turn() -> None:
    """A listener who is lost again and again holds a turn up for one hold in all; then everyone waits."""
    scene = talking()
    scene.do(FloorRequest(ANN))
    for _ in range(2):
        scene.do(Lost(BEN))
        scene.after(29)
        scene.do(Join(BEN))
        scene.after(1)
    scene.do(Lost(BEN))
    scene.after(1)
    assert scene.conversation.phase is Phase.TALKING
    scene.after(1)
    assert (scene.conversation.phase, scene.endings()) == (Phase.WAITING, [(ANN, "lost")])


def test_holder_and_partner_are_waited_for_apart() -> None:
    """The holder's gaps and the listener's each have a hold of their own."""
    scene = talking()
    scene.do(FloorRequest(ANN), Line(ANN, LineState.LOST))
    scene.after(50)
    scene.do(Line(ANN, LineState.GOOD), Lost(BEN))
    scene.after(50)
    scene.do(Join(BEN))
    assert (scene.floor.holder, scene.floor.remaining_s) == (ANN, 180)


def test_a_line_that_is_back_ends_no_turn() -> None:
    """Once the holder's line carries media again the hold is over and the turn has all of its time."""
    scene = talking()
    scene.do(FloorRequest(ANN), Line(ANN, LineState.LOST), Line(ANN, LineState.GOOD))
    scene.after(179)
    assert scene.floor.holder == ANN


def test_line_lost_before_the_turn_is_held_from_its_start() -> None:
    """A turn given to someone whose line was lost long ago is held for the whole hold, not ended at once."""
    scene = talking()
    scene.do(FloorRequest(ANN), Line(BEN, LineState.LOST))
    scene.after(100)
    scene.do(FloorRelease(ANN))
    assert (scene.floor.holder, scene.floor.paused) == (BEN, True)
    scene.after(59)
    assert scene.floor.holder == BEN
    scene.after(1)
    assert scene.floor.holder == ANN


def test_line_is_shown() -> None:
    """The plane's word on a line is in the snapshot; a new connection begins with a good one."""
    scene = talking()
    scene.do(Line(BEN, LineState.WEAK))
    assert scene.conversation.snapshot(scene.now).participants[1].line is LineState.WEAK
    scene.do(Lost(BEN))
    assert scene.conversation.snapshot(scene.now).participants[1].line is LineState.LOST
    scene.do(Join(BEN))
    assert scene.conversation.snapshot(scene.now).participants[1].line is LineState.GOOD


def test_microphone_is_what_its_owner_says() -> None:
    """The word on one's own microphone is shown, counts as a change once, and moves no gate and no clock."""
    scene = talking()
    scene.do(FloorRequest(ANN))
    before = (scene.conversation.plan(), scene.floor, scene.conversation.revision)
    scene.do(MicrophoneSet(ANN, on=False), MicrophoneSet(ANN, on=False))
    assert [p.microphone for p in scene.people] == [False, True, True]
    assert (scene.conversation.plan(), scene.floor, scene.conversation.revision - 1) == before
    scene.do(MicrophoneSet(ANN, on=True))
    assert scene.people[0].microphone


@pytest.mark.parametrize("going", [Leave(BEN), Lost(BEN)])
def test_microphone_is_on_again_after_an_absence(going: Leave | Lost) -> None:
    """Who was absent and joins has an open microphone until they say otherwise; a replaced connection keeps it."""
    scene = talking()
    scene.do(MicrophoneSet(BEN, on=False), Join(BEN))
    assert not scene.people[1].microphone
    scene.do(going, Join(BEN))
    assert scene.people[1].microphone


def test_left_is_not_lost() -> None:
    """`left` marks one who went by choice until they come back; not one who is lost, nor one who never came."""
    scene = talking(people=(ANN, BEN))
    scene.do(Leave(ANN), Lost(BEN))
    assert [p.left for p in scene.people] == [True, False, False]
    scene.do(Join(ANN))
    assert [p.left for p in scene.people] == [False, False, False]


def test_a_replaced_connection_keeps_everything() -> None:
    """Joining while present keeps the stick, its time, readiness and every choice about distance."""
    scene = talking()
    scene.do(FloorRequest(ANN), FloorRequest(BEN), DistanceOutgoing(ANN, Distance.VEILED, None))
    scene.do(DistanceOutgoing(ANN, Distance.SOFT, TESS))
    scene.after(20)
    before = scene.conversation.snapshot(scene.now)
    scene.do(Join(ANN), Join(BEN))
    assert scene.conversation.snapshot(scene.now) == before
    assert (scene.floor.holder, scene.floor.queue, scene.floor.remaining_s) == (ANN, (BEN,), 160)


def test_the_end_is_the_end() -> None:
    """After both partners' yes to the end nobody is heard or seen, nothing is due and every command is refused."""
    scene = talking("open-talk")
    scene.do(End(ANN), Consent(BEN, "1", answer=True))
    assert scene.conversation.phase is Phase.ENDED
    scene.assert_heard()
    scene.assert_sees(ANN, BEN, Distance.AUDIO_ONLY)
    assert scene.conversation.deadline() is None
    for person in EVERYONE:
        for command in (Join(person), Leave(person), Lost(person), FloorRequest(person), End(person)):
            scene.refuses(command, NotInThisPhase)


def test_seats_are_checked() -> None:
    """A conversation has exactly two partners and an id of its own for every seat."""
    for seats in (SEATS[:1], (*SEATS, Seat("cora", Role.PARTNER)), (*SEATS, Seat(ANN, Role.THERAPIST))):
        with pytest.raises(ValueError, match="two partners"):
            Conversation(seats)


def test_settings_are_checked() -> None:
    """A conversation can't begin in an unknown format or with turns outside the limits."""
    with pytest.raises(UnknownFormat):
        Conversation(SEATS, format="shouting")
    for seconds in (9, 3601):
        with pytest.raises(OutOfRange):
            Conversation(SEATS, turn_seconds=seconds)


@pytest.mark.parametrize(("away_s", "talks"), [(HOLD_S - 1, True), (HOLD_S, False)])
def test_a_yes_lasts_as_long_as_a_place_is_held(away_s: float, *, talks: bool) -> None:
    """Whoever was lost for longer must say anew that they are ready: a yes from long ago opens no microphone."""
    scene = talking()
    scene.do(Lost(ANN), Lost(BEN))
    scene.after(away_s)
    scene.do(Join(ANN), Join(BEN))
    assert (scene.conversation.phase is Phase.TALKING) is talks
    scene.do(Ready(ANN, ready=True), Ready(BEN, ready=True))
    assert scene.conversation.phase is Phase.TALKING
