"""The plane of one call: everybody's connection, and the plan carried out in them.

Default-deny: a connection starts with every gate closed, and what the plan does not name stays closed.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import TYPE_CHECKING, Final

from media.mediation.distance import ON_A_THIN_LINE, Distance, furthest
from media.mediation.people import LineState
from media.mediation.plan import SILENT, Plan, ViewPlan
from media.plane.interface import Answer, LineDown, LineUp, OfferRefusedError, PlaneEvents
from media.plane.pause_ear import PauseEar
from media.plane.peer import Peer, slots_of
from media.plane.sdp_offer import parse_offer
from media.plane.subject import Subject
from media.plane.view_numbers import PlaneNumbers, Totals, line_down, line_up, peer_totals, read_plane

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from media.plane.blur_workers import Workers
    from media.plane.downlink_video import VideoDownlink
    from media.plane.settings import PlaneSettings
    from media.plane.slot import Slot

TICK_S: Final = 0.05
"""How often overdue packets, veils and reports are looked after."""
LINES_S: Final = 0.2
"""How often lines are judged: silent ones, slow ones, and what cameras are told of them."""

logger = logging.getLogger(__name__)


class Plane:
    """Implements `MediaPlane`. Belongs to one room; the workers for the blur are shared by all."""

    def __init__(
        self, seats: Sequence[str], events: PlaneEvents, settings: PlaneSettings, workers: Workers
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._seats = tuple(seats)
        self._events = events
        self._settings = settings
        self._plan = Plan({})
        self._peers: dict[str, Peer] = {}
        self._joining: dict[str, Peer] = {}
        self._lines: dict[str, LineState] = {}
        self._removals: Counter[str] = Counter()
        self._subjects = {seat: Subject(self._loop, workers, self._blur_notice(seat)) for seat in seats}
        self._closing: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._lines_at = 0.0
        self._past = Totals()
        self._listened_to: str | None = None
        self._ear: PauseEar | None = None
        self._closed = False

    async def offer(self, participant: str, sdp: str) -> Answer:
        """Answer a client's offer. The earlier connection stays until the new one carries media.

        Raises:
            OfferRefusedError: nothing was changed.
        """
        if participant not in self._seats or self._closed:
            raise OfferRefusedError("sdp-invalid", "there is no such seat in this call")
        others = [seat for seat in self._seats if seat != participant]
        peer = Peer(participant, self._subjects[participant], parse_offer(sdp), others, self._settings, self)
        removals = self._removals[participant]
        answer = await peer.negotiate()
        if self._removals[participant] != removals:  # while the answer was made
            await peer.close()
            raise OfferRefusedError("join-timeout", "the participant or the call has gone meanwhile")
        self._expect(peer)
        return Answer(sdp=answer, receive=tuple(slot.receive for slot in peer.slots))

    def _expect(self, peer: Peer) -> None:
        """Wait for this connection's first packet, until its deadline."""
        self._dismiss(self._joining.pop(peer.participant, None))
        self._joining[peer.participant] = peer
        self._lines.pop(peer.participant, None)  # whatever it is now is news to the one who joins
        self._keep_time()

    def apply(self, plan: Plan) -> None:
        """Obey: when this returns the media path does.

        Raises what a gate raises, after all the others have obeyed.
        """
        self._plan = plan
        now = self._loop.time()
        troubles = [
            trouble
            for peer in self._peers.values()
            for slot in peer.slots
            if (trouble := _obey(slot, self._view(peer, slot), now)) is not None
        ]
        for subject in self._subjects.values():
            subject.refresh()
        self._listen_for_pause(now)
        if troubles:  # every other gate has obeyed all the same
            raise troubles[0]

    def _listen_for_pause(self, now: float) -> None:
        """Put an ear to whom the plan names, and nobody else."""
        whom = self._plan.pauses_of
        if whom == self._listened_to:
            return
        if self._listened_to is not None:
            self._subjects[self._listened_to].listened_to(None)
        self._listened_to, self._ear = whom, None
        if whom is not None:
            self._ear = PauseEar(now)
            self._subjects[whom].listened_to(self._ear)

    def _report_pause(self, now: float) -> None:
        if self._ear is not None and self._listened_to is not None and self._ear.paused(now):
            self._subjects[self._listened_to].listened_to(None)
            self._ear = None
            self._events.speech_paused(self._listened_to)

    def line(self, participant: str) -> LineState | None:
        """How this participant's media arrives now; None without an open connection."""
        peer = self._peers.get(participant)
        return None if peer is None else peer.line(self._loop.time())

    def line_down(self, participant: str) -> LineDown | None:
        """How what the others send reaches this participant; None without an open connection."""
        peer = self._peers.get(participant)
        return None if peer is None else line_down(peer, self._loop.time())

    def line_up(self, participant: str) -> LineUp | None:
        """How what this participant sends arrives; None without an open connection."""
        peer = self._peers.get(participant)
        return None if peer is None else line_up(peer, self._loop.time())

    @property
    def closed(self) -> bool:
        """Whether it is over; its totals stay as they are."""
        return self._closed

    def numbers(self) -> PlaneNumbers:
        """The figures for operators, as of now; connections that are being made bring nothing yet."""
        return read_plane(tuple(self._peers.values()), self._subjects, self._past, self._loop.time())

    def _view(self, peer: Peer, slot: Slot) -> ViewPlan:
        """What the plan says of a view; on a line that is too thin for a clear picture, softened at the least."""
        view = self._plan.view(peer.participant, slot.subject)
        if not peer.budget.thin:
            return view
        return ViewPlan(view.heard, furthest(view.distance, ON_A_THIN_LINE))

    async def remove(self, participant: str) -> None:
        """Close this participant's media. Idempotent."""
        self._removals[participant] += 1
        self._lines.pop(participant, None)
        self._dismiss(self._joining.pop(participant, None))
        peer = self._peers.pop(participant, None)
        if peer is not None:
            self._part(peer)
        await self._closed_all()

    async def close(self) -> None:
        """Close everybody's media. Idempotent."""
        self._closed = True
        self._removals.update(self._seats)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for subject in self._subjects.values():
            subject.carried_by(())
        for peer in (*self._peers.values(), *self._joining.values()):
            self._dismiss(peer)
        self._peers.clear()
        self._joining.clear()
        for subject in self._subjects.values():
            subject.close()
        await self._closed_all()

    # What peers tell us

    def peer_open(self, peer: Peer) -> None:
        """A join is complete: the new connection takes over from the old one."""
        if self._joining.get(peer.participant) is not peer:
            self._dismiss(peer)
            return
        del self._joining[peer.participant]
        self._dismiss(self._peers.pop(peer.participant, None))
        self._peers[peer.participant] = peer
        self._rewire()
        self._subjects[peer.participant].comes_from(peer.video)
        self.apply(self._plan)
        self._line(peer.participant, LineState.GOOD)
        self._events.line_thin(peer.participant, thin=peer.budget.thin)

    def peer_closed(self, peer: Peer) -> None:
        """A connection is gone without our doing."""
        if self._joining.get(peer.participant) is peer:
            del self._joining[peer.participant]
        elif self._peers.get(peer.participant) is peer:
            del self._peers[peer.participant]
            self._part(peer)
            self._line(peer.participant, LineState.LOST)
            return
        self._dismiss(peer)

    def key_frame_wanted(self, subject: str, picture: VideoDownlink) -> None:
        """A viewer's browser asks for a key frame."""
        self._subjects[subject].key_frame_wanted(picture)

    def _part(self, peer: Peer) -> None:
        self._dismiss(peer)
        self._rewire()
        self._subjects[peer.participant].comes_from(None)
        for subject in self._subjects.values():
            subject.refresh()

    def _rewire(self) -> None:
        peers = tuple(self._peers.values())
        for name, subject in self._subjects.items():
            subject.carried_by(slots_of(name, peers))

    def _dismiss(self, peer: Peer | None) -> None:
        """Close a connection behind our back; its gates close now, and nothing it sends goes anywhere."""
        if peer is None:
            return
        if not peer.is_muted:
            self._past += peer_totals(peer)
        peer.mute()
        now = self._loop.time()
        for slot in peer.slots:
            _obey(slot, SILENT, now)
        task = self._loop.create_task(peer.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _closed_all(self) -> None:
        while self._closing:
            await asyncio.gather(*self._closing, return_exceptions=True)

    # Time

    def _keep_time(self) -> None:
        if self._timer is None and not self._closed and (self._peers or self._joining):
            self._timer = self._loop.call_later(TICK_S, self._tick)

    def _tick(self) -> None:
        self._timer = None
        now = self._loop.time()
        try:
            self._give_up_joins(now)
            for peer in list(self._peers.values()):
                self._look_after(peer, now)
            if now >= self._lines_at:
                self._lines_at = now + LINES_S
                self._judge_lines(now)
            self._report_pause(now)
            for subject in self._subjects.values():
                self._look_after(subject, now)
        finally:
            self._keep_time()

    def _give_up_joins(self, now: float) -> None:
        for peer in [p for p in self._joining.values() if now >= p.join_by]:
            del self._joining[peer.participant]
            self._dismiss(peer)
            self._events.plane_notice(peer.participant, "join.timeout", {})
            if peer.participant not in self._peers:
                self._line(peer.participant, LineState.LOST)

    def _judge_lines(self, now: float) -> None:
        for peer in list(self._peers.values()):
            self._line(peer.participant, peer.line(now))
        self._share_lines(now)

    def _share_lines(self, now: float) -> None:
        """Tell each camera what the slowest of its viewers can take."""
        allowed: dict[str, int] = {}
        for peer in self._peers.values():
            clear = [
                s.subject
                for s in peer.slots
                if s.video and s.video.distance is Distance.CLEAR and self._sends(s.subject)
            ]
            share = peer.budget.per_picture(len(clear), sum(s.audio.heard for s in peer.slots), now)
            if peer.budget.judge(share, now):
                self._line_thin(peer, now)
            self._allow_resends(peer, now)
            if share is not None:
                allowed |= {subject: min(share, allowed.get(subject, share)) for subject in clear}
        for name, peer in self._peers.items():
            if peer.video is not None:
                peer.video.allow(allowed.get(name))

    def _allow_resends(self, peer: Peer, now: float) -> None:
        pictures = [slot.video for slot in peer.slots if slot.video is not None and slot.video.flowing]
        for picture in pictures:
            picture.allow_resends(peer.budget.for_resends(now) // len(pictures))

    def _sends(self, participant: str) -> bool:
        peer = self._peers.get(participant)
        return peer is not None and peer.video is not None and peer.video.reception is not None

    def _line_thin(self, peer: Peer, now: float) -> None:
        """A line has become too thin for clear pictures, or is tried again."""
        for slot in peer.slots:
            _obey(slot, self._view(peer, slot), now)
            self._subjects[slot.subject].refresh()
        self._events.line_thin(peer.participant, thin=peer.budget.thin)
        if peer.budget.thin:
            self._events.plane_notice(None, "line.slow", {"participant": peer.participant})

    def _look_after(self, one: Peer | Subject, now: float) -> None:
        try:
            one.tick(now)
        except Exception as error:  # noqa: BLE001 - one's trouble must not stop the time of the others
            logger.warning("looking after a %s failed: %s", type(one).__name__.lower(), type(error).__name__)

    def _line(self, participant: str, line: LineState) -> None:
        if self._lines.get(participant) is not line:
            self._lines[participant] = line
            self._events.line_changed(participant, line)

    def _blur_notice(self, seat: str) -> Callable[[str], None]:
        return lambda code: self._events.plane_notice(None, code, {"participant": seat})


def _obey(slot: Slot, view: ViewPlan, now: float) -> Exception | None:
    """Have one slot obey; what it raises must not keep the others from obeying."""
    try:
        slot.obey(view, now)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other gates come first
        logger.warning("a gate failed: %s", type(error).__name__)
        return error
    return None
