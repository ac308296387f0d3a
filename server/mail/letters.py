"""Letters on their way: what stands in the queue, and what a letter is written from once it is due.

Knows nothing of SQL, of words or of mail servers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from server.mail.wishes import MailKind, MailState

if TYPE_CHECKING:
    from datetime import datetime

    from server.records import Call, Person, Proposal
    from server.secret import Pii

AGAIN: Final = "+again"
"""Ends the occasion of a letter that is sent again, with a number of its own."""
NEWS: Final = frozenset({MailKind.INVITATION, MailKind.CHANGED, MailKind.CANCELLED, MailKind.SERIES_ENDED})
"""Letters that carry a calendar entry: each tells the newest state, so that one of them is enough."""
_COUNTED: Final = (NEWS - {MailKind.INVITATION}) | {MailKind.DECLINED, MailKind.SETTLED}
REMINDERS: Final = frozenset({MailKind.REMINDER_DAY, MailKind.REMINDER_SOON})
IN_FLIGHT: Final = (MailState.CLAIMED, MailState.HANDING_OVER)
LIKELY_THERE: Final = frozenset({MailState.SENT, MailState.UNCERTAIN})


@dataclass(frozen=True, slots=True)
class QueuedMail:
    """One row of the queue about a call."""

    id: str
    call_id: str
    place: int
    kind: MailKind
    occasion: str
    state: MailState
    due_at: datetime
    created_at: datetime

    @property
    def about(self) -> str:
        """The occasion, also of a letter that is sent again."""
        return self.occasion.partition(AGAIN)[0]

    @property
    def waits(self) -> bool:
        """Whether it is still to be sent."""
        return self.state is MailState.QUEUED

    @property
    def sequence(self) -> int:
        """The call's SEQUENCE when it was wished for, where the occasion tells it; an invitation comes before all."""
        return int(self.about.partition(":")[0]) if self.kind in _COUNTED else -1

    def is_after(self, other: QueuedMail) -> bool:
        """Whether it was wished for later; moments are whole seconds, so that several share one."""
        mine = (self.created_at, self.sequence, self.id)
        return mine > (other.created_at, other.sequence, other.id)


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that decides about one letter, read in one transaction."""

    call: Call
    calls: tuple[Call, ...]
    """All calls of the series in their order; of a single call, that one."""
    others: tuple[QueuedMail, ...]
    """The same person's other letters about the same call or series, whatever became of them."""
    proposal: Proposal | None = None
    """The one that the letter is about."""


@dataclass(frozen=True, slots=True)
class CallLetter:
    """What a letter about a call is written from."""

    kind: MailKind
    """What it says; somebody who never got the invitation is told of a change by an invitation."""
    call: Call
    calls: tuple[Call, ...]
    person: Person
    about: str
    feed: Pii[str]
    """The secret of the person's own feed."""
    proposal: Proposal | None = None


@dataclass(frozen=True, slots=True)
class SignInLetter:
    """What a therapist's link to the desk is written from."""

    email: str = field(repr=False)
    token: Pii[str]


@dataclass(frozen=True, slots=True)
class Claim:
    """A letter that this process alone may send, until its lease is over."""

    mail_id: str
    ticket: str
    """Random; stands in the row for as long as the letter is ours."""
    attempts: int
    letter: CallLetter | SignInLetter
