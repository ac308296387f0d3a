"""Install what some tests need from Debian's packages when this machine lacks it and we may (root); else say what is left out.

Never fails the run: the tests that need what is missing are skipped, each with its reason.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Package:
    """A Debian package, the programs of which one suffices, and what can't be tested without it."""

    name: str
    programs: tuple[str, ...]
    tests: str

    @property
    def is_here(self) -> bool:
        """Whether one of its programs is found."""
        return any(shutil.which(program) for program in self.programs)

    @property
    def left_out(self) -> str:
        """What to tell the person who runs the tests."""
        return f"No {self.name} here, so {self.tests} are left out. To run them: apt-get install {self.name}, then make test."


PACKAGES = (
    Package(
        "chromium",
        ("chromium", "chromium-browser", "google-chrome"),
        "the tests marked 'chromium' (tests/web)",
    ),
    Package("coturn", ("turnserver",), "the tests through a relay (tests/web/call/test_relay.py)"),
)


def main() -> None:
    """Install, or explain."""
    missing = [package for package in PACKAGES if not package.is_here]
    apt = shutil.which("apt-get")
    if missing and apt is not None and os.geteuid() == 0:
        install(apt, missing)
    for package in missing:
        if not package.is_here:
            print(package.left_out)


def install(apt: str, packages: list[Package]) -> None:
    """Ask Debian for the packages, one after the other, so that one that can't be had keeps no other away."""
    print(
        f"Installing {' and '.join(p.name for p in packages)} from Debian's packages for the tests ...",
        flush=True,
    )
    run(apt, "update", "-qq")
    for package in packages:
        run(apt, "install", "-y", "-qq", "--no-install-recommends", package.name)
        if package.name == "coturn":
            stop_service("coturn")


def stop_service(name: str) -> None:
    """The tests start a relay of their own; Debian's would run on, open to the network, once it is installed."""
    systemctl = shutil.which("systemctl")
    if systemctl is not None and Path("/run/systemd/system").is_dir():
        run(systemctl, "disable", "--now", "--quiet", name)


def run(*command: str) -> None:
    """Run a command; say what it complained of if it failed."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - fixed arguments
    if done.returncode:
        sys.stdout.write(done.stderr[-2000:] + "\n")


if __name__ == "__main__":
    main()
