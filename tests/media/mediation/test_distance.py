"""Distance is mine: others only add to it."""

from media.mediation.commands import (
    Consent,
    DistanceIncoming,
    DistanceOutgoing,
    DistanceRoom,
    Join,
    Leave,
    LineThin,
    Listen,
    Ready,
)
from media.mediation.conversation import Conversation
from media.mediation.distance import Because, Distance, furthest
from media.mediation.distance_choices import DistanceChoices
from media.mediation.errors import OutOfRange, UnknownParticipant
from tests.media.mediation.scene import ANN, BEN, SEATS, TESS, Scene, talking


def test_levels_have_an_order() -> None:
    """Clear is nearest, then soft, veiled, and audio-only; the furthest wish counts."""
    assert [level.rank for level in Distance] == [0, 1, 2, 3]
    assert furthest(Distance.SOFT, Distance.AUDIO_ONLY, Distance.VEILED) is Distance.AUDIO_ONLY


def test_outgoing_is_for_everyone() -> None:
    """How I am seen holds for every viewer, and not for how I see others."""
    scene = talking()
    scene.do(DistanceOutgoing(ANN, Distance.VEILED, None))
    scene.assert_sees(BEN, ANN, Distance.VEILED)
    scene.assert_sees(TESS, ANN, Distance.VEILED)
    scene.assert_sees(ANN, BEN, Distance.CLEAR)


def test_outgoing_to_one_viewer() -> None:
    """With `to` the choice is for that viewer alone, nearer or further than for the others."""
    scene = talking()
    scene.do(DistanceOutgoing(ANN, Distance.VEILED, None), DistanceOutgoing(ANN, Distance.CLEAR, TESS))
    scene.assert_sees(TESS, ANN, Distance.CLEAR)
    scene.assert_sees(BEN, ANN, Distance.VEILED)


def test_outgoing_for_all_takes_single_choices_back() -> None:
    """A choice for everyone replaces my choices for single viewers, and nobody else's."""
    scene = talking()
    scene.do(DistanceOutgoing(ANN, Distance.CLEAR, TESS), DistanceOutgoing(BEN, Distance.SOFT, TESS))
    scene.do(DistanceOutgoing(ANN, Distance.AUDIO_ONLY, None))
    scene.assert_sees(TESS, ANN, Distance.AUDIO_ONLY)
    scene.assert_sees(TESS, BEN, Distance.SOFT)


def test_incoming_only_adds() -> None:
    """How I see someone adds distance to their choice and never takes any away."""
    scene = talking()
    scene.do(DistanceOutgoing(ANN, Distance.VEILED, None), DistanceIncoming(BEN, Distance.CLEAR, ANN))
    scene.assert_sees(BEN, ANN, Distance.VEILED)
    scene.do(DistanceIncoming(BEN, Distance.AUDIO_ONLY, ANN))
    scene.assert_sees(BEN, ANN, Distance.AUDIO_ONLY)
    scene.assert_sees(TESS, ANN, Distance.VEILED)


def test_room_is_the_least_for_all() -> None:
    """The room's distance is the least for every view."""
    scene = talking()
    scene.do(DistanceOutgoing(ANN, Distance.AUDIO_ONLY, None), DistanceRoom(BEN, Distance.SOFT))
    scene.assert_sees(ANN, BEN, Distance.SOFT)
    scene.assert_sees(BEN, ANN, Distance.AUDIO_ONLY)


def test_nobody_has_a_distance_from_themselves() -> None:
    """A wish towards oneself or an unknown person is refused."""
    scene = talking()
    scene.refuses(DistanceIncoming(ANN, Distance.SOFT, ANN), OutOfRange)
    scene.refuses(DistanceOutgoing(ANN, Distance.SOFT, ANN), OutOfRange)
    scene.refuses(DistanceIncoming(ANN, Distance.SOFT, "nobody"), UnknownParticipant)


def test_wishes_can_be_made_before_the_talk_and_outlive_an_absence() -> None:
    """A choice made before being ready holds from the first picture on, and after leaving and coming back."""
    scene = Scene()
    scene.do(Join(ANN), DistanceOutgoing(ANN, Distance.VEILED, None), Ready(ANN, ready=True))
    scene.do(Join(BEN), Ready(BEN, ready=True))
    scene.assert_sees(BEN, ANN, Distance.VEILED)
    scene.do(Leave(ANN), Join(ANN), Ready(ANN, ready=True))
    scene.assert_sees(BEN, ANN, Distance.VEILED)


def test_wishes_go_on_in_the_next_conversation() -> None:
    """A new conversation of the same call begins with everyone's choices and the room's least."""
    scene = talking()
    scene.do(DistanceOutgoing(ANN, Distance.VEILED, None), DistanceOutgoing(BEN, Distance.SOFT, ANN))
    scene.do(DistanceIncoming(TESS, Distance.AUDIO_ONLY, BEN), DistanceRoom(BEN, Distance.SOFT))
    new = Conversation(SEATS, distance=scene.conversation.distance)
    assert new.distance == scene.conversation.distance
    assert new.revision == 0


def test_wishes_of_those_who_have_no_seat_any_more_go() -> None:
    """Whoever is no longer in the call leaves no wish behind, neither of theirs nor about them."""
    scene = talking()
    scene.do(DistanceOutgoing(ANN, Distance.VEILED, None), DistanceOutgoing(TESS, Distance.SOFT, None))
    scene.do(DistanceOutgoing(ANN, Distance.SOFT, TESS), DistanceIncoming(TESS, Distance.VEILED, ANN))
    kept = Conversation(SEATS[:2], distance=scene.conversation.distance).distance
    assert (kept.outgoing, kept.outgoing_to, kept.incoming) == ({ANN: Distance.VEILED}, {}, {})


