"""The same conversation, lived with restarts: saved, read back on another clock, and told the same from then on."""

import json
from typing import Any

from media.mediation import commands as c
from media.mediation.conversation import Conversation, Notice
from media.mediation.errors import MediationError
from media.mediation.saved import restored, saved
from tests.media.mediation.machine_commands import FORMATS


class Twin:
    """A conversation that was restarted, beside the one that was not."""

    def __init__(self, conversation: Conversation, now: float) -> None:
        self.conversation = conversation
        self.ahead_s = 0.0
        """By how much its clock is ahead."""
        self.restart(now, 0)

    def restart(self, now: float, by_s: int) -> None:
        """Keep it, and bring it back on a clock that shows `by_s` more."""
        text = json.dumps(
            saved(self.conversation.state, self.conversation.revision, now + self.ahead_s), allow_nan=False
        )
        self.ahead_s += by_s
        self.conversation = restored(json.loads(text), FORMATS, now + self.ahead_s)

    def handle(self, command: c.Command, now: float) -> list[Notice] | MediationError:
        """The same command; what was told, or why it was refused."""
        try:
            return self.conversation.handle(command, now + self.ahead_s)
        except MediationError as error:
            return error

    def tick(self, now: float) -> list[Notice]:
        """The same waking."""
        return self.conversation.tick(now + self.ahead_s)

    def assert_told(self, mine: list[Notice], theirs: list[Notice] | MediationError) -> None:
        """The same was told, but for what the clock shows."""
        assert not isinstance(theirs, MediationError)
        assert [(n.code, n.to, moved(dict(n.fields), self.ahead_s)) for n in mine] == [
            (n.code, n.to, dict(n.fields)) for n in theirs
        ]

    def assert_same(self, mine: Conversation, now: float) -> None:
        """The same is heard, seen and shown, and the same deadline comes, but for what the clock shows."""
        theirs, then = self.conversation, now + self.ahead_s
        assert theirs.plan() == mine.plan()
        assert theirs.revision == mine.revision
        assert theirs.snapshot(then).as_json() == moved(mine.snapshot(now).as_json(), self.ahead_s)
        ours, their = mine.deadline(), theirs.deadline()
        assert (ours is None) == (their is None)
        if ours is not None and their is not None:
            assert (their.at, their.reason) == (ours.at + self.ahead_s, ours.reason)


def moved(value: Any, by_s: float) -> Any:
    """JSON on a clock that is ahead: every number under a key that names a moment."""
    if isinstance(value, dict):
        return {key: moved_field(key, item, by_s) for key, item in value.items()}
    if isinstance(value, list):
        return [moved(item, by_s) for item in value]
    return value


def moved_field(key: str, value: Any, by_s: float) -> Any:
    """A moment is moved, anything else looked into."""
    if key.endswith("_at") and isinstance(value, float | int):
        return value + by_s
    return moved(value, by_s)
