"""Distance is mine: others only add to it."""

from media.mediation.commands import DistanceIncoming, DistanceOutgoing, DistanceRoom, Join, Leave, Ready
from media.mediation.conversation import Conversation
from media.mediation.distance import Distance, furthest
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
