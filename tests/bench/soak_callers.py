"""Child process: the people of a soak, who come and go one by one. Their pictures can be decoded, so that blurs work."""

from __future__ import annotations

from typing import Any, Final

from aioice import ice

from tests.bench.caller import Caller, Clip
from tests.bench.callers import one_address
from tests.bench.child import run_child
from tests.bench.clip import encoded_pictures, encoded_sounds

FRAMES_PER_S: Final = 10
"""A third of the usual: what grows does so with comings and goings rather than with packets."""


class SoakCallers:
    """Does what the soak asks; a caller is named by its call and seat."""

    def __init__(self) -> None:
        self._callers: dict[tuple[int, int], Caller] = {}
        self._clip = Clip.of(encoded_pictures(), encoded_sounds(), stamped=False)
        self._packets_in = 0
        ice.get_host_addresses = one_address

    async def do_offer(self, call: int, seat: int) -> dict[str, Any]:
        """Somebody comes."""
        caller = self._callers[call, seat] = Caller(
            self._clip, phase=(call * 3 + seat) / 15 % 1, frames_per_s=FRAMES_PER_S
        )
        return {"sdp": await caller.offer()}

    async def do_start(self, call: int, seat: int, sdp: str) -> dict[str, Any]:
        """They connect and talk."""
        await self._callers[call, seat].start(sdp)
        return {}

    async def do_leave(self, call: int, seat: int) -> dict[str, Any]:
        """They hang up."""
        caller = self._callers.pop((call, seat))
        self._packets_in += caller.counts.packets_in
        await caller.close()
        return {}

    async def do_count(self) -> dict[str, Any]:
        """How many packets have arrived at anybody."""
        return {"packets_in": self._packets_in + sum(one.counts.packets_in for one in self._callers.values())}

    async def close(self) -> None:
        """Hang up everywhere."""
        for caller in self._callers.values():
            await caller.close()


if __name__ == "__main__":
    run_child(SoakCallers)
