"""`python -m tests.server.contract [EXAMPLES]`: talk to a server about its whole document, otherwise each time."""

from __future__ import annotations

import sys
import tempfile
import warnings
from pathlib import Path

from tests.server.contract.conversation import operations, talk_about
from tests.server.contract.stage import stage

USUAL = 200
RANDOM = "Do not use the `random` module"
"""What Hypothesis says of a server that draws lots in a thread beside it; the requests don't depend on them."""


def main() -> None:
    """Go through every operation and say what was answered; stops at the first answer that breaks the document."""
    warnings.filterwarnings("ignore", message=RANDOM)
    examples = int(sys.argv[1]) if len(sys.argv) > 1 else USUAL
    with tempfile.TemporaryDirectory() as folder, stage(Path(folder)) as server:
        for operation in operations(server.document()):
            answered = talk_about(server, operation, examples, steady=False)
            print(f"{operation.method.upper():7}{operation.path:46}", dict(sorted(answered.items())))


if __name__ == "__main__":
    main()
