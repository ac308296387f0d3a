"""The WebSocket of the public contract: `GET /api/v1/calls/{id}/signaling`, subprotocol `holdspace.v1`.

Decides who may open a socket and what a frame is; what messages do is in `handlers`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog
from aiohttp import WSMsgType, web

from media.mediation.errors import MediationError
from signaling.calls import DoorRefusedError
from signaling.connection import Connection
from signaling.errors import (
    BusyError,
    FailedError,
    MalformedError,
    NotJoinedError,
    ReplacedError,
    SignalingError,
    TooLargeError,
    TooManyError,
)
from signaling.farewells import Bye, farewell, refusal
from signaling.handlers import HANDLERS
from signaling.limits import MAX_MESSAGES, MESSAGES_WINDOW_S, FloodError, MessageRate
from signaling.messages import (
    MAX_MESSAGE_BYTES,
    BreakStartMessage,
    CaucusEndMessage,
    ClientMessage,
    ErrorMessage,
    JoinMessage,
    LeaveMessage,
    SignalMessage,
    parse,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import WSMessage

    from signaling.calls import CallInfo
    from signaling.messages import ByeMessage
    from signaling.room import Room
    from signaling.rooms import Rooms
    from signaling.settings import SignalingSettings

SUBPROTOCOL = "holdspace.v1"
PATH = "/api/v1/calls/{id}/signaling"
HARD_LIMIT_BYTES = 2 * MAX_MESSAGE_BYTES
"""The library drops a connection beyond this without a word; up to here we can still say `too-large`."""

# No needs one, at once: what stops something is heard in a burst of one's own messages too. A silent signal has a limit of its
# own, so that `too-many` always means to its sender that one has reached the therapist just now.
_ALWAYS_HEARD = (BreakStartMessage, CaucusEndMessage, LeaveMessage, SignalMessage)
_TOO_MANY = f"More than {MAX_MESSAGES} messages in {MESSAGES_WINDOW_S:.0f} seconds."


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A closed door: how it is said in HTTP, and through the socket."""

    status: int
    code: str
    detail: str
    bye: ByeMessage
    close_code: int


_log = structlog.get_logger("holdspace.signaling")


def routes(rooms: Rooms) -> list[web.RouteDef]:
    """What the application adds to its router."""
    return [web.get(PATH, make_signaling_handler(rooms))]


