"""Whether this machine itself was too busy: a browser that gets no processor freezes and conceals on a perfect line, too."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_PRESSURE: Final = Path("/proc/pressure/cpu")


def waited_for_cpu_s() -> float:
    """Seconds since the start of the machine in which some task had to wait for a processor; 0 where none tells."""
    try:
        found = re.search(r"some .*total=(\d+)", _PRESSURE.read_text())
    except OSError:
        return 0.0
    return int(found[1]) / 1e6 if found else 0.0
