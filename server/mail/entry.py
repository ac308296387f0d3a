"""The calendar's part of a letter: what a person's calendar is to do with a call (RFC 5546)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.calendar.objects import (
    Entry,
    cancel_calendar,
    occurrence_cancel,
    occurrence_request,
    request_calendar,
)
from server.mail.wishes import MailKind

if TYPE_CHECKING:
    from datetime import datetime

    from server.mail.facts import Facts
    from server.mail.letters import CallLetter


def calendar_part(
    letter: CallLetter, facts: Facts, link: str | None, now: datetime, *, summary: str, organizer: str
) -> tuple[str, bytes]:
    """Return the method and the file."""
    about = [facts.title, f"With {facts.others}."]
    if link is not None:
        about.append(f"Your own link into the call, for you alone:\n{link}")
    entry = Entry(
        place=letter.person.place,
        summary=summary,
        description="\n".join(about),
        link=link,
        organizer=organizer,
    )
    match letter.kind:
        case MailKind.CHANGED:
            return "REQUEST", occurrence_request(letter.call, entry, now)
        case MailKind.CANCELLED:
            return "CANCEL", occurrence_cancel(letter.call, entry, now)
        case MailKind.SERIES_ENDED if all(call.cancelled_at is not None for call in letter.calls):
            return "CANCEL", cancel_calendar(letter.calls, entry, now)
        case _:
            return "REQUEST", request_calendar(letter.calls, entry, now)
