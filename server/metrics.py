"""Numbers for operators, in Prometheus's text format: sums over all calls, and no label that names a call or a person.

Whoever listens on loopback for nobody else may read them; everywhere else they need a key, and without one they are not there.
"""

from __future__ import annotations

from http import HTTPStatus
from math import isinf
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from media.mediation.people import LineState
from media.plane.view_numbers import KINDS, Totals
from server.access import bearer_token
from server.problems import Problem
from server.secret import same_secret
from server.settings import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized

    from prometheus_client import Metric

    from media.plane.plane import Plane
    from media.plane.spread import Spread
    from media.plane.view_numbers import KindTotals, PlaneNumbers
    from server.secret import Pii

_FORWARDED = frozenset({"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"})
"""Headers that a proxy adds: the one who asks may be anywhere."""

_SPREADS: Mapping[str, tuple[str, Callable[[KindTotals], Spread]]] = {
    "view_loss_ratio": ("Part of a view's packets lost, by the viewers' reports.", attrgetter("view_loss")),
    "view_jitter_seconds": ("Jitter of a view, by the viewers' reports.", attrgetter("view_jitter")),
    "view_round_trip_seconds": ("From the server to a viewer and back.", attrgetter("view_round_trip")),
    "uplink_loss_ratio": ("Part of a participant's packets lost, each second.", attrgetter("uplink_loss")),
    "uplink_jitter_seconds": ("Jitter of what a participant sends.", attrgetter("uplink_jitter")),
}


_Labels = TypeVar("_Labels", bound=tuple[str, ...])


class PlaneRegister:
    """Every plane of this process; keeps what those that are over have counted, so that no counter goes down."""

    def __init__(self) -> None:
        self._planes: list[Plane] = []
        self._past = Totals()

    def add(self, plane: Plane) -> Plane:
        """Take a new plane in, and hand it on."""
        self._fold()
        self._planes.append(plane)
        return plane

    def read(self) -> tuple[Sequence[PlaneNumbers], Totals]:
        """The figures of the planes that are live, and the totals of all that ever were."""
        self._fold()
        live = [plane.numbers() for plane in self._planes]
        return live, sum((numbers.totals for numbers in live), self._past)

    def _fold(self) -> None:
        over = [plane for plane in self._planes if plane.closed]
        self._past = sum((plane.numbers().totals for plane in over), self._past)
        self._planes = [plane for plane in self._planes if not plane.closed]


class CallsCollector(Collector):
    """Reads the live calls whenever it is asked."""

    def __init__(self, rooms: Sized, planes: PlaneRegister) -> None:
        self._rooms = rooms
        self._planes = planes

    def collect(self) -> Iterator[Metric]:
        """All families; each has its labels for every kind, also before anything was counted."""
        live, totals = self._planes.read()
        yield _gauge("holdspace_calls_live", "Calls that somebody is in.", len(self._rooms))
        yield from _lines(live)
        yield from _blur(live, totals)
        yield from _streams(totals)
        yield from _spreads(totals)


def _lines(live: Sequence[PlaneNumbers]) -> Iterator[Metric]:
    connections = [connection for numbers in live for connection in numbers.connections]
    yield _gauge("holdspace_participants", "People whose media connection is open.", len(connections))
    states = GaugeMetricFamily(
        "holdspace_lines", "The same people by how their media arrives.", labels=["state"]
    )
    for state in LineState:
        states.add_metric([state.value], sum(connection.line is state for connection in connections))
    yield states
    yield _gauge(
        "holdspace_lines_thin",
        "The same people, as far as their line carries small pictures only.",
        sum(connection.thin for connection in connections),
    )


def _blur(live: Sequence[PlaneNumbers], totals: Totals) -> Iterator[Metric]:
    blurs = [blur for numbers in live for blur in numbers.blurs]
    yield _gauge(
        "holdspace_blur_queue", "Frames that wait to be blurred.", sum(blur.queued for blur in blurs)
    )
    yield _gauge(
        "holdspace_blur_queue_most",
        "The longest queue that one blur of a live call ever had.",
        max((blur.most_queued for blur in blurs), default=0),
    )
    yield _counter(
        "holdspace_blur_restarts", "Blurs that failed and began anew.", {(): totals.blur_restarts}, ()
    )
    yield _counter(
        "holdspace_blur_frames",
        "Frames of cameras that somebody sees through a blur; the top layer of two need not be decoded.",
        {("decoded",): totals.blur_decoded, ("left_out",): totals.blur_left_out},
        ("work",),
    )
    yield _counter(
        "holdspace_rejected_datagrams", "Datagrams dropped at a media socket.", {(): totals.rejected}, ()
    )
    yield _counter(
        "holdspace_flood_drops",
        "Packets and reports beyond what one participant may send in a second.",
        {(): totals.flood_drops},
        (),
    )


