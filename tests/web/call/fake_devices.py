"""Fake microphones and cameras for Chromium: a steady tone, and a pattern with a broad shape and fine detail."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

RATE = 48_000
WIDTH, HEIGHT, FRAMES_PER_S = 320, 240, 15
DARK, BRIGHT, CHECK, CHECK_PX = 70, 180, 40, 4


@dataclass(frozen=True, slots=True)
class FakeDevices:
    """Files that Chromium plays as a microphone and a camera."""

    tone_hz: int
    sound: Path
    picture: Path


def make_devices(
    folder: Path, name: str, tone_hz: int, *, bright_side: str, frames_per_s: int = FRAMES_PER_S
) -> FakeDevices:
    """Write both files. The picture's bright half tells whose it is; the fine checks are its detail."""
    sound, picture = folder / f"{name}.wav", folder / f"{name}.y4m"
    _write_tone(sound, tone_hz)
    _write_pattern(picture, bright_side, frames_per_s)
    return FakeDevices(tone_hz, sound, picture)


def _write_tone(path: Path, hertz: int) -> None:
    """Two seconds, whole periods, so that the loop has no click."""
    samples = 0.4 * np.sin(2 * np.pi * hertz * np.arange(2 * RATE) / RATE)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples * 32767).astype("<i2").tobytes())


def _write_pattern(path: Path, bright_side: str, frames_per_s: int) -> None:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    broad = np.where((columns < WIDTH // 2) == (bright_side == "left"), BRIGHT, DARK)
    colour = np.full(2 * (WIDTH // 2) * (HEIGHT // 2), 128, np.uint8).tobytes()
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{frames_per_s}:1 Ip A1:1 C420\n".encode())
        for number in range(frames_per_s):
            checks = np.where(((columns + number) // CHECK_PX + rows // CHECK_PX) % 2, CHECK, -CHECK)
            file.write(b"FRAME\n" + (broad + checks).astype(np.uint8).tobytes() + colour)
