"""The WebSocket of the public contract: `GET /api/v1/calls/{id}/signaling`, subprotocol `holdspace.v1`.

Decides who may open a socket and what a frame is; what messages do is in `handlers`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog
from aiohttp import WSMsgType, web

from media.mediation.errors import MediationError
from signaling.calls import DoorRefusedError
from signaling.connection import Connection
from signaling.errors import (
    FailedError,
    MalformedError,
    NotJoinedError,
    SignalingError,
    TooLargeError,
    TooManyError,
)
from signaling.farewells import Bye, farewell, refusal
from signaling.handlers import HANDLERS
from signaling.limits import MAX_MESSAGES, MESSAGES_WINDOW_S, FloodError, MessageRate
from signaling.messages import MAX_MESSAGE_BYTES, ClientMessage, ErrorMessage, JoinMessage, parse

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

_TOO_MANY = f"More than {MAX_MESSAGES} messages in {MESSAGES_WINDOW_S:.0f} seconds."

_log = structlog.get_logger("holdspace.signaling")


def routes(rooms: Rooms) -> list[web.RouteDef]:
    """What the application adds to its router."""
    return [web.get(PATH, make_signaling_handler(rooms))]


def make_signaling_handler(rooms: Rooms) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler; it returns when the socket is closed."""

    async def signaling(request: web.Request) -> web.StreamResponse:
        _check_request(request, rooms.settings)
        settings = rooms.settings
        socket = web.WebSocketResponse(
            timeout=settings.close_s,
            heartbeat=settings.heartbeat_s,
            protocols=(SUBPROTOCOL,),
            compress=False,
            max_msg_size=HARD_LIMIT_BYTES,
        )
        await socket.prepare(request)
        await _serve(rooms, request, socket)
        return socket

    return signaling


def _check_request(request: web.Request, settings: SignalingSettings) -> None:
    """Refuse what no client of ours sends, in plain HTTP."""
    if request.headers.get("Upgrade", "").lower() != "websocket":
        raise _problem(web.HTTPBadRequest, "websocket-expected", "This address speaks WebSocket only.")
    origin = request.headers.get("Origin")
    if origin is not None and not _is_ours(origin, request.host, settings.public_url):
        raise _problem(web.HTTPForbidden, "origin-refused", "This page may not open a call here.")
    offered = request.headers.get("Sec-WebSocket-Protocol", "").split(",")
    if SUBPROTOCOL not in {name.strip() for name in offered}:
        detail = f"The subprotocol {SUBPROTOCOL} is needed."
        raise _problem(web.HTTPBadRequest, "subprotocol-expected", detail)


def _is_ours(origin: str, host: str, public_url: str | None) -> bool:
    """RFC 6454: the page was served from the host that is asked, or from the public URL."""
    scheme, _, authority = origin.lower().partition("://")
    if scheme in {"http", "https"} and authority == host.lower():
        return True
    if public_url is None:
        return False
    public = urlsplit(public_url.lower())
    return origin.lower() == f"{public.scheme}://{public.netloc}"


def _problem(kind: type[web.HTTPError], slug: str, detail: str) -> web.HTTPError:
    """An RFC 9457 answer."""
    body = web.json_response(
        {"type": slug, "title": kind().reason, "status": kind.status_code, "detail": detail}
    )
    return kind(text=body.text, content_type="application/problem+json")


async def _serve(rooms: Rooms, request: web.Request, socket: web.WebSocketResponse) -> None:
    """Open the door, or say why not; then read until the end."""

    def abort() -> None:
        if request.transport is not None:
            request.transport.abort()

    call_id = request.match_info["id"]
    try:
        call, participant = await rooms.door.admit(request, call_id)
    except DoorRefusedError as error:
        farewell_of_door = refusal(error.code, error.detail, error.status)
        await _turn_away(Connection("", socket, abort, rooms.settings), error, *farewell_of_door)
        return
    except Exception as error:  # noqa: BLE001 - no client meets a traceback
        _log.error("door.failed", error=type(error).__name__)
        failed = FailedError("The call could not be looked up.")
        await _turn_away(Connection("", socket, abort, rooms.settings), failed, *farewell(Bye.FAILED))
        return
    connection = Connection(participant, socket, abort, rooms.settings)
    connection.start()
    await Session(rooms, connection, call).run(socket)


async def _turn_away(
    connection: Connection, error: DoorRefusedError | FailedError, bye: ByeMessage, close_code: int
) -> None:
    """Say why, and close."""
    connection.start()
    connection.send(ErrorMessage(re=None, code=error.code, detail=error.detail))
    connection.end(bye, close_code)
    await connection.finish()


class Session:
    """One admitted socket: frames in, messages checked and handed on, until it closes."""

    def __init__(self, rooms: Rooms, connection: Connection, call: CallInfo) -> None:
        self._rooms = rooms
        self._connection = connection
        self._call = call
        self._room: Room | None = None
        self._rate = MessageRate()

    async def run(self, socket: web.WebSocketResponse) -> None:
        """Read until the socket closes; then the room knows, and nothing is left running."""
        clock = self._rooms.clock
        patience = clock.call_at(clock.now() + self._rooms.settings.join_s, self._give_up)
        try:
            self._arrive()
            async for frame in socket:
                if frame.type is WSMsgType.ERROR:
                    break
                await self._take(frame)
                if self._connection.ending:
                    break
                # A burst of frames is read without a pause: let the answers out, and let others have their turn.
                await asyncio.sleep(0)
        finally:
            patience.cancel()
            self._depart()
            await self._connection.finish()

    def _arrive(self) -> None:
        try:
            self._rooms.receive(self._connection, self._call.id)
        except TooManyError as error:
            self._refuse(error)
            self._connection.say_bye(Bye.TOO_MANY)

    def _give_up(self) -> None:
        if self._room is None:
            self._connection.say_bye(Bye.JOIN_EXPECTED)

    def _depart(self) -> None:
        if self._room is None:
            self._rooms.forget(self._connection)
        else:
            self._room.gone(self._connection)

    async def _take(self, frame: WSMessage) -> None:
        """One frame, and the answer to whatever is wrong with it."""
        re: str | int | None = None
        try:
            in_time = self._rate.count(self._rooms.clock.now())
            message = _read(frame)
            re = message.id
            if in_time:
                await self._handle(message)
            else:
                self._refuse(TooManyError(_TOO_MANY), re)
        except FloodError:
            self._connection.say_bye(Bye.FLOODING)
        except TooLargeError as error:
            self._refuse(error)
            self._connection.say_bye(Bye.TOO_LARGE)
        except (SignalingError, MediationError) as error:
            self._refuse(error, re)
        except Exception as error:  # noqa: BLE001 - no client meets a traceback, and no room suffers for one message
            _log.error("message.failed", call=self._call.id, error=type(error).__name__)
            self._refuse(FailedError("The server could not carry this out."), re)

    async def _handle(self, message: ClientMessage) -> None:
        if self._room is not None:
            HANDLERS[type(message)](self._room, self._connection, message)
        elif isinstance(message, JoinMessage):
            self._room = await self._rooms.enter(self._connection, self._call, message.id)
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
