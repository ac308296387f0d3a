"""A slow line gets a picture that moves, and never drags the others below the least."""

from __future__ import annotations

import pytest

from media.plane.line_budget import (
    LEAST_PICTURE,
    MARGIN,
    SOUND_BIT_RATE,
    STALE_AFTER_S,
    THIN_AFTER_S,
    THIN_FOR_S,
    LineBudget,
)


def test_nothing_known_limits_nothing() -> None:
    """Without an estimate, with an old one, or without a picture, nobody is held back."""
    line = LineBudget()
    assert line.per_picture(1, 1, 5.0) is None
    line.estimated(300_000, 5.0)
    assert line.per_picture(0, 2, 5.0) is None
    assert line.per_picture(1, 1, 5.1 + STALE_AFTER_S) is None


@pytest.mark.parametrize(("pictures", "sounds"), [(1, 1), (2, 1), (2, 2)])
def test_sound_comes_first(pictures: int, sounds: int) -> None:
    """What the sounds need is taken off before the pictures share the rest."""
    line = LineBudget()
    line.estimated(1_000_000, 5.0)
    assert (
        line.per_picture(pictures, sounds, 5.0)
        == (int(1_000_000 * MARGIN) - sounds * SOUND_BIT_RATE) // pictures
    )


def test_a_line_without_room_leaves_nothing() -> None:
    """Never a negative share."""
    line = LineBudget()
    line.estimated(50_000, 5.0)
    assert line.per_picture(2, 2, 5.0) == 0


def thin_after(line: LineBudget, seconds: float, share: int, lost: float, start: float = 10.0) -> list[float]:
    """When the verdict changed, over so many seconds of ticks."""
    changes = []
    for i in range(int(seconds / 0.05)):
        now = start + i * 0.05
        line.lost(lost, now)
        if line.judge(share, now):
            changes.append(now - start)
    return changes


def test_a_thin_line_is_found_thin_and_tried_again() -> None:
    """Too little room and much lost, for a while: small pictures; after their time the large one is tried."""
    line = LineBudget()
    thin, again = thin_after(line, THIN_AFTER_S + THIN_FOR_S + 1, LEAST_PICTURE - 1, 0.2)
    assert thin == pytest.approx(THIN_AFTER_S, abs=0.1)
    assert again - thin == pytest.approx(THIN_FOR_S, abs=0.1)


@pytest.mark.parametrize(("share", "lost"), [(LEAST_PICTURE, 0.5), (LEAST_PICTURE - 1, 0.05), (0, 0.0)])
def test_a_low_estimate_or_loss_alone_is_no_thin_line(share: int, lost: float) -> None:
    """An estimate is low too when little was sent, and a lossy line may be wide: only both together count."""
    assert thin_after(LineBudget(), 30, share, lost) == []
