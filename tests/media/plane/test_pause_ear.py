"""The ear that hears pauses: by levels and missing packets, never by the server's own sleep."""

from __future__ import annotations

from media.plane.pause_ear import PAUSE_S, QUIET_LEVEL, PauseEar

LOOK_S = 0.05


def first_pause(levels: list[int | None], frame_s: float = 0.02) -> float | None:
    """When the ear hears a pause in frames of these levels (None: no packet), looking twenty times a second."""
    ear, looks = PauseEar(0.0), 1
    for number, level in enumerate(levels, 1):
        now = number * frame_s
        if level is not None:
            ear.audio.forward(
                1, number, number * 960, marker=False, payload=b"", level=level, now=now, red=False
            )
        while looks * LOOK_S <= now:
            looks += 1
            if ear.paused((looks - 1) * LOOK_S):
                return (looks - 1) * LOOK_S
    return None


def test_speech_with_gaps_between_words_is_no_pause() -> None:
    """A quarter of a second between words ends nothing."""
    assert first_pause(([30] * 20 + [90] * 12) * 20) is None


def test_a_pause_is_heard_soon() -> None:
    """Quiet packets, or none (DTX), for less than half a second."""
    for quiet in (90, QUIET_LEVEL, 127, None):
        heard = first_pause([30] * 50 + [quiet] * 50)
        assert heard is not None
        assert 1 + PAUSE_S - 0.05 <= heard <= 1 + PAUSE_S + 0.06


def test_who_says_nothing_has_paused() -> None:
    """Whoever is silent when the ear is put to them is heard to pause after the same time."""
    assert first_pause([127] * 50) == first_pause([None] * 50)


def test_the_servers_sleep_is_no_pause() -> None:
    """Half a second in which the server did not look is not held against the speaker."""
    ear = PauseEar(0.0)
    assert not ear.paused(0.05)
    assert not ear.paused(0.75)
    assert [ear.paused(0.75 + look * LOOK_S) for look in range(1, 9)] == [False] * 6 + [True] * 2
