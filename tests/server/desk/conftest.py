"""A server with a therapist's desk, and a browser to sit at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from server.app import PARTS
from tests.server.desk.scene import THERAPIST, Practice

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.server.scene import Site


@pytest.fixture
async def practice(open_site: Callable[..., Awaitable[Site]]) -> Practice:
    """Return a server that lists one therapist."""
    site = await open_site(therapists=(THERAPIST,))
    return Practice(site, site.client.app[PARTS])
