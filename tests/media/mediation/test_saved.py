"""A conversation that was saved goes on as if nothing had been: the same people, the same turn, the same time left."""

from __future__ import annotations

import json
import types
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

import pytest

from media.formats.folders import shipped
from media.mediation.commands import (
    BreakEnd,
    BreakStart,
    BreakTime,
    CaucusBack,
    CaucusEnd,
    CaucusStart,
    Command,
    Consent,
    DistanceIncoming,
    DistanceOutgoing,
    DistanceRoom,
    End,
    FloorExtend,
    FloorRelease,
    FloorRequest,
    FormatSet,
    Join,
    Leave,
    LineThin,
    Listen,
    Lost,
    MirrorDone,
    MirrorStart,
    PhaseDone,
    Ready,
)
from media.mediation.conversation import Conversation
from media.mediation.distance import Distance
from media.mediation.formats import PLAIN, FloorRule, Format
from media.mediation.saved import UnreadableError, is_moment, restored, saved
from media.mediation.state import State
from tests.media.mediation.scene import ANN, BEN, SEATS, TESS, Scene, talking

if TYPE_CHECKING:
    from collections.abc import Iterator

RESTART_S = -900.0
"""The machine's clock begins anew, and shows less."""
RESTING = Format("resting", FloorRule.TURNS, turn_seconds=60, rest_seconds=30)
FORMATS = {**shipped(), "resting": RESTING}

SITUATIONS: dict[str, tuple[str, tuple[Command | float, ...]]] = {
    "at the beginning": ("timed-turns", ()),
    "a turn with somebody waiting": ("timed-turns", (FloorRequest(ANN), 30.0, FloorRequest(TESS), 1.0)),
    "a turn in its grace": ("timed-turns", (FloorRequest(ANN), 185.0)),
    "a holder who is lost": ("timed-turns", (FloorRequest(ANN), 30.0, Lost(ANN), 20.0)),
    "a partner who is lost": (
        "timed-turns",
        (FloorRequest(ANN), 30.0, Lost(BEN), 20.0, Join(BEN), 1.0, Lost(BEN)),
    ),
    "a therapist who is lost": ("open-talk", (Lost(TESS), 30.0)),
    "one left": ("open-talk", (30.0, Leave(BEN), 5.0)),
    "a shared silence": ("resting", (FloorRequest(ANN), FloorRelease(ANN), 10.0, PhaseDone(ANN, done=True))),
    "an extension is asked for": ("timed-turns", (FloorRequest(ANN), FloorExtend(ANN, 60), 20.0)),
    "a format is asked for": ("timed-turns", (FormatSet(ANN, "imago", None, 10, BEN), 20.0)),
    "a plain format is asked for": ("imago", (FormatSet(TESS, "open-talk", 60), 20.0)),
    "the end is asked for": ("timed-turns", (End(TESS), Consent(BEN, "1", answer=True), 20.0)),
    "less distance is asked for": (
        "timed-turns",
        (DistanceRoom(ANN, Distance.SOFT), DistanceRoom(ANN, Distance.CLEAR)),
    ),
    "admission is asked for": ("open-talk", (Leave(TESS), Join(TESS), Ready(TESS, ready=True), 10.0)),
    "admission was declined": (
        "open-talk",
        (Leave(TESS), Join(TESS), Ready(TESS, ready=True), Consent(BEN, "1", answer=False), 10.0),
    ),
    "a break": ("timed-turns", (FloorRequest(ANN), 10.0, BreakStart(BEN), 600.0, BreakEnd(ANN))),
    "an earlier return is asked for": (
        "timed-turns",
        (BreakStart(BEN, 3600), 900.0, BreakTime(ANN, 600), 10.0),
    ),
    "a break that is due": ("timed-turns", (BreakStart(BEN), 1300.0)),
    "the short turns after a break": ("imago", (BreakStart(BEN), 5.0, BreakEnd(ANN), BreakEnd(BEN), 20.0)),
    "an open phase": ("imago", (10.0, PhaseDone(BEN, done=True))),
    "an open phase with a time": ("five-five-five", (FloorRelease(ANN), FloorRelease(BEN), 100.0)),
    "a silence whose clock stands": ("arrival-silence", (100.0, Lost(BEN), 10.0)),
    "saying back": ("speaker-listener", (60.0, MirrorStart(ANN), 20.0)),
    "saying back in its grace": ("speaker-listener", (60.0, MirrorStart(ANN), 50.0)),
    "an answer is due": ("speaker-listener", (60.0, MirrorStart(ANN), 20.0, MirrorDone(BEN), 1.0)),
    "a course that is over": ("arrival-silence", (300.0, FloorRequest(ANN), 10.0)),
    "a caucus": (
        "timed-turns",
        (FloorRequest(ANN), 10.0, CaucusStart(TESS, ANN), 60.0, CaucusStart(TESS, BEN), 10.0),
    ),
    "a caucus that was ended": ("shuttle", (CaucusStart(TESS, ANN), 60.0, Lost(BEN), CaucusEnd(ANN), 10.0)),
    "on the way back from a caucus": (
        "imago",
        (CaucusStart(TESS, ANN), 60.0, CaucusEnd(ANN), CaucusBack(BEN), Lost(BEN), 30.0),
    ),
    "everyone's distances": (
        "open-talk",
        (
            DistanceOutgoing(ANN, Distance.VEILED, None),
            DistanceOutgoing(ANN, Distance.SOFT, TESS),
            DistanceIncoming(BEN, Distance.AUDIO_ONLY, ANN),
            DistanceRoom(TESS, Distance.SOFT),
            Listen(TESS, listening=True),
            LineThin(BEN, thin=True),
        ),
    ),
    "the end": ("closing", (120.0,)),
}


