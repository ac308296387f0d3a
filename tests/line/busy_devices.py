"""A fake camera and microphone that are as hard to code as a person in a room.

The pattern of the other browser tests repeats itself every second; an encoder makes 25 kbit/s of it, in one packet a frame,
and no line is too slow for that. Here seeded noise lies over it, new in every frame, so that the encoder uses all it may.
The tone of the other tests makes Opus choose CELT, which has no in-band FEC (RFC 6716 section 2.1.7): here it is a voice,
without its pauses, so that every packet counts.
"""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING, Final

import numpy as np

from media.plane.simulated_voice import RATE_HZ, Voice
from tests.web.call.fake_devices import FRAMES_PER_S, HEIGHT, WIDTH, FakeDevices, make_devices

if TYPE_CHECKING:
    from pathlib import Path

NOISE: Final = 14.0
"""Standard deviation, in steps of brightness."""
CELL_PX: Final = 8
"""Size of the noise's cells."""
PICTURE_S: Final = 4
VOICE_S: Final = 12
QUIET: Final = 0.02
"""Below this level a voice pauses."""
_HEADER: Final = b"FRAME\n"


def busy_devices(folder: Path, name: str, pitch_hz: int, *, bright_side: str) -> FakeDevices:
    """A voice that never pauses, and the usual pattern under noise. `tone_hz` is the pitch."""
    devices = make_devices(folder, name, pitch_hz, bright_side=bright_side)
    _write_voice(devices.sound, pitch_hz)
    head, *frames = devices.picture.read_bytes().split(_HEADER)
    chance = np.random.default_rng(pitch_hz)
    with devices.picture.open("wb") as file:
        file.write(head)
        for number in range(PICTURE_S * FRAMES_PER_S):
            file.write(_HEADER + _noisy(frames[number % len(frames)], chance))
    return devices


def _noisy(frame: bytes, chance: np.random.Generator) -> bytes:
    luma = np.frombuffer(frame, np.uint8, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH)
    cells = chance.normal(0, NOISE, (HEIGHT // CELL_PX, WIDTH // CELL_PX))
    noise = np.kron(cells, np.ones((CELL_PX, CELL_PX)))
    return np.clip(luma + noise, 0, 255).astype(np.uint8).tobytes() + frame[HEIGHT * WIDTH :]


def _write_voice(path: Path, pitch_hz: int) -> None:
    voice = Voice(pitch_hz, pitch_hz)
    voice.speaking = True
    spoken, samples = bytearray(), 2 * VOICE_S * RATE_HZ
    while len(spoken) < samples:
        frame = voice.next_frame()
        if voice.level > QUIET:
            spoken += frame.tobytes()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(bytes(spoken))
