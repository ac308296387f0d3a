"""Yes needs two, no needs one."""

import pytest

from media.mediation.commands import (
    Consent,
    DistanceRoom,
    End,
    FloorExtend,
    FloorRelease,
    FloorRequest,
    FormatSet,
    Join,
    Leave,
)
from media.mediation.conversation import Phase, Reason
from media.mediation.distance import Distance
from media.mediation.errors import (
    NothingToChange,
    NotHolder,
    NotYourRight,
    OutOfRange,
    ProposalOpen,
    UnknownFormat,
    UnknownProposal,
)
from tests.media.mediation.scene import ANN, BEN, TESS, talking


def test_a_partners_proposal_is_their_yes() -> None:
    """A partner who proposes has said yes; the other's yes carries it out."""
    scene = talking()
    scene.do(FormatSet(ANN, "open-talk", 60))
    assert scene.floor.format == "timed-turns"
    assert scene.proposals[0].answers == {ANN: True}
    scene.do(Consent(BEN, "1", answer=True))
    assert (scene.floor.format, scene.floor.turn_seconds, scene.proposals) == ("open-talk", 60, ())
    assert scene.codes() == ["proposal.opened", "proposal.accepted"]


def test_a_therapists_proposal_asks_both() -> None:
    """A therapist who proposes gives no yes of their own, and can't answer."""
    scene = talking()
    scene.do(End(TESS))
    assert (scene.proposals[0].needs, scene.proposals[0].answers) == ((ANN, BEN), {})
    scene.refuses(Consent(TESS, "1", answer=True), NotYourRight)
    scene.do(Consent(ANN, "1", answer=True))
    assert scene.conversation.phase is Phase.TALKING
    scene.do(Consent(BEN, "1", answer=True))
    assert scene.conversation.phase is Phase.ENDED


@pytest.mark.parametrize("by", [ANN, BEN])
def test_one_no_declines(by: str) -> None:
    """A no by either partner declines at once, also by the one who proposed."""
    scene = talking()
    scene.do(End(ANN), Consent(by, "1", answer=False))
    assert (scene.proposals, scene.conversation.phase) == ((), Phase.TALKING)
    assert scene.codes() == ["proposal.opened", "proposal.declined"]
    scene.refuses(Consent(BEN, "1", answer=True), UnknownProposal)


def test_one_proposal_of_a_kind() -> None:
    """While one proposal of a kind is open another is refused; other kinds are free."""
    scene = talking()
    scene.do(End(ANN))
    scene.refuses(End(BEN), ProposalOpen)
    scene.do(FormatSet(BEN, "open-talk", None))
    assert [proposal.id for proposal in scene.proposals] == ["1", "2"]


def test_proposals_expire() -> None:
    """A proposal that is not answered for 60 s is gone."""
    scene = talking()
    scene.do(End(ANN))
    deadline = scene.conversation.deadline()
    assert deadline is not None
    assert (deadline.at, deadline.reason) == (scene.now + 60, Reason.PROPOSAL_END)
    scene.after(60)
    assert scene.codes() == ["proposal.opened", "proposal.expired"]
    scene.refuses(Consent(BEN, "1", answer=True), UnknownProposal)


def test_a_leavers_proposal_lives_on() -> None:
    """A proposal by one who leaves can still be answered."""
    scene = talking()
    scene.do(FormatSet(ANN, "open-talk", None), Leave(ANN), Consent(BEN, "1", answer=True))
    assert scene.floor.format == "open-talk"


def test_format_change_ends_the_turn() -> None:
    """A new format ends the running turn and empties the queue; its length of turns may stay."""
    scene = talking(turn_seconds=120)
    scene.do(FloorRequest(ANN), FloorRequest(BEN), FormatSet(TESS, "open-talk", None))
    scene.do(Consent(ANN, "1", answer=True), Consent(BEN, "1", answer=True))
    assert (scene.floor.holder, scene.floor.queue, scene.floor.turn_seconds) == (None, (), 120)
    assert scene.endings() == [(ANN, "revoked")]
    scene.assert_heard(ANN, BEN, TESS)


def test_formats_and_lengths_have_limits() -> None:
    """An unknown format, and a turn shorter than 10 s or longer than an hour, are refused."""
    scene = talking()
    scene.refuses(FormatSet(ANN, "shouting", None), UnknownFormat)
    for seconds in (9, 3601):
        scene.refuses(FormatSet(ANN, "open-talk", seconds), OutOfRange)


def test_nobody_is_asked_about_the_same_format() -> None:
    """Proposing the format and length of turns that are so already is refused; another length is a question."""
    scene = talking(turn_seconds=120)
    scene.refuses(FormatSet(ANN, "timed-turns", 120), NothingToChange)
    scene.refuses(FormatSet(TESS, "timed-turns", None), NothingToChange)
    scene.do(FormatSet(ANN, "timed-turns", 60), Consent(BEN, "1", answer=True))
    assert scene.floor.turn_seconds == 60
    scene.do(FormatSet(ANN, "timed-turns", 120))
    assert len(scene.proposals) == 1


def test_extension_is_for_holder_and_chair() -> None:
    """Only the holder and the therapist ask for more time, only for a running turn, 10 to 900 seconds."""
    scene = talking()
    scene.refuses(FloorExtend(TESS, 60), NotHolder)
    scene.do(FloorRequest(ANN))
    scene.refuses(FloorExtend(BEN, 60), NotHolder)
    for seconds in (9, 901):
        scene.refuses(FloorExtend(ANN, seconds), OutOfRange)