def test_listening_sees_nobody_whoever_comes() -> None:
    """Who listens gets no picture of anybody, of a later comer neither, and is seen and heard as before."""
    scene = talking(people=(ANN, BEN))
    scene.do(DistanceIncoming(ANN, Distance.SOFT, BEN), Listen(ANN, listening=True))
    scene.do(
        Join(TESS), Ready(TESS, ready=True), Consent(ANN, "1", answer=True), Consent(BEN, "1", answer=True)
    )
    for subject in (BEN, TESS):
        scene.assert_sees(ANN, subject, Distance.AUDIO_ONLY)
        scene.assert_sees(subject, ANN, Distance.CLEAR)
    scene.assert_sees(BEN, TESS, Distance.CLEAR)
    assert scene.conversation.snapshot(scene.now).distance.listening == (ANN,)


def test_after_listening_the_wishes_from_before_hold() -> None:
    """What was wished before, or meanwhile, for single people comes back; listening is nobody's wish but one's own."""
    scene = talking()
    scene.do(DistanceIncoming(ANN, Distance.SOFT, BEN), Listen(ANN, listening=True))
    scene.do(DistanceIncoming(ANN, Distance.VEILED, TESS), Leave(ANN), Join(ANN), Ready(ANN, ready=True))
    scene.assert_sees(ANN, BEN, Distance.AUDIO_ONLY)
    scene.do(Ready(BEN, ready=True), Listen(ANN, listening=False))
    scene.assert_sees(ANN, BEN, Distance.SOFT)
    scene.assert_sees(ANN, TESS, Distance.VEILED)


def test_a_thin_line_softens_what_its_owner_sees() -> None:
    """The line's owner gets softened pictures at the least, others see on; it takes nothing away from a wish."""
    scene = talking()
    scene.do(DistanceOutgoing(BEN, Distance.VEILED, None), LineThin(ANN, thin=True))
    scene.assert_sees(ANN, TESS, Distance.SOFT)
    scene.assert_sees(ANN, BEN, Distance.VEILED)
    scene.assert_sees(TESS, ANN, Distance.CLEAR)
    scene.do(LineThin(ANN, thin=False))
    scene.assert_sees(ANN, TESS, Distance.CLEAR)


def test_every_view_says_whose_word_it_is() -> None:
    """All whose wish is as far as the view are named, and nobody where it is clear or where nobody is seen at all."""
    scene = talking()
    scene.do(DistanceOutgoing(BEN, Distance.VEILED, None), DistanceRoom(ANN, Distance.SOFT))
    scene.do(DistanceIncoming(ANN, Distance.VEILED, BEN), LineThin(TESS, thin=True))
    assert reasons(scene) == {
        (ANN, BEN): (Because.SUBJECT, Because.VIEWER),
        (TESS, BEN): (Because.SUBJECT,),
        (ANN, TESS): (Because.ROOM,),
        (BEN, TESS): (Because.ROOM,),
        (BEN, ANN): (Because.ROOM,),
        (TESS, ANN): (Because.ROOM, Because.LINE),
    }
    scene.do(Listen(TESS, listening=True))
    assert reasons(scene)[TESS, BEN] == (Because.LISTENING,)
    scene.do(Leave(BEN))
    assert set(reasons(scene).values()) == {()}
    assert set(reasons(talking()).values()) == {()}


def test_a_call_starts_as_it_was_scheduled() -> None:
    """Until they choose, people are seen as the call says; one may choose to be nearer, but not than the room's least."""
    scene = talking()
    scene.conversation = Conversation(
        SEATS, distance=DistanceChoices(start=Distance.VEILED, least=Distance.SOFT)
    )
    scene.do(*(step for who in (ANN, BEN, TESS) for step in (Join(who), Ready(who, ready=True))))
    scene.assert_sees(ANN, BEN, Distance.VEILED)
    scene.do(DistanceOutgoing(BEN, Distance.CLEAR, None))
    scene.assert_sees(ANN, BEN, Distance.SOFT)
    scene.assert_sees(BEN, ANN, Distance.VEILED)


def test_a_call_that_is_scheduled_anew_keeps_what_people_chose() -> None:
    """Another start is for those who have not chosen; another least never brings the room nearer than both."""
    chosen = DistanceChoices(chosen_room=Distance.VEILED, outgoing={ANN: Distance.CLEAR})
    anew = chosen.scheduled(Distance.SOFT, Distance.SOFT)
    assert (anew.seen_as(ANN), anew.seen_as(BEN), anew.room) == (
        Distance.CLEAR,
        Distance.SOFT,
        Distance.VEILED,
    )
    lowered = DistanceChoices(least=Distance.SOFT, chosen_room=Distance.CLEAR)
    assert lowered.scheduled(Distance.CLEAR, Distance.SOFT).room is Distance.CLEAR
    assert lowered.scheduled(Distance.CLEAR, Distance.VEILED).room is Distance.VEILED
    untouched = DistanceChoices(least=Distance.VEILED)
    assert untouched.scheduled(Distance.CLEAR, Distance.CLEAR).room is Distance.CLEAR


def reasons(scene: Scene) -> dict[tuple[str, str], tuple[Because, ...]]:
    """Why each view is as far as it is."""
    views = scene.conversation.snapshot(scene.now).distance.views
    return {(view.viewer, view.subject): view.because for view in views}
