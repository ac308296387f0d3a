"""Passes for a TURN relay: what is in them, whom they are for, and when they are made."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from server.secret import Pii
from server.settings import Settings
from server.turn import TurnPasses, ice_servers
from tests.server.scene import PUBLIC_URL, ObedientClock, token_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.server.scene import Site

SECRET = "a secret that the relay knows too"
RELAY = {
    "turn_urls": "turn:turn.example.org:3478?transport=udp, turns:turn.example.org",
    "turn_secret": SECRET,
}
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PARTICIPANT = "0123456789abcdef"


def sign(username: str) -> str:
    """What coturn computes for a username (RFC 2104 with SHA-1, RFC 4648 base64)."""
    return base64.b64encode(hmac.new(SECRET.encode(), username.encode(), hashlib.sha1).digest()).decode()


def a_pass(now: datetime = NOON, participant: str = PARTICIPANT) -> dict[str, str]:
    """Make a pass that is good for an hour, in a process of its own."""
    return TurnPasses(Pii(SECRET), timedelta(hours=1)).new(participant, now)


def test_a_pass_is_the_time_it_expires_and_a_signature() -> None:
    """`<unix time>:<somebody>`, signed with HMAC-SHA1 under the relay's secret, in base64."""
    made = a_pass()
    assert made["username"].split(":")[0] == str(int(NOON.timestamp()) + 3600)
    assert made["credential"] == sign(made["username"])


def test_the_signature_is_the_one_that_others_compute() -> None:
    """A fixed vector, made with `openssl dgst -sha1 -hmac`, so that both sides can't be wrong together."""
    assert sign("1795608000:0011223344556677") == "NIMfkcKB5bY8BAOdTaMDv/5yJF0="


def test_a_pass_does_not_tell_whose_it_is() -> None:
    """The relay's log never holds a participant's id, and two processes name one participant differently."""
    one, other = a_pass()["username"], a_pass()["username"]
    assert PARTICIPANT not in one
    assert one.split(":")[1] != other.split(":")[1]
    assert len(one.split(":")[1]) == 16


def test_one_participant_keeps_one_name_at_the_relay() -> None:
    """A relay's quota counts by what follows the time: the same for each pass of one, another for others."""
    passes = TurnPasses(Pii(SECRET), timedelta(hours=1))
    names = [
        passes.new(who, NOON + timedelta(minutes=minute))["username"].split(":")[1]
        for minute, who in enumerate(["a", "a", "b"])
    ]
    assert names[0] == names[1] != names[2]


def test_what_the_operator_listed_stands_beside_the_relay() -> None:
    """Static servers are told as they are, first; without a relay they are all there is."""
    listed = '[{"urls": "stun:stun.example.org"}]'
    told = ice_servers(Settings(ice_servers=listed, **RELAY), ObedientClock())(PARTICIPANT)
    assert told[0] == {"urls": "stun:stun.example.org"}
    assert told[1]["urls"] == ["turn:turn.example.org:3478?transport=udp", "turns:turn.example.org"]
    assert ice_servers(Settings(ice_servers=listed), ObedientClock())(PARTICIPANT) == told[:1]
    assert ice_servers(Settings(), ObedientClock())(PARTICIPANT) == ()


async def test_every_welcome_brings_a_new_pass(open_site: Callable[..., Awaitable[Site]]) -> None:
    """Whoever joins again, a minute later, gets a pass that is good for a minute longer, signed with the secret."""
    site = await open_site(turn_ttl_minutes=60, **RELAY)
    call = await site.call()
    first = await welcomed(site, call)
    site.clock.move(minutes=1)
    second = await welcomed(site, call)
    expiries = [int(relay["username"].split(":")[0]) for relay in (first, second)]
    assert expiries == [int(site.clock.now.timestamp()) + 3600 - 60, int(site.clock.now.timestamp()) + 3600]
    assert all(relay["credential"] == sign(relay["username"]) for relay in (first, second))
    assert SECRET not in str(first)
    assert first["urls"] == ["turn:turn.example.org:3478?transport=udp", "turns:turn.example.org"]


async def welcomed(site: Site, call: dict[str, Any]) -> dict[str, Any]:
    """Join as the first partner; the only ICE server in the `welcome`."""
    headers = {"Authorization": f"Bearer {token_of(call)}", "Origin": PUBLIC_URL}
    path = f"/api/v1/calls/{call['id']}/signaling"
    async with site.client.ws_connect(path, protocols=["holdspace.v1"], headers=headers) as socket:
        await socket.send_json({"type": "join", "id": 1})
        welcome = await socket.receive_json(timeout=10)
    assert welcome["type"] == "welcome", welcome
    (relay,) = welcome["ice_servers"]
    return relay


@pytest.mark.parametrize(
    "url",
    [
        "turn:turn.example.org",
        "turn:192.0.2.7:3478",
        "turn:[2001:db8::7]:3478?transport=tcp",
        "turns:turn.example.org:443?transport=tcp",
        "turn:localhost?transport=udp",
    ],
)
def test_turn_urls_are_those_that_browsers_take(url: str) -> None:
    """Host or address, with a port and a transport or without (RFC 7065)."""
    assert Settings(turn_urls=url, turn_secret=SECRET).turn_urls == (url,)


@pytest.mark.parametrize(
    "wrong",
    [
        {"turn_urls": "stun:stun.example.org"},
        {"turn_urls": "turn.example.org"},
        {"turn_urls": "turn://turn.example.org"},
        {"turn_urls": "turn:turn.example.org:0"},
        {"turn_urls": "turn:turn.example.org:65536"},
        {"turn_urls": "turn:turn.example.org?transport=tls"},
        {"turn_urls": "turn:user@turn.example.org"},
        {"turn_urls": "turn:a.example.org, b.example.org"},
        {"turn_urls": ""},
        {"turn_secret": None},
        {"turn_secret": "  "},
        {"turn_ttl_minutes": 0},
        {"turn_ttl_minutes": 7 * 24 * 60 + 1},
    ],
)
def test_a_wrong_relay_is_refused_at_the_start(wrong: dict[str, Any]) -> None:
    """A URL that a browser would throw away, half a configuration, or a pass that never ends: the server doesn't start."""
    with pytest.raises(ValidationError) as refused:
        Settings(**(RELAY | wrong))
    assert SECRET not in str(refused.value)


def test_the_secret_does_not_show_itself() -> None:
    """Neither the settings nor what makes the passes prints it."""
    settings = Settings(**RELAY)
    assert SECRET not in f"{settings!r} {settings.model_dump()} {Pii(SECRET)!r}"
