"""The policy of who hears and sees whom, input by input."""

from dataclasses import replace
from itertools import product

from media.mediation.distance import Distance
from media.mediation.distance_choices import DistanceChoices
from media.mediation.floor import Floor
from media.mediation.formats import PLAIN
from media.mediation.people import Phase
from media.mediation.plan import SILENT, Plan, ViewPlan, make_plan
from media.mediation.presence import Presence
from media.mediation.state import State
from tests.media.mediation.scene import ANN, BEN, EVERYONE, SEATS, TESS

PRESENCES = [Presence(present=present, ready=ready) for present, ready in product((False, True), repeat=2)]


def _state(phase: Phase, viewer: Presence, subject: Presence, floor: Floor) -> State:
    """Ann looks at Ben; Tess takes part, so that the stick can be elsewhere."""
    there = Presence(present=True, ready=True)
    return State(SEATS, {ANN: viewer, BEN: subject, TESS: there}, floor, DistanceChoices(), phase)


def _floors() -> list[Floor]:
    """Both formats, the stick free or with the viewer, the subject or a third, its clock running or standing."""
    free = [Floor(form, 180) for form in PLAIN.values()]
    held = [floor.start(holder, 0.0, partner=True) for floor, holder in product(free, EVERYONE)]
    return free + held + [floor.pause(1.0) for floor in held]


def _choices() -> list[DistanceChoices]:
    """Every outgoing choice, choice for the viewer or none, incoming wish and room."""
    levels = list(Distance)
    return [
        DistanceChoices(
            chosen_room=room,
            outgoing={BEN: outgoing},
            outgoing_to={(BEN, ANN): single} if single else {},
            incoming={(ANN, BEN): incoming},
        )
        for room, outgoing, single, incoming in product(levels, levels, [*levels, None], levels)
    ]


def _expected_rank(choices: DistanceChoices) -> int:
    own = choices.outgoing_to.get((BEN, ANN), choices.outgoing[BEN])
    return max(own.rank, choices.incoming[ANN, BEN].rank, choices.room.rank)


def test_every_input_of_the_view_policy() -> None:
    """For every phase, presence, floor and wish: nothing outside the talk, the holder's voice, the furthest wish."""
    choices = [(wishes, _expected_rank(wishes)) for wishes in _choices()]
    for phase, viewer, subject, floor in product(Phase, PRESENCES, PRESENCES, _floors()):
        state = _state(phase, viewer, subject, floor)
        open_floor = floor.format.name == "open-talk" and floor.turn is None
        part = phase is Phase.TALKING and all((viewer.present, viewer.ready, subject.present, subject.ready))
        if not part:
            assert make_plan(state).view(ANN, BEN) == SILENT
            continue
        for wishes, rank in choices:
            view = make_plan(replace(state, distance=wishes)).view(ANN, BEN)
            assert view.heard == (open_floor or floor.holder == BEN)
            assert view.distance.rank == rank


def test_wishes_open_nothing_outside_the_talk() -> None:
    """No wish makes anyone seen or heard who does not take part."""
    away = Presence()
    state = _state(Phase.TALKING, Presence(present=True, ready=True), away, _floors()[0])
    for wishes in _choices():
        assert make_plan(replace(state, distance=wishes)).view(ANN, BEN) == SILENT


def test_every_pair_is_in_the_plan() -> None:
    """The plan names every ordered pair of different seats, whatever the phase."""
    there = Presence(present=True, ready=True)
    for phase in Phase:
        views = make_plan(_state(phase, there, there, _floors()[0])).views
        assert set(views) == {(a, b) for a in EVERYONE for b in EVERYONE if a != b}


def test_unknown_is_denied() -> None:
    """The plan of anything it does not name is silence and no picture."""
    plan = Plan({(ANN, BEN): ViewPlan(heard=True, distance=Distance.CLEAR)})
    for pair in ((BEN, ANN), (ANN, ANN), (ANN, "nobody"), ("", "")):
        assert plan.view(*pair) == SILENT
    assert (SILENT.heard, SILENT.distance) == (False, Distance.AUDIO_ONLY)
