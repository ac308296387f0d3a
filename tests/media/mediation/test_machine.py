"""The promises of the core under any course of events: random commands from everyone, and time that passes."""

from copy import deepcopy
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from media.mediation import commands as c
from media.mediation.conversation import Conversation, Notice, Phase
from media.mediation.distance import Distance
from media.mediation.errors import MediationError
from media.mediation.people import LineState
from media.mediation.plan import SILENT
from media.mediation.presence import HOLD_S
from media.mediation.snapshot import Snapshot
from tests.media.mediation.scene import ANN, BEN, EVERYONE, SEATS, START

if TYPE_CHECKING:
    from media.mediation.state import State

PARTNERS = {ANN, BEN}
who = st.sampled_from([*EVERYONE, *EVERYONE, *EVERYONE, "nobody"])
level = st.sampled_from(Distance)
seconds = st.sampled_from([5, 10, 30, 60, 200, 900, 4000])
break_seconds = st.sampled_from([59, 60, 600, 1199, 1200, 1800, 3600, 14_400, 86_400, 86_401])
form = st.sampled_from(["open-talk", "timed-turns", "shouting"])
proposal = st.integers(1, 6).map(str)

coming_and_going = st.one_of(
    st.builds(c.Join, who),
    st.builds(c.Leave, who),
    st.builds(c.Lost, who),
    st.builds(c.Line, who, st.sampled_from(LineState)),
    st.builds(c.LineThin, who, st.booleans()),
    st.builds(c.Ready, who, st.booleans()),
    st.builds(c.MicrophoneSet, who, st.booleans()),
)
floor = st.one_of(
    st.builds(c.FloorRequest, who),
    st.builds(c.FloorRelease, who),
    st.builds(c.FloorPass, who, who),
    st.builds(c.FloorGrant, who, who),
    st.builds(c.FloorRevoke, who),
    st.builds(c.SpeechPaused, who),
)
asking = st.one_of(
    st.builds(c.FloorExtend, who, seconds),
    st.builds(c.FormatSet, who, form, st.none() | seconds),
    st.builds(c.End, who),
    st.builds(c.DistanceRoom, who, level),
)
stepping_back = st.one_of(
    st.builds(c.BreakStart, who, st.none() | break_seconds),
    st.builds(c.BreakTime, who, break_seconds),
    st.builds(c.BreakEnd, who),
    st.builds(c.BreakEnd, who),
)
distance = st.one_of(
    st.builds(c.DistanceOutgoing, who, level, st.none() | who),
    st.builds(c.DistanceIncoming, who, level, who),
    st.builds(c.Listen, who, st.booleans()),
)


