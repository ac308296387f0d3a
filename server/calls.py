"""What may be done with a call, and when. Each step's rules are in `server.scheduling`; this opens the transactions.

Knows nothing of HTTP but the problems that the steps raise, and nothing of live rooms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.scheduling.answers import Scope, answer_call
from server.scheduling.change import cancel_call, change_call
from server.scheduling.listing import Page, When, list_calls
from server.scheduling.proposals import answer_proposal, propose, withdraw
from server.scheduling.schedule import Scheduled, schedule
from server.scheduling.series import end_series
from server.status import Status

if TYPE_CHECKING:
    from datetime import datetime

    from server.records import Call, Person, Rsvp
    from server.scheduling.rules import Rules
    from server.schemas import CallChange, NewCall, NewProposal
    from server.store import CallStore


class Calls:
    """Schedules calls, changes them, and takes the answers of those who are invited."""

    def __init__(self, store: CallStore, rules: Rules) -> None:
        self._store = store
        self.rules = rules

    async def schedule(self, wish: NewCall, therapist_id: str | None = None) -> Scheduled:
        """Write a new call; raises Problem for what can't be. `therapist_id`: whose desk it is scheduled from."""
        return await schedule(self._store, self.rules, wish, therapist_id)

    async def change(self, call_id: str, wish: CallChange, *, by_desk: bool = False) -> tuple[Call, bool]:
        """Change a call that has not begun; returns it, and whether anything is different now.

        `by_desk`: the desk that the call belongs to wishes it, if it belongs to any.
        """
        async with self._store.changing(call_id) as change:
            different = await change_call(change, self.rules, wish, by_desk=by_desk)
            return change.call, different

    async def cancel(self, call_id: str, scope: Scope = "this") -> tuple[Call, tuple[str, ...]]:
        """Cancel a call that is not over, or skip it in its series, or end the series from it on.

        Returns the call, and the ids of all that no longer take place; cancelling again changes nothing.
        """
        async with self._store.changing(call_id) as change:
            if scope == "series":
                gone = await end_series(change, self.rules)
            else:
                gone = (call_id,) if await cancel_call(change, self.rules) else ()
            return change.call, gone

    async def answer(
        self,
        call_id: str,
        place: int,
        rsvp: Rsvp,
        *,
        scope: Scope = "series",
        timezone: str | None = None,
        stamped: datetime | None = None,
        sequence: int | None = None,
    ) -> Call:
        """Note what a participant answers to the invitation, in a series for this call and the later ones.

        `stamped`: when a calendar wrote the answer; one that is older than the newest known is refused.
        `sequence`: the version that it answers; one to an earlier version is refused.
        """
        async with self._store.changing(call_id) as change:
            await answer_call(
                change,
                self.rules,
                place,
                rsvp,
                scope=scope,
                timezone=timezone,
                stamped=stamped,
                sequence=sequence,
            )
            return change.call

    def is_shut(self, call: Call) -> bool:
        """Whether nobody may be in the call though it is time: it has not begun, and a partner's yes is missing."""
        return self.rules.status(call) is Status.OPEN and not call.is_agreed

    async def propose(self, call_id: str, person: Person, wish: NewProposal) -> Call:
        """Propose another time to the others."""
        async with self._store.changing(call_id) as change:
            await propose(change, self.rules, person, wish)
            return change.call

    async def answer_proposal(
        self, call_id: str, person: Person, proposal_id: str, *, accepted: bool
    ) -> tuple[Call, bool]:
        """Note what a partner says of another's proposal; returns the call, and whether it has moved."""
        async with self._store.changing(call_id) as change:
            moved = await answer_proposal(change, self.rules, person, proposal_id, accepted=accepted)
            return change.call, moved

    async def withdraw(self, call_id: str, person: Person, proposal_id: str) -> Call:
        """Take back one's own proposal."""
        async with self._store.changing(call_id) as change:
            await withdraw(change, self.rules, person, proposal_id)
            return change.call

    async def page(self, when: When, limit: int, after: str | None, therapist_id: str | None) -> Page:
        """List calls, a page at a time; `therapist_id`: of this therapist alone."""
        return await list_calls(self._store, self.rules, when, limit, after, therapist_id)
