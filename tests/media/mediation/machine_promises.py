"""What holds at any time in the machine: the promises of DESIGN.md, as far as the core keeps them."""

from hypothesis.stateful import invariant

from media.mediation.conversation import Phase
from media.mediation.distance import Distance
from media.mediation.plan import SILENT
from media.mediation.presence import HOLD_S
from tests.media.mediation.machine_commands import EVERYONE, PARTNERS, UNA
from tests.media.mediation.machine_life import Life
from tests.media.mediation.scene import ANN, BEN


class Promises(Life):
    """Looked at after each step."""

    @invariant()
    def what_was_told_is_what_is_shown(self) -> None:
        """Whoever listens knows the room's distance, the phase and who says back; the rest is as people made it."""
        shown = self.shown
        course, mirror = shown.floor.course, shown.floor.mirror
        assert shown.distance.room is self.memory.room
        assert {person.id for person in shown.participants if not person.microphone} == self.memory.muted
        assert {person.id for person in shown.participants if person.left} == self.memory.left
        assert (mirror.by if mirror else None) == self.memory.saying_back
        if course is not None and course.started_at is not None and not course.over:
            assert course.phase == self.memory.phase

    @invariant()
    def only_who_may_is_heard(self) -> None:
        """In a turn the holder alone, or who says back; without one all or none; in a caucus the two; never who is outside."""
        heard = self.memory.heard()
        for (viewer, subject), view in self.conversation.plan().views.items():
            may = heard is None or subject in heard
            assert view.heard == (self.memory.meet(viewer, subject) and may)

    @invariant()
    def nobody_is_seen_nearer_than_they_chose(self) -> None:
        """No view is clearer than the subject's own choice, the viewer's wish, or the room; none of whom one does not meet."""
        shown, memory = self.shown, self.memory
        for view in shown.distance.views:
            own = memory.outgoing_to.get(
                (view.subject, view.viewer), memory.outgoing.get(view.subject, Distance.CLEAR)
            )
            wish = shown.distance.incoming.get(view.viewer, {}).get(view.subject, Distance.CLEAR)
            listens = 3 if view.viewer in shown.distance.listening else 0
            thin = 1 if view.viewer in memory.thin else 0
            least = max(own.rank, wish.rank, memory.room.rank, listens, thin)
            meet = memory.meet(view.viewer, view.subject)
            assert view.distance.rank == (least if meet else Distance.AUDIO_ONLY.rank)

    @invariant()
    def nobody_is_there_whom_nobody_let_in(self) -> None:
        """A therapist takes part who was there when the talk began, or whom both partners said yes to; everyone is shown it."""
        phase = self.memory.shown.phase
        outside = phase is Phase.ENDED or (phase is Phase.WAITING and not self.memory.interrupted)
        for one in self.shown.participants:
            assert one.admitted == (outside or one.id in PARTNERS or one.id in self.memory.let_in)

    @invariant()
    def a_break_is_silence(self) -> None:
        """While everyone has stepped back no view is heard or seen, and nothing is asked but when to come back."""
        shown = self.shown
        assert (shown.break_ is not None) == (shown.phase is Phase.BREAK)
        assert all((one.kind == "return") == (shown.phase is Phase.BREAK) for one in shown.proposals)
        if shown.break_ is not None:
            assert set(self.conversation.plan().views.values()) == {SILENT}
            assert shown.break_.returns_at == self.memory.returns_at
            assert shown.break_.due == (self.memory.returns_at <= self.now)
            assert set(shown.break_.back) <= self.memory.back & PARTNERS

    @invariant()
    def a_caucus_is_for_two(self) -> None:
        """A therapist and a partner; the other is apart; once it is ended all are, and nothing is asked."""
        shown, caucus = self.shown, self.shown.caucus
        assert (caucus is not None) == (shown.phase is Phase.CAUCUS)
        if caucus is None:
            return
        assert {caucus.by, caucus.with_} == self.memory.pair
        assert {caucus.with_, caucus.held} == PARTNERS
        assert caucus.by in self.memory.let_in or caucus.stage == "returning"
        assert set(caucus.back) <= self.memory.together
        assert shown.proposals == ()
        for pair, view in self.conversation.plan().views.items():
            assert view == SILENT or (caucus.stage == "talking" and set(pair) == self.memory.pair)

    @invariant()
    def partners_in_a_shuttle_never_meet(self) -> None:
        """No sound and no picture goes between the two, whatever else goes on."""
        if self.shown.floor.format == "shuttle":
            assert (
                self.conversation.plan().view(ANN, BEN) == SILENT == self.conversation.plan().view(BEN, ANN)
            )

    @invariant()
    def the_plan_is_whole(self) -> None:
        """Every ordered pair is in the plan, and what is not is denied."""
        plan = self.conversation.plan()
        assert set(plan.views) == {(a, b) for a in EVERYONE for b in EVERYONE if a != b}
        assert plan.view(ANN, "nobody") == plan.view("nobody", UNA) == plan.view(ANN, ANN) == SILENT

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
        floor, phase = self.shown.floor, self.shown.phase
        assert len(set(floor.queue)) == len(floor.queue)
        assert floor.holder not in floor.queue or floor.return_turn
        assert floor.holder not in floor.return_queue
        assert set(floor.return_queue) | set(floor.done) <= PARTNERS
        assert set(self.ends_at) == ({floor.turn} if floor.turn is not None else set())
        if phase is not Phase.TALKING:
            assert (floor.holder, floor.return_queue, floor.rest_ends_at, floor.done) == (None, (), None, ())
            assert floor.queue == () or phase in {Phase.BREAK, Phase.CAUCUS}

    @invariant()
    def a_turn_has_its_time(self) -> None:
        """It runs, or stands, or is in its grace; and a pause is listened for of whoever is heard and has had their time."""
        floor = self.shown.floor
        closing = floor.grace_ends_at is not None
        listened_for = floor.holder if closing else None
        if floor.mirror is not None:
            listened_for = floor.mirror.by if floor.mirror.grace_ends_at is not None else None
        assert self.conversation.plan().pauses_of == listened_for
        if floor.turn is None:
            return
        assert floor.remaining_s is not None
        assert floor.paused == (floor.ends_at is None)
        assert closing == (floor.remaining_s == 0 and not floor.paused)
        assert not (closing and floor.paused)

    @invariant()
    def the_clock_runs_for_those_who_are_there(self) -> None:
        """A turn's clock stands exactly while a partner is away, the holder is cut off, or it is said back."""
        floor = self.shown.floor
        if floor.turn is not None and floor.grace_ends_at is None:
            assert floor.paused == (bool(self.waited_for()) or floor.mirror is not None)

    @invariant()
    def saying_back_is_the_listeners_and_short(self) -> None:
        """Never by the speaker, never by one who is lost, and over at the latest a quarter of a minute after its time."""
        floor, mirror = self.shown.floor, self.shown.floor.mirror
        if mirror is None:
            return
        assert floor.course is not None
        assert {floor.holder, mirror.by} == {floor.course.speaker, floor.course.listener} == PARTNERS
        assert not self.waited_for()
        assert 0 < mirror.length_s <= floor.course.mirror_seconds
        assert (mirror.grace_ends_at is not None) == (mirror.ends_at <= self.now)
        assert self.now < (mirror.grace_ends_at or mirror.ends_at)
        assert mirror.grace_ends_at in {None, mirror.ends_at + 15}

    @invariant()
    def a_silence_is_short_and_for_all(self) -> None:
        """Between two turns: it has an end, and nobody holds the stick."""
        floor = self.shown.floor
        if floor.rest_ends_at is not None:
            assert floor.holder is None
            assert 0 < floor.rest_ends_at - self.now <= 300
            assert not any(view.heard for view in self.conversation.plan().views.values())

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
            assert self.waited.get((turn or 0, whom), 0.0) <= HOLD_S

    @invariant()
    def a_restart_changes_nothing(self) -> None:
        """Whoever was restarted is heard, seen and shown the same, and has as long to go."""
        if self.twin is not None:
            self.twin.assert_same(self.conversation, self.now)
