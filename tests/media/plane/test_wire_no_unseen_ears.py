"""No unseen ears: whatever receives sound or picture is somebody who stands in every state that everybody is told.

The whole way: a real socket, room, conversation and plane, and clients of our own that count what arrives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from media.plane.interface import OfferRefusedError
from signaling.audience import Audience
from tests.media.plane.whole_call import WholeCall
from tests.media.plane.wire_call import ANN, BEN, EVERYONE, TESS
from tests.media.plane.wire_client import WireClient

if TYPE_CHECKING:
    from signaling.messages import ConversationMessage

CALL_ID = "call-1"


class Witness:
    """Compares, for every state that is told, the media connections there are with the people it names."""

    def __init__(self) -> None:
        self.told = 0
        self.unseen: list[set[str]] = []
        self._state = Audience.state

    def state(self, audience: Audience, now: float, *, stopped: bool) -> ConversationMessage:
        """The state as it is told, looked at on its way."""
        message = self._state(audience, now, stopped=stopped)
        named = {person.id for person in message.participants}
        viewers = {view.viewer for view in message.distance.views}
        for legs in self.legs():
            self.told += 1
            if not legs <= named & viewers:
                self.unseen.append(legs - (named & viewers))
        return message

    def legs(self) -> list[set[str]]:
        """Whose media connections each plane has, those that are still being made included."""
        return [{*plane._peers, *plane._joining} for plane in self.planes()]

    def planes(self) -> list[Any]:
        """The planes of the call under test."""
        room = self.call.world.rooms._rooms.get(CALL_ID)
        return [room._plane] if room is not None else []

    def watch(self, call: WholeCall) -> None:
        """Look at this call."""
        self.call = call


async def test_every_leg_that_receives_is_a_seat_in_every_state() -> None:
    """Over a whole call: coming in, talking, stepping back, a lost line, a leaving and a coming back."""
    witness = Witness()
    call = WholeCall(format="open-talk")
    witness.watch(call)
    with mock.patch.object(
        Audience, "state", lambda self, now, *, stopped: witness.state(self, now, stopped=stopped)
    ):
        async with call:
            await call.all_see_and_hear()
            (legs,) = witness.legs()
            assert legs == set(EVERYONE), "everybody has a connection, and nobody else"
            await call.lines[ANN].vanishes()
            await call.lines[BEN].until("conversation")
            await call.clients[ANN].close()
            await call.come_in(ANN)
            await call.all_see_and_hear()
            await call.lines[TESS].does("leave")
            await call.clients[TESS].close()
            await call.lines[BEN].does("break.start")
            await call.lines[ANN].does("break.end")
            await call.lines[BEN].does("break.end")
    assert witness.told >= 10
    assert witness.unseen == []


async def test_whoever_has_no_seat_gets_no_leg() -> None:
    """The plane refuses the offer of a name that no state holds; nothing of the call goes there."""
    async with WholeCall(format="open-talk") as call:
        room = call.world.rooms._rooms[CALL_ID]
        stranger = WireClient("eve", 3)
        try:
            with pytest.raises(OfferRefusedError):
                await room._plane.offer("eve", await stranger.offer())
            await call.all_see_and_hear()
            assert stranger.packets == []
            assert {*room._plane._peers, *room._plane._joining} == set(EVERYONE)
        finally:
            await stranger.close()
