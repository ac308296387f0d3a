"""Bad input: each kind has its code, nothing changes, and nobody sees a traceback."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from aiohttp import WSMsgType
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signaling.errors import ProtocolError
from signaling.messages import CLIENT_MESSAGES, MAX_MESSAGE_BYTES, ClientMessage, parse

if TYPE_CHECKING:
    from tests.signaling.world import World


MALFORMED = [
    "",
    "{",
    "null",
    "[]",
    "42",
    '"join"',
    "[" * 10_000,
    '{"type": NaN}',
    "\x00",
    '{"id": "\\ud800"}',
]


@pytest.mark.parametrize("text", MALFORMED)
async def test_what_is_no_object_is_malformed(world: World, text: str) -> None:
    """Anything but one JSON object is `malformed`, and the connection goes on."""
    ada = await world.joins("a")
    await ada.socket.send_str(text)
    assert (await ada.until("error"))["code"] == "malformed"
    await ada.does("candidate")


async def test_binary_frames_are_malformed(world: World) -> None:
    """Binary frames are refused, whatever is in them."""
    ada = await world.joins("a")
    await ada.socket.send_bytes(b'{"type": "leave"}')
    assert (await ada.until("error"))["code"] == "malformed"
    await ada.does("candidate")


UNKNOWN = ["break.refuse", "caucus.refuse", "welcome", "JOIN", ""]


@pytest.mark.parametrize("kind", UNKNOWN)
async def test_unknown_types_are_named_so(world: World, kind: str) -> None:
    """Types that this version does not offer are `unknown-type`, with the message's id."""
    ada = await world.joins("a")
    assert await ada.is_refused(kind, seconds=60) == "unknown-type"


INVALID = [
    ('{"id": 5}', "type"),
    ('{"id": 5, "type": 7}', "type"),
    ('{"id": 5, "type": "ready"}', "ready"),
    ('{"id": 5, "type": "ready", "ready": "yes"}', "ready"),
    ('{"id": 5, "type": "ready", "ready": 1}', "ready"),
    ('{"id": 5, "type": "leave", "why": "tired"}', "why"),
    ('{"id": 5, "type": "floor.pass"}', "to"),
    ('{"id": 5, "type": "floor.pass", "to": ""}', "to"),
    ('{"id": 5, "type": "floor.extend", "seconds": 1.5}', "seconds"),
    ('{"id": 5, "type": "floor.extend", "seconds": 1e300}', "seconds"),
    ('{"id": 5, "type": "distance.set", "outgoing": "near"}', "outgoing"),
    ('{"id": 5, "type": "distance.set"}', "message"),
    ('{"id": 5, "type": "distance.set", "incoming": "soft"}', "message"),
    ('{"id": 5, "type": "distance.set", "room": "soft", "to": "b"}', "message"),
    ('{"id": 5, "type": "distance.set", "room": "soft", "outgoing": "soft"}', "message"),
    ('{"id": 5, "type": "distance.set", "listening": true, "incoming": "soft", "of": "b"}', "message"),
    ('{"id": 5, "type": "distance.set", "listening": 1}', "listening"),
    ('{"id": 5, "type": "consent", "proposal": "1", "answer": null}', "answer"),
    ('{"id": 5, "type": "offer", "sdp": ""}', "sdp"),
]


@pytest.mark.parametrize(("text", "field"), INVALID)
async def test_wrong_fields_are_invalid_and_named(world: World, text: str, field: str) -> None:
    """A missing, wrong or superfluous field is `invalid`; the detail begins with its name."""
    ada = await world.joins("a")
    await ada.socket.send_str(text)
    error = await ada.until("error")
    assert (error["code"], error["re"]) == ("invalid", 5)
    assert error["detail"].startswith(f"{field}: ")


@pytest.mark.parametrize("bad", ["x" * 65, -1, 2**53, True, {}, 1.5])
async def test_an_unusable_id_is_invalid_and_not_repeated(world: World, bad: object) -> None:
    """Ids are strings of at most 64 characters or whole numbers; others are refused and not echoed."""
    ada = await world.joins("a")
    await ada.send("candidate", id=bad)
    error = await ada.until("error")
    assert (error["code"], error["re"]) == ("invalid", None)


async def test_a_too_large_message_is_told_and_closed(world: World) -> None:
    """A message beyond 64 KiB: `too-large`, then closed with 1009."""
    ada = await world.joins("a")
    await ada.send("offer", sdp="x" * MAX_MESSAGE_BYTES)
    assert (await ada.until("error"))["code"] == "too-large"
    await ada.is_told_goodbye("too-large", 1009)


async def test_a_monstrous_message_is_closed(world: World) -> None:
    """Beyond what the library takes the connection is closed with 1009 at once; the room goes on."""
    ada = await world.joins("a")
    ben = await world.joins("b")
    await ada.socket.send_str("x" * 1_000_000)
    frame = await ada.socket.receive(5)
    while frame.type is WSMsgType.TEXT:
        frame = await ada.socket.receive(5)
    assert ada.socket.close_code == 1009
    await ben.does("candidate")


async def test_a_burst_is_refused_not_closed(world: World) -> None:
    """The 51st message within five seconds is `too-many`; five seconds later all is well."""
    ada = await world.connects("a")
    await ada.does("join")
    for _ in range(49):
        await ada.does("candidate")
    assert await ada.is_refused("candidate") == "too-many"
    world.clock.advance(5)
    await ada.does("candidate")


async def test_a_flood_is_closed(world: World) -> None:
    """More than 200 messages within five seconds, sent without waiting: bye `flooding` (4429)."""
    ada = await world.joins("a")
    for _ in range(200):
        await ada.send("candidate")
    await ada.is_told_goodbye("flooding", 4429)
    answers = [message for message in ada.seen if message["type"] == "error"]
    assert {message["code"] for message in answers} == {"too-many"}


TYPES = st.sampled_from([*CLIENT_MESSAGES, "no.such"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | TYPES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FIELDS = st.sampled_from([name for model in CLIENT_MESSAGES.values() for name in model.model_fields])

# The first text that Hypothesis draws computes its tables, which takes seconds on a busy machine.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@unhurried
@given(st.dictionaries(FIELDS, VALUES | TYPES))
def test_parse_knows_only_messages_and_protocol_errors(fields: dict[str, object]) -> None:
    """Whatever a client sends is a typed message or a ProtocolError, never another exception."""
    with suppress(ProtocolError):
        assert isinstance(parse(json.dumps(fields)), ClientMessage)


@unhurried
@given(st.text())
def test_parse_survives_any_text(text: str) -> None:
    """Any text at all is a message or a ProtocolError."""
    with pytest.raises(ProtocolError):
        parse(text)
