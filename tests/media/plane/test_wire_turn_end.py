"""On the wire: a turn whose time is up ends inside a pause of its holder, or with the grace; by what packets arrive."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from media.plane.pause_ear import PAUSE_S, QUIET_LEVEL
from media.plane.silence import SILENCE_FRAME
from tests.media.plane.whole_call import WholeCall
from tests.media.plane.wire_call import ANN, BEN
from tests.media.plane.wire_client import TICK_S, WireClient
from tests.signaling import world

if TYPE_CHECKING:
    from collections.abc import Callable

TURN_S, GRACE_S = 10, 15
SPEAKS, QUIET = 30, 90
PAUSE_FRAMES = 60
TRIES = 3


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn is longer than clients usually wait for a message."""
    monkeypatch.setattr(world, "DEADLINE_S", 40.0)


def in_sentences(frame: int) -> bool:
    """2.4 s of speech with a short gap between words in it, then a pause of 1.2 s."""
    place = frame % (180)
    return place < 120 and not 50 <= place < 62


def on_and_on(frame: int) -> bool:
    """Speech with gaps between words alone."""
    return frame % 60 >= 5


class Speaker(WireClient):
    """Writes the level of speech on its packets, as browsers do (RFC 6464)."""

    speaks: Callable[[int], bool] = staticmethod(in_sentences)

    def __init__(self, name: str, person: int) -> None:
        super().__init__(name, person)
        self.levels: dict[bytes, int] = {}
        """Of each payload that was sent."""

    async def send_raw(self, data: bytes) -> None:
        """Sound gets its level, in the one-byte form of RFC 8285."""
        payload = data[12:]
        if data[1] & 0x7F == self.payload_types["audio"]:
            level = SPEAKS if type(self).speaks(self.sent["audio"]) else QUIET
            self.levels[payload] = level
            extension = bytes((0xBE, 0xDE, 0, 1, self._level_id() << 4, level, 0, 0))
            data = bytes((data[0] | 0x10,)) + data[1:12] + extension + payload
        await super().send_raw(data)

    def _level_id(self) -> int:
        assert self.answer is not None
        found = re.search(r"a=extmap:(\d+) urn:ietf:params:rtp-hdrext:ssrc-audio-level", self.answer.sdp)
        assert found is not None
        return int(found[1])


class Monologue(Speaker):
    """Never pauses."""

    speaks = staticmethod(on_and_on)


async def the_turn_of(call: WholeCall) -> list[int]:
    """Ann has a turn; when Ben's has begun: the levels of what he heard of her, in order."""
    await call.lines[ANN].does("floor.request")
    closing = await call.lines[BEN].until("notice", code="turn.closing")
    began = next(m for m in call.lines[BEN].seen if m.get("code") == "turn.started")
    assert closing["ends_at"] - began["ends_at"] == pytest.approx(GRACE_S)
    ended = await call.lines[BEN].until("notice", code="turn.ended")
    assert ended["reason"] == "time"
    await call.acknowledged(ANN)
    speaker = call.clients[ANN]
    assert isinstance(speaker, Speaker)
    return [speaker.levels[p.payload] for p in call.own_sounds(BEN, ANN)]


async def test_a_turn_ends_inside_a_pause() -> None:
    """The last that is heard of the holder is quiet, for about as long as a pause takes, and no gap between words ended it."""
    async with WholeCall(format="timed-turns", turn_seconds=TURN_S, make_client=Speaker) as call:
        heard = await the_turn_of(call)
        quiet = next(i for i, level in enumerate(reversed(heard)) if level < QUIET_LEVEL)
        assert PAUSE_S / TICK_S - 3 <= quiet < PAUSE_FRAMES, "the gate closed outside the pause"
        assert (TURN_S - 1) / TICK_S < len(heard) < (TURN_S + 5) / TICK_S
        call.assert_hears(BEN, ANN)
        assert call.clients[BEN].stream(ANN, "audio")[-1].payload == SILENCE_FRAME


async def test_a_turn_without_a_pause_ends_with_the_grace() -> None:
    """Who speaks on is heard for fifteen seconds more, and not longer. A machine that made the speaker pause takes another go."""
    for _ in range(TRIES):
        async with WholeCall(format="timed-turns", turn_seconds=TURN_S, make_client=Monologue) as call:
            heard = await the_turn_of(call)
            sent = [call.clients[ANN].sent_at[payload] for payload in call.clients[ANN].levels]  # type: ignore[attr-defined]
            assert len(heard) < (TURN_S + GRACE_S + 1) / TICK_S
            if max(b - a for a, b in pairwise(sent)) <= PAUSE_S / 2:
                assert len(heard) > (TURN_S + GRACE_S - 2) / TICK_S
                return
    pytest.fail(f"in none of {TRIES} goes did this machine let the speaker speak on")
