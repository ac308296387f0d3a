"""GET /metrics: who may read it, that it names nobody, and that no counter ever goes down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from media.mediation.distance import Distance
from media.mediation.people import LineState
from media.plane.view_numbers import (
    BlurNumbers,
    ConnectionNumbers,
    KindTotals,
    PlaneNumbers,
    Totals,
)
from server.metrics import CallsCollector, PlaneRegister
from server.settings import Settings
from tests.media.plane.wire_call import ANN, BEN, EVERYONE, Call
from tests.server.scene import assert_problem, token_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.server.scene import Site

    OpenSite = Callable[..., Awaitable[Site]]

KEY = "a key for numbers"
BEARER = {"Authorization": f"Bearer {KEY}"}


def blurred(*, queued: int, most_queued: int) -> BlurNumbers:
    """A blur with a queue."""
    return BlurNumbers(1, queued, most_queued, restarts=0, decoded=0, left_out=0)


@dataclass
class CountingPlane:
    """A plane that has counted what it is told."""

    totals: Totals
    closed: bool = False
    blur: BlurNumbers = field(default_factory=lambda: blurred(queued=2, most_queued=5))

    def numbers(self) -> PlaneNumbers:
        """One connection on a weak, thin line while it is live."""
        if self.closed:
            return PlaneNumbers((), (), (), (), self.totals)
        connection = ConnectionNumbers(1, LineState.WEAK, 300_000, thin=True, rejected=0)
        return PlaneNumbers((connection,), (), (), (self.blur,), self.totals)


def some_totals() -> Totals:
    """One packet of sound came in, one datagram was dropped, and of five frames three were decoded."""
    return Totals(audio=KindTotals(packets_in=1), rejected=1, blur_decoded=3, blur_left_out=2)


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Every figure of an exposition, by its name and the values of its labels in the order of the labels' names."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def read(register: PlaneRegister, rooms: tuple[object, ...] = ()) -> dict[tuple[str, ...], float]:
    """What a collector over these planes exposes."""
    registry = CollectorRegistry()
    registry.register(CallsCollector(rooms, register))
    return samples(generate_latest(registry).decode())


def made(*planes: Any) -> PlaneRegister:
    """A register of these planes."""
    register = PlaneRegister()
    for plane in planes:
        assert register.add(plane) is plane
    return register


# Who may read


async def test_a_server_for_this_machine_shows_its_numbers(open_site: OpenSite) -> None:
    """On loopback, with no name of another machine, nobody needs a key: live calls and the process are there."""
    site = await open_site(public_url="")
    response = await site.client.get("/metrics")
    assert response.status == 200
    assert response.headers["Content-Type"].startswith("text/plain; version=")
    assert response.headers["Cache-Control"] == "no-store"
    figures = samples(await response.text())
    assert figures["holdspace_calls_live",] == 0
    assert figures["process_resident_memory_bytes",] > 0


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Host"])
async def test_what_a_proxy_passes_on_is_not_from_here(open_site: OpenSite, header: str) -> None:
    """Behind a proxy that nobody told the server of, the numbers are not there."""
    site = await open_site(public_url="")
    await assert_problem(await site.client.get("/metrics", headers={header: "192.0.2.1"}), 404, "not-found")


async def test_another_machines_name_is_not_this_one(open_site: OpenSite) -> None:
    """A page that has a name of its own point to loopback (DNS rebinding) reads nothing."""
    site = await open_site(public_url="")
    await assert_problem(
        await site.client.get("/metrics", headers={"Host": "rebound.example"}), 404, "not-found"
    )


async def test_a_name_that_is_none_is_not_this_machines(open_site: OpenSite) -> None:
    """Nonsense in `Host` is no mistake of ours to be logged."""
    site = await open_site(public_url="")
    await assert_problem(await site.client.get("/metrics", headers={"Host": "["}), 404, "not-found")


@pytest.mark.parametrize(
    "settings",
    [
        {"public_url": "https://talk.example.org"},
        {"host": "0.0.0.0"},  # noqa: S104 - that it listens everywhere is the point
        {"host": "talk.example.org"},
        {"trusted_proxies": "127.0.0.1"},
    ],
)
async def test_a_public_server_has_none_without_a_key(open_site: OpenSite, settings: dict[str, str]) -> None:
    """Listening for others, known by a public name or behind a proxy, and without a key: there is nothing."""
    site = await open_site(**{"public_url": "", **settings})
    await assert_problem(await site.client.get("/metrics"), 404, "not-found")
    await assert_problem(await site.client.get("/metrics", headers=BEARER), 404, "not-found")


@pytest.mark.parametrize("public_url", ["", "https://talk.example.org"])
async def test_a_key_is_asked_for_once_there_is_one(open_site: OpenSite, public_url: str) -> None:
    """With a key set it has to be shown, on loopback as well; a wrong one, or an organizer's, does not do."""
    site = await open_site(public_url=public_url, metrics_key=KEY, organizer_key="another")
    for headers in ({}, {"Authorization": "Bearer another"}, {"Authorization": f"Basic {KEY}"}):
        response = await site.client.get("/metrics", headers=headers)
        await assert_problem(response, 401, "unauthorised")
        assert response.headers["WWW-Authenticate"] == "Bearer"
    assert (await site.client.get("/metrics", headers=BEARER)).status == 200


