"""The state machine at length: `python -m tests.media.mediation.ten_thousand [sequences]`, 10,000 unless another number is given.

Prints what happened in them. Fails where a promise was broken (with the shortest sequence that breaks it), and where something
that can happen never did: sequences without it would prove nothing about it.
"""

import re
import sys
import time
from typing import get_args

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from media.mediation import notices
from media.mediation.commands import Command
from tests.media.mediation.any_conversation import AnyConversation
from tests.media.mediation.machine_life import HAPPENED

SEQUENCES = 10_000
STEPS = 40


def codes() -> set[str]:
    """Every notice that there is, as `Notice` says them."""
    said: set[str] = set()
    subject = ""
    for name in re.findall(r"`([a-z.]+)`", (notices.Notice.__doc__ or "").partition("Codes:")[2]):
        subject = name.partition(".")[0] if not name.startswith(".") else subject
        said.add(subject + name if name.startswith(".") else name)
    return said


def run(sequences: int) -> None:
    """So many sequences, none of them kept."""
    began = time.perf_counter()
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        AnyConversation,
        settings=settings(
            max_examples=sequences,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    for what, times in sorted(HAPPENED.items()):
        print(f"{times:>9} {what}")
    commands = {kind.__name__ for kind in get_args(Command)}
    never = sorted((commands | codes()) - set(HAPPENED))
    print(
        f"{sequences} sequences of up to {STEPS} steps in {time.perf_counter() - began:.0f} s; never happened: {never}"
    )
    if never:
        sys.exit(1)


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else SEQUENCES)
