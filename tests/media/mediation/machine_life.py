"""How the machine lives a conversation: time, commands and restarts, and what is looked at each time."""

from collections import Counter
from typing import TYPE_CHECKING
from unittest import mock

from hypothesis.stateful import RuleBasedStateMachine

from media.mediation import commands as c
from media.mediation import deadlines
from media.mediation.conversation import Conversation, Notice
from media.mediation.errors import MediationError
from media.mediation.people import LineState
from media.mediation.snapshot import Snapshot
from media.mediation.state import Draft, State
from tests.media.mediation.machine_commands import FORMATS, PARTNERS, SEATS_OF_FOUR
from tests.media.mediation.machine_memory import Memory
from tests.media.mediation.scene import START

if TYPE_CHECKING:
    from tests.media.mediation.machine_twin import Twin

HAPPENED: Counter[str] = Counter()
"""How often each command was carried out or refused, and each notice told: sequences in which nothing happens prove nothing."""
MANY = 60
"""Steps that follow from one command or waking; the longest sequences have a handful."""


class Life(RuleBasedStateMachine):
    """A conversation, what is remembered of it, and from the first restart on its twin."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.conversation = Conversation(SEATS_OF_FOUR, formats=FORMATS)
        self.taken: tuple[State, float, Snapshot] | None = None
        self.memory = Memory(self.now, self.shown)
        self.twin: Twin | None = None
        self.turns_seen = 0
        self.ends_at: dict[int, float | None] = {}
        self.left_s: dict[int, float] = {}
        self.airtime: dict[str, float] = {}
        self.aside: dict[str, float] = {}
        self.counted_at = self.now
        self.waited: dict[tuple[int, str], float] = {}
        """Seconds that a turn has stood, by turn and for whom: the holder, or a partner."""
        self.steps = 0
        self.counting = mock.patch.object(deadlines, "settle", self.settle_and_count(deadlines.settle))
        self.counting.start()

    def teardown(self) -> None:
        """Count no longer."""
        self.counting.stop()

    def settle_and_count(self, settle: object) -> object:
        """Nothing goes round in circles: after one command or waking only so much follows by itself."""

        def counted(draft: Draft) -> None:
            self.steps += 1
            assert self.steps < MANY, "no end of what is due"
            settle(draft)  # type: ignore[operator]

        return counted

    @property
    def shown(self) -> Snapshot:
        """Everything as people see it now, taken once for all that look at it."""
        state = self.conversation.state
        if self.taken is None or self.taken[0] is not state or self.taken[1] != self.now:
            self.taken = (state, self.now, self.conversation.snapshot(self.now))
        return self.taken[2]

    def time_passes_by(self, lapse: float) -> None:
        """Time passes, and the timer fires."""
        self.let_pass(lapse)
        self.steps = 0
        notices = self.conversation.tick(self.now)
        if self.twin is not None:
            self.twin.assert_told(notices, self.twin.tick(self.now))
        self.look_at(notices)

    def let_pass(self, lapse: float) -> None:
        """Move the clock, and count for whom the turn stands meanwhile."""
        floor = self.shown.floor
        stands = floor.turn is not None and floor.grace_ends_at is None  # in its grace it waits for nobody
        for whom in self.waited_for() if stands else ():
            self.waited[floor.turn or 0, whom] = self.waited.get((floor.turn or 0, whom), 0.0) + lapse
        self.now += lapse
        self.memory.now = self.now

    def waited_for(self) -> set[str]:
        """Whom the running turn waits for: its `holder`, a `partner`, both or nobody."""
        holder, people = self.shown.floor.holder, self.shown.participants
        lost = {p.id for p in people if not p.present}
        without_line = {p.id for p in people if p.line is LineState.LOST}
        waited = {"holder"} if holder in lost | without_line else set()
        return waited | ({"partner"} if (PARTNERS - {holder}) & lost else set())

    def carry_out(self, command: c.Command) -> None:
        """Hand a command in; an error leaves state, snapshot and revision as they were."""
        before, shown, revision = self.conversation.state, self.shown, self.conversation.revision
        theirs = self.twin.handle(command, self.now) if self.twin is not None else None
        self.steps = 0
        try:
            notices = self.conversation.handle(command, self.now)
        except MediationError as error:
            HAPPENED[f"refused {type(command).__name__}"] += 1
            self.assert_nothing_changed(before, shown, revision)
            self.assert_refused(theirs, error)
            return
        HAPPENED[type(command).__name__] += 1
        assert self.conversation.revision == revision + (self.conversation.state != before)
        if self.twin is not None and theirs is not None:
            self.twin.assert_told(notices, theirs)
        self.remember_what_was_due(before)
        self.memory.remember(command, shown)
        self.look_at(notices, command)

    def assert_nothing_changed(self, state: State, shown: Snapshot, revision: int) -> None:
        """An error leaves everything as it was."""
        assert self.conversation.state == state
        assert self.conversation.snapshot(self.now) == shown
        assert self.conversation.revision == revision

    def assert_refused(self, theirs: object, error: MediationError) -> None:
        """Whoever was restarted is refused the same."""
        assert self.twin is None or (type(theirs), str(theirs)) == (type(error), str(error))

    def remember_what_was_due(self, before: State) -> None:
        """What a command found when it had overtaken the timer: how things stood once that was carried out."""
        deadline = deadlines.next_deadline(before)
        if deadline is not None and deadline.at <= self.now:
            then = Conversation.going_on(before, 0)
            then.tick(self.now)
            in_between = then.snapshot(self.now)
            if in_between.phase is not self.memory.shown.phase:
                shown = self.memory.shown
                self.memory.settle(in_between)
                self.memory.shown = shown

    def look_at(self, notices: list[Notice], command: c.Command | None = None) -> None:
        """What was told is true: turns end in time or by someone, and nothing is accepted without two."""
        deadline = self.conversation.deadline()
        assert deadline is None or deadline.at > self.now, "a deadline is never in the past"
        for notice in notices:
            HAPPENED[notice.code] += 1
            self.look_at_turn(notice)
        shown = self.shown
        self.memory.hear(notices, command, shown)
        if shown.floor.turn is not None:
            self.ends_at[shown.floor.turn] = shown.floor.ends_at
            self.left_s[shown.floor.turn] = shown.floor.remaining_s or 0.0
        self.count(shown)

    def look_at_turn(self, notice: Notice) -> None:
        """Never two turns at once, ids count up, and time ends a turn only at its own end."""
        fields = notice.fields
        if notice.code == "turn.started":
            self.turns_seen += 1
            assert fields["turn"] == self.turns_seen
            assert not self.ends_at, "never two holders"
            self.ends_at[self.turns_seen] = fields["ends_at"]
        if notice.code == "turn.ended":
            ends_at, left_s = self.ends_at.pop(fields["turn"]), self.left_s.pop(fields["turn"], None)
            if fields["reason"] == "time":
                over = left_s == 0 if ends_at is None else ends_at <= self.now
                assert over, "time ends a turn at its own end alone"

    def count(self, shown: Snapshot) -> None:
        """Time that was spoken is never taken back, and nobody speaks for longer than it takes."""
        more = sum(shown.floor.airtime.values()) - sum(self.airtime.values())
        assert -1e-6 <= more <= self.now - self.counted_at + 1e-6
        assert all(shown.floor.airtime.get(one, 0.0) >= spoken for one, spoken in self.airtime.items())
        assert all(shown.caucus_time.get(one, 0.0) >= spent for one, spent in self.aside.items())
        self.airtime, self.aside = dict(shown.floor.airtime), dict(shown.caucus_time)
        self.counted_at = self.now
