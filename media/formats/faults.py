"""What is wrong with a format's file, and where.

Exception
└── FormatFileError      one file; its text has a line `file:line: reason` for each fault
"""

from __future__ import annotations

from dataclasses import dataclass

Path = tuple[str | int, ...]
"""Keys and places from the top of a file, such as ("rounds", 0, "phases", 2, "seconds")."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, for the person who wrote the file."""

    where: Path
    reason: str


@dataclass(frozen=True, slots=True, order=True)
class FaultAtLine:
    """The same, found in the text; lines count from 1."""

    line: int
    reason: str


class FormatFileError(Exception):
    """A file is no format. `file`: as it was named to us; `faults`: what is wrong, in order, at least one."""

    def __init__(self, file: str, faults: tuple[FaultAtLine, ...]) -> None:
        super().__init__("\n".join(f"{file}:{fault.line}: {fault.reason}" for fault in faults))
        self.file = file
        self.faults = faults
