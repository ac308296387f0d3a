"""Which path packets take: what was asked for, or the best there is; and a build that never fails."""

import logging
from pathlib import Path

import pytest

from media.plane.lane import binding, build
from media.plane.lane.binding import LaneMissingError, lane_missing, takes_lane


@pytest.mark.parametrize(
    ("asked", "missing", "taken"),
    [("auto", None, True), ("auto", "no compiler", False), ("python", None, False), ("compiled", None, True)],
)
def test_the_path_that_is_taken_is_told(
    asked: binding.PacketPath,
    missing: str | None,
    taken: bool,  # noqa: FBT001 - a column of the table
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One line in the log says which it is, and why not the other."""
    monkeypatch.setattr(binding, "lane_missing", lambda: missing)
    with caplog.at_level(logging.INFO):
        assert takes_lane(asked) is taken
    assert ("pure Python" in caplog.messages[0]) is not taken
    assert len(caplog.messages) == 1


def test_what_was_asked_for_and_is_missing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for the compiled path by name does not get the other one without a word."""
    monkeypatch.setattr(binding, "lane_missing", lambda: "it was not built")
    with pytest.raises(LaneMissingError, match="it was not built"):
        takes_lane("compiled")


def test_without_a_compiler_the_build_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No compiler, and one that refuses the source: a line, no error, and no file."""
    (tmp_path / "lane.h").touch()
    (tmp_path / "bad.c").write_text("this is no C\n")
    with monkeypatch.context() as patch:
        patch.setattr(build, "COMPILERS", ())
        assert build.build(tmp_path) == "Packets take the pure Python path: there is no C compiler here."
    assert build.build(tmp_path).startswith("Packets take the pure Python path:")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.c", "lane.h"]


def test_where_it_can_be_built_it_is() -> None:
    """A compiler that refuses the lane's source is our mistake: half of the wire tests would be left out without a word."""
    said = build.build()
    assert "could not be built" not in said
    assert (lane_missing() is None) is not said.startswith(build.PYTHON_PATH)
