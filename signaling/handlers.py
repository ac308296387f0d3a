"""What each message of somebody in a room does: a table from its type to a small function.

Most messages are one command of the core; `COMMANDS` says which. `join` is the socket's: it leads into the room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from media.mediation import commands as core
from signaling import messages as m
from signaling.errors import AlreadyJoinedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from signaling.connection import Connection
    from signaling.room import Room

    Handler = Callable[[Room, Connection, Any], None]
    ToCommand = Callable[[str, Any], core.Command]


def _distance(by: str, message: m.DistanceSetMessage) -> core.Command:
    if message.outgoing is not None:
        return core.DistanceOutgoing(by, message.outgoing, message.to)
    if message.incoming is not None and message.of is not None:
        return core.DistanceIncoming(by, message.incoming, message.of)
    if message.listening is not None:
        return core.Listen(by, message.listening)
    if message.room is not None:
        return core.DistanceRoom(by, message.room)
    raise AssertionError("parse lets exactly one choice through")


COMMANDS: Mapping[type[m.ClientMessage], ToCommand] = {
    m.ReadyMessage: lambda by, message: core.Ready(by, message.ready),
    m.MicrophoneSetMessage: lambda by, message: core.MicrophoneSet(by, message.on),
    m.FloorRequestMessage: lambda by, _: core.FloorRequest(by),
    m.FloorReleaseMessage: lambda by, _: core.FloorRelease(by),
    m.FloorPassMessage: lambda by, message: core.FloorPass(by, message.to),
    m.FloorGrantMessage: lambda by, message: core.FloorGrant(by, message.to),
    m.FloorRevokeMessage: lambda by, _: core.FloorRevoke(by),
    m.FloorExtendMessage: lambda by, message: core.FloorExtend(by, message.seconds),
    m.FormatSetMessage: lambda by, message: core.FormatSet(
        by, message.format, message.turn_seconds, message.rest_seconds, message.first
    ),
    m.PhaseDoneMessage: lambda by, message: core.PhaseDone(by, message.done),
    m.MirrorStartMessage: lambda by, _: core.MirrorStart(by),
    m.MirrorDoneMessage: lambda by, _: core.MirrorDone(by),
    m.MirrorAnswerMessage: lambda by, message: core.MirrorAnswer(by, message.got_it),
    m.CaucusStartMessage: lambda by, message: core.CaucusStart(by, message.with_),
    m.CaucusEndMessage: lambda by, _: core.CaucusEnd(by),
    m.CaucusBackMessage: lambda by, _: core.CaucusBack(by),
    m.AdmitMessage: lambda by, message: core.Admit(by, message.participant),
    m.BreakStartMessage: lambda by, message: core.BreakStart(by, message.seconds),
    m.BreakTimeMessage: lambda by, message: core.BreakTime(by, message.seconds),
    m.BreakEndMessage: lambda by, _: core.BreakEnd(by),
    m.DistanceSetMessage: _distance,
    m.ConsentMessage: lambda by, message: core.Consent(by, message.proposal, message.answer),
    m.EndMessage: lambda by, _: core.End(by),
}


def command(room: Room, connection: Connection, message: m.ClientMessage) -> None:
    """Carry out one command of the core."""
    room.command(connection, message.id, COMMANDS[type(message)](connection.participant, message))


def join(_room: Room, _connection: Connection, message: m.JoinMessage) -> None:
    """Nobody joins twice on one connection."""
    raise AlreadyJoinedError("This connection has joined.", message.id)


def offer(room: Room, connection: Connection, message: m.OfferMessage) -> None:
    """Have the plane answer, in a task of its own."""
    room.offer(connection, message.id, message.sdp)


def candidate(room: Room, connection: Connection, message: m.CandidateMessage) -> None:
    """Nothing to do: the plane learns addresses from authenticated checks alone."""
    room.acknowledge(connection, message.id)


def line_numbers(room: Room, connection: Connection, message: m.LineNumbersMessage) -> None:
    """Say how the line is."""
    room.tell_numbers(connection, message.id)


def arrive(room: Room, connection: Connection, message: m.ArriveMessage) -> None:
    """Tell the therapist what was said at the door."""
    room.arrive(connection, message)


def signal(room: Room, connection: Connection, message: m.SignalMessage) -> None:
    """Tell the therapist, silently."""
    room.signal(connection, message.id)


def leave(room: Room, connection: Connection, message: m.LeaveMessage) -> None:
    """Go by choice."""
    room.leave(connection, message.id)


HANDLERS: Mapping[type[m.ClientMessage], Handler] = {
    **dict.fromkeys(COMMANDS, command),
    m.JoinMessage: join,
    m.OfferMessage: offer,
    m.CandidateMessage: candidate,
    m.LineNumbersMessage: line_numbers,
    m.ArriveMessage: arrive,
    m.SignalMessage: signal,
    m.LeaveMessage: leave,
}
