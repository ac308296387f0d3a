"""A person who isn't there: one voice and one picture, and the peers that send them.

The voice outlives a connection, so that somebody who comes back after a lost line is the same person.
"""

from media.plane.simulated_peer import SimulatedPeer
from media.plane.simulated_picture import Portrait, PortraitTrack
from media.plane.simulated_voice import Voice, VoiceTrack

PITCHES_HZ = (118.0, 186.0, 148.0, 214.0)


class SimulatedPerson:
    """The ``number``-th simulated person: the same number always looks and sounds alike."""

    def __init__(self, number: int) -> None:
        self._voice = Voice(seed=number, pitch_hz=PITCHES_HZ[number % len(PITCHES_HZ)])
        self._portrait = Portrait(number)

    @property
    def speaking(self) -> bool:
        """Whether the voice is told to speak."""
        return self._voice.speaking

    def speak(self, *, speaking: bool) -> None:
        """Begin to speak, or fall silent within 60 ms."""
        self._voice.speaking = speaking

    def peer(self, seats: int) -> SimulatedPeer:
        """A fresh client's side of a connection that sends this person."""
        return SimulatedPeer(
            seats,
            audio=lambda: VoiceTrack(self._voice),
            video=lambda: PortraitTrack(self._portrait, lambda: self._voice.level),
        )
