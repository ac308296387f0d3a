"""What a person is shown of what is kept about them."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - pydantic reads it at run time
from typing import TYPE_CHECKING, Any

from media.mediation.people import Role  # noqa: TC001 - the same
from server.mail.wishes import MailKind, MailState  # noqa: TC001 - the same
from server.records import ProposalState, Rsvp  # noqa: TC001 - the same
from server.schemas import Answer
from server.times import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from server.records import Call, Person, Proposal


class KeptAboutYou(Answer):
    """Who they are to this server."""

    name: str
    email: str | None
    timezone: str | None
    role: Role


class KeptProposal(Answer):
    """Another time that they proposed, or said yes to."""

    starts_at: str
    timezone: str
    state: ProposalState
    proposed_by_you: bool
    agreed_by_you: bool
    created_at: datetime


class KeptLetter(Answer):
    """A letter to them. Its text is not kept."""

    kind: MailKind
    state: MailState
    reason: str | None
    created_at: datetime
    settled_at: datetime | None
    """When it was sent, or given up."""


class KeptCall(Answer):
    """A call that they are invited to."""

    id: str
    title: str
    starts_at: str
    timezone: str
    duration_minutes: int
    your_answer: Rsvp
    answered_at: datetime | None
    proposals: tuple[KeptProposal, ...]
    letters: tuple[KeptLetter, ...]
    kept_until: datetime
    """When all of this is erased, unless the call is moved."""


class KeptSeries(Answer):
    """How the calls recur."""

    rule: str
    """An RRULE's value (RFC 5545, 3.3.10)."""
    starts_local: str
    timezone: str


class MyDataAnswer(Answer):
    """Everything that is kept about one person in a call and its series."""

    made_at: datetime
    you: KeptAboutYou
    series: KeptSeries | None
    calls: tuple[KeptCall, ...]


def about(person: Person) -> KeptAboutYou:
    """Who they are."""
    return KeptAboutYou(name=person.name, email=person.email, timezone=person.timezone, role=person.role)


def series_of(call: Call) -> KeptSeries | None:
    """How the calls recur, if they do."""
    if call.series is None:
        return None
    series = call.series
    return KeptSeries(rule=series.rule, starts_local=series.starts_local, timezone=series.timezone)


def kept_call(
    call: Call,
    person: Person,
    proposals: Iterable[Proposal],
    letters: Iterable[Mapping[Any, Any]],
    kept_until: datetime,
) -> KeptCall:
    """One call, with what this person has to do with."""
    return KeptCall(
        id=call.id,
        title=call.title,
        starts_at=shown(call.starts_at, call.timezone),
        timezone=call.timezone,
        duration_minutes=call.duration_minutes,
        your_answer=person.rsvp,
        answered_at=person.answered_at,
        proposals=tuple(_proposal(one, person) for one in proposals if _concerns(one, person)),
        letters=tuple(KeptLetter.model_validate(dict(row)) for row in letters),
        kept_until=kept_until,
    )


def _concerns(proposal: Proposal, person: Person) -> bool:
    return proposal.place == person.place or person.place in proposal.agreed


def _proposal(proposal: Proposal, person: Person) -> KeptProposal:
    return KeptProposal(
        starts_at=shown(proposal.starts_at, proposal.timezone),
        timezone=proposal.timezone,
        state=proposal.state,
        proposed_by_you=proposal.place == person.place,
        agreed_by_you=person.place in proposal.agreed,
        created_at=proposal.created_at,
    )
