"""A call as the HTTP API tells it: to a participant, to its organizer, and once with its secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from server.scheduling.beside import Beside, read_beside
from server.schemas import CallAnswer, CreatedCall
from server.times import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from server.clock import WallClock
    from server.database import Database
    from server.mail.reports import MailReport
    from server.records import Call, Occurrence, Person, Proposal
    from server.scheduling.schedule import Scheduled
    from server.secret import Pii
    from server.status import DoorHours, Timed


class RoomsOfCalls(Protocol):
    """What the API asks of live rooms."""

    def is_connected(self, call_id: str, participant: str) -> bool:
        """Whether this participant is in the call now."""
        ...

    async def end_call(self, call_id: str, code: str) -> None:
        """Say goodbye to everyone in the call, with the code of their `bye`."""
        ...


class CallView:
    """Writes the answers; reads what is told beside the calls themselves."""

    def __init__(
        self, database: Database, hours: DoorHours, clock: WallClock, rooms: RoomsOfCalls, base_url: str
    ) -> None:
        self._database = database
        self._hours = hours
        self._clock = clock
        self._rooms = rooms
        self._base_url = base_url

    async def answer(self, call: Call, you: Person | None) -> CallAnswer:
        """Return a call as `you` may see it; None: its organizer."""
        series = {call.series.id} if call.series else set()
        async with self._database.reading() as connection:
            beside = await read_beside(connection, {call.id}, series, with_mails=you is None)
        return self._answer(call, you, beside)

    async def answers(self, calls: Sequence[Call]) -> tuple[CallAnswer, ...]:
        """Return many calls as their organizer may see them."""
        ids = {call.id for call in calls}
        beside = await self._database.read_at_once(lambda reader: read_beside(reader, ids, with_mails=True))
        return tuple(self._answer(call, None, beside) for call in calls)

    async def created(self, scheduled: Scheduled) -> CreatedCall:
        """Return a new call with its secrets."""
        call = scheduled.call
        series = {call.series.id} if call.series else set()
        async with self._database.reading() as connection:
            beside = await read_beside(connection, (), series)
        people = [
            {**_person(person), **_reached(person, None), "invitation_url": self._link("i", token)}
            for person, token in zip(call.people, scheduled.invitations, strict=True)
        ]
        secrets = {
            "participants": people,
            "manage_token": scheduled.manage_token.value,
            "manage_url": self._link("m", scheduled.manage_token),
        }
        return CreatedCall.model_validate({**self._fields(call, beside), **secrets})

    def _answer(self, call: Call, you: Person | None, beside: Beside) -> CallAnswer:
        def report(person: Person) -> MailReport | None:
            return beside.mails.get((call.id, person.place))

        told = {
            "participants": [
                {**_person(person), **(_reached(person, report(person)) if you is None else _NOT_TOLD)}
                for person in call.people
            ],
            "you": you.id if you else None,
            "proposals": [_proposal(call, each) for each in beside.proposals.get(call.id, ())],
            "occupied": self._is_occupied(call) if you is None else None,
        }
        return CallAnswer.model_validate({**self._fields(call, beside), **told})

    def _is_occupied(self, call: Call) -> bool:
        return any(self._rooms.is_connected(call.id, person.id) for person in call.people)

    def _link(self, way: str, token: Pii[str]) -> str:
        return f"{self._base_url}/{way}/{token.value}"

    def _fields(self, call: Call, beside: Beside) -> dict[str, Any]:
        return {
            "id": call.id,
            "status": self._status(call),
            "title": call.title,
            "starts_at": shown(call.starts_at, call.timezone),
            "timezone": call.timezone,
            "duration_minutes": call.duration_minutes,
            "format": call.format,
            "turn_seconds": call.turn_seconds,
            "distance": call.distance,
            "room_minimum": call.room_minimum,
            "on_the_spot": call.on_the_spot,
            "agreed": call.is_agreed,
            "sequence": call.sequence,
            "series": self._series(call, beside),
        }

    def _series(self, call: Call, beside: Beside) -> dict[str, Any] | None:
        if call.series is None:
            return None
        known = beside.occurrences.get(call.series.id)
        timezone = call.series.timezone
        calls = None if known is None else [self._occurrence(each, timezone) for each in known]
        return {"id": call.series.id, "rule": call.series.rule, "calls": calls}

    def _occurrence(self, one: Occurrence, timezone: str) -> dict[str, Any]:
        return {
            "id": one.id,
            "starts_at": shown(one.starts_at, timezone),
            "occurrence_at": shown(one.occurrence_at, timezone),
            "status": self._status(one),
        }

    def _status(self, one: Timed) -> str:
        return self._hours.status(one, self._clock())


_NOT_TOLD: Mapping[str, Any] = {"has_email": None, "mail": None}
"""To participants: who else gets letters is not their business."""


def _person(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "role": person.role,
        "name": person.name,
        "rsvp": person.rsvp,
        "timezone": person.timezone,
    }


def _reached(person: Person, report: MailReport | None) -> dict[str, Any]:
    if report is None:
        return {"has_email": person.email is not None, "mail": None}
    at = shown(report.at, "UTC")
    mail = {"kind": report.kind, "state": report.state, "at": at, "reason": report.reason}
    return {"has_email": person.email is not None, "mail": mail}


def _proposal(call: Call, proposal: Proposal) -> dict[str, Any]:
    ids = {person.place: person.id for person in call.people}
    return {
        "id": proposal.id,
        "by": ids[proposal.place],
        "starts_at": shown(proposal.starts_at, proposal.timezone),
        "timezone": proposal.timezone,
        "state": proposal.state,
        "agreed": [ids[place] for place in sorted(proposal.agreed)],
    }
