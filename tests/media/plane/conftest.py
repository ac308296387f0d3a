"""The wire tests run twice: packets in Python alone, and packets in the compiled lane where that was built."""

import pytest

from media.plane.lane.binding import lane_missing
from tests.media.plane import wire_call

ONE_WAY = ("test_wire_offers",)
"""Here no packet has a path yet."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Both paths for every test on the wire."""
    module = metafunc.module.__name__.rpartition(".")[2]
    if module.startswith("test_wire_") and module not in ONE_WAY:
        metafunc.parametrize("packet_path", ["python", "compiled"], indirect=True)


@pytest.fixture(autouse=True)
def packet_path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Which path the calls of this test take."""
    path = str(getattr(request, "param", "python"))
    if path == "compiled" and (missing := lane_missing()) is not None:
        pytest.skip(f"no compiled lane: {missing}")
    monkeypatch.setattr(wire_call, "COMPILED", path == "compiled")
    return path
