"""What the machine knows of a conversation by itself: what people said, and what everyone was told.

Nothing here reads the core's state. It is kept from commands, notices and what is shown, to be compared with the core.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from media.mediation import commands as c
from media.mediation.conversation import Notice, Phase, Snapshot
from media.mediation.distance import Distance
from media.mediation.formats import PhaseFloor, Then
from tests.media.mediation.machine_commands import FORMATS, PARTNERS, THERAPISTS

if TYPE_CHECKING:
    from collections.abc import Sequence

BEFORE_A_TALK = (Phase.WAITING, Phase.ENDED)


@dataclass
class Memory:
    """All of it."""

    now: float
    shown: Snapshot
    """The latest."""
    let_in: set[str] = field(default_factory=set)
    """The therapists who were there when the talk began, or whom both partners let in since."""
    interrupted: bool = False
    """The talk fell back to waiting, and a partner has stayed willing: they said yes to nobody else."""
    latest_phase: Phase = Phase.WAITING
    asked: set[str] = field(default_factory=set)
    """About whom the partners were asked by themselves since they came."""
    yes: dict[str, set[str]] = field(default_factory=dict)
    """By proposal: who said so."""
    kinds: dict[str, str] = field(default_factory=dict)
    """Of the open proposals."""
    together: set[str] = field(default_factory=set)
    """Who will meet again after the caucus."""
    pair: frozenset[str] = frozenset()
    """Who were taken aside last."""
    saying_back: str | None = None
    phase: str | None = None
    """Of the format, told last."""
    back: set[str] = field(default_factory=set)
    """Who said that they were back since the break began or another time was named."""
    returns_at: float = 0.0
    room: Distance = Distance.CLEAR
    outgoing: dict[str, Distance] = field(default_factory=dict)
    outgoing_to: dict[tuple[str, str], Distance] = field(default_factory=dict)
    muted: set[str] = field(default_factory=set)
    thin: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)

    def remember(self, command: c.Command, before: Snapshot) -> None:
        """What somebody said, and was not refused."""
        match command:
            case c.Consent(by, number, True):
                self.yes[number].add(by)
            case c.DistanceOutgoing(by, chosen, None):
                self.outgoing[by] = chosen
                self.outgoing_to = {pair: old for pair, old in self.outgoing_to.items() if pair[0] != by}
            case c.DistanceOutgoing(by, chosen, to) if to is not None:
                self.outgoing_to[by, to] = chosen
            case c.CaucusStart(by, with_):
                self.pair, self.together = frozenset({by, with_}), set()
            case c.CaucusBack(by):
                self.together.add(by)
            case c.BreakEnd(by):
                self.back.add(by)
            case _:
                self._remember_presence(command, {one.id for one in before.participants if one.present})

    def _remember_presence(self, command: c.Command, present: set[str]) -> None:
        match command:
            case c.MicrophoneSet(by, on):
                (self.muted.discard if on else self.muted.add)(by)
            case c.LineThin(by, thin):
                (self.thin.add if thin else self.thin.discard)(by)
            case c.Ready(by, False):
                self._take_back(by)
            case c.Leave(by):
                self._take_back(by)
                self.left.add(by)
                self._forget_line(by)
            case c.Join(by) if by not in present:
                self.left.discard(by)
                self._forget_line(by)
            case _:
                pass

    def _take_back(self, by: str) -> None:
        self.back.discard(by)
        self.together.discard(by)

    def _forget_line(self, by: str) -> None:
        self.muted.discard(by)
        self.thin.discard(by)

    def hear(self, notices: Sequence[Notice], command: c.Command | None, after: Snapshot) -> None:
        """What everyone was told; then how things stand, each change of which must have been told, and by whose yes."""
        for notice in notices:
            self._hear_proposal(notice, command)
            self._hear_course(notice)
            self._hear_break(notice, notices, command)
            if notice.code == "distance.room":
                assert notice.fields["level"] != self.room
                self.room = Distance(str(notice.fields["level"]))
        self._compare(notices, command, self.shown, after)
        self.settle(after)

    def settle(self, after: Snapshot) -> None:
        """How things stand now."""
        self.shown = after
        here = {p.id for p in after.participants if p.present and p.ready} & THERAPISTS
        gone = {p.id for p in after.participants if not p.ready}
        willing = {p.id for p in after.participants if p.ready} & PARTNERS
        if after.phase is Phase.WAITING:
            self.interrupted = bool(willing) and (self.interrupted or self.latest_phase is Phase.TALKING)
        self.latest_phase = after.phase
        if after.phase in BEFORE_A_TALK and not self.interrupted:
            self.let_in = here
        elif after.phase is not Phase.BREAK:
            self.let_in -= gone
        if after.phase is Phase.TALKING:
            self.asked -= gone
        else:
            self.asked = set()
        if after.floor.holder is None:
            self.saying_back = None

    def _hear_proposal(self, notice: Notice, command: c.Command | None) -> None:
        """Yes needs two, no needs one."""
        number, fields = str(notice.fields.get("proposal")), notice.fields
        if notice.code == "proposal.opened":
            by, kind = str(fields["by"]), str(fields["kind"])
            assert kind not in self.kinds.values(), "one of a kind"
            self.kinds[number], self.yes[number] = kind, {by} & PARTNERS
            if by in THERAPISTS and kind == "admit":
                assert by == fields["participant"]
                assert by not in self.asked, "asked once for each coming"
                self.asked.add(by)
            else:
                assert command is not None
                assert command.by == by
        elif notice.code.startswith("proposal."):
            del self.kinds[number]
        if notice.code == "proposal.accepted":
            assert self.yes[number] >= PARTNERS, "yes needs two"
            if fields["kind"] == "admit":
                self.let_in.add(str(fields["participant"]))
        if notice.code == "proposal.declined":
            assert isinstance(command, c.Consent | c.DistanceRoom | c.BreakTime)

    def _hear_course(self, notice: Notice) -> None:
        if notice.code == "phase.started":
            self.phase = str(notice.fields["phase"])
        elif notice.code == "mirror.started":
            assert self.saying_back is None
            self.saying_back = str(notice.fields["by"])
        elif notice.code == "mirror.ended":
            assert notice.fields["by"] == self.saying_back
            self.saying_back = None
        elif notice.code == "turn.ended":
            assert self.saying_back is None, "who says back is told first"
        elif notice.code == "caucus.started":
            assert {notice.fields["by"], notice.fields["with"]} == self.pair

    def _hear_break(self, notice: Notice, notices: Sequence[Notice], command: c.Command | None) -> None:
        """Stepping back and later need one, back and earlier need two; nothing but people ends a break."""
        if notice.code in {"break.started", "break.moved"}:
            at = float(str(notice.fields["returns_at"]))
            earlier = notice.code == "break.moved" and at < self.returns_at
            assert earlier == was_accepted(notices, "return")
            assert at > self.now
            self.returns_at, self.back = at, set()
        if notice.code == "break.due":
            assert self.returns_at <= self.now
        if notice.code == "break.ended":
            assert self.back >= PARTNERS
            assert isinstance(command, c.BreakEnd | c.Join | c.Ready)

    def _compare(
        self, notices: Sequence[Notice], command: c.Command | None, before: Snapshot, after: Snapshot
    ) -> None:
        """What binds both has the yes of both; what protects one needs one."""
        was, is_ = before.floor, after.floor
        if (was.format, was.turn_seconds, was.rest_seconds) != (
            is_.format,
            is_.turn_seconds,
            is_.rest_seconds,
        ):
            assert was_accepted(notices, "format")
        if was.turn is not None and was.turn == is_.turn and was.length_s != is_.length_s:
            assert was_accepted(notices, "extend")
        if after.distance.room.rank < before.distance.room.rank:
            assert was_accepted(notices, "room")
        if after.phase is Phase.ENDED and before.phase is not Phase.ENDED:
            by_course = (
                any(n.code == "course.ended" for n in notices) and FORMATS[was.format].then is Then.END
            )
            assert was_accepted(notices, "end") or by_course
        if before.phase is Phase.CAUCUS and after.phase is Phase.TALKING and is_.format != "shuttle":
            assert self.together >= PARTNERS, "nobody is brought back unasked"
        if before.phase is Phase.BREAK and after.phase is not Phase.BREAK:
            assert any(n.code == "break.ended" for n in notices)
        self._compare_one(command, after)

    @staticmethod
    def _compare_one(command: c.Command | None, after: Snapshot) -> None:
        """No needs one: what was not refused is done at once."""
        match command:
            case c.Leave(by):
                assert [p.present for p in after.participants if p.id == by] == [False]
            case c.BreakStart():
                assert after.phase is Phase.BREAK
            case c.CaucusEnd():
                assert after.phase is Phase.TALKING or (after.caucus and after.caucus.stage == "returning")
            case c.Consent(_, number, False):
                assert number not in {one.id for one in after.proposals}
            case _:
                pass

    def takes_part(self, person: str) -> bool:
        """Present, ready, and there from the beginning or let in by both."""
        [there] = [one for one in self.shown.participants if one.id == person]
        inside = person in PARTNERS or person in self.let_in or self.shown.phase in BEFORE_A_TALK
        return there.present and there.ready and inside

    def meet(self, one: str, other: str) -> bool:
        """May hear and see each other as far as being there goes."""
        if not (self.takes_part(one) and self.takes_part(other)):
            return False
        if self.shown.phase is Phase.CAUCUS and self.shown.caucus is not None:
            return self.shown.caucus.stage == "talking" and {one, other} == self.pair
        return self.shown.phase is Phase.TALKING and self.shown.floor.format != "shuttle"

    def heard(self) -> set[str] | None:
        """Who is heard by whom they meet; None: all are."""
        floor = self.shown.floor
        if self.shown.phase is Phase.CAUCUS:
            return None
        if floor.holder is not None:
            return {self.saying_back or floor.holder}
        if floor.return_queue or floor.rest_ends_at is not None:
            return set()
        course = floor.course
        if course is None:
            return None if floor.format == "open-talk" else set()
        if course.over:
            return None if FORMATS[floor.format].then is Then.OPEN else set()
        return None if course.started_at is not None and self._is_open() else set()

    def _is_open(self) -> bool:
        phases = [phase for one in FORMATS[self.shown.floor.format].rounds for phase in one.phases]
        return [one.floor for one in phases if one.name == self.phase] == [PhaseFloor.OPEN]


def was_accepted(notices: Sequence[Notice], kind: str) -> bool:
    """Everyone was told that both said yes to something of this kind."""
    return any(n.code == "proposal.accepted" and n.fields["kind"] == kind for n in notices)
