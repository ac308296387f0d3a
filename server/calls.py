"""What may be done with a call, and when. Each step's rules are in `server.scheduling`; this opens the transactions.

Knows nothing of HTTP but the problems that the steps raise, and nothing of live rooms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.scheduling.answers import Scope, answer_call
from server.scheduling.change import cancel_call, change_call
from server.scheduling.rules import Rules
from server.scheduling.schedule import Scheduled, schedule

if TYPE_CHECKING:
    from datetime import datetime

    from server.records import Call, Rsvp
    from server.schemas import CallChange, NewCall
    from server.store import CallStore


class Calls:
    """Schedules calls, changes them, and takes the answers of those who are invited."""

    def __init__(self, store: CallStore, rules: Rules) -> None:
        self._store = store
        self.rules = rules

    async def schedule(self, wish: NewCall, therapist_id: str | None = None) -> Scheduled:
        """Write a new call; raises Problem for what can't be. `therapist_id`: whose desk it is scheduled from."""
        return await schedule(self._store, self.rules, wish, therapist_id)

    async def change(self, call_id: str, wish: CallChange) -> tuple[Call, bool]:
        """Change a call that has not begun; returns it, and whether anything is different now."""
        async with self._store.changing(call_id) as change:
            different = await change_call(change, self.rules, wish)
            return change.call, different

    async def cancel(self, call_id: str) -> Call:
        """Cancel a call that is not over; cancelling again changes nothing."""
        async with self._store.changing(call_id) as change:
            await cancel_call(change, self.rules)
            return change.call

    async def answer(
        self,
        call_id: str,
        place: int,
        rsvp: Rsvp,
        *,
        scope: Scope = "series",
        timezone: str | None = None,
        stamped: datetime | None = None,
    ) -> Call:
        """Note what a participant answers to the invitation, in a series for this call and the later ones.

        `stamped`: when a calendar wrote the answer; one that is older than the newest known is refused.
        """
        async with self._store.changing(call_id) as change:
            await answer_call(
                change, self.rules, place, rsvp, scope=scope, timezone=timezone, stamped=stamped
            )
            return change.call
