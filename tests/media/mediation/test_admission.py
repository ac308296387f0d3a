"""Into a talk that goes on a therapist is let in by both partners, and gets and gives nothing until then."""

import pytest

from media.mediation.commands import (
    Admit,
    BreakEnd,
    BreakStart,
    CaucusStart,
    Command,
    Consent,
    FloorGrant,
    FloorRequest,
    FloorRevoke,
    Join,
    Leave,
    Lost,
    Ready,
)
from media.mediation.conversation import Conversation, Phase
from media.mediation.errors import (
    NothingToChange,
    NotPresent,
    NotYourRight,
    OutOfRange,
    ProposalOpen,
    UnknownParticipant,
)
from media.mediation.people import Role, Seat
from media.mediation.plan import SILENT
from tests.media.mediation.scene import ANN, BEN, SEATS, TESS, Scene, talking

UNA = "una"


def at_the_door(form: str = "open-talk") -> Scene:
    """Two talk, and the therapist has come."""
    scene = talking(form, people=(ANN, BEN))
    scene.codes()
    scene.do(Join(TESS))
    assert scene.proposals == ()
    scene.do(Ready(TESS, ready=True))
    return scene


def let_in() -> Scene:
    """Both said yes."""
    scene = at_the_door()
    scene.do(Consent(ANN, "1", answer=True), Consent(BEN, "1", answer=True))
    return scene


def assert_outside(scene: Scene, who: str = TESS) -> None:
    """They hear and see nobody, nobody hears or sees them, and everyone knows that they are not in."""
    for pair, view in scene.conversation.plan().views.items():
        assert view == SILENT or who not in pair
    assert [one.admitted for one in scene.people if one.id == who] == [False]


def asked(scene: Scene) -> list[str]:
    """Whom the partners are asked about."""
    return [str(one.aim["participant"]) for one in scene.proposals if one.kind == "admit"]


@pytest.mark.parametrize("form", ["open-talk", "timed-turns"])
def test_nothing_goes_either_way_until_both_said_yes(form: str) -> None:
    """They are asked when the therapist is ready; one yes opens nothing, the second one opens everything."""
    scene = at_the_door(form)
    assert asked(scene) == [TESS]
    assert (scene.proposals[0].by, scene.proposals[0].answers) == (TESS, {})
    assert_outside(scene)
    scene.do(Consent(BEN, "1", answer=True))
    assert_outside(scene)
    scene.refuses(Consent(TESS, "1", answer=True), NotYourRight)
    scene.do(Consent(ANN, "1", answer=True))
    scene.assert_all_seen()
    scene.assert_heard(*((ANN, BEN, TESS) if form == "open-talk" else ()))
    assert scene.people[2].admitted
    assert scene.codes() == ["proposal.opened", "proposal.accepted"]


def test_the_talk_goes_on_meanwhile() -> None:
    """The two hear and see each other as before."""
    scene = at_the_door()
    assert scene.heard() == {(ANN, BEN), (BEN, ANN)}
    scene.do(FloorRequest(ANN))
    assert scene.heard() == {(BEN, ANN)}


def test_whoever_is_outside_moves_nothing() -> None:
    """No stick, no caucus, no break."""
    scene = at_the_door()
    scene.do(FloorRequest(ANN))
    for command in (
        FloorRequest(TESS),
        FloorGrant(TESS, BEN),
        FloorGrant(TESS, TESS),
        FloorRevoke(TESS),
        CaucusStart(TESS, ANN),
        BreakStart(TESS),
    ):
        scene.refuses(command, NotPresent)
    scene.assert_heard(ANN)


def test_one_no_keeps_them_outside() -> None:
    """And they are not asked about again by themselves."""
    scene = at_the_door()
    scene.do(Consent(ANN, "1", answer=False))
    assert asked(scene) == []
    assert_outside(scene)
    scene.do(FloorRequest(BEN))
    scene.after(600)
    assert asked(scene) == []
    assert_outside(scene)


def test_no_answer_is_no_yes() -> None:
    """After a minute the question is gone, and nobody came in."""
    scene = at_the_door()
    scene.do(Consent(ANN, "1", answer=True))
    scene.after(60)
    assert scene.codes()[-1] == "proposal.expired"
    assert asked(scene) == []
    assert_outside(scene)


def test_a_partner_asks_the_other_once_more() -> None:
    """Their own yes is given by asking."""
    scene = at_the_door()
    scene.refuses(Admit(ANN, TESS), ProposalOpen)
    scene.do(Consent(BEN, "1", answer=False), Admit(ANN, TESS))
    assert scene.proposals[0].answers == {ANN: True}
    assert_outside(scene)
    scene.do(Consent(BEN, "2", answer=True))
    scene.assert_heard(ANN, BEN, TESS)
    scene.refuses(Admit(ANN, TESS), NothingToChange)


def test_who_can_be_asked_about() -> None:
    """A therapist who is there and ready; and not by the therapist."""
    scene = talking(people=(ANN, BEN))
    scene.refuses(Admit(ANN, TESS), NotPresent)
    scene.refuses(Admit(ANN, BEN), OutOfRange)
    scene.refuses(Admit(ANN, "nobody"), UnknownParticipant)
    scene.do(Join(TESS))
    scene.refuses(Admit(ANN, TESS), NotPresent)
    scene.do(Ready(TESS, ready=True), Consent(ANN, "1", answer=False))
    scene.refuses(Admit(TESS, TESS), NotYourRight)


@pytest.mark.parametrize("going", [Leave(TESS), Ready(TESS, ready=False), Lost(TESS)])
def test_the_question_goes_with_whom_it_is_about(going: Command) -> None:
    """Nobody lets in who is not there."""
    scene = at_the_door()
    scene.do(going)
    assert scene.codes()[-1] == "proposal.expired"
    assert scene.proposals == ()