def test_extension_goes_with_its_turn() -> None:
    """An open extension expires when its turn ends, so that it can't lengthen another."""
    scene = talking()
    scene.do(FloorRequest(ANN), FloorExtend(ANN, 60), FloorRelease(ANN))
    assert scene.proposals == ()
    assert scene.codes()[-1] == "proposal.expired"
    assert scene.floor.remaining_s == 180


def test_extension_goes_with_its_turn_in_time() -> None:
    """An open extension expires with its turn also when it is time that ends the turn."""
    scene = talking()
    scene.do(FloorRequest(ANN))
    scene.after(170)
    scene.do(FloorExtend(ANN, 60))
    scene.after(10)
    assert (scene.floor.holder, scene.proposals) == (BEN, ())


def test_less_distance_for_all_needs_two() -> None:
    """Raising the room's distance is done at once by anyone; lowering it takes both partners' yes."""
    scene = talking()
    scene.do(DistanceRoom(TESS, Distance.VEILED))
    assert scene.room is Distance.VEILED
    scene.do(DistanceRoom(ANN, Distance.SOFT))
    assert scene.room is Distance.VEILED
    assert scene.conversation.snapshot(scene.now).as_json()["proposals"][0]["level"] == "soft"
    scene.do(Consent(BEN, "1", answer=True))
    assert scene.room is Distance.SOFT


def test_the_room_is_told_of_its_distance() -> None:
    """`distance.room` names who raised it, or who proposed the lowering when both have accepted; nothing else."""
    scene = talking()
    scene.do(DistanceRoom(TESS, Distance.VEILED), DistanceRoom(ANN, Distance.VEILED))
    scene.do(DistanceRoom(ANN, Distance.SOFT), Consent(BEN, "1", answer=False))
    scene.do(DistanceRoom(ANN, Distance.CLEAR), Consent(BEN, "2", answer=True))
    told = [notice for notice in scene.told if notice.code == "distance.room"]
    assert [notice.fields for notice in told] == [
        {"by": TESS, "level": "veiled"},
        {"by": ANN, "level": "clear"},
    ]
    assert {notice.to for notice in told} == {None}


QUESTIONS = [
    (
        FormatSet(ANN, "open-talk", 60),
        {"kind": "format", "format": "open-talk", "turn_seconds": 60, "rest_seconds": 0, "first": None},
    ),
    (FloorExtend(ANN, 30), {"kind": "extend", "seconds": 30}),
    (DistanceRoom(ANN, Distance.CLEAR), {"kind": "room", "level": "clear"}),
    (End(ANN), {"kind": "end"}),
]


@pytest.mark.parametrize(("question", "fields"), QUESTIONS)
@pytest.mark.parametrize("outcome", ["accepted", "declined", "expired"])
def test_notices_tell_the_whole_question(
    question: FormatSet | FloorExtend | DistanceRoom | End, fields: dict[str, object], outcome: str
) -> None:
    """What opens and what becomes of a question is told with who asked and what for, as in the snapshot."""
    scene = talking()
    scene.do(DistanceRoom(TESS, Distance.SOFT), FloorRequest(ANN), question)
    if outcome == "expired":
        scene.after(60)
    else:
        scene.do(Consent(BEN, "1", answer=outcome == "accepted"))
    told = [(n.code, n.fields) for n in scene.told if n.code.startswith("proposal.")]
    whole = {"proposal": "1", "by": ANN, **fields}
    assert told == [("proposal.opened", whole), (f"proposal.{outcome}", whole)]


def test_adding_distance_outdoes_a_question_for_less() -> None:
    """Whoever adds distance while less is proposed says no to it; an old yes can't undo the new wish."""
    scene = talking()
    scene.do(DistanceRoom(ANN, Distance.SOFT), DistanceRoom(ANN, Distance.CLEAR))
    scene.do(DistanceRoom(ANN, Distance.AUDIO_ONLY))
    assert scene.codes()[-1] == "proposal.declined"
    scene.refuses(Consent(BEN, "1", answer=True), UnknownProposal)


def test_same_room_distance_is_no_change() -> None:
    """Asking for the room's distance as it is changes nothing and asks nobody."""
    scene = talking()
    revision = scene.conversation.revision
    scene.do(DistanceRoom(ANN, Distance.CLEAR))
    assert (scene.conversation.revision, scene.proposals) == (revision, ())


def test_the_end_closes_every_question() -> None:
    """When the conversation ends nothing waits for an answer, and a running turn is over."""
    scene = talking()
    scene.do(FloorRequest(ANN), FormatSet(ANN, "open-talk", None), End(ANN), Consent(BEN, "2", answer=True))
    assert (scene.proposals, scene.floor.holder) == ((), None)
    assert scene.endings() == [(ANN, "revoked")]


def test_a_yes_can_be_taken_back() -> None:
    """Who said yes may still say no while the other has not answered."""
    scene = talking()
    scene.do(End(TESS), Consent(ANN, "1", answer=True), Consent(ANN, "1", answer=False))
    assert scene.proposals == ()


def test_proposals_need_presence_not_talk() -> None:
    """The format can be agreed on while waiting."""
    scene = talking(people=())
    scene.do(Join(ANN), Join(BEN), FormatSet(ANN, "open-talk", 60), Consent(BEN, "1", answer=True))
    assert (scene.floor.format, scene.conversation.phase) == ("open-talk", Phase.WAITING)
