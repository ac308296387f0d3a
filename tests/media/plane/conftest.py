"""The wire tests run twice, the longest once: packets in Python alone, and packets in the compiled lane where that was built."""

import pytest

from media.plane.lane.binding import lane_missing
from tests.media.plane import wire_call

ONCE = frozenset({
    "test_wire_addresses", "test_wire_caucus", "test_wire_distance_holds", "test_wire_distance_whole",
    "test_wire_joining", "test_wire_killed_blur", "test_wire_no_unseen_ears", "test_wire_offers",
    "test_wire_traces", "test_wire_turn_end",
})  # fmt: skip
"""What takes long runs on one path, the one that a server takes here by itself; that the two paths do the same is
`test_lane`'s business."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Both paths for the tests on the wire."""
    module = metafunc.module.__name__.rpartition(".")[2]
    if module.startswith("test_wire_"):
        by_itself = "compiled" if lane_missing() is None else "python"
        paths = [by_itself] if module in ONCE else ["python", "compiled"]
        metafunc.parametrize("packet_path", paths, indirect=True)


@pytest.fixture(autouse=True)
def packet_path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Which path the calls of this test take."""
    path = str(getattr(request, "param", "python"))
    if path == "compiled" and (missing := lane_missing()) is not None:
        pytest.skip(f"no compiled lane: {missing}")
    monkeypatch.setattr(wire_call, "COMPILED", path == "compiled")
    return path
