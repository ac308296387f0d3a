"""A guest on the line, against a small scripted server: what it sends, and what each farewell means to it."""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from server.company_guest import Farewell, Guest, Invitation, NoInvitationError
from server.company_mind import Mind
from server.company_visit import Circle

TOKEN = "t" * 43
CALL, ME, HUMAN = "c1", "p2", "p1"
DEADLINE_S = 10.0

Script = Callable[[web.WebSocketResponse], Awaitable[None]]


class StillPeer:
    """A peer connection without media."""

    def __init__(self) -> None:
        self.lost = asyncio.Event()
        self.accepted: list[str] = []
        self.closed = False

    async def offer(self) -> str:
        """An offer that nobody reads."""
        return "the offer"

    async def accept(self, sdp: str) -> None:
        """Note the answer."""
        self.accepted.append(sdp)

    async def close(self) -> None:
        """Note the end."""
        self.closed = True


class StillPerson:
    """A person without picture and voice, who remembers what was asked of them."""

    def __init__(self) -> None:
        self.peers: list[StillPeer] = []
        self.seats = 0
        self.speaking = False
        self.voice: asyncio.Queue[bool] = asyncio.Queue()

    def speak(self, *, speaking: bool) -> None:
        """Note each change between speech and silence."""
        if speaking != self.speaking:
            self.voice.put_nowait(speaking)
        self.speaking = speaking

    def peer(self, seats: int) -> StillPeer:
        """A fresh peer."""
        self.seats = seats
        self.peers.append(StillPeer())
        return self.peers[-1]


class ScriptedServer:
    """The public contract's addresses; each visit to the WebSocket plays the next script."""

    def __init__(self) -> None:
        self.scripts: list[Script] = []
        self.requests: list[web.Request] = []
        self.link_status = 303
        app = web.Application()
        app.router.add_get("/i/{token}", self.open_link)
        app.router.add_get(f"/api/v1/calls/{CALL}/signaling", self.signaling)
        self.server = TestServer(app)

    async def open_link(self, _request: web.Request) -> web.Response:
        """Lead to the call, or refuse."""
        headers = {"Location": f"/calls/{CALL}?as={ME}"} if self.link_status == 303 else {}
        return web.Response(status=self.link_status, headers=headers)

    async def signaling(self, request: web.Request) -> web.WebSocketResponse:
        """Play the next script; the socket closes at its end."""
        self.requests.append(request)
        socket = web.WebSocketResponse(protocols=("holdspace.v1",))
        await socket.prepare(request)
        await self.scripts.pop(0)(socket)
        await socket.close()
        return socket


async def expect(socket: web.WebSocketResponse, kind: str) -> dict[str, Any]:
    """The next message of the client, which is of this type."""
    async with asyncio.timeout(DEADLINE_S):
        message = await socket.receive()
    assert message.type is WSMsgType.TEXT
    content: dict[str, Any] = message.json()
    assert content["type"] == kind
    return content


async def seat(socket: web.WebSocketResponse) -> None:
    """Take the client in as far as the answer."""
    await expect(socket, "join")
    call = {"id": CALL, "participants": []}
    you = {"id": ME, "role": "partner", "name": "B"}
    await socket.send_json({"type": "welcome", "you": you, "seats": 3, "ice_servers": [], "call": call})
    offer = await expect(socket, "offer")
    assert offer["sdp"] == "the offer"
    await socket.send_json({"type": "answer", "re": offer["id"], "sdp": "the answer", "receive": []})


def conversation(**floor: Any) -> dict[str, Any]:
    """A state in which both partners talk."""
    return {
        "type": "conversation",
        "phase": "talking",
        "participants": [
            {"id": one, "role": "partner", "name": one, "present": True, "ready": True, "line": "good"}
            for one in (HUMAN, ME)
        ],
        "floor": {
            "mode": "turns", "holder": None, "turn": None, "paused": False, "queue": [], "last_holder": HUMAN,
            "return_turn": False, "course": None, "rest_ends_at": None, "mirror": None,
            "mirror_answer_due": False, "done": [], **floor,
        },
        "proposals": [],
        "break": None,
        "caucus": None,
    }  # fmt: skip


async def bye(socket: web.WebSocketResponse, code: str) -> None:
    """The server's last message."""
    await socket.send_json({"type": "bye", "code": code, "detail": f"Said {code}."})


def seated_then_bye(code: str) -> Script:
    """Take the client in and say farewell."""

    async def script(socket: web.WebSocketResponse) -> None:
        await seat(socket)
        await bye(socket, code)

    return script


