"""A voice that says nothing: vowels at the pace of syllables, in phrases with pauses, and a room's quiet.

A sum of harmonics, weighted by three formants (Klatt, "Software for a cascade/parallel formant synthesizer",
1980, gives the idea; the vowels are rough means of Peterson and Barney, 1952). It is meant to be heard as
somebody speaking, never as words. It speaks only while told to.
"""

import fractions
from dataclasses import dataclass

import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame
from numpy.typing import NDArray

from media.plane.simulated_pace import Metronome

RATE_HZ = 48_000
FRAME_S = 0.020
SAMPLES = int(RATE_HZ * FRAME_S)
LOUDNESS = 5_000.0  # of 32,767: about the level of a browser's microphone in a quiet room
ROOM_TONE = 5.0  # about -76 dBFS: a line that is alive and can't be heard
FADE_S = 0.06  # as fast as a person can stop; slower than a click
FORMANT_WIDTH_HZ = 110.0
TOP_HZ = 3_600.0
VOWELS_HZ = (
    (730.0, 1_090.0, 2_440.0),
    (530.0, 1_840.0, 2_480.0),
    (300.0, 2_250.0, 2_900.0),
    (570.0, 840.0, 2_410.0),
    (330.0, 900.0, 2_240.0),
    (490.0, 1_350.0, 1_690.0),
)


@dataclass(frozen=True, slots=True)
class Syllable:
    """One syllable, or a pause when ``loudness`` is 0. Times in seconds, pitch in Hz."""

    length_s: float
    pitch_hz: float
    loudness: float
    formants_hz: tuple[float, float, float]


class Babble:
    """An endless, repeatable stream of syllables of one person: phrases that fall in pitch, then a breath."""

    def __init__(self, seed: int, pitch_hz: float) -> None:
        self._chance = np.random.default_rng(seed)
        self._pitch_hz = pitch_hz
        self._left = 0
        self._length = 0

    def next(self) -> Syllable:
        """The next syllable, or the pause that ends a phrase."""
        if self._left == 0:
            self._length = self._left = int(self._chance.integers(5, 12))
            return Syllable(float(self._chance.uniform(0.35, 0.9)), self._pitch_hz, 0.0, VOWELS_HZ[-1])
        fall = 1.12 - 0.22 * (self._length - self._left) / self._length
        self._left -= 1
        return Syllable(
            length_s=float(self._chance.uniform(0.13, 0.26)),
            pitch_hz=self._pitch_hz * fall * float(self._chance.uniform(0.96, 1.05)),
            loudness=float(self._chance.uniform(0.6, 1.0)),
            formants_hz=VOWELS_HZ[int(self._chance.integers(len(VOWELS_HZ)))],
        )


class Voice:
    """The sound of one person, 20 ms at a time: int16 mono samples at 48 kHz."""

    def __init__(self, seed: int, pitch_hz: float) -> None:
        self.speaking = False
        self.level = 0.0  # 0..1: how loud the last frame was, for the picture
        self._babble = Babble(seed, pitch_hz)
        self._chance = np.random.default_rng(seed + 1)
        self._syllable = self._babble.next()
        self._into_s = 0.0
        self._phase = 0.0
        self._pitch_hz = pitch_hz
        self._weights = np.zeros(int(TOP_HZ / pitch_hz) + 1)
        self._gate = 0.0
        self._order = np.arange(1, len(self._weights) + 1)

    def next_frame(self) -> NDArray[np.int16]:
        """The next 960 samples: speech while told to speak, otherwise the room's quiet."""
        quiet = self._chance.normal(0.0, ROOM_TONE, SAMPLES)
        steps = np.arange(1, SAMPLES + 1) / (RATE_HZ * FADE_S)
        gate = np.clip(self._gate + (steps if self.speaking else -steps), 0.0, 1.0)
        voiced = self._voiced() * gate if self._gate or self.speaking else np.zeros(SAMPLES)
        self._gate = float(gate[-1])
        self.level = min(1.0, float(np.sqrt(np.mean(voiced**2))) * 4)
        return np.clip(voiced * LOUDNESS + quiet, -32_767, 32_767).astype(np.int16)

    def _voiced(self) -> NDArray[np.float64]:
        """One frame of the syllables, about -1..1, gliding from the last frame's weights to this one's."""
        syllable = self._step()
        # A glide in pitch over about three frames: voices don't jump.
        self._pitch_hz += (syllable.pitch_hz - self._pitch_hz) * 0.35
        phases = self._phase + np.arange(1, SAMPLES + 1) * (self._pitch_hz / RATE_HZ)
        self._phase = float(phases[-1] % 1.0)
        weights = self._weigh(syllable)
        glide = np.linspace(0.0, 1.0, SAMPLES)[:, None]
        harmonics = np.sin(2 * np.pi * phases[:, None] * self._order)
        frame: NDArray[np.float64] = np.sum(
            harmonics * (self._weights * (1 - glide) + weights * glide), axis=1
        )
        self._weights = weights
        return frame

    def _step(self) -> Syllable:
        """The syllable that this frame belongs to."""
        self._into_s += FRAME_S
        if self._into_s >= self._syllable.length_s:
            self._syllable, self._into_s = self._babble.next(), 0.0
        return self._syllable

    def _weigh(self, syllable: Syllable) -> NDArray[np.float64]:
        """How loud each harmonic is: a falling slope under three resonances and the syllable's hump."""
        hz = self._order * self._pitch_hz
        resonances = sum(
            share / (1.0 + ((hz - formant) / FORMANT_WIDTH_HZ) ** 2)
            for formant, share in zip(syllable.formants_hz, (1.0, 0.6, 0.25), strict=True)
        )
        hump = np.sin(np.pi * min(1.0, (self._into_s + FRAME_S / 2) / syllable.length_s)) ** 0.7
        weights: NDArray[np.float64] = (0.05 / self._order + resonances / np.sqrt(self._order)) * 0.5
        weights *= syllable.loudness * hump
        return weights


class VoiceTrack(MediaStreamTrack):
    """An aiortc audio track that lets a :class:`Voice` be heard: 48 kHz, mono, 20 ms frames."""

    kind = "audio"

    def __init__(self, voice: Voice) -> None:
        super().__init__()
        self._voice = voice
        self._metronome = Metronome(FRAME_S)

    async def recv(self) -> AudioFrame:
        """The next frame when it is due.

        Raises:
            MediaStreamError: the track was stopped.
        """
        if self.readyState != "live":
            raise MediaStreamError
        beat = await self._metronome.beat()
        frame = AudioFrame.from_ndarray(self._voice.next_frame()[None, :], format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        frame.pts = beat * SAMPLES
        frame.time_base = fractions.Fraction(1, RATE_HZ)
        return frame
