"""`line.numbers`: how one's own line is, how the others' media arrives, and nothing of the others' lines down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.mediation.people import LineState
from media.plane.interface import LineDown, LineUp
from signaling.limits import MAX_MESSAGES

if TYPE_CHECKING:
    from tests.signaling.world import World

DOWN = LineDown(loss=0.02, jitter_s=0.004, round_trip_s=0.08, estimate=900_000, thin=False)
NO_REPORT = LineDown(loss=None, jitter_s=None, round_trip_s=None, estimate=None, thin=True)


async def test_the_asker_alone_is_told(world: World) -> None:
    """One's own line in full, the others' as it arrives at the server; then `ok`; nobody else hears of it."""
    a, b = await world.joins("a"), await world.joins("b")
    world.plane.lines_down |= {"a": DOWN, "b": NO_REPORT}
    world.plane.lines_up |= {"a": LineUp(LineState.GOOD, 0.01), "b": LineUp(LineState.WEAK, 0.25)}
    await a.send("line.numbers", id=7)
    numbers = await a.until("numbers")
    assert numbers == {
        "type": "numbers",
        "re": 7,
        "line": {
            "loss": 0.02,
            "jitter": 0.004,
            "round_trip": 0.08,
            "estimate": 900_000,
            "thin": False,
            "loss_up": 0.01,
        },
        "others": [
            {"participant": "b", "line": "weak", "loss": 0.25},
            {"participant": "t", "line": "lost", "loss": None},
        ],
    }
    assert (await a.read())["type"] == "ok"
    await b.does("candidate")
    assert all(message["type"] != "numbers" for message in b.seen)


async def test_without_media_there_is_no_line(world: World) -> None:
    """Before one's own media connection is open, one's own line is null."""
    a = await world.joins("a")
    await a.send("line.numbers")
    assert (await a.until("numbers"))["line"] is None


async def test_asking_changes_nothing(world: World) -> None:
    """The state keeps its revision: nobody gets a new one because somebody looks at the panel."""
    a = await world.joins("a")
    before = await a.does("candidate")
    assert await a.does("line.numbers") == before


async def test_asking_has_the_ordinary_limits(world: World) -> None:
    """Who asks more often than any message may come is refused, like everyone."""
    a = await world.joins("a")
    for _ in range(MAX_MESSAGES):
        await a.send("line.numbers")
    assert (await a.until("error"))["code"] == "too-many"


async def test_nobody_is_told_before_joining(world: World) -> None:
    """The first message is `join`; a stranger at the door learns nothing of lines."""
    client = await world.connects("a")
    assert await client.is_refused("line.numbers") == "not-joined"