def _streams(totals: Totals) -> Iterator[Metric]:
    by_kind = [(kind, totals.of(kind)) for kind in KINDS]
    yield _counter(
        "holdspace_packets",
        "RTP packets: in, from participants; out, to viewers.",
        {(k, "in"): of.packets_in for k, of in by_kind} | {(k, "out"): of.packets_out for k, of in by_kind},
        ("kind", "direction"),
    )
    for name, text, figures in (
        ("octets_sent", "Payload sent to viewers.", {(k,): of.octets_out for k, of in by_kind}),
        ("gate_drops", "Packets that a closed gate kept back.", {(k,): of.gate_drops for k, of in by_kind}),
    ):
        yield _counter(f"holdspace_{name}", text, figures, ("kind",))
    video = totals.video
    for name, text, figure in (
        ("nacked_packets", "Packets that viewers asked for again.", video.nacked),
        ("resent_packets", "Packets that were sent to viewers again.", video.resent),
        ("asked_again_packets", "Lost packets that cameras were asked for again.", video.asked_again),
    ):
        yield _counter(f"holdspace_{name}", text, {(): figure}, ())
    yield _counter(
        "holdspace_key_frame_requests",
        "Requests for key frames: of viewers to the server, of the server to cameras.",
        {("viewer",): video.key_frames_wanted, ("server",): video.key_frames_asked},
        ("by",),
    )


def _spreads(totals: Totals) -> Iterator[Metric]:
    for name, (text, of) in _SPREADS.items():
        yield _histogram(f"holdspace_{name}", text, {kind: of(totals.of(kind)) for kind in KINDS})


def _gauge(name: str, text: str, figure: int) -> Metric:
    return GaugeMetricFamily(name, text, value=figure)


def _counter(name: str, text: str, figures: Mapping[_Labels, int], labels: Sequence[str]) -> Metric:
    family = CounterMetricFamily(name, text, labels=labels)
    for values, figure in figures.items():
        family.add_metric(values, figure)
    return family


def _histogram(name: str, text: str, spreads: Mapping[str, Spread]) -> Metric:
    family = HistogramMetricFamily(name, text, labels=["kind"])
    for kind, spread in spreads.items():
        buckets = [(_step(step), count) for step, count in spread.running()]
        family.add_metric([kind], buckets, spread.total)
    return family


def _step(step: float) -> str:
    return "+Inf" if isinf(step) else repr(step)


class Metrics:
    """Handles `GET /metrics`. `key`: what must be shown; without one, `loopback` alone opens it."""

    def __init__(self, collectors: Iterable[Collector], *, key: Pii[str] | None, loopback: bool) -> None:
        self._key = key
        self._loopback = loopback
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        for collector in collectors:
            self._registry.register(collector)

    def add_to(self, app: web.Application) -> None:
        """Register the address."""
        app.router.add_get("/metrics", self.read)

    async def read(self, request: web.Request) -> web.Response:
        """Answer with all figures. Raises Problem (401) for a wrong key, HTTPNotFound where there is nothing to read."""
        self._admit(request)
        return web.Response(
            body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    def _admit(self, request: web.Request) -> None:
        if self._key is None:
            if not (self._loopback and _asked_here(request)):
                raise web.HTTPNotFound
            return
        given = bearer_token(request)
        if given is None or not same_secret(given, self._key):
            raise Problem(
                "unauthorised",
                HTTPStatus.UNAUTHORIZED,
                "Reading this server's numbers needs the metrics key.",
                {"WWW-Authenticate": "Bearer"},
            )


def _asked_here(request: web.Request) -> bool:
    """Whether the request was meant for this machine itself: not passed on, and under no other machine's name."""
    try:
        host = urlsplit(f"//{request.host}").hostname
    except ValueError:  # such as "[": no name at all
        return False
    return is_loopback(host or "") and not any(name in request.headers for name in _FORWARDED)