class AnyConversation(RuleBasedStateMachine):
    """Random commands and waiting; after each of them every promise is looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.conversation = Conversation(SEATS)
        self.taken: tuple[State, float, Snapshot] | None = None
        self.turns_seen = 0
        self.yes: dict[str, set[str]] = {}
        self.kinds: dict[str, str] = {}
        self.ends_at: dict[int, float | None] = {}
        self.outgoing: dict[str, Distance] = {}
        self.outgoing_to: dict[tuple[str, str], Distance] = {}
        self.muted: set[str] = set()
        self.thin: set[str] = set()
        self.left: set[str] = set()
        self.room = Distance.CLEAR
        self.back: set[str] = set()
        """Who said that they are back since the break began or another time was named."""
        self.returns_at = 0.0
        self.waited: dict[tuple[int, str], float] = {}
        """Seconds that a turn has stood, by turn and for whom: the holder, or a partner."""

    @initialize(
        begun=st.booleans(), form=st.sampled_from(["open-talk", "timed-turns"]), turn=st.integers(10, 300)
    )
    def begin(self, form: str, turn: int, *, begun: bool) -> None:
        """Some conversations begin at the door, most in the midst of the talk."""
        self.conversation = Conversation(SEATS, format=form, turn_seconds=turn)
        for person in EVERYONE if begun else ():
            self.carry_out(c.Join(person))
            self.carry_out(c.Ready(person, ready=True))

    @rule(command=coming_and_going)
    def someone_comes_or_goes(self, command: c.Command) -> None:
        """Presence changes."""
        self.carry_out(command)

    @rule()
    def everyone_comes_back(self) -> None:
        """All are there and ready again, so that the talk does not stay with those who left."""
        for person in EVERYONE:
            self.carry_out(c.Join(person))
            self.carry_out(c.Ready(person, ready=True))

    @rule(first=st.sampled_from(EVERYONE), second=st.sampled_from(EVERYONE))
    def two_want_the_stick(self, first: str, second: str) -> None:
        """The stick is taken and waited for, so that it is seldom free."""
        self.carry_out(c.FloorRequest(first))
        self.carry_out(c.FloorRequest(second))

    @rule(command=floor)
    def someone_moves_the_stick(self, command: c.Command) -> None:
        """A floor command by anyone."""
        self.carry_out(command)

    @rule(command=asking)
    def someone_asks(self, command: c.Command) -> None:
        """A proposal by anyone."""
        self.carry_out(command)

    @rule(command=stepping_back)
    def someone_steps_back_or_returns(self, command: c.Command) -> None:
        """A command about a break by anyone."""
        self.carry_out(command)

    @rule(person=st.sampled_from(EVERYONE))
    def nobody_can_be_kept_from_stepping_back(self, person: str) -> None:
        """Whoever takes part in the talk steps back with one command, whatever else goes on."""
        self.time_passes_by(0)
        there = {p.id for p in self.shown.participants if p.present and p.ready and p.admitted}
        if self.shown.phase is Phase.TALKING and person in there:
            self.carry_out(c.BreakStart(person))
            assert self.shown.phase is Phase.BREAK

    @rule(lapse=st.floats(0, 5000), first=st.sampled_from((ANN, BEN)))
    def both_come_back(self, lapse: float, first: str) -> None:
        """A break lasts, and both come back from wherever they are, one after the other."""
        if self.shown.phase is Phase.BREAK:
            self.time_passes_by(lapse)
            for person in (first, *PARTNERS - {first}):
                self.carry_out(c.Join(person))
                self.carry_out(c.Ready(person, ready=True))
                self.carry_out(c.BreakEnd(person))
            assert self.shown.phase is Phase.TALKING

    @rule()
    def the_state_is_restored(self) -> None:
        """What goes on with a copy of the state goes on the same: nothing is hidden beside it."""
        self.conversation._state = deepcopy(self.conversation._state)

    @rule(command=distance)
    def someone_chooses_distance(self, command: c.Command) -> None:
        """A wish about distance by anyone."""
        self.carry_out(command)

    @rule(person=who, number=proposal, answer=st.booleans())
    def someone_answers(self, person: str, number: str, *, answer: bool) -> None:
        """An answer by anyone to any proposal, most of them not open."""
        self.carry_out(c.Consent(person, number, answer))

    @rule(answer=st.sampled_from([True, True, False]))
    def partners_answer_what_is_open(self, *, answer: bool) -> None:
        """Both partners answer the oldest open proposal, so that some are accepted."""
        open_ones = self.conversation.snapshot(self.now).proposals
        for partner in (ANN, BEN) if open_ones else ():
            self.carry_out(c.Consent(partner, open_ones[0].id, answer))

    @rule(lapse=st.floats(0, 100))
    def time_passes(self, lapse: float) -> None:
        """The room's one timer fires, sometimes late and sometimes for nothing."""
        self.time_passes_by(lapse)

    @rule()
    def the_deadline_comes(self) -> None:
        """The room's one timer fires in time."""
        deadline = self.conversation.deadline()
        if deadline is not None:
            self.let_pass(deadline.at - self.now)
            self.now = deadline.at
            revision = self.conversation.revision
            self.look_at(self.conversation.tick(self.now))
            assert self.conversation.revision == revision + 1, "a deadline is for something"

    @rule(lapse=st.floats(0, 100), command=st.one_of(floor, coming_and_going))
    def a_command_overtakes_the_timer(self, lapse: float, command: c.Command) -> None:
        """A command comes when something is due that no tick has carried out yet."""
        self.let_pass(lapse)
        self.carry_out(command)
        self.look_at(self.conversation.tick(self.now))

    @rule(times=st.integers(1, 8), gap=st.floats(0, 30), good=st.floats(0, 2))
    def the_holder_comes_and_goes(self, times: int, gap: float, good: float) -> None:
        """The holder's line is lost again and again, each time for less than the hold."""
        holder = self.shown.floor.holder
        for _ in range(times if holder else 0):
            for line, lapse in ((LineState.LOST, gap), (LineState.GOOD, good)):
                self.carry_out(c.Line(str(holder), line))
                self.time_passes_by(lapse)

    @rule(
        times=st.integers(1, 8),
        gap=st.floats(0, 30),
        good=st.floats(0, 2),
        partner=st.sampled_from((ANN, BEN)),
    )
    def a_partner_comes_and_goes(self, times: int, gap: float, good: float, partner: str) -> None:
        """A partner's connection breaks again and again, each time for less than the hold."""
        for _ in range(times):
            for command, lapse in ((c.Lost(partner), gap), (c.Join(partner), good)):
                self.carry_out(command)
                self.time_passes_by(lapse)

    def time_passes_by(self, lapse: float) -> None:
        """Time passes, and the timer fires."""
        self.let_pass(lapse)
        self.look_at(self.conversation.tick(self.now))

    def let_pass(self, lapse: float) -> None:
        """Move the clock, and count for whom the turn stands meanwhile."""
        turn = self.shown.floor.turn
        closing = self.shown.floor.grace_ends_at is not None  # such a turn waits for nobody
        for whom in self.waited_for() if turn is not None and not closing else ():
            self.waited[turn, whom] = self.waited.get((turn, whom), 0.0) + lapse
        self.now += lapse

    def waited_for(self) -> set[str]:
        """Whom the running turn waits for: its `holder`, a `partner`, both or nobody."""
        holder, people = self.shown.floor.holder, self.shown.participants
        lost = {p.id for p in people if not p.present}
        without_line = {p.id for p in people if p.line is LineState.LOST}
        waited = {"holder"} if holder in lost | without_line else set()
        return waited | ({"partner"} if (PARTNERS - {holder}) & lost else set())

    @property
    def shown(self) -> Snapshot:
        """The snapshot of this moment, taken once for all that look at it."""
        state = self.conversation._state
        if self.taken is None or self.taken[0] is not state or self.taken[1] != self.now:
            self.taken = (state, self.now, self.conversation.snapshot(self.now))
        return self.taken[2]

    def carry_out(self, command: c.Command) -> None:
        """Hand a command in; an error leaves state, snapshot and revision as they were."""
        before = self.conversation._state
        shown, revision = self.shown, self.conversation.revision
        try:
            notices = self.conversation.handle(command, self.now)
        except MediationError:
            assert self.conversation._state == before
            assert self.conversation.snapshot(self.now) == shown
            assert self.conversation.revision == revision
            return
        assert self.conversation.revision == revision + (self.conversation._state != before)
        self.remember_back(command)
        self.remember(command)
        self.remember_presence(command, shown)
        self.look_at(notices, command)

    def remember(self, command: c.Command) -> None:
        """Keep who said yes, and the subjects' own choices, apart from the core, to compare."""
        match command:
            case c.Consent(by, number, True):
                self.yes[number].add(by)
            case c.DistanceOutgoing(by, chosen, None):
                self.outgoing[by] = chosen
                self.outgoing_to = {pair: old for pair, old in self.outgoing_to.items() if pair[0] != by}
            case c.DistanceOutgoing(by, chosen, to) if to is not None:
                self.outgoing_to[by, to] = chosen
            case _:
                pass

    def remember_back(self, command: c.Command) -> None:
        """Keep who says that they are back, and who takes it back."""
        match command:
            case c.BreakEnd(by):
                self.back.add(by)
            case c.Leave(by) | c.Ready(by, False):
                self.back.discard(by)
            case _:
                pass

    def remember_presence(self, command: c.Command, before: Snapshot) -> None:
        """Keep who says that their microphone is off, and who went by choice."""
        present = {person.id for person in before.participants if person.present}
        match command:
            case c.MicrophoneSet(by, on):
                (self.muted.discard if on else self.muted.add)(by)
            case c.LineThin(by, thin):
                (self.thin.add if thin else self.thin.discard)(by)
            case c.Leave(by):
                self.left.add(by)
                self.muted.discard(by)
                self.thin.discard(by)
            case c.Join(by) if by not in present:
                self.left.discard(by)
                self.muted.discard(by)
                self.thin.discard(by)
            case _:
                pass

    def look_at(self, notices: list[Notice], command: c.Command | None = None) -> None:
        """What was told is true: turns end in time or by someone, and nothing is accepted without two."""
        deadline = self.conversation.deadline()
        assert deadline is None or deadline.at > self.now, "a deadline is never in the past"
        for notice in notices:
            self.look_at_turn(notice)
            self.look_at_break(notice, notices, command)
            self.look_at_proposal(notice, command)
            self.look_at_room(notice)
        shown = self.conversation.snapshot(self.now).floor
        if shown.turn is not None:
            self.ends_at[shown.turn] = shown.ends_at

    def look_at_turn(self, notice: Notice) -> None:
        """Never two turns at once, ids count up, and time ends a turn only at its own end."""
        fields = notice.fields
        if notice.code == "turn.started":
            self.turns_seen += 1
            assert fields["turn"] == self.turns_seen
            assert not self.running(), "never two holders"
            self.ends_at[self.turns_seen] = fields["ends_at"]
        if notice.code == "turn.ended":
            ends_at = self.ends_at.pop(fields["turn"])
            if fields["reason"] == "time":
                assert ends_at is not None
                assert ends_at <= self.now, "time ends a turn at its own end alone"

    def look_at_break(self, notice: Notice, notices: list[Notice], command: c.Command | None) -> None:
        """Stepping back and later need one, back and earlier need two; nothing but people ends a break."""
        if notice.code in {"break.started", "break.moved"}:
            at = float(str(notice.fields["returns_at"]))
            earlier = notice.code == "break.moved" and at < self.returns_at
            assert earlier == any(
                (n.code, n.fields.get("kind")) == ("proposal.accepted", "return") for n in notices
            )
            assert at > self.now
            self.returns_at, self.back = at, set()
        if notice.code == "break.due":
            assert self.returns_at <= self.now
        if notice.code == "break.ended":
            assert self.back >= PARTNERS
            assert isinstance(command, c.BreakEnd | c.Join | c.Ready)

    def running(self) -> set[int]:
        """The turns that began and have not ended."""
        return set(self.ends_at)

    def look_at_proposal(self, notice: Notice, command: c.Command | None) -> None:
        """Yes needs two, no needs one."""
        number = str(notice.fields.get("proposal"))
        if notice.code == "proposal.opened" and command is not None:
            assert notice.fields["kind"] not in self.kinds.values(), "one of a kind"
            self.kinds[number] = str(notice.fields["kind"])
            self.yes[number] = {command.by}
            floor, fields = self.shown.floor, notice.fields
            same = (fields.get("format"), fields.get("turn_seconds")) == (floor.format, floor.turn_seconds)
            assert not same, "a question is about a change"
        elif notice.code.startswith("proposal."):
            del self.kinds[number]
        if notice.code == "proposal.accepted":
            assert self.yes[number] >= PARTNERS
        if notice.code == "proposal.declined":
            assert isinstance(command, c.Consent | c.DistanceRoom | c.BreakTime)

    def look_at_room(self, notice: Notice) -> None:
        """The room's least distance is told when it is another, and only then."""
        if notice.code == "distance.room":
            assert notice.fields["level"] != self.room
            self.room = Distance(str(notice.fields["level"]))

    @invariant()
    def what_was_told_is_what_is_shown(self) -> None:
        """Whoever listens knows the room's distance; microphones and leavings are as people made them."""
        shown = self.shown
        assert shown.distance.room is self.room
        assert {person.id for person in shown.participants if not person.microphone} == self.muted
        assert {person.id for person in shown.participants if person.left} == self.left

    @invariant()
    def only_who_may_is_heard(self) -> None:
        """The holder alone while there is one; all or none, as the format says, while there is none."""
        shown = self.shown
        part = {p.id for p in shown.participants if p.present and p.ready and p.admitted}
        for view in shown.distance.views:
            may = shown.phase is Phase.TALKING and {view.viewer, view.subject} <= part
            if shown.floor.holder is None:
                may &= shown.floor.format == "open-talk" and not shown.floor.return_queue
            else:
                may &= view.subject == shown.floor.holder
            assert view.heard == may

    @invariant()
    def nobody_is_seen_nearer_than_they_chose(self) -> None:
        """No view is clearer than the subject's own choice, the viewer's wish, or the room; none outside the talk."""
        shown = self.shown
        part = {p.id for p in shown.participants if p.present and p.ready and p.admitted}
        for view in shown.distance.views:
            own = self.outgoing_to.get(
                (view.subject, view.viewer), self.outgoing.get(view.subject, Distance.CLEAR)
            )
            wish = shown.distance.incoming.get(view.viewer, {}).get(view.subject, Distance.CLEAR)
            listens = 3 if view.viewer in shown.distance.listening else 0
            thin = 1 if view.viewer in self.thin else 0
            least = max(own.rank, wish.rank, shown.distance.room.rank, listens, thin)
            talks = shown.phase is Phase.TALKING and {view.viewer, view.subject} <= part
            assert view.distance.rank == (least if talks else Distance.AUDIO_ONLY.rank)

    @invariant()
    def a_break_is_silence(self) -> None:
        """While everyone has stepped back no view is heard or seen, and nothing is asked but when to come back."""
        shown = self.shown
        assert (shown.break_ is not None) == (shown.phase is Phase.BREAK)
        assert all((one.kind == "return") == (shown.phase is Phase.BREAK) for one in shown.proposals)
        if shown.break_ is not None:
            assert set(self.conversation.plan().views.values()) == {SILENT}
            assert shown.break_.returns_at == self.returns_at
            assert shown.break_.due == (self.returns_at <= self.now)
            assert set(shown.break_.back) <= self.back & PARTNERS

    @invariant()
    def the_plan_is_whole(self) -> None:
        """Every ordered pair is in the plan, and what is not is denied."""
        plan = self.conversation.plan()
        assert set(plan.views) == {(a, b) for a in EVERYONE for b in EVERYONE if a != b}
        assert plan.view(ANN, "nobody") == plan.view("nobody", ANN) == plan.view(ANN, ANN) == SILENT

    @invariant()
    def willing_partners_talk(self) -> None:
        """While both partners are there and ready nobody is kept waiting; the talk needs both to be ready."""
        shown = self.shown
        partners = [p for p in shown.participants if p.id in PARTNERS]
        if shown.phase is Phase.WAITING:
            assert not all(p.present and p.ready for p in partners)
        if shown.phase is Phase.TALKING:
            assert all(p.ready for p in partners)

    @invariant()
    def the_stick_is_sound(self) -> None:
        """The holder does not wait, but in a short turn, nobody waits twice, and there is a turn only in the talk."""
        shown = self.shown
        assert len(set(shown.floor.queue)) == len(shown.floor.queue)
        assert shown.floor.holder not in shown.floor.queue or shown.floor.return_turn
        assert shown.floor.holder not in shown.floor.return_queue
        assert set(shown.floor.return_queue) <= PARTNERS
        assert self.running() == ({shown.floor.turn} if shown.floor.turn is not None else set())
        if shown.phase is Phase.BREAK:
            assert (shown.floor.holder, shown.floor.return_queue) == (None, ())
        elif shown.phase is not Phase.TALKING:
            assert (shown.floor.holder, shown.floor.queue, shown.floor.return_queue) == (None, (), ())
        elif shown.floor.turn is not None:
            assert shown.floor.paused == (shown.floor.ends_at is None)
            assert shown.floor.remaining_s is not None
            closing = shown.floor.grace_ends_at is not None
            assert (shown.floor.remaining_s > 0) != closing
            assert self.conversation.plan().pauses_of == (shown.floor.holder if closing else None)

    @invariant()
    def the_clock_runs_for_those_who_are_there(self) -> None:
        """A turn's clock stands exactly while a partner is away or the holder is cut off."""
        floor = self.shown.floor
        if floor.turn is not None and floor.grace_ends_at is None:
            assert floor.paused == bool(self.waited_for())

    @invariant()
    def no_turn_outlives_its_grace(self) -> None:
        """Once its time is up a turn lasts for its grace at the most, and its holder is there."""
        floor = self.shown.floor
        if floor.grace_ends_at is not None and floor.ends_at is not None and floor.length_s is not None:
            assert floor.grace_ends_at == floor.ends_at + (15 if floor.length_s <= 180 else 30)
            assert floor.ends_at <= self.now < floor.grace_ends_at
            assert "holder" not in self.waited_for()

    @invariant()
    def no_turn_waits_for_ever(self) -> None:
        """In all its gaps together a turn waits no longer than the hold, for its holder and for a partner."""
        turn = self.shown.floor.turn
        for whom in ("holder", "partner") if turn is not None else ():
            assert self.waited.get((turn, whom), 0.0) <= HOLD_S + 1e-6


TestAnyConversation = AnyConversation.TestCase
TestAnyConversation.settings = settings(
    max_examples=150,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
