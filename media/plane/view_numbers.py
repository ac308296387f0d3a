"""A plane's figures for operators: plain values, read when they are asked for.

Nobody is named: people are the numbers of their seats, from 1. `Totals` cover the plane's whole life, connections that are gone
included, and never go down.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from media.plane.interface import LineDown, LineUp
from media.plane.spread import JITTER_STEPS, LOSS_STEPS, ROUND_TRIP_STEPS, Spread, nothing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from media.mediation.people import LineState
    from media.plane.downlink_audio import AudioDownlink
    from media.plane.downlink_video import VideoDownlink
    from media.plane.peer import Peer
    from media.plane.subject import Subject
    from media.plane.uplink import AudioUplink, VideoUplink

Kind = Literal["audio", "video"]
KINDS: tuple[Kind, ...] = ("audio", "video")


@dataclass(frozen=True, slots=True)
class ViewNumbers:
    """One stream from us to one viewer. What may be None was not reported in the last ten seconds."""

    viewer: int
    subject: int
    kind: Kind
    packets: int
    octets: int
    """Of payload, as in sender reports."""
    gate_drops: int
    lost: int
    loss: float | None
    """Part of the packets before the viewer's latest report."""
    jitter_s: float | None
    round_trip_s: float | None
    nacked: int
    """Packets that the viewer asked for again."""
    resent: int
    key_frames_wanted: int


@dataclass(frozen=True, slots=True)
class UplinkNumbers:
    """One stream from one participant to us; retransmissions that arrived count as packets."""

    seat: int
    kind: Kind
    packets: int
    lost: int
    loss: float | None
    jitter_s: float
    asked_again: int
    key_frames_asked: int


@dataclass(frozen=True, slots=True)
class ConnectionNumbers:
    """One participant's connection."""

    seat: int
    line: LineState
    estimate: int | None
    """Bits per second that the viewer thinks its line down can carry."""
    thin: bool
    rejected: int
    """Datagrams that were dropped at the socket."""


@dataclass(frozen=True, slots=True)
class BlurNumbers:
    """One subject's blur."""

    subject: int
    queued: int
    most_queued: int
    restarts: int
    decoded: int
    left_out: int
    """Frames that did not have to be decoded."""


_Sum = TypeVar("_Sum")


def _sum(one: _Sum, other: _Sum) -> _Sum:
    """Add two dataclasses of one type, field by field."""
    of: Any = one
    return type(one)(*(getattr(one, f.name) + getattr(other, f.name) for f in fields(of)))


@dataclass(frozen=True, slots=True)
class KindTotals:
    """Everything of one kind. `view_…` is what viewers reported, `uplink_…` what we saw arrive."""

    packets_in: int = 0
    packets_out: int = 0
    octets_out: int = 0
    gate_drops: int = 0
    nacked: int = 0
    resent: int = 0
    asked_again: int = 0
    key_frames_wanted: int = 0
    key_frames_asked: int = 0
    uplink_loss: Spread = field(default_factory=lambda: nothing(LOSS_STEPS))
    uplink_jitter: Spread = field(default_factory=lambda: nothing(JITTER_STEPS))
    view_loss: Spread = field(default_factory=lambda: nothing(LOSS_STEPS))
    view_jitter: Spread = field(default_factory=lambda: nothing(JITTER_STEPS))
    view_round_trip: Spread = field(default_factory=lambda: nothing(ROUND_TRIP_STEPS))

    __add__ = _sum


@dataclass(frozen=True, slots=True)
class Totals:
    """What has happened in a plane, or in several."""

    audio: KindTotals = field(default_factory=KindTotals)
    video: KindTotals = field(default_factory=KindTotals)
    rejected: int = 0
    blur_restarts: int = 0
    blur_decoded: int = 0
    blur_left_out: int = 0
    flood_drops: int = 0
    """Packets and reports beyond what one participant may send in a second."""

    __add__ = _sum

    def of(self, kind: Kind) -> KindTotals:
        """Those of one kind."""
        return self.audio if kind == "audio" else self.video


@dataclass(frozen=True, slots=True)
class PlaneNumbers:
    """The figures of one call."""

    connections: tuple[ConnectionNumbers, ...]
    uplinks: tuple[UplinkNumbers, ...]
    views: tuple[ViewNumbers, ...]
    blurs: tuple[BlurNumbers, ...]
    totals: Totals


def read_plane(
    peers: Sequence[Peer], subjects: Mapping[str, Subject], past: Totals, now: float
) -> PlaneNumbers:
    """Read everything; `peers` are the open connections, `past` what those brought that count no more."""
    seats = {name: number for number, name in enumerate(subjects, 1)}
    blurs = tuple(_blur(seats[name], subject) for name, subject in subjects.items())
    totals = sum((peer_totals(peer) for peer in peers), past)
    return PlaneNumbers(
        connections=tuple(_connection(seats[peer.participant], peer, now) for peer in peers),
        uplinks=tuple(_uplink(seats[peer.participant], up) for peer in peers for up in peer.uplinks),
        views=tuple(chain.from_iterable(_views(peer, seats, now) for peer in peers)),
        blurs=blurs,
        totals=sum((_blur_totals(blur) for blur in blurs), totals),
    )


