"""The API keeps to its document, whatever is asked of it: no answer breaks it, and none is a server's error."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.server.contract.conversation import operations, talk_about
from tests.server.contract.stage import stage

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = 10
"""Requests of each operation and kind; `python -m tests.server.contract` makes more, and other ones each time."""


# The server draws lots in a thread beside Hypothesis; the requests don't depend on them.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
def test_every_answer_keeps_to_the_document(tmp_path: Path) -> None:
    """Good and bad requests by people with every right and none: each status, type and shape is as documented."""
    answered: Counter[int] = Counter()
    with stage(tmp_path) as server:
        for operation in operations(server.document()):
            answered += talk_about(server, operation, EXAMPLES)
    # The run is worth something only if it came past the first checks.
    assert {200, 201, 202, 204, 400, 401, 403, 404, 409, 422} <= answered.keys()
    assert sum(count for status, count in answered.items() if status < 300) > sum(answered.values()) / 10
