"""One live call: the conversation, the plane, everybody's connections, and one timer.

    command -> conversation.handle -> plane.apply(plan) -> `conversation` to all, notices -> `ok` to the commander

All of that happens in one go on the event loop, so nobody is told of a state that the media path does not obey.
A refused command changes nothing. It fails closed (`gates`): if the plane can't obey, everything is denied and people
are told so; if even that fails, or the state can't be computed, the room ends. The rules themselves are the core's; how
bytes travel is the plane's; who may come in was decided at the door.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from media.mediation.breaks import LONG_BREAK_S
from media.mediation.commands import Join, Leave, Line, LineThin, Lost, SpeechPaused
from media.mediation.errors import MediationError
from media.mediation.people import LineState, Phase, Role
from media.plane.interface import OfferRefusedError
from signaling.arrivals import Arrivals
from signaling.audience import Audience
from signaling.clock import WakeUp
from signaling.conversation_store import STORED_WITHIN_S, NoStore, Standing, terms_of
from signaling.errors import FailedError, ReplacedError, SignalingError
from signaling.farewells import Bye
from signaling.gates import Gates
from signaling.kept_conversations import new_conversation
from signaling.limits import NOTICE_SPACING_S, Spacing
from signaling.media_holds import MediaHolds
from signaling.messages import AnswerMessage, ErrorMessage, NoticeMessage, OkMessage, ReceiveMessage
from signaling.negotiation import Negotiation
from signaling.places import Places
from signaling.silent_signal import SilentSignals
from signaling.states import numbers_message, receive_states, welcome_message

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from media.mediation.commands import Command
    from media.mediation.conversation import Conversation
    from media.mediation.notices import Notice
    from media.plane.interface import Answer, MediaPlane, PlaneEvents, Receive
    from signaling.calls import CallInfo
    from signaling.clock import Clock
    from signaling.connection import Connection
    from signaling.conversation_store import ConversationStore, Words
    from signaling.messages import ArriveMessage
    from signaling.promises import Promises
    from signaling.settings import SignalingSettings

    PlaneFactory = Callable[[Sequence[str], PlaneEvents], MediaPlane]
    MessageId = str | int | None

_log = structlog.get_logger("holdspace.signaling")


class Room:
    """Everything that one call needs while it is live. `over` is called once, when the room wants to be closed.

    `conversation`: the one to go on with; `words`: by which pages come back to their places; `store`: where the call is put
    whenever it has changed. `is_revived`: the conversation is that of a server before this one, or its distances.
    """

    def __init__(
        self,
        call: CallInfo,
        door: Promises,
        plane_factory: PlaneFactory,
        settings: SignalingSettings,
        clock: Clock,
        over: Callable[[Room, Bye], None],
        conversation: Conversation | None = None,
        words: Words | None = None,
        store: ConversationStore | None = None,
        *,
        is_revived: bool = False,
    ) -> None:
        self.call = call
        self._door = door
        self._settings = settings
        self._clock = clock
        self._report_over = over
        self._store: ConversationStore = store or NoStore()
        self._stored: Standing | None = None
        self._terms = terms_of(call)
        self._promised: set[asyncio.Task[None]] = set()
        """What the door is being told, and an acknowledgement waits for."""
        self._people = {person.id: person for person in call.participants}
        self.conversation = conversation or new_conversation(call, settings.formats)
        self.conversation.tick(clock.now())
        self._plane = plane_factory(tuple(self._people), self)
        self._gates = Gates(self._plane, call.id, settings)
        self._negotiation = Negotiation(self._plane)
        self._audience = Audience(self.conversation, {person.id: person.name for person in call.participants})
        self._connections = self._audience.connections
        therapists = [person.id for person in call.participants if person.role is Role.THERAPIST]
        self._arrivals = Arrivals(self._audience, therapists)
        self._signals = SilentSignals(self._audience, therapists)
        self._receive: dict[str, tuple[Receive, ...]] = {}
        self._holds = MediaHolds(settings)
        self._places = Places(words or {})
        self._spacing = Spacing(NOTICE_SPACING_S)
        self._empty_due: float | None = clock.now() + settings.empty_s
        self._wake_up = WakeUp(clock, self._wake)
        self._began = False
        running = self.conversation.state.break_
        is_long = running is not None and running.returns_at - running.started_at > LONG_BREAK_S
        self._appointed = self.conversation.returns_at if is_long else None
        self._is_over = False
        self.is_ending = False
        """Whether the people in it have ended the call."""
        if is_revived:
            self._go_on(clock.now())
        self._arm()

    def _go_on(self, now: float) -> None:
        """What a server before this one may not have come to: everybody's loss is stored, a long break an appointment."""
        self._note_state(now)
        if self._appointed is not None:
            self._promise(self._door.postponed(self.call.id, self._appointed - now))

    @property
    def words(self) -> Words:
        """By which pages come back to their places."""
        return self._places.words

    # Coming and going

    def join(self, connection: Connection, re: MessageId, resume: str | None = None) -> None:
        """Let a connection in; an older one of the same participant is replaced.

        `resume`: the word of a page that was here before. Raises MediationError, and ReplacedError to a page whose
        place another one has taken.
        """
        participant = connection.participant
        if self._places.is_taken(participant, resume):
            raise ReplacedError("You joined from another place meanwhile.")
        is_back = self._places.is_back(participant, resume)
        older = self._connections.get(participant)
        failure = None if older is not None else self._enter(participant)
        self._connections[participant] = connection
        self._holds.find(participant)
        self._empty_due = None
        if not is_back:
            self._places.take(participant, resume)
        if older is not None:
            self._replace(older)
        if not is_back and (older is not None or participant in self._receive):
            self._part_from_media(participant)
        self._note_state(self._clock.now())
        self._greet(connection, media=is_back and self._has_media(participant))
        self._answer_join(connection, re, failure)
        self._arm()

    def is_connected(self, participant: str) -> bool:
        """Whether the participant has joined on a connection that is not being closed."""
        connection = self._connections.get(participant)
        return connection is not None and not connection.ending

    def is_missed(self, participant: str) -> bool:
        """Whether the participant's line was lost, and they are still willing: coming back goes on where it was."""
        people = self.conversation.snapshot(self._clock.now()).participants
        return any(p.id == participant and p.ready and not p.present for p in people)

    def _enter(self, participant: str) -> FailedError | None:
        """Tell the conversation; return what went wrong if the newcomer is in all the same."""
        try:
            self._change(partial(self._come_in, participant))
        except FailedError as error:
            if self._is_over:
                raise
            return error
        self._repeat_receive()
        return None

    def _come_in(self, participant: str, now: float) -> list[Notice]:
        """Present, with the line of the media connection that they may still have."""
        notices = self.conversation.handle(Join(participant), now)
        line = self._plane.line(participant)
        if line is not None:
            notices += self.conversation.handle(Line(participant, line), now)
        down = self._plane.line_down(participant)
        if down is not None:
            notices += self.conversation.handle(LineThin(participant, down.thin), now)
        return notices

    def _replace(self, older: Connection) -> None:
        """A page that is back, and noticed before we did that its line was lost, keeps its media."""
        self._negotiation.abandon(older.participant)
        older.say_bye(Bye.REPLACED)

    def _part_from_media(self, participant: str) -> None:
        """Media and m-lines belong to another page, whose line may be lost already; both go when this one offers, or soon."""
        self._receive.pop(participant, None)
        self._holds.replace(participant, self._clock.now())

    def _has_media(self, participant: str) -> bool:
        """Whether there is a media connection that is to stay."""
        return self._plane.line(participant) is not None and not self._holds.is_replaced(participant)

    def _greet(self, connection: Connection, *, media: bool) -> None:
        now = self._clock.now()
        you = self._people[connection.participant]
        ice_servers, resume = self._settings.ice_servers(you.id), self._places.word(you.id)
        welcome = welcome_message(self.call, you, ice_servers, now, resume=resume, media=media)
        connection.send(welcome)
        connection.send(self._audience.state(now, stopped=self._gates.stopped))
        self._arrivals.greet(you.id)

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
        self._places.free(connection.participant)
        self._note_state(self._clock.now())
        self._acknowledge_stored(connection, re)
        self._arrivals.forget(connection.participant)
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
        self._holds.lose(participant, self._clock.now())
        self._negotiation.abandon(participant)
        self._feed(Lost(participant))
        self._arm()

    def _forget(self, participant: str) -> None:
        del self._connections[participant]
        if not self._connections:
            self._empty_due = self._clock.now() + self._settings.empty_s

    def _release_media(self, participant: str) -> None:
        self._holds.release(participant)
        self._receive.pop(participant, None)
        self._negotiation.remove(participant)

    # Commands

    def command(self, connection: Connection, re: MessageId, command: Command) -> None:
        """Carry a command out. Raises MediationError (nothing changed) or FailedError."""
        self._catch_up()
        self._change(partial(self.conversation.handle, command))
        self._acknowledge_stored(connection, re)

    def arrive(self, connection: Connection, message: ArriveMessage) -> None:
        """Tell therapists alone what somebody says at the door."""
        self._arrivals.say(connection.participant, message)
        self.acknowledge(connection, message.id)

    def signal(self, connection: Connection, re: MessageId) -> None:
        """Tell therapists alone that somebody needs them. Raises MediationError, TooManyError."""
        self._signals.give(connection.participant, self._clock.now())
        self.acknowledge(connection, re)

    def acknowledge(self, connection: Connection, re: MessageId) -> None:
        """Say `ok`: what was asked needs nothing to be done that has to be stored."""
        connection.send(self._ok(re))

    def _acknowledge_stored(self, connection: Connection, re: MessageId) -> None:
        """Say `ok` once it is stored: what was asked has been carried out, and survives."""
        connection.send(self._ok(re), *self._once_stored())

    def _ok(self, re: MessageId) -> OkMessage:
        return OkMessage(re=re, revision=self.conversation.revision)

    def _once_stored(self) -> tuple[Collection[asyncio.Future[None]], float]:
        """What a message waits for that says that something will not be undone, and for how long."""
        stored = self._store.stored()
        return self._promised | (set() if stored is None else {stored}), STORED_WITHIN_S

    def _feed(self, command: Command) -> None:
        """Tell the conversation what has happened; there is nobody to refuse it to."""
        self._catch_up()
        try:
            self._change(partial(self.conversation.handle, command))
        except (MediationError, FailedError):
            # Refused: the conversation has ended, or knows already. Failed: told to everyone, and logged.
            return

    def _catch_up(self) -> None:
        """What was due before a command takes effect before it, and stays if the command is refused.

        Whatever becomes of it, the command is looked at too: nobody's going is lost to another's deadline.
        """
        deadline = self.conversation.deadline()
        if deadline is None or deadline.at > self._clock.now():
            return
        try:
            self._change(self.conversation.tick)
        except FailedError:
            _log.error("room.tick_failed", call=self.call.id)

    def _change(self, step: Callable[[float], list[Notice]]) -> None:
        """One step of the conversation with all of its effects."""
        if self._is_over:
            raise FailedError("The room is closed.")
        now = self._clock.now()
        try:
            notices = step(now)
            self._carry_out(now)
            self._audience.publish(now, stopped=self._gates.stopped)
            self._audience.tell(notices)
        except (MediationError, FailedError):
            raise
        except Exception as error:
            self._collapse("room.state_failed", error)
            raise FailedError("The state could not be computed; the room is closed.") from error
        self._note_phase()
        self._note_return(now)
        self._note_state(now)
        self._arm()
        if self._gates.stopped:
            raise FailedError("The media path could not obey; sound and picture are stopped for everyone.")

    def _carry_out(self, now: float) -> None:
        """Make the media path obey, or close it. Raises FailedError only when it can't even be closed."""
        stopped_before = self._gates.stopped
        try:
            self._gates.obey(self.conversation.plan(), now)
        except Exception as error:
            self._collapse("room.deny_failed", error)
            raise FailedError("The media path could not be closed; the room is.") from error
        if self._gates.stopped and not stopped_before:
            self._audience.send(None, NoticeMessage(code="media.stopped"))

    def _collapse(self, event: str, error: Exception) -> None:
        _log.error(event, call=self.call.id, error=type(error).__name__)
        self._over(Bye.FAILED)

    def _note_phase(self) -> None:
        phase = self.conversation.phase
        if phase is Phase.TALKING and not self._began:
            self._began = True
            self._promise(self._door.began(self.call.id))
        elif phase is Phase.ENDED and not self._is_over:
            self.is_ending = True
            self._promise(self._door.ended(self.call.id, self._forget_stored))
            self._over(Bye.ENDED)

    def _note_state(self, now: float) -> None:
        """What has changed outlives the process."""
        if self._is_over:
            return
        state, revision, words = self.conversation.state, self.conversation.revision, self._places.words
        was = self._stored
        if was is None or (was.revision, was.words) != (revision, words):
            self._stored = Standing(state, revision, now, self._terms, words)
            self._store.put(self.call.id, self._stored)

    def _note_return(self, now: float) -> None:
        """A long break is an appointment, whose time is the call's from then on; so is what it is shortened to.

        With the return the appointment is kept: a short break after it moves nothing.
        """
        returns_at = self.conversation.returns_at
        if returns_at is None:
            self._appointed = None
        if returns_at is None or returns_at == self._appointed:
            return
        if returns_at - now > LONG_BREAK_S or self._appointed is not None:
            self._appointed = returns_at
            self._promise(self._door.postponed(self.call.id, returns_at - now))

    def _promise(self, told: asyncio.Task[None]) -> None:
        """The door is being told; what is acknowledged meanwhile waits for that."""
        self._promised.add(told)
        told.add_done_callback(self._promised.discard)

    async def _forget_stored(self) -> None:
        """The door knows of the end: what is stored goes, and not sooner."""
        self._store.drop(self.call.id)
        if (stored := self._store.stored()) is not None:
            await asyncio.wait({stored})

    # Media

    def offer(self, connection: Connection, re: MessageId, sdp: str) -> None:
        """Have an offer answered, later. Raises OfferPendingError, TooManyError."""
        if self._holds.is_replaced(connection.participant):
            self._close_replaced(connection.participant)
        self._negotiation.offer(
            connection.participant,
            sdp,
            self._clock.now(),
            partial(self._answered, connection, re),
            partial(self._refused, connection, re),
        )

    def _close_replaced(self, participant: str) -> None:
        """Close what a replaced connection has left; until new media comes the line is lost, and is said to be."""
        if self._plane.line(participant) is not None:
            self._feed(Line(participant, LineState.LOST))
        self._release_media(participant)

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

    def tell_numbers(self, connection: Connection, re: MessageId) -> None:
        """Tell the one who asks how the line is, and nobody else."""
        connection.send(numbers_message(re, connection.participant, self._people, self._plane))
        self.acknowledge(connection, re)

    def line_changed(self, participant: str, line: LineState) -> None:
        """The plane's word on a line. Taken up in a moment: the plane may be in the middle of `apply`."""
        self._hear_soon(Line(participant, line))

    def speech_paused(self, participant: str) -> None:
        """The plane hears a pause that it was asked for."""
        self._hear_soon(SpeechPaused(participant))

    def line_thin(self, participant: str, *, thin: bool) -> None:
        """The plane's word on what a line down can carry: the plane has acted on it, people are told what they get."""
        self._hear_soon(LineThin(participant, thin))

    def _hear_soon(self, command: Command) -> None:
        asyncio.get_running_loop().call_soon(self._hear, command)

    def _hear(self, command: Command) -> None:
        if not self._is_over:
            self._feed(command)

    def plane_notice(self, participant: str | None, code: str, fields: Mapping[str, Any]) -> None:
        """The plane's word to a participant, or to everyone; not the same again and again."""
        if self._spacing.lets_through((participant, code, fields.get("participant")), self._clock.now()):
            self._audience.send(participant, NoticeMessage.model_validate({"code": code, **fields}))

    # Time

    def _next_wake(self) -> float | None:
        deadline = self.conversation.deadline()
        times = (
            None if deadline is None else deadline.at,
            self._holds.next_due(),
            self._gates.retry_due,
            self._empty_due,
        )
        return min((time for time in times if time is not None), default=None)

    def _arm(self) -> None:
        """Set the one timer."""
        self._wake_up.move(None if self._is_over else self._next_wake())

    def _wake(self) -> None:
        now = self._clock.now()
        self._catch_up()
        self._try_again(now)
        for participant in self._holds.due(now):
            self._end_hold(participant)
        if self._empty_due is not None and self._empty_due <= now:
            # Nobody is there to be told; whoever comes in this very moment connects again, to a new room.
            self._over(Bye.DRAINING)
        self._arm()

    def _try_again(self, now: float) -> None:
        """While the media path is stopped the plan is tried again, without waiting for somebody's command."""
        if self._gates.retry_due is not None and self._gates.retry_due <= now:
            with suppress(FailedError):  # told to everyone, and logged
                self._change(_nothing)

    def _end_hold(self, participant: str) -> None:
        if self._holds.is_replaced(participant):
            self._close_replaced(participant)
        else:
            self._release_media(participant)

    # The end

    def _over(self, bye: Bye) -> None:
        if not self._is_over:
            self.silence()
            self._report_over(self, bye)

    def silence(self) -> None:
        """Close every gate, now; the room carries out nothing any more. Idempotent."""
        if not self._is_over:
            self._is_over = True
            self._arrivals.clear()
            self._arm()
            self._gates.shut()

    async def close(self, bye: Bye) -> None:
        """Say goodbye to all, close the media, leave no task behind."""
        self.silence()
        connections = [*self._connections.values()]
        self._connections.clear()
        after = self._once_stored() if self.is_ending else ()
        for connection in connections:
            connection.say_bye(bye, *after)
        await self._negotiation.finish()
        await asyncio.gather(*(connection.finish() for connection in connections))


def _nothing(_now: float) -> list[Notice]:
    return []
