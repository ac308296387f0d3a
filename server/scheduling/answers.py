"""What an invited person answers: yes, not now, or perhaps; in a series for this call and the later ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from server.mail.wishes import declined, settled
from server.records import Rsvp
from server.scheduling.rules import Rules, conflict, zone_name
from server.status import Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from server.mail.wishes import MailWish
    from server.records import Call, Person
    from server.store import Change

Scope = Literal["this", "series"]


async def answer_call(
    change: Change,
    rules: Rules,
    place: int,
    rsvp: Rsvp,
    *,
    scope: Scope,
    timezone: str | None,
    stamped: datetime | None,
    sequence: int | None = None,
) -> None:
    """Note an answer and tell the others.

    `stamped` and `sequence`: when a calendar wrote it, and of which version. Raises Problem, `reply-outdated` when a newer
    answer is known, or a newer version of what is answered. Raises LookupError: nobody in the call has this place.
    """
    before = change.call
    person = before.at_place(place)
    if person is None:
        raise LookupError("nobody has this place")
    if sequence is not None:
        await _check_is_of_now(change, rules, scope, sequence)
    rules.check_not_over(before)
    now = rules.now()
    if stamped is not None and person.answered_at is not None and stamped < person.answered_at:
        raise conflict("reply-outdated", "A newer answer than this one is known already.")
    values: dict[str, Any] = {"rsvp": rsvp.value, "answered_at": min(stamped or now, now)}
    if timezone is not None:
        values["timezone"] = zone_name(timezone)
    await change.write_person(place, values)
    if scope == "series":
        await change.write_person_later(place, values, stamped=stamped)
    await change.queue(_letters(before, change.call, person, rsvp, now), now)


async def _check_is_of_now(change: Change, rules: Rules, scope: Scope, sequence: int) -> None:
    """Refuse an answer to an earlier version of a call (RFC 5546, 2.1.5), or of a later one that it reaches as well."""
    call = change.call
    answered = [call]
    if scope == "series":
        later = (one for one in await change.series_calls() if _is_later(one, call))
        answered += (one for one in later if rules.status(one) not in {Status.ENDED, Status.CANCELLED})
    if any(one.sequence > sequence for one in answered):
        raise conflict(
            "reply-outdated",
            "This answers an earlier version: the call was changed since. Answer the newer invitation, "
            "or on the page that your own link leads to.",
        )


def _is_later(one: Call, call: Call) -> bool:
    """Whether a call comes after another one of its series."""
    return bool(one.occurrence_at and call.occurrence_at and one.occurrence_at > call.occurrence_at)


def _letters(before: Call, after: Call, person: Person, rsvp: Rsvp, now: datetime) -> Sequence[MailWish]:
    """What the others have to know: somebody can't come, or both will."""
    if rsvp is Rsvp.DECLINED:
        return declined(after, person, now) if person.rsvp is not Rsvp.DECLINED else ()
    if before.is_agreed and not after.is_agreed and before.began_at is None:
        # A yes became a perhaps, and the others were told that it takes place.
        return declined(after, person, now)
    return settled(after, now) if after.is_agreed and not before.is_agreed else ()
