"""One world for a test, and the proof that nothing of it is left running."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.signaling.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A server with one call; afterwards no task and no alarm may be left."""
    before = asyncio.all_tasks()
    async with World() as made:
        yield made
    assert_nothing_left(made, before)


def assert_nothing_left(made: World, before: set[asyncio.Task[None]]) -> None:
    """Every plane is closed, every room gone, every task done, every alarm off."""
    assert all(plane.closed for plane in made.planes)
    assert len(made.rooms) == 0
    assert not made.rooms.lobby._calls
    assert not made.clock.pending()
    left = {task.get_name() for task in asyncio.all_tasks() - before if "signaling" in task.get_name()}
    assert not left
