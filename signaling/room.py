"""One live call: the conversation, the plane, everybody's connections, and one timer.

    command -> conversation.handle -> plane.apply(plan) -> `conversation` to all, notices -> `ok` to the commander

All of that happens in one go on the event loop, so nobody is told of a state that the media path does not obey.
A refused command changes nothing. It fails closed: if the plane can't obey, everything is denied and people are
told so; if even that fails, or the state can't be computed, the room ends. The rules themselves are the core's; how
bytes travel is the plane's; who may come in was decided at the door.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from media.mediation.commands import Join, Leave, Line, Lost
from media.mediation.conversation import Conversation
from media.mediation.errors import MediationError
from media.mediation.people import Phase, Seat
from media.mediation.plan import Plan
from media.plane.interface import OfferRefusedError
from signaling.errors import FailedError, SignalingError
from signaling.farewells import Bye
from signaling.messages import AnswerMessage, ErrorMessage, NoticeMessage, OkMessage, ReceiveMessage
from signaling.negotiation import Negotiation
from signaling.states import conversation_message, receive_states, welcome_message
from signaling.tasks import OwnedTasks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from media.mediation.commands import Command, LineState
    from media.mediation.notices import Notice
    from media.plane.interface import Answer, MediaPlane, PlaneEvents, Receive
    from signaling.calls import CallDoor, CallInfo
    from signaling.clock import Alarm, Clock
    from signaling.connection import Connection
    from signaling.messages import ConversationMessage, ServerMessage
    from signaling.settings import SignalingSettings

    PlaneFactory = Callable[[Sequence[str], PlaneEvents], MediaPlane]
    MessageId = str | int | None

_log = structlog.get_logger("holdspace.signaling")
_DENY_ALL = Plan(views={})


class Room:
    """Everything that one call needs while it is live. `over` is called once, when the room wants to be closed."""

    def __init__(
        self,
        call: CallInfo,
        door: CallDoor,
        plane_factory: PlaneFactory,
        settings: SignalingSettings,
        clock: Clock,
        over: Callable[[Room, Bye], None],
    ) -> None:
        self.call = call
        self._door = door
        self._settings = settings
        self._clock = clock
        self._report_over = over
        self._people = {person.id: person for person in call.participants}
        self._names = {person.id: person.name for person in call.participants}
        self._conversation = Conversation(
            [Seat(person.id, person.role) for person in call.participants],
            format=call.format,
            turn_seconds=call.turn_seconds,
        )
        self._plane = plane_factory(tuple(self._people), self)
        self._negotiation = Negotiation(self._plane)
        self._errands = OwnedTasks()
        self._connections: dict[str, Connection] = {}
        self._receive: dict[str, tuple[Receive, ...]] = {}
        self._media_due: dict[str, float] = {}
        self._empty_due: float | None = clock.now() + settings.empty_s
        self._alarm: Alarm | None = None
        self._alarm_at: float | None = None
        self._published: tuple[int, bool] | None = None
        self._stopped = False
        self._began = False
        self._is_over = False
        self._arm()

    # Coming and going

    def join(self, connection: Connection, re: MessageId) -> None:
        """Let a connection in; an older one of the same participant is replaced. Raises MediationError."""
        participant = connection.participant
        older = self._connections.get(participant)
        failure = None if older is not None else self._enter(participant)
        self._connections[participant] = connection
        self._media_due.pop(participant, None)
        self._empty_due = None
        if older is not None:
            self._negotiation.abandon(participant)
            older.say_bye(Bye.REPLACED)
        self._greet(connection)
        self._answer_join(connection, re, failure)
        self._arm()

    def is_connected(self, participant: str) -> bool:
        """Whether the participant has joined on a connection that is not being closed."""
        connection = self._connections.get(participant)
        return connection is not None and not connection.ending

    def _enter(self, participant: str) -> FailedError | None:
        """Tell the conversation; return what went wrong if the newcomer is in all the same."""
        try:
            self._change(partial(self._conversation.handle, Join(participant)))
        except FailedError as error:
            if self._is_over:
                raise
            return error
        self._repeat_receive()
        return None

    def _greet(self, connection: Connection) -> None:
        now = self._clock.now()
        you = self._people[connection.participant]
        connection.send(welcome_message(self.call, you, self._settings.ice_servers(you.id), now))
        connection.send(self._state(now))

    def _answer_join(self, connection: Connection, re: MessageId, failure: FailedError | None) -> None:
        if failure is None:
            self.acknowledge(connection, re)
        else:
            self._refused(connection, re, failure)

    def _repeat_receive(self) -> None:
        for participant, receive in self._receive.items():
            connection = self._connections.get(participant)
            if connection is not None:
                connection.send(ReceiveMessage(receive=receive_states(receive)))

    def leave(self, connection: Connection, re: MessageId) -> None:
        """Go by choice."""
        self._feed(Leave(connection.participant))
        self.acknowledge(connection, re)
        connection.say_bye(Bye.LEFT)
        self._forget(connection.participant)
        self._release_media(connection.participant)
        self._arm()

    def gone(self, connection: Connection) -> None:
        """The connection has closed; unless it was replaced or has left, the participant is lost."""
        participant = connection.participant
        if self._is_over or self._connections.get(participant) is not connection:
            return
        self._forget(participant)
        self._media_due[participant] = self._clock.now() + self._settings.media_hold_s
        self._negotiation.abandon(participant)
        self._feed(Lost(participant))
        self._arm()

    def _forget(self, participant: str) -> None:
        del self._connections[participant]
        if not self._connections:
            self._empty_due = self._clock.now() + self._settings.empty_s

    def _release_media(self, participant: str) -> None:
        self._media_due.pop(participant, None)
        self._receive.pop(participant, None)
        self._negotiation.remove(participant)

    # Commands

    def command(self, connection: Connection, re: MessageId, command: Command) -> None:
        """Carry a command out. Raises MediationError (nothing changed) or FailedError."""
        self._catch_up()
        self._change(partial(self._conversation.handle, command))
        self.acknowledge(connection, re)

    def acknowledge(self, connection: Connection, re: MessageId) -> None:
        """Say `ok`: what was asked has been carried out, or needs nothing to be done."""
        connection.send(OkMessage(re=re, revision=self._conversation.revision))

    def _feed(self, command: Command) -> None:
        """Tell the conversation what has happened; there is nobody to refuse it to."""
        try:
            self._catch_up()
            self._change(partial(self._conversation.handle, command))
        except (MediationError, FailedError):
            # Refused: the conversation has ended, or knows already. Failed: told to everyone, and logged.
            return

    def _catch_up(self) -> None:
        """What was due before a command takes effect before it, and stays if the command is refused."""
        deadline = self._conversation.deadline()
        if deadline is not None and deadline.at <= self._clock.now():
            self._change(self._conversation.tick)

    def _change(self, step: Callable[[float], list[Notice]]) -> None:
        """One step of the conversation with all of its effects."""
        if self._is_over:
            raise FailedError("The room is closed.")
        now = self._clock.now()
        try:
            notices = step(now)
            self._carry_out()
            self._publish(now)
            self._tell(notices)
        except (MediationError, FailedError):
            raise
        except Exception as error:
            self._collapse("room.state_failed", error)
            raise FailedError("The state could not be computed; the room is closed.") from error
        self._note_phase()
        self._arm()
        if self._stopped:
            raise FailedError("The media path could not obey; sound and picture are stopped for everyone.")

    def _carry_out(self) -> None:
        """Make the media path obey, or close it. Raises FailedError only when it can't even be closed."""
        try:
            self._plane.apply(self._conversation.plan())
        except Exception as error:  # noqa: BLE001 - whatever the plane raises, the microphones must close
            self._stop(error)
        else:
            self._stopped = False

    def _stop(self, error: Exception) -> None:
        _log.error("room.apply_failed", call=self.call.id, error=type(error).__name__)
        try:
            self._plane.apply(_DENY_ALL)
        except Exception as again:
            self._collapse("room.deny_failed", again)
            raise FailedError("The media path could not be closed; the room is.") from again
        if not self._stopped:
            self._stopped = True
            self._send_to(None, NoticeMessage(code="media.stopped"))

    def _collapse(self, event: str, error: Exception) -> None:
        _log.error(event, call=self.call.id, error=type(error).__name__)
        self._over(Bye.FAILED)

    # Telling

    def _state(self, now: float) -> ConversationMessage:
        snapshot = self._conversation.snapshot(now)
        revision = self._conversation.revision
        return conversation_message(snapshot, self._names, revision, now, stopped=self._stopped)

    def _publish(self, now: float) -> None:
        """The whole state to all, unless it is what they have."""
        edition = (self._conversation.revision, self._stopped)
        if edition != self._published:
            self._published = edition
            self._send_to(None, self._state(now))

    def _tell(self, notices: Sequence[Notice]) -> None:
        for notice in notices:
            message = NoticeMessage.model_validate({"code": notice.code, **notice.fields})
            self._send_to(notice.to, message)

    def _send_to(self, participant: str | None, message: ServerMessage) -> None:
        for owner, connection in self._connections.items():
            if participant in {None, owner}:
                connection.send(message)

    def _note_phase(self) -> None:
        phase = self._conversation.phase
        if phase is Phase.TALKING and not self._began:
            self._began = True
            self._errands.start(self._door.began(self.call.id), "signaling-began")
        elif phase is Phase.ENDED and not self._is_over:
            self._errands.start(self._door.ended(self.call.id), "signaling-ended")
            self._over(Bye.ENDED)

    # Media

    def offer(self, connection: Connection, re: MessageId, sdp: str) -> None:
        """Have an offer answered, later. Raises OfferPendingError, TooManyError."""
        self._negotiation.offer(
            connection.participant,
            sdp,
            self._clock.now(),
            partial(self._answered, connection, re),
            partial(self._refused, connection, re),
        )

    def _answered(self, connection: Connection, re: MessageId, answer: Answer) -> None:
        self._receive[connection.participant] = answer.receive
        try:
            # A peer that has just appeared obeys the plan before its owner is told that it is there.
            self._change(_nothing)
        except FailedError as error:
            self._refused(connection, re, error)
            return
        connection.send(AnswerMessage(re=re, sdp=answer.sdp, receive=receive_states(answer.receive)))
        self.acknowledge(connection, re)

    def _refused(self, connection: Connection, re: MessageId, error: Exception) -> None:
        if isinstance(error, OfferRefusedError | SignalingError):
            code, detail = error.code, error.detail
        else:
            _log.error("room.offer_failed", call=self.call.id, error=type(error).__name__)
            code, detail = FailedError.code, "The offer could not be answered."
        connection.send(ErrorMessage(re=re, code=code, detail=detail))

    def line_changed(self, participant: str, line: LineState) -> None:
        """The plane's word on a line. Taken up in a moment: the plane may be in the middle of `apply`."""
        asyncio.get_running_loop().call_soon(self._line, participant, line)

    def _line(self, participant: str, line: LineState) -> None:
        if not self._is_over:
            self._feed(Line(participant, line))

    def plane_notice(self, participant: str | None, code: str, fields: Mapping[str, Any]) -> None:
        """The plane's word to a participant, or to everyone."""
        self._send_to(participant, NoticeMessage.model_validate({"code": code, **fields}))

    # Time

    def _next_wake(self) -> float | None:
        deadline = self._conversation.deadline()
        times = [*self._media_due.values()]
        times += [] if deadline is None else [deadline.at]
        times += [] if self._empty_due is None else [self._empty_due]
        return min(times, default=None)

    def _arm(self) -> None:
        """Set the one timer, if the next wake-up has moved."""
        when = None if self._is_over else self._next_wake()
        if when == self._alarm_at:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at = when
        self._alarm = None if when is None else self._clock.call_at(when, self._wake)

    def _wake(self) -> None:
        self._alarm = self._alarm_at = None
        now = self._clock.now()
        try:
            self._catch_up()
        except FailedError:
            _log.error("room.tick_failed", call=self.call.id)
        for participant in [who for who, due in self._media_due.items() if due <= now]:
            self._release_media(participant)
        if self._empty_due is not None and self._empty_due <= now:
            # Nobody is there to be told; whoever comes in this very moment connects again, to a new room.
            self._over(Bye.DRAINING)
        self._arm()

    # The end

    def _over(self, bye: Bye) -> None:
        if not self._is_over:
            self._is_over = True
            self._arm()
            self._report_over(self, bye)

    async def close(self, bye: Bye) -> None:
        """Say goodbye to all, close the media, leave no task behind."""
        self._is_over = True
        self._arm()
        connections = [*self._connections.values()]
        self._connections.clear()
        for connection in connections:
            connection.say_bye(bye)
        await self._negotiation.finish()
        await asyncio.gather(*(connection.finish() for connection in connections))
        await self._errands.finish(self._settings.close_s)


def _nothing(_now: float) -> list[Notice]:
    return []
