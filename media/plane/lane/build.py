"""Builds the compiled lane in place with the system's C compiler: `python media/plane/lane/build.py`. Standard library alone.

Also called when the package is installed (hatch_build.py). It never fails: without a compiler Python does the same, slower.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
COMPILERS: Final = ("cc", "gcc", "clang")
FLAGS: Final = (
    "-std=c11", "-O2", "-g", "-fPIC", "-shared", "-fvisibility=hidden", "-fstack-protector-strong",
    *(("-undefined", "dynamic_lookup") if sys.platform == "darwin" else ()),
)  # fmt: skip
SANITIZERS: Final = ("-fsanitize=address,undefined", "-fno-omit-frame-pointer", "-O1")
PYTHON_PATH: Final = "Packets take the pure Python path:"


def target(folder: Path = FOLDER) -> Path:
    """The module's file for this Python."""
    return folder / f"_lane{sysconfig.get_config_var('EXT_SUFFIX')}"


def build(folder: Path = FOLDER, *more_flags: str) -> str:
    """Build what is older than its sources, or in any case with more flags; a line that says how it went."""
    sources = sorted(folder.glob("*.c"))
    built = target(folder)
    newest = max(path.stat().st_mtime for path in (*sources, *folder.glob("*.h")))
    if not more_flags and built.exists() and built.stat().st_mtime >= newest:
        return "Packets take the compiled path."
    include = sysconfig.get_paths()["include"]
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if os.name != "posix":
        return f"{PYTHON_PATH} the compiled one is for POSIX systems."
    if compiler is None:
        return f"{PYTHON_PATH} there is no C compiler here."
    if not Path(include, "Python.h").exists():
        return f"{PYTHON_PATH} Python's headers are not installed (on Debian: apt-get install python3-dev)."
    return _compile([compiler, *FLAGS, *more_flags, f"-I{include}", *map(str, sources)], built)


def _compile(command: list[str], built: Path) -> str:
    """Compile beside the target and put it there in one step: a process that runs keeps the old file."""
    try:
        with tempfile.TemporaryDirectory(dir=built.parent, prefix=".build-") as folder:
            made = Path(folder, built.name)
            done = subprocess.run(  # noqa: S603 - fixed arguments
                [*command, "-o", str(made)], capture_output=True, text=True, check=False
            )
            if done.returncode == 0:
                made.replace(built)
                return "Packets take the compiled path."
    except OSError as error:
        return f"{PYTHON_PATH} the compiled one could not be built ({error.strerror})."
    complaint = (done.stderr.strip().splitlines() or ["no reason given"])[0]
    return f"{PYTHON_PATH} the compiled one could not be built ({complaint})."


if __name__ == "__main__":
    print(build(FOLDER, *(SANITIZERS if "--sanitize" in sys.argv else ())))  # noqa: T201 - a command's output