def peer_totals(peer: Peer) -> Totals:
    """What one connection has brought until now."""
    return sum(
        chain(map(_uplink_totals, peer.uplinks), map(_view_totals, _downlinks(peer))),
        Totals(rejected=peer.rejected, flood_drops=peer.flood_drops),
    )


def line_down(peer: Peer, now: float) -> LineDown:
    """How a participant's line is, by the worst of what is sent to them."""
    feedbacks = [link.feedback for link in _downlinks(peer)]
    return LineDown(
        loss=_worst(feedback.loss(now) for feedback in feedbacks),
        jitter_s=_worst(feedback.jitter(now) for feedback in feedbacks),
        round_trip_s=_worst(feedback.round_trip(now) for feedback in feedbacks),
        estimate=peer.budget.estimate(now),
        thin=peer.budget.thin,
    )


def line_up(peer: Peer, now: float) -> LineUp:
    """How what a participant sends arrives, by the worst of it."""
    receptions = [uplink.reception for uplink in peer.uplinks]
    return LineUp(peer.line(now), _worst(reception.loss for reception in receptions if reception is not None))


def _worst(figures: Iterable[float | None]) -> float | None:
    return max((figure for figure in figures if figure is not None), default=None)


def _connection(seat: int, peer: Peer, now: float) -> ConnectionNumbers:
    budget = peer.budget
    return ConnectionNumbers(seat, peer.line(now), budget.estimate(now), budget.thin, peer.rejected)


def _uplink(seat: int, uplink: AudioUplink | VideoUplink) -> UplinkNumbers:
    reception = uplink.reception
    return UplinkNumbers(
        seat=seat,
        kind=uplink.kind,
        packets=reception.received if reception else 0,
        lost=reception.lost if reception else 0,
        loss=reception.loss if reception else None,
        jitter_s=reception.jitter if reception else 0.0,
        asked_again=uplink.asked_again,
        key_frames_asked=uplink.key_frames_asked,
    )


def _views(peer: Peer, seats: Mapping[str, int], now: float) -> Iterable[ViewNumbers]:
    viewer = seats[peer.participant]
    for slot in peer.slots:
        for link in (slot.audio, slot.video):
            if link is not None:
                yield _view(viewer, seats[slot.subject], link, now)


def _view(viewer: int, subject: int, link: AudioDownlink | VideoDownlink, now: float) -> ViewNumbers:
    feedback = link.feedback
    return ViewNumbers(
        viewer=viewer,
        subject=subject,
        kind=link.kind,
        packets=link.packets_sent,
        octets=link.octets_sent,
        gate_drops=link.gate_drops,
        lost=feedback.lost,
        loss=feedback.loss(now),
        jitter_s=feedback.jitter(now),
        round_trip_s=feedback.round_trip(now),
        nacked=feedback.nacked,
        resent=link.resent,
        key_frames_wanted=feedback.key_frames_wanted,
    )


def _blur(seat: int, subject: Subject) -> BlurNumbers:
    blur = subject.blur
    return BlurNumbers(seat, blur.queued, blur.most_queued, blur.restarts, blur.decoded, blur.left_out)


def _blur_totals(blur: BlurNumbers) -> Totals:
    return Totals(blur_restarts=blur.restarts, blur_decoded=blur.decoded, blur_left_out=blur.left_out)


def _downlinks(peer: Peer) -> list[AudioDownlink | VideoDownlink]:
    return [link for slot in peer.slots for link in (slot.audio, slot.video) if link is not None]


def _uplink_totals(uplink: AudioUplink | VideoUplink) -> Totals:
    reception = uplink.reception
    return _of_kind(
        uplink.kind,
        KindTotals(
            packets_in=reception.received if reception else 0,
            asked_again=uplink.asked_again,
            key_frames_asked=uplink.key_frames_asked,
            uplink_loss=uplink.losses.read(),
            uplink_jitter=uplink.jitters.read(),
        ),
    )


def _view_totals(link: AudioDownlink | VideoDownlink) -> Totals:
    feedback = link.feedback
    return _of_kind(
        link.kind,
        KindTotals(
            packets_out=link.packets_sent,
            octets_out=link.octets_sent,
            gate_drops=link.gate_drops,
            nacked=feedback.nacked,
            resent=link.resent,
            key_frames_wanted=feedback.key_frames_wanted,
            view_loss=feedback.losses.read(),
            view_jitter=feedback.jitters.read(),
            view_round_trip=feedback.round_trips.read(),
        ),
    )


def _of_kind(kind: Kind, totals: KindTotals) -> Totals:
    return Totals(audio=totals) if kind == "audio" else Totals(video=totals)
