"""Whether a letter still says what is true at the moment it is to be sent. Pure.

Calendar letters (`NEWS`) tell the newest state whatever they were queued for, so an older one makes way for a newer. Who never
got the invitation is told everything by one, and is not bothered with the end of what they never heard of.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from server.mail.letters import LIKELY_THERE, NEWS, REMINDERS
from server.mail.wishes import MailKind
from server.records import ProposalState, Rsvp

if TYPE_CHECKING:
    from server.mail.letters import Case, QueuedMail
    from server.records import Call

LATEST_DAY_REMINDER: Final = timedelta(hours=1)
"""Nearer to the start, the one for ten minutes before is enough."""
MOST_ANSWERS: Final = 10
"""Letters to one person about yes, or about no, to one call: who changes their mind for ever fills no mailbox by it."""
_NO_YES: Final = frozenset({Rsvp.DECLINED, Rsvp.TENTATIVE})
_ANSWERS: Final = frozenset({MailKind.DECLINED, MailKind.SETTLED})
_TELLS_OF_A_CALL: Final = frozenset({MailKind.INVITATION, MailKind.CHANGED})


@dataclass(frozen=True, slots=True)
class Write:
    """Send it, worded as this kind; `covers` are letters that it makes needless."""

    kind: MailKind
    covers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drop:
    """Don't send it; the reason is for the organizer."""

    reason: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Not before another letter has gone, which is due at this moment."""

    until: datetime


Verdict = Write | Drop | Hold

OVERTAKEN: Final = Drop("A newer letter says what is true now.")
CANCELLED: Final = Drop("The call was cancelled before this letter went out.")
OVER: Final = Drop("The call was over before this letter went out.")
NEVER_TOLD: Final = Drop("It was cancelled before the invitation went out.")
NOT_CANCELLED: Final = Drop("The call takes place after all.")
NO_ADDRESS: Final = Drop("There is no address any more.")
ANSWERED: Final = Drop("It was answered, withdrawn or overtaken before this letter went out.")
NOT_TRUE: Final = Drop("Somebody has answered otherwise since.")
MOVED: Final = Drop("The call has another time now.")
ENOUGH: Final = Drop("There were many letters of this kind; the newest answer is on the page.")
TOO_LATE: Final = Drop("It would have come too late.")


def judge(mail: QueuedMail, case: Case, now: datetime) -> Verdict:
    """Decide what becomes of a letter that is due."""
    person = case.call.at_place(mail.place)
    if person is None or not person.email:
        return NO_ADDRESS
    if mail.kind in NEWS:
        return _news(mail, case, now)
    if case.call.cancelled_at is not None or _is_over(case.call, now):
        return OVER if case.call.cancelled_at is None else CANCELLED
    return _reminder(mail, case.call, now) if mail.kind in REMINDERS else _answer(mail, case, now)


def _answer(mail: QueuedMail, case: Case, now: datetime) -> Verdict:
    invitation = [other for other in case.others if other.waits and other.kind in NEWS]
    if invitation and not _has_heard(case):
        return Hold(min(other.due_at for other in invitation))
    if any(_is_same(other, mail) and other.is_after(mail) for other in case.others if other.waits):
        return OVERTAKEN
    same_kind = [one for one in case.others if one.kind is mail.kind and one.call_id == mail.call_id]
    told = sum(one.state in LIKELY_THERE for one in same_kind)
    if mail.kind in _ANSWERS and told >= MOST_ANSWERS:
        return ENOUGH
    return _still_so(mail, case, now)


def _news(mail: QueuedMail, case: Case, now: datetime) -> Verdict:
    waiting = [other for other in case.others if other.waits and other.kind in NEWS]
    if not _has_heard(case):
        return _first_news(mail, case, waiting, now)
    newer = any(other.call_id == mail.call_id and other.is_after(mail) for other in waiting)
    if mail.kind is MailKind.CANCELLED:
        # Nothing but the same again is newer than an end.
        newer = any(_is_same(other, mail) and other.is_after(mail) for other in waiting)
    if mail.kind is MailKind.SERIES_ENDED:
        return OVERTAKEN if newer else Write(mail.kind)
    if mail.kind is MailKind.INVITATION:
        return _whole(case, newer=newer, now=now)
    if (case.call.cancelled_at is not None) != (mail.kind is MailKind.CANCELLED):
        return NOT_CANCELLED if mail.kind is MailKind.CANCELLED else CANCELLED
    if _is_over(case.call, now):
        return OVER
    return OVERTAKEN if newer else Write(mail.kind)


def _first_news(mail: QueuedMail, case: Case, waiting: list[QueuedMail], now: datetime) -> Verdict:
    if all(call.cancelled_at is not None for call in case.calls):
        return NEVER_TOLD
    # Of a single call the newest goes; of a series, whichever comes first tells of all its calls.
    single = case.call.series is None
    verdict = _whole(case, newer=single and any(other.is_after(mail) for other in waiting), now=now)
    if isinstance(verdict, Write):
        return Write(MailKind.INVITATION, tuple(other.id for other in waiting))
    return verdict


def _whole(case: Case, *, newer: bool, now: datetime) -> Verdict:
    coming = [call for call in case.calls if call.cancelled_at is None]
    if not coming:
        return CANCELLED
    if all(_is_over(call, now) for call in coming):
        return OVER
    return OVERTAKEN if newer else Write(MailKind.INVITATION)


def _reminder(mail: QueuedMail, call: Call, now: datetime) -> Verdict:
    person = call.at_place(mail.place)
    if person is None or person.rsvp is Rsvp.DECLINED or not call.is_agreed:
        return NOT_TRUE
    if mail.about != call.starts_at.isoformat():
        return MOVED
    latest = call.starts_at - (LATEST_DAY_REMINDER if mail.kind is MailKind.REMINDER_DAY else timedelta())
    return Write(mail.kind) if now < latest else TOO_LATE


def _still_so(mail: QueuedMail, case: Case, now: datetime) -> Verdict:
    call, proposal = case.call, case.proposal
    if mail.kind is MailKind.SETTLED:
        return Write(mail.kind) if call.is_agreed else NOT_TRUE
    if mail.kind is MailKind.DECLINED:
        decliner = call.at_place(int(mail.about.rpartition(":")[2]))
        return Write(mail.kind) if decliner and decliner.rsvp in _NO_YES else NOT_TRUE
    if proposal is None:
        return ANSWERED
    if mail.kind is MailKind.PROPOSED:
        unanswered = proposal.state is ProposalState.OPEN and mail.place not in proposal.agreed
        return Write(mail.kind) if unanswered and now < proposal.starts_at else ANSWERED
    return Write(mail.kind) if proposal.state is ProposalState.DECLINED else ANSWERED


def _has_heard(case: Case) -> bool:
    if any(call.erased_at is not None for call in case.calls):
        return True  # what they were told when the series began is erased with its first calls
    return any(other.kind in _TELLS_OF_A_CALL and other.state in LIKELY_THERE for other in case.others)


def _is_same(one: QueuedMail, other: QueuedMail) -> bool:
    """Whether both are about one thing: one person's answer to one call, one proposal, or that all is settled."""
    if one.kind is not other.kind or one.call_id != other.call_id:
        return False
    return one.kind is MailKind.SETTLED or one.about.rpartition(":")[2] == other.about.rpartition(":")[2]


def _is_over(call: Call, now: datetime) -> bool:
    return call.ended_at is not None or now >= call.planned_end