def test_an_empty_key_is_no_key() -> None:
    """A key that is set to nothing is refused at the start, rather than taken for one."""
    with pytest.raises(ValueError, match="must not be empty"):
        Settings(metrics_key=" ")


async def test_nobody_is_named(open_site: OpenSite) -> None:
    """Neither a call's id nor a person's id or name stands in the numbers."""
    site = await open_site(public_url="", metrics_key=KEY)
    call = await site.call(title="Sunday talk")
    token = token_of(call)
    url = f"/api/v1/calls/{call['id']}/signaling"
    async with site.client.ws_connect(
        url, protocols=["holdspace.v1"], headers={"Authorization": f"Bearer {token}"}
    ) as socket:
        await socket.send_json({"type": "join"})
        await socket.receive()
        text = await (await site.client.get("/metrics", headers=BEARER)).text()
    assert samples(text)["holdspace_calls_live",] == 1
    for secret in (call["id"], "Sunday talk", "Ada", *(person["id"] for person in call["participants"])):
        assert secret not in text


# What is counted


def test_live_calls_are_summed() -> None:
    """Gauges are sums over live calls, but for the longest queue, which is the longest of all."""
    longest = blurred(queued=1, most_queued=9)
    figures = read(made(CountingPlane(some_totals()), CountingPlane(some_totals(), blur=longest)), (1, 2))
    assert figures["holdspace_calls_live",] == 2
    assert figures["holdspace_participants",] == 2
    assert [figures["holdspace_lines", state] for state in ("good", "weak", "lost")] == [0, 2, 0]
    assert figures["holdspace_lines_thin",] == 2
    assert (figures["holdspace_blur_queue",], figures["holdspace_blur_queue_most",]) == (3, 9)
    assert figures["holdspace_packets_total", "in", "audio"] == 2
    assert figures["holdspace_rejected_datagrams_total",] == 2
    assert [figures["holdspace_blur_frames_total", work] for work in ("decoded", "left_out")] == [6, 4]


def test_counters_stay_when_a_call_is_over() -> None:
    """What a closed call counted stays in the totals, exactly once, whether or not anybody read it in time."""
    planes = [CountingPlane(some_totals()) for _ in range(3)]
    register = made(*planes)
    for plane in planes:
        plane.closed = True
        for _ in range(2):
            assert read(register)["holdspace_packets_total", "in", "audio"] == 3
    assert read(register)["holdspace_participants",] == 0
    register.add(CountingPlane(some_totals()))  # type: ignore[arg-type]
    assert read(register)["holdspace_packets_total", "in", "audio"] == 4


def test_a_register_holds_no_more_than_live_planes() -> None:
    """Planes that are over are let go when the next one comes, also if nobody ever reads."""
    register = PlaneRegister()
    for _ in range(100):
        plane = CountingPlane(some_totals())
        register.add(plane)  # type: ignore[arg-type]
        plane.closed = True
    assert len(register._planes) == 1
    assert read(register)["holdspace_packets_total", "in", "audio"] == 100


async def test_a_real_call_is_counted() -> None:
    """A real plane: packets of both kinds in and out, drops at closed gates, histograms that fit; none ever falls."""
    async with Call(joining=(ANN, BEN)) as call:
        register = made(call.plane)
        call.apply(Distance.CLEAR, [ANN])
        await call.sees_more(BEN, ANN, 5)
        await call.acknowledged(BEN, packets=60)
        live = read(register)
        await call.plane.close()
        over = read(register)
    for kind in ("audio", "video"):
        assert live["holdspace_packets_total", "in", kind] > 0
        assert live["holdspace_packets_total", "out", kind] > 0
        seconds = live["holdspace_uplink_loss_ratio_count", kind]
        assert live["holdspace_uplink_loss_ratio_bucket", kind, "+Inf"] == seconds > 0
    assert live["holdspace_gate_drops_total", "audio"] > 0
    counters = [name for name in live if name[0].endswith(("_total", "_count", "_bucket", "_sum"))]
    assert all(over[name] >= live[name] for name in counters)
    assert not any(name in part for key in live for part in key for name in EVERYONE)