def scene_of(situation: str) -> Scene:
    """What has happened so far; whoever's time is up speaks on."""
    form, events = SITUATIONS[situation]
    scene = talking(form, formats=FORMATS)
    scene.pauses = False
    for event in events:
        if isinstance(event, float):
            scene.after(event)
        else:
            scene.do(event)
    return scene


def brought_back(scene: Scene, by_s: float = 0.0) -> Scene:
    """The same scene after a restart, with a clock that shows something else."""
    again = Scene()
    again.now, again.pauses = scene.now + by_s, False
    kept = json.loads(json.dumps(saved(scene.conversation.state, scene.conversation.revision, scene.now)))
    again.conversation = restored(kept, FORMATS, again.now)
    return again


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_whole_state_comes_back(situation: str) -> None:
    """Through JSON and back, on the same clock: nothing is missing and nothing is another."""
    scene = scene_of(situation)
    again = brought_back(scene)
    assert again.conversation.state == scene.conversation.state
    assert again.conversation.revision == scene.conversation.revision
    assert again.conversation.plan() == scene.conversation.plan()
    assert again.shown == scene.shown
    assert saved(again.conversation.state, again.conversation.revision, again.now) == saved(
        scene.conversation.state, scene.conversation.revision, scene.now
    )


@pytest.mark.parametrize("situation", SITUATIONS)
def test_on_another_clock_everything_has_as_long_to_go(situation: str) -> None:
    """Whatever was to come comes after the same time, and the same is heard and seen at every moment until then."""
    scene = scene_of(situation)
    again = brought_back(scene, RESTART_S)
    for _ in range(40):
        assert again.conversation.plan() == scene.conversation.plan()
        assert again.left_s == scene.left_s
        if scene.left_s is None:
            break
        scene.codes()
        again.codes()
        left = scene.left_s
        scene.after(left)
        again.after(left)
        assert [(one.code, one.to, set(one.fields)) for one in again.told] == [
            (one.code, one.to, set(one.fields)) for one in scene.told
        ]
    assert again.conversation.phase is scene.conversation.phase


def test_the_same_holder_and_the_same_time_left() -> None:
    """What a couple would look at first."""
    scene = scene_of("a turn with somebody waiting")
    again = brought_back(scene, RESTART_S)
    assert (again.floor.holder, again.floor.remaining_s, again.floor.queue) == (ANN, 149, (TESS,))
    assert again.floor.ends_at == again.now + 149
    again.assert_heard(ANN)


def test_a_running_format_outlives_its_file() -> None:
    """It goes on with the words and times that it began with; another one can be agreed on from what there is now."""
    scene = scene_of("saying back")
    kept = json.loads(json.dumps(saved(scene.conversation.state, scene.conversation.revision, scene.now)))
    again = Scene()
    again.now, again.conversation = scene.now, restored(kept, PLAIN, scene.now)
    assert again.shown == scene.shown
    again.do(FormatSet(ANN, "open-talk", None), Consent(BEN, "1", answer=True))
    again.assert_heard(ANN, BEN, TESS)
    assert "imago" not in again.conversation.state.formats


def test_nobody_is_let_in_by_a_restart() -> None:
    """Whoever was outside is outside, and whoever was asked is still asked."""
    for situation in ("admission is asked for", "admission was declined"):
        again = brought_back(scene_of(situation), RESTART_S)
        again.assert_heard(ANN, BEN)
        assert again.heard() == {(ANN, BEN), (BEN, ANN)}
        assert [one.kind for one in again.proposals] == (["admit"] if "asked" in situation else [])


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"version": 2},
        {"version": 1},
        {"version": 1, "revision": 0, "now": 0.0, "state": None},
        {"version": 1, "revision": 0, "now": 0.0, "state": {"distance": {}}},
        {"version": 1, "revision": 0, "now": "soon", "state": {}},
    ],
)
def test_what_is_no_conversation_is_refused(broken: dict[str, Any]) -> None:
    """With one error, and without repeating what was in it."""
    with pytest.raises(UnreadableError) as caught:
        restored(broken, PLAIN, 0.0)
    assert caught.value.__cause__ is None


def test_what_was_tampered_with_is_refused() -> None:
    """A missing seat, a level that there is not, a time that is none."""
    kept = saved(Conversation(SEATS).state, 0, 0.0)
    for change in (
        {"seats": kept["state"]["seats"][:1]},
        {"phase": "dancing"},
        {"people": {ANN: {"gone_at": "yesterday"}}},
        {"distance": {**kept["state"]["distance"], "incoming": [["ann", "ben", "near"]]}},
    ):
        with pytest.raises(UnreadableError):
            restored({**kept, "state": {**kept["state"], **change}}, PLAIN, 0.0)


def float_fields(kind: Any, seen: set[Any]) -> Iterator[str]:
    """The names of all fields that hold seconds, however deep, below a type."""
    for one in get_args(kind) if get_origin(kind) is not None or isinstance(kind, types.UnionType) else ():
        yield from float_fields(one, seen)
    if not is_dataclass(kind) or kind in seen:
        return
    seen.add(kind)
    for name, hint in get_type_hints(kind).items():
        if name not in {one.name for one in fields(kind)}:
            continue
        parts = get_args(hint) if get_origin(hint) in {Union, types.UnionType} else (hint,)
        if float in parts:
            yield name
        yield from float_fields(hint, seen)


def test_every_moment_is_known_by_its_name() -> None:
    """A field with seconds is a moment (`…_at`, `since`), which a new clock shifts, or a length (`…_s`), which it does not."""
    names = set(float_fields(State, set()))
    assert {"ends_at", "gone_at", "returns_at", "expires_at", "since", "remaining_s", "left_s"} <= names
    assert {name for name in names if not is_moment(name) and not name.endswith("_s")} == set()
