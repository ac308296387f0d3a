"""Measured figures in README.md, each between two marks of their own, so that a command can renew them."""

from __future__ import annotations

import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Final

from server.clock import utc_now
from tests.bench.child import ROOT

README: Final = ROOT / "README.md"
PACKAGES: Final = ("aiortc", "pylibsrtp", "uvloop")


class NoMarkError(Exception):
    """There is no such place in the file."""


def write(name: str, text: str, file: Path = README) -> None:
    """Put this text between the marks of this name, in place of what was there. Raises NoMarkError."""
    begin, end = f"<!-- measured: {name} -->", f"<!-- /measured: {name} -->"
    before, found_begin, rest = file.read_text().partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found_begin and found_end):
        raise NoMarkError(f"{file.name} has no {begin} … {end}")
    file.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}")


def command(module: str) -> str:
    """How this program was started, for whoever wants to do it again."""
    return shlex.join(["python", "-m", module, *sys.argv[1:]])


def machine() -> str:
    """On what, with what and when: figures mean nothing without it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    parts = [
        f"{cores} cores{_processor()}",
        f"{platform.system()} {platform.release().partition('-')[0]}",
        f"Python {platform.python_version()}",
        *(f"{name} {version(name)}" for name in PACKAGES),
        *_janus(),
    ]
    return f"{utc_now():%Y-%m-%d}, {', '.join(parts)}"


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        return ""
    return f" ({found[1].strip()})" if found else ""


def _janus() -> list[str]:
    program = shutil.which("janus")
    if program is None:
        return []
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603 - Janus itself
    found = re.search(r"version: .*\((.+)\)", said)
    return [f"Janus {found[1]}"] if found else []
