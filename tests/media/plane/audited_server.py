"""The real `holdspace` command with a witness inside, to be run as a process of its own.

Every file that Python opens for writing, and everything else that could put bytes on a disk, is told through the descriptor
given as the first argument.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
OTHER_WAYS = frozenset({
    "os.rename", "os.link", "os.symlink", "os.mkdir", "os.truncate", "shutil.copyfile", "shutil.move", "tempfile.mkstemp",
    "tempfile.mkdtemp", "subprocess.Popen", "os.posix_spawn", "os.exec", "os.fork", "os.system", "sqlite3.connect",
})  # fmt: skip


def witness(told: int) -> None:
    """Install the hook; it can't be taken out again."""

    def hook(event: str, args: tuple[object, ...]) -> None:
        if event == "open":
            path, _, flags = args
            if isinstance(flags, int) and flags & WRITES:
                os.write(told, f"open {path}\n".encode())
        elif event in OTHER_WAYS:
            os.write(told, f"{event} {args[0] if args else ''}\n".encode())

    sys.addaudithook(hook)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))
    witness(int(sys.argv.pop(1)))
    from server.__main__ import main

    main()
