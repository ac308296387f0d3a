"""The snapshot that signaling sends: exactly the keys of the contract, and JSON throughout."""

import json

from media.mediation.commands import (
    BreakEnd,
    BreakStart,
    BreakTime,
    DistanceIncoming,
    DistanceOutgoing,
    FloorExtend,
    FloorRequest,
    FormatSet,
)
from media.mediation.distance import Distance
from tests.media.mediation.scene import ANN, BEN, START, TESS, talking


def test_whole_state_as_json() -> None:
    """The snapshot names every part of the state, and a proposal's aim beside its other keys."""
    scene = talking(people=(ANN, BEN))
    scene.do(FloorRequest(ANN), FloorRequest(BEN), FormatSet(BEN, "open-talk", 60), FloorExtend(ANN, 30))
    scene.do(DistanceOutgoing(ANN, Distance.SOFT, BEN), DistanceIncoming(ANN, Distance.VEILED, BEN))
    scene.now += 10
    plain = scene.conversation.snapshot(scene.now).as_json()
    assert json.loads(json.dumps(plain)) == plain
    parts = ["phase", "participants", "floor", "distance", "proposals", "break", "caucus", "caucus_time"]
    assert list(plain) == parts
    away = {"id": TESS, "role": "therapist", "present": False, "ready": False, "line": "good"}
    assert plain["participants"][2] == away | {"left": False, "microphone": True, "admitted": False}
    assert plain["floor"] == {
        "mode": "turns",
        "format": "timed-turns",
        "turn_seconds": 180,
        "holder": ANN,
        "turn": 1,
        "started_at": START,
        "ends_at": START + 180,
        "paused": False,
        "remaining_s": 170,
        "queue": [BEN],
        "last_holder": None,
        "length_s": 180,
        "grace_ends_at": None,
        "return_turn": False,
        "return_queue": [],
        "rest_seconds": 0,
        "rest_ends_at": None,
        "done": [],
        "airtime": {ANN: 10.0},
        "course": None,
        "mirror": None,
        "mirror_answer_due": False,
    }
    views = plain["distance"].pop("views")
    assert plain["distance"] == {
        "room": "clear",
        "outgoing": {ANN: "clear", BEN: "clear", TESS: "clear"},
        "outgoing_to": {ANN: {BEN: "soft"}},
        "incoming": {ANN: {BEN: "veiled"}},
        "listening": [],
    }
    seen = {"viewer": ANN, "subject": BEN, "heard": False, "distance": "veiled", "because": ["viewer"]}
    assert views[0] == seen
    assert len(views) == 6
    asked = {"needs": [ANN, BEN], "expires_at": START + 60}
    assert plain["proposals"] == [
        {"id": "1", "kind": "format", "by": BEN, "answers": {BEN: True}, **asked}
        | {"format": "open-talk", "turn_seconds": 60, "rest_seconds": 0, "first": None},
        {"id": "2", "kind": "extend", "by": ANN, "answers": {ANN: True}, **asked} | {"seconds": 30},
    ]
    assert (plain["break"], plain["caucus"], plain["caucus_time"]) == (None, None, {})


def test_break_as_json() -> None:
    """A break is there whole, and a question about its end names the time."""
    scene = talking()
    scene.do(BreakStart(ANN, 3600), BreakEnd(BEN), BreakTime(BEN, 1800))
    plain = scene.conversation.snapshot(scene.now).as_json()
    assert plain["phase"] == "break"
    times = {"started_at": START, "returns_at": START + 3600}
    assert plain["break"] == {"by": ANN, **times, "due": False, "back": [BEN]}
    assert plain["proposals"][0].items() >= {"kind": "return", "returns_at": START + 1800}.items()


def test_snapshot_is_no_handle_on_the_state() -> None:
    """Changing what `as_json` answered changes nothing in the conversation."""
    scene = talking()
    scene.do(FormatSet(ANN, "open-talk", None))
    before = scene.conversation.snapshot(scene.now).as_json()
    scene.conversation.snapshot(scene.now).as_json()["proposals"][0]["answers"][BEN] = True
    assert scene.conversation.snapshot(scene.now).as_json() == before
