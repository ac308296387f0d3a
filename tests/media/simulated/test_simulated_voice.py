"""What a simulated person sounds and looks like, without any network."""

import asyncio
import itertools
import time

import numpy as np
from av import AudioFrame, VideoFrame

from media.plane.simulated_pace import Metronome
from media.plane.simulated_picture import HEIGHT, WIDTH, Portrait, PortraitTrack
from media.plane.simulated_voice import RATE_HZ, SAMPLES, Voice, VoiceTrack


def say(voice: Voice, seconds: float) -> np.ndarray:
    """That many seconds of the voice as one array."""
    return np.concatenate([voice.next_frame() for _ in range(round(seconds * 50))]).astype(float)


def loudness_dbfs(sound: np.ndarray) -> float:
    """The root mean square against full scale."""
    return float(20 * np.log10(np.sqrt(np.mean(sound**2)) / 32_768))


def test_silent_until_told_to_speak() -> None:
    """Without being told to speak, a voice is below what a microphone's own noise would be."""
    assert loudness_dbfs(say(Voice(1, 120.0), 1.0)) < -70


def test_speech_has_a_speaker_like_loudness() -> None:
    """While told to speak, a voice is about as loud as a person at a microphone and never clips."""
    voice = Voice(1, 120.0)
    voice.speaking = True
    sound = say(voice, 10.0)
    assert -40 < loudness_dbfs(sound) < -15
    assert np.abs(sound).max() < 32_000


def test_falls_silent_within_a_tenth_of_a_second() -> None:
    """Told to stop in the middle of a word, a voice fades out at once."""
    voice = Voice(1, 120.0)
    voice.speaking = True
    while voice.level < 0.3:
        voice.next_frame()
    voice.speaking = False
    say(voice, 0.1)
    assert loudness_dbfs(say(voice, 0.2)) < -70


def test_pauses_between_phrases() -> None:
    """Speech is not a hum: within twenty seconds there are loud and silent stretches of some length."""
    voice = Voice(3, 180.0)
    voice.speaking = True
    quarter_seconds = say(voice, 20.0).reshape(-1, RATE_HZ // 4)
    levels = [loudness_dbfs(part) for part in quarter_seconds]
    assert sum(level < -60 for level in levels) >= 3
    assert sum(level > -35 for level in levels) >= 20


def test_each_person_has_a_pitch() -> None:
    """The strongest low harmonic is that person's own pitch, give or take the melody."""
    for pitch_hz in (118.0, 214.0):
        voice = Voice(5, pitch_hz)
        voice.speaking = True
        spectrum = np.abs(np.fft.rfft(say(voice, 10.0)))
        hz = np.arange(len(spectrum)) / 10.0
        low = (hz > 70) & (hz < 1.4 * pitch_hz)
        assert 0.8 * pitch_hz < hz[low][spectrum[low].argmax()] < 1.25 * pitch_hz


def test_the_same_person_says_the_same_again() -> None:
    """A voice is repeatable: the same seed gives the same samples."""
    one, other = Voice(7, 150.0), Voice(7, 150.0)
    one.speaking = other.speaking = True
    assert np.array_equal(say(one, 1.0), say(other, 1.0))


def test_the_picture_moves_calmly() -> None:
    """Consecutive pictures differ, but nowhere by a flash: the mean change of a pixel stays small."""
    portrait = Portrait(0)
    pictures = [portrait.draw(beat / 15, 0.5).astype(int) for beat in range(30)]
    changes = [np.abs(later - earlier).mean() for earlier, later in itertools.pairwise(pictures)]
    assert max(changes) < 6
    assert np.abs(pictures[-1] - pictures[0]).mean() > 0.2


def test_two_people_look_different() -> None:
    """Each person has a palette of their own."""
    one, other = Portrait(0).draw(1.0, 0.0), Portrait(1).draw(1.0, 0.0)
    assert np.abs(one.astype(int) - other.astype(int)).mean() > 5


def test_a_picture_is_cheap() -> None:
    """A picture is drawn in less than three milliseconds of CPU time (median of twenty)."""
    portrait = Portrait(2)
    costs = []
    for beat in range(20):
        before = time.process_time()
        portrait.draw(beat / 15, 1.0)
        costs.append(time.process_time() - before)
    assert sorted(costs)[10] < 0.003


async def test_tracks_yield_frames_of_the_promised_form() -> None:
    """Sound is 48 kHz mono in 20 ms frames; a picture is 320x240 in YUV 4:2:0; both count real time."""
    voice, picture = VoiceTrack(Voice(1, 120.0)), PortraitTrack(Portrait(1), lambda: 0.0)
    async with asyncio.timeout(5):
        sounds = [await voice.recv() for _ in range(3)]
        pictures = [await picture.recv() for _ in range(2)]
    assert all(isinstance(sound, AudioFrame) and sound.samples == SAMPLES for sound in sounds)
    assert [sound.pts for sound in sounds] == [0, SAMPLES, 2 * SAMPLES]
    assert sounds[0].sample_rate == RATE_HZ
    assert all(isinstance(shown, VideoFrame) for shown in pictures)
    assert (pictures[0].width, pictures[0].height, pictures[0].format.name) == (WIDTH, HEIGHT, "yuv420p")
    assert [shown.pts for shown in pictures] == [0, 6_000]


async def test_a_late_metronome_skips_what_nobody_needs() -> None:
    """After a long hold-up the count jumps to real time instead of sending a burst."""
    metronome = Metronome(0.001)
    assert await metronome.beat() == 0
    time.sleep(0.3)  # noqa: ASYNC251 - the loop being held up is the case under test
    assert await metronome.beat() >= 290