@pytest.mark.parametrize("going", [Leave(TESS), Ready(TESS, ready=False)])
def test_each_coming_is_asked_about(going: Command) -> None:
    """Whoever went by choice, or was willing no longer, is let in anew."""
    scene = let_in()
    scene.do(going, Join(TESS), Ready(TESS, ready=True))
    assert asked(scene) == [TESS]
    assert_outside(scene)


def test_a_lost_line_is_no_going() -> None:
    """Back within the minute for which a place is held they are in, unasked; after it they say ready anew and are asked about."""
    scene = let_in()
    scene.do(Lost(TESS))
    scene.after(59)
    scene.do(Join(TESS))
    scene.assert_heard(ANN, BEN, TESS)
    scene.do(Lost(TESS))
    scene.after(60)
    scene.do(Join(TESS))
    assert scene.proposals == ()
    scene.do(Ready(TESS, ready=True))
    assert asked(scene) == [TESS]
    assert_outside(scene)


def test_who_was_there_when_it_began_is_in() -> None:
    """The two began the talk with them in the room."""
    scene = talking("open-talk")
    scene.assert_heard(ANN, BEN, TESS)
    scene.do(Lost(TESS), Join(TESS))
    scene.assert_heard(ANN, BEN, TESS)
    assert scene.proposals == ()


def test_a_talk_that_begins_again_begins_with_whoever_is_there() -> None:
    """After a fall back to waiting both partners say ready with everyone before their eyes."""
    scene = at_the_door()
    scene.do(Consent(ANN, "1", answer=False), Leave(BEN), Ready(ANN, ready=False))
    assert scene.people[2].admitted
    scene.do(Ready(ANN, ready=True), Join(BEN), Ready(BEN, ready=True))
    scene.assert_heard(ANN, BEN, TESS)
    assert asked(scene) == []


@pytest.mark.parametrize("going", [Leave(BEN), Ready(BEN, ready=False), Lost(BEN)])
@pytest.mark.parametrize("answer", [False, None])
def test_one_partners_going_and_coming_lets_nobody_in(going: Command, *, answer: bool | None) -> None:
    """Declined before it, or come while one partner is away: the one who stayed ready is asked, and their no holds."""
    scene = talking("open-talk", people=(ANN, BEN))
    coming = (Join(TESS), Ready(TESS, ready=True))
    if answer is not None:
        scene.do(*coming, Consent(ANN, "1", answer=answer))
    scene.do(going)
    scene.after(60)
    assert scene.conversation.phase is Phase.WAITING
    scene.do(Join(TESS), Ready(TESS, ready=False), Ready(TESS, ready=True))
    assert_outside(scene)
    scene.refuses(CaucusStart(TESS, ANN), NotPresent)
    scene.do(Join(BEN), Ready(BEN, ready=True))
    assert_outside(scene)
    assert asked(scene) == [TESS]
    scene.assert_heard(ANN, BEN)


def test_one_partners_going_and_coming_keeps_who_was_in() -> None:
    """Both said yes to them."""
    scene = let_in()
    scene.do(Leave(BEN), Join(BEN), Ready(BEN, ready=True))
    assert asked(scene) == []
    scene.assert_heard(ANN, BEN, TESS)


@pytest.mark.parametrize("answer", [False, None])
def test_a_break_lets_nobody_in(*, answer: bool | None) -> None:
    """Declined before it, or come in the midst of it: back in the talk they are outside, and asked about once."""
    scene = talking("open-talk", people=(ANN, BEN))
    coming = (Join(TESS), Ready(TESS, ready=True))
    if answer is not None:
        scene.do(*coming, Consent(ANN, "1", answer=answer))
    scene.do(BreakStart(ANN))
    if answer is None:
        scene.do(*coming)
    assert asked(scene) == []
    scene.do(BreakEnd(ANN), BreakEnd(BEN))
    assert_outside(scene)
    assert asked(scene) == [TESS]
    scene.assert_heard(ANN)


def test_a_break_keeps_who_was_in() -> None:
    """People close the page and take a walk."""
    scene = let_in()
    scene.do(BreakStart(ANN), Leave(TESS), Lost(BEN))
    scene.after(1200)
    for person in (TESS, BEN):
        scene.do(Join(person), Ready(person, ready=True))
    scene.do(BreakEnd(ANN), BreakEnd(BEN))
    assert asked(scene) == []
    scene.do(FloorGrant(TESS, TESS))
    scene.assert_heard(TESS)


def test_two_who_come_are_asked_about_one_after_the_other() -> None:
    """A yes is to one person."""
    scene = Scene("open-talk")
    scene.conversation = Conversation([*SEATS, Seat(UNA, Role.THERAPIST)], format="open-talk")
    for person in (ANN, BEN, TESS, UNA):
        scene.do(Join(person), Ready(person, ready=True))
    assert asked(scene) == [TESS]
    scene.do(Consent(ANN, "1", answer=True), Consent(BEN, "1", answer=True))
    assert asked(scene) == [UNA]
    assert_outside(scene, UNA)
    scene.assert_heard(ANN, BEN, TESS)
    scene.do(Consent(ANN, "2", answer=False))
    assert asked(scene) == []
    assert_outside(scene, UNA)


def test_nothing_is_asked_before_the_talk() -> None:
    """While the two wait for each other nobody has to be let in."""
    scene = Scene()
    for person in (ANN, TESS):
        scene.do(Join(person), Ready(person, ready=True))
    assert (scene.conversation.phase, scene.proposals) == (Phase.WAITING, ())
    assert scene.people[2].admitted