def make_signaling_handler(rooms: Rooms) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler; it returns when the socket is closed."""

    async def signaling(request: web.Request) -> web.StreamResponse:
        objection = _objection(request, rooms.settings)
        if objection is not None:
            return objection
        settings = rooms.settings
        socket = web.WebSocketResponse(
            timeout=settings.close_s,
            heartbeat=settings.heartbeat_s,
            protocols=(SUBPROTOCOL,),
            compress=False,
            max_msg_size=HARD_LIMIT_BYTES,
        )
        connection = Connection("", socket, partial(_abort, request), settings)
        with rooms.lobby.visit(connection, request.match_info["id"]):
            try:
                return await _serve(rooms, request, socket, connection)
            except ConnectionResetError:
                # Gone before the upgrade; nobody reads this answer.
                return web.Response()

    return signaling


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _objection(request: web.Request, settings: SignalingSettings) -> web.Response | None:
    """The answer, in plain HTTP, to what no client of ours sends."""
    if request.headers.get("Upgrade", "").lower() != "websocket":
        return _problem(HTTPStatus.BAD_REQUEST, "websocket-expected", "This address speaks WebSocket only.")
    origin = request.headers.get("Origin")
    if origin is not None and not _is_ours(origin, request.host, settings.public_url):
        return _problem(HTTPStatus.FORBIDDEN, "origin-refused", "This page may not open a call here.")
    offered = request.headers.get("Sec-WebSocket-Protocol", "").split(",")
    if SUBPROTOCOL not in {name.strip() for name in offered}:
        detail = f"The subprotocol {SUBPROTOCOL} is needed."
        return _problem(HTTPStatus.BAD_REQUEST, "subprotocol-expected", detail)
    return None


def _is_ours(origin: str, host: str, public_url: str | None) -> bool:
    """RFC 6454: the page was served from the host that is asked, or from the public URL."""
    scheme, _, authority = origin.lower().partition("://")
    if scheme in {"http", "https"} and authority == host.lower():
        return True
    if public_url is None:
        return False
    public = urlsplit(public_url.lower())
    return origin.lower() == f"{public.scheme}://{public.netloc}"


def _problem(status: int, slug: str, detail: str) -> web.Response:
    """An RFC 9457 answer."""
    return web.json_response(
        {"type": slug, "title": HTTPStatus(status).phrase, "status": status, "detail": detail},
        status=status,
        content_type="application/problem+json",
        headers={"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None,
    )


async def _serve(
    rooms: Rooms, request: web.Request, socket: web.WebSocketResponse, connection: Connection
) -> web.StreamResponse:
    """Open the door, or say why not; then read until the end."""
    try:
        call, participant = await rooms.door.admit(request, request.match_info["id"])
    except Exception as error:  # noqa: BLE001 - no client meets a traceback
        refused = _refusal(error)
        if rooms.lobby.is_crowded:
            return _problem(refused.status, refused.code, refused.detail)
        await socket.prepare(request)
        await _turn_away(connection, refused)
    else:
        await socket.prepare(request)
        connection.start()
        await Session(rooms, connection, call).run(socket, participant)
    return socket


def _refusal(error: Exception) -> _Refusal:
    """How a closed door is told."""
    if isinstance(error, DoorRefusedError):
        told = refusal(error.code, error.detail, error.status)
        return _Refusal(error.status, error.code, error.detail, *told)
    _log.error("door.failed", error=type(error).__name__)
    detail = "The call could not be looked up."
    return _Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, FailedError.code, detail, *farewell(Bye.FAILED))


async def _turn_away(connection: Connection, refused: _Refusal) -> None:
    """Say why, and close."""
    connection.start()
    connection.send(ErrorMessage(re=None, code=refused.code, detail=refused.detail))
    connection.end(refused.bye, refused.close_code)
    await connection.finish()


class Session:
    """One admitted socket: frames in, messages checked and handed on, until it closes."""

    def __init__(self, rooms: Rooms, connection: Connection, call: CallInfo) -> None:
        self._rooms = rooms
        self._connection = connection
        self._call = call
        self._room: Room | None = None
        self._rate = MessageRate()

    async def run(self, socket: web.WebSocketResponse, participant: str) -> None:
        """Read until the socket closes; then the room knows, and nothing is left running."""
        clock = self._rooms.clock
        patience = clock.call_at(clock.now() + self._rooms.settings.join_s, self._give_up)
        try:
            self._arrive(participant)
            async for frame in socket:
                if not await self._take_while_open(frame):
                    break
        finally:
            patience.cancel()
            self._depart()
            await self._connection.finish()

    def _arrive(self, participant: str) -> None:
        try:
            self._rooms.lobby.let_in(self._connection, participant)
        except TooManyError as error:
            self._refuse(error)
            self._connection.say_bye(Bye.TOO_MANY)

    def _give_up(self) -> None:
        if self._room is None:
            self._connection.say_bye(Bye.JOIN_EXPECTED)

    def _depart(self) -> None:
        if self._room is not None:
            self._room.gone(self._connection)

    async def _take_while_open(self, frame: WSMessage) -> bool:
        """One frame, unless the last word has been said meanwhile; whether there is anything more to read for."""
        if frame.type is WSMsgType.ERROR or self._connection.ending:
            return False
        await self._take(frame)
        # A burst of frames is read without a pause: let the answers out, and let others have their turn.
        await asyncio.sleep(0)
        return not self._connection.ending

    async def _take(self, frame: WSMessage) -> None:
        """One frame, and the answer to whatever is wrong with it."""
        re: str | int | None = None
        try:
            in_time = self._rate.count(self._rooms.clock.now())
            message = _read(frame)
            re = message.id
            if in_time or isinstance(message, _ALWAYS_HEARD):
                await self._handle(message)
            else:
                self._refuse(TooManyError(_TOO_MANY), re)
        except FloodError:
            self._connection.say_bye(Bye.FLOODING)
        except TooLargeError as error:
            self._refuse(error)
            self._connection.say_bye(Bye.TOO_LARGE)
        except BusyError as error:
            self._refuse(error, re)
            self._connection.end(*refusal(error.code, error.detail, HTTPStatus.SERVICE_UNAVAILABLE))
        except ReplacedError as error:
            self._refuse(error, re)
            self._connection.say_bye(Bye.REPLACED)
        except (SignalingError, MediationError) as error:
            self._refuse(error, re)
        except Exception as error:  # noqa: BLE001 - no client meets a traceback, and no room suffers for one message
            _log.error("message.failed", call=self._call.id, error=type(error).__name__)
            self._refuse(FailedError("The server could not carry this out."), re)

    async def _handle(self, message: ClientMessage) -> None:
        if self._room is not None:
            HANDLERS[type(message)](self._room, self._connection, message)
        elif isinstance(message, JoinMessage):
            self._room = await self._rooms.enter(self._connection, self._call, message)
        else:
            raise NotJoinedError("The first message is join.", message.id)

    def _refuse(self, error: SignalingError | MediationError, re: str | int | None = None) -> None:
        if isinstance(error, SignalingError) and re is None:
            re = error.re
        self._connection.send(ErrorMessage(re=re, code=error.code, detail=error.detail))


def _read(frame: WSMessage) -> ClientMessage:
    if frame.type is not WSMsgType.TEXT:
        raise MalformedError("A message is a text frame with one JSON object.")
    return parse(frame.data)
