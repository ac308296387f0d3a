"""Child process: the two partners of a call, in and talking when somebody joins."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

from media.plane.simulated_person import SimulatedPerson
from tests.bench.child import run_child
from tests.bench.guest import Guest


class Partners:
    """Does what the join benchmark asks."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()

    async def do_talk(self, base_url: str, call: str, tokens: list[str]) -> dict[str, Any]:
        """Leave the call before, enter this one; one of the two speaks."""
        await self._stack.aclose()
        guests = [
            await self._stack.enter_async_context(Guest(base_url, call, token, SimulatedPerson(number)))
            for number, token in enumerate(tokens)
        ]
        for guest in guests:
            await guest.enter()
        await guests[0].talk()
        return {}

    async def close(self) -> None:
        """Leave."""
        await self._stack.aclose()


if __name__ == "__main__":
    run_child(Partners)