class Scene:
    """One guest and the server that it visits."""

    def __init__(self, server: ScriptedServer, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.person = StillPerson()
        self.circle = Circle()
        self.told: list[str] = []
        self._session = session
        invitation = Invitation.read(str(server.server.make_url(f"/i/{TOKEN}")))
        self.guest = Guest(invitation, self.person, self.circle, functools.partial(Mind), self.told.append)

    async def play(self, *scripts: Script) -> Farewell:
        """Let the guest stay until it goes."""
        self.server.scripts = list(scripts)
        async with asyncio.timeout(DEADLINE_S):
            return await self.guest.stay(self._session)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    """A guest before a scripted server."""
    server = ScriptedServer()
    await server.server.start_server()
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            yield Scene(server, session)
    finally:
        await server.server.close()


async def test_enters_as_an_ordinary_client(scene: Scene) -> None:
    """It opens the link, connects with its token and the subprotocol, joins, and offers for every seat."""
    await scene.play(seated_then_bye("ended"))
    (request,) = scene.server.requests
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.headers["Sec-WebSocket-Protocol"] == "holdspace.v1"
    assert request.query["as"] == ME
    assert TOKEN not in str(request.url)
    assert scene.person.seats == 3
    assert scene.person.peers[0].accepted == ["the answer"]


@pytest.mark.parametrize("code", ["ended", "cancelled", "replaced", "call-over", "unauthorised"])
async def test_a_final_farewell_is_final(scene: Scene, code: str) -> None:
    """After these farewells it doesn't come back; its connection is closed, and it is company no longer."""
    farewell = await scene.play(seated_then_bye(code))
    assert farewell.code == code
    assert len(scene.server.requests) == 1
    assert scene.person.peers[0].closed
    assert scene.circle.of(CALL) == frozenset()


async def test_bows_out_with_a_friendly_line(scene: Scene) -> None:
    """Whoever is replaced makes room and says so."""
    await scene.play(seated_then_bye("replaced"))
    assert scene.told[-1].endswith("the simulated partner makes room. Have a good talk.")


@pytest.mark.parametrize("code", ["draining", "failed", "call-not-open"])
async def test_comes_back_after_a_passing_trouble(scene: Scene, code: str) -> None:
    """A server that restarts, or a door not open yet, is tried again, with a fresh peer connection."""
    await scene.play(seated_then_bye(code), seated_then_bye("ended"))
    assert len(scene.server.requests) == 2
    assert [peer.closed for peer in scene.person.peers] == [True, True]
    assert f"Said {code}. The simulated partner tries again." in scene.told


async def test_comes_back_after_a_lost_line(scene: Scene) -> None:
    """A socket that closes without a farewell is a lost line, and is tried again."""
    await scene.play(seat, seated_then_bye("ended"))
    assert len(scene.server.requests) == 2


async def test_comes_back_when_the_media_is_lost(scene: Scene) -> None:
    """A peer connection that is gone means a new visit, after a polite leave."""

    async def script(socket: web.WebSocketResponse) -> None:
        await seat(socket)
        scene.person.peers[0].lost.set()
        await expect(socket, "leave")

    await scene.play(script, seated_then_bye("ended"))
    assert len(scene.person.peers) == 2


async def test_comes_back_when_the_offer_was_refused(scene: Scene) -> None:
    """A refused offer ends the visit, not the company."""

    async def script(socket: web.WebSocketResponse) -> None:
        await expect(socket, "join")
        you = {"id": ME, "role": "partner", "name": "B"}
        await socket.send_json({"type": "welcome", "you": you, "seats": 3, "call": {"id": CALL}})
        offer = await expect(socket, "offer")
        error = {"type": "error", "re": offer["id"], "code": "too-busy", "detail": "Too busy."}
        await socket.send_json(error)
        await expect(socket, "leave")

    await scene.play(script, seated_then_bye("ended"))
    assert "Too busy. The simulated partner tries again." in scene.told


@pytest.mark.parametrize(("status", "code"), [(404, "unauthorised"), (410, "call-over")])
async def test_a_link_that_leads_nowhere_is_not_tried_again(scene: Scene, status: int, code: str) -> None:
    """An unknown or outlived link is the end, told in plain words without the link."""
    scene.server.link_status = status
    farewell = await scene.play()
    assert farewell.code == code
    assert scene.server.requests == []
    assert TOKEN not in " ".join(scene.told)


async def test_leaves_politely_when_asked(scene: Scene) -> None:
    """Asked to go, it says leave and closes everything."""

    async def script(socket: web.WebSocketResponse) -> None:
        await seat(socket)
        scene.guest.leaving.set()
        await expect(socket, "leave")

    farewell = await scene.play(script)
    assert farewell.code == "left"
    assert scene.person.peers[0].closed


async def test_speaks_while_it_holds_the_stick(scene: Scene) -> None:
    """With the stick in hand the voice begins; when the stick is gone it is silent at the next message."""

    async def script(socket: web.WebSocketResponse) -> None:
        await seat(socket)
        await socket.send_json(conversation(holder=ME, turn=1))
        assert await scene.person.voice.get()
        await socket.send_json(conversation(holder=HUMAN, turn=2))
        assert not await scene.person.voice.get()
        await bye(socket, "ended")

    farewell = await scene.play(script)
    assert farewell.code == "ended"


async def test_answers_a_proposal(scene: Scene) -> None:
    """What the mind decides is sent when it is due."""

    async def script(socket: web.WebSocketResponse) -> None:
        await seat(socket)
        proposal = {"id": "1", "kind": "end", "by": HUMAN, "needs": [HUMAN, ME], "answers": {HUMAN: True}}
        await socket.send_json(conversation(holder=HUMAN, turn=1) | {"proposals": [proposal]})
        answer = await expect(socket, "consent")
        assert (answer["proposal"], answer["answer"]) == ("1", True)
        await bye(socket, "ended")

    await scene.play(script)


async def test_no_task_outlives_the_stay(scene: Scene) -> None:
    """After the last farewell nothing of the guest is running."""
    before = asyncio.all_tasks()
    await scene.play(seated_then_bye("draining"), seat, seated_then_bye("ended"))
    left = {task for task in asyncio.all_tasks() - before if "company" in repr(task.get_coro())}
    assert left == set()


@pytest.mark.parametrize(
    "text", ["", "hello", "http://host/", "http://host/i/", "ftp://host/i/" + TOKEN, TOKEN]
)
def test_refuses_what_is_no_link(text: str) -> None:
    """A text that is no invitation link is refused, and not repeated."""
    with pytest.raises(NoInvitationError) as refused:
        Invitation.read(text)
    assert TOKEN not in str(refused.value)


def test_an_invitation_hides_its_secret() -> None:
    """The token never shows itself by accident."""
    assert TOKEN not in repr(Invitation.read(f"https://talk.example.org/i/{TOKEN}"))
