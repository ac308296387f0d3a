"""Memory that calls have freed goes back to the system."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from server.memory import give_back

BLOCKS, SIZE = 40_000, 1200
"""48 MB of packets."""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be asked")
def test_holes_between_what_stays_are_given_back() -> None:
    """Of many packets a few stay, spread all over; what lay between them is no longer resident."""
    before = resident_bytes()
    packets = [bytes(SIZE) for _ in range(BLOCKS)]
    kept = packets[::200]
    del packets
    give_back()
    assert len(kept) == BLOCKS // 200
    assert resident_bytes() - before < BLOCKS * SIZE / 4


def resident_bytes() -> int:
    """What lies in RAM, with nothing given back for the occasion."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
