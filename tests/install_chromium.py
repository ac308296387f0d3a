"""Install Chromium from Debian's packages when this machine lacks it and we may (root); else say what is left out.

Never fails the run: without Chromium the browser tests are skipped, each with its reason.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LEFT_OUT = (
    "No Chromium here, so the tests marked 'chromium' (tests/web) are left out. "
    "To run them: apt-get install chromium, then make test."
)


def main() -> None:
    """Install, or explain."""
    if any(shutil.which(name) for name in BROWSERS):
        return
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        print(LEFT_OUT)
        return
    print("Installing Chromium from Debian's packages for the browser tests ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
        done = subprocess.run([apt, *arguments], env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - fixed arguments
        if done.returncode:
            sys.stdout.write(done.stderr[-2000:] + "\n" + LEFT_OUT + "\n")
            return


if __name__ == "__main__":
    main()
