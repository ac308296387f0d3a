"""How many calls one address may schedule, and whose word about an address is believed."""

from __future__ import annotations

import asyncio
from collections import Counter
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from server import limits
from server.client_address import ClientAddresses
from server.limits import HourlyLimit
from server.problems import Problem
from tests.server.scene import ObedientClock, assert_problem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.server.scene import Site


async def test_an_open_server_limits_calls_by_the_hour(open_site: Callable[..., Awaitable[Site]]) -> None:
    """After as many calls as are allowed the next is refused, with the time to wait; an hour later it works again."""
    site = await open_site(calls_per_hour=2)
    await site.call()
    site.clock.move(minutes=50)
    await site.call()
    refused = await site.post()
    problem = await assert_problem(refused, 429, "too-many")
    assert refused.headers["Retry-After"] == "600"
    assert "in 10 minutes" in problem["detail"]
    site.clock.move(minutes=10)
    await site.call()


async def test_requests_at_once_do_not_slip_through(open_site: Callable[..., Awaitable[Site]]) -> None:
    """The limit holds for requests that are all under way at the same time."""
    site = await open_site(calls_per_hour=3)
    answers = await asyncio.gather(*(site.post() for _ in range(8)))
    assert Counter(answer.status for answer in answers) == {201: 3, 429: 5}


async def test_a_refused_wish_costs_nothing(open_site: Callable[..., Awaitable[Site]]) -> None:
    """What is not scheduled is not counted, whatever was wrong with it."""
    site = await open_site(calls_per_hour=1)
    for wrong in ({"title": ""}, {"starts_at": "2020-01-01T00:00:00Z"}, {"participants": []}):
        assert (await site.post(**wrong)).status == 422
    await site.call()


@pytest.mark.parametrize(
    "settings", [{"calls_per_hour": 0}, {"calls_per_hour": 1, "organizer_key": "sesame"}]
)
async def test_no_limit_where_none_is_wanted(
    open_site: Callable[..., Awaitable[Site]], settings: dict[str, object]
) -> None:
    """Nought means no limit, and whoever holds the organizer key is not counted."""
    site = await open_site(**settings)
    for _ in range(3):
        assert (await site.post(headers={"Authorization": "Bearer sesame"})).status == 201


async def test_strangers_can_not_name_an_address(open_site: Callable[..., Awaitable[Site]]) -> None:
    """Without a trusted proxy X-Forwarded-For is not read; with one, each client has a limit of its own."""
    plain = await open_site(calls_per_hour=1)
    assert (await plain.post(headers={"X-Forwarded-For": "192.0.2.1"})).status == 201
    assert (await plain.post(headers={"X-Forwarded-For": "192.0.2.2"})).status == 429
    behind = await open_site(calls_per_hour=1, trusted_proxies="127.0.0.1")
    statuses = [
        (await behind.post(headers={"X-Forwarded-For": client})).status
        for client in ("192.0.2.1", "192.0.2.2", "192.0.2.1")
    ]
    assert statuses == [201, 201, 429]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("198.51.100.7", ["192.0.2.1"], "198.51.100.7"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", ["192.0.2.9, 192.0.2.1"], "192.0.2.1"),
        ("10.0.0.1", ["192.0.2.9", "192.0.2.1, 10.0.0.2"], "192.0.2.1"),
        ("10.0.0.1", ["192.0.2.9, nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("::ffff:10.0.0.1", ["::ffff:192.0.2.1"], "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"),
        ("", ["192.0.2.1"], "unknown"),
    ],
)
def test_the_nearest_untrusted_address_counts(peer: str, forwarded: list[str], address: str) -> None:
    """Entries are believed from the right, as far as trusted proxies wrote them; an IPv6 line is one address."""
    headers = CIMultiDict([("X-Forwarded-For", entry) for entry in forwarded])
    request = make_mocked_request("POST", "/", headers=headers).clone(remote=peer)
    assert ClientAddresses([ip_network("10.0.0.0/8")]).of(request) == address


def test_the_memory_of_addresses_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many addresses come, only so many are remembered, and none for longer than its hour."""
    monkeypatch.setattr(limits, "MAX_ADDRESSES", 100)
    clock = ObedientClock()
    limit = HourlyLimit(1, clock)
    for number in range(150):
        with limit.one_more(str(number)):
            pass
    assert len(limit) == 100
    with pytest.raises(Problem), limit.one_more("149"):
        pass
    clock.move(hours=1)
    with limit.one_more("149"):
        pass
    assert len(limit) == 1
