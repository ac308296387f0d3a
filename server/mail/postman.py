"""The postman: takes what is due out of the queue, has it written and carries it out, again and again.

Some letters go at once, each by a carrier that keeps its connection. Whatever goes wrong with one letter stays with that letter.
No address and no name gets into a log.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from server.mail.queue import LostClaimError
from server.mail.transport import DeliveryError, NoWayError, RefusedError, TryLaterError
from server.mail.wishes import MailState

if TYPE_CHECKING:
    from server.clock import WallClock
    from server.mail.composer import Composer, Outgoing
    from server.mail.letters import Claim
    from server.mail.queue import MailQueue
    from server.mail.reminders import Reminders
    from server.mail.transport import Carrier, Transport

log = structlog.stdlib.get_logger(__name__)

AT_ONCE: Final = 4
"""Letters on their way at the same time."""
LOOK_EVERY_S: Final = 20.0
"""Other processes' letters, and calls that are near, are found within this time."""
SHORTEST_PAUSE_S: Final = 0.5
"""A letter that is due and can't be taken yet, since another to the same person is leaving, is no reason to spin."""
PATIENCE_S: Final = 10.0
"""How long a server that stops waits for letters that are leaving."""
UNWRITABLE: Final = "This letter can't be written: the address is none that every mail server takes."
STOPPED: Final = "The server was stopped while it handed this letter over: it may or may not have arrived."


@dataclass(slots=True)
class Counts:
    """What this process has done, and how many letters waited when it last looked."""

    waiting: int = 0
    sent: int = 0
    failed: int = 0
    uncertain: int = 0


class Postman:
    """Sends what is due. `wake()` when there may be something; `run()` as a task, `stop()` at the end.

    Args:
        queue: where letters wait.
        reminders: puts those into the queue that time brings.
        composer: writes them.
        transport: the way out.
        clock: the present moment.
    """

    def __init__(
        self,
        queue: MailQueue,
        reminders: Reminders,
        composer: Composer,
        transport: Transport,
        clock: WallClock,
    ) -> None:
        self._queue = queue
        self._reminders = reminders
        self._composer = composer
        self._transport = transport
        self._clock = clock
        self._woken = asyncio.Event()
        self._stopping = False
        self.counts = Counts()

    def wake(self) -> None:
        """Say that there may be something to send."""
        self._woken.set()

    async def run(self) -> None:
        """Send what is due until `stop()`; every mistake is survived."""
        while not self._stopping:
            self._woken.clear()
            pause = LOOK_EVERY_S
            try:
                if await self._round():
                    pause = await self._until_next()
            except Exception as error:  # noqa: BLE001 - whatever it is, letters go on
                log.error("letters could not be sent", kind=type(error).__name__)  # noqa: TRY400
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), pause)

    async def stop(self, running: asyncio.Task[None]) -> None:
        """End `run()`: nothing new is begun, and what is leaving has a while to be answered."""
        self._stopping = True
        self.wake()
        done, _ = await asyncio.wait([running], timeout=PATIENCE_S)
        if not done:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    async def send_due(self) -> int:
        """Send everything that is due now; returns how many letters went."""
        before = self.counts.sent
        await self._round()
        return self.counts.sent - before

    async def _round(self) -> bool:
        """One look at everything; whether there is a way out at present."""
        await self._reminders.queue_due()
        self.counts.uncertain += await self._queue.lapse()
        # One that fails must not tear the others out of the middle of a letter, as a task group would.
        ends = await asyncio.gather(*(self._carry() for _ in range(AT_ONCE)), return_exceptions=True)
        self.counts.waiting = await self._queue.depth()
        for end in ends:
            if isinstance(end, BaseException):
                raise end
        return all(ends)

    async def _until_next(self) -> float:
        """Seconds until there is something to do that is known of."""
        due = await self._queue.next_due()
        wait = LOOK_EVERY_S if due is None else (due - self._clock()).total_seconds()
        return min(max(wait, SHORTEST_PAUSE_S), LOOK_EVERY_S)

    async def _carry(self) -> bool:
        """Carry letters, one after the other, until none is due; False when nothing gets out at present."""
        async with self._transport.carrier() as carrier:
            while not self._stopping and (claim := await self._queue.claim()):
                if not await self._send(claim, carrier):
                    return False
        return True

    async def _send(self, claim: Claim, carrier: Carrier) -> bool:
        """Send one letter and note what became of it; False when nothing gets out at present."""
        leaving = False

        async def hand_over() -> None:
            nonlocal leaving
            await self._queue.hand_over(claim)
            leaving = True

        try:
            outgoing = await self._composed(claim)
            if outgoing is not None:
                await carrier.deliver(outgoing, hand_over)
                if not await self._settle(claim, MailState.SENT):
                    await carrier.take_back(outgoing)
        except asyncio.CancelledError:
            await asyncio.shield(self._interrupted(claim, leaving=leaving))
            raise
        except LostClaimError:
            log.warning("a letter took too long and is left to another process", mail=claim.mail_id)
        except DeliveryError as error:
            await self._went_wrong(claim, error)
            return not isinstance(error, NoWayError)
        return True

    async def _composed(self, claim: Claim) -> Outgoing | None:
        """The finished letter. One that can't be written never can be: it fails, and keeps no other from going."""
        try:
            return await asyncio.to_thread(self._composer.compose, claim, self._clock())
        except Exception as error:  # noqa: BLE001 - an address that is none, or a mistake of ours
            log.error("a letter can't be written", mail=claim.mail_id, kind=type(error).__name__)  # noqa: TRY400
            await self._settle(claim, MailState.FAILED, UNWRITABLE)
        return None

    async def _went_wrong(self, claim: Claim, error: DeliveryError) -> None:
        log.warning("a letter did not go", mail=claim.mail_id, why=error.reason)
        if isinstance(error, TryLaterError):
            self._count(await self._queue.try_again(claim, error.reason))
        else:
            refused = isinstance(error, RefusedError)
            await self._settle(claim, MailState.FAILED if refused else MailState.UNCERTAIN, error.reason)

    async def _settle(self, claim: Claim, state: MailState, reason: str | None = None) -> bool:
        """Whether the letter is still known of."""
        known = await self._queue.settle(claim, state, reason)
        self._count(state)
        return known

    def _count(self, state: MailState) -> None:
        self.counts.sent += state is MailState.SENT
        self.counts.failed += state is MailState.FAILED
        self.counts.uncertain += state is MailState.UNCERTAIN

    async def _interrupted(self, claim: Claim, *, leaving: bool) -> None:
        if leaving:
            await self._settle(claim, MailState.UNCERTAIN, STOPPED)
        else:
            await self._queue.give_back(claim)
