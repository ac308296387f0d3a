"""Random commands from everyone, restarts, and time that passes; after each of them every promise is looked at."""

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from media.mediation import commands as c
from media.mediation.conversation import Conversation, Phase
from media.mediation.distance import Distance
from media.mediation.people import LineState
from tests.media.mediation import machine_commands as m
from tests.media.mediation.machine_commands import EVERYONE, FORMATS, PARTNERS, SEATS_OF_FOUR
from tests.media.mediation.machine_promises import Promises
from tests.media.mediation.machine_twin import Twin
from tests.media.mediation.scene import ANN, BEN, TESS


class AnyConversation(Promises):
    """What may happen."""

    @initialize(
        begun=st.sampled_from([(), (TESS, ANN, BEN), (TESS, ANN, BEN), (ANN, BEN), EVERYONE]),
        form=st.sampled_from([*FORMATS, *["quick", "speaker-listener", "resting", "timed-turns"] * 3]),
        fives=st.integers(2, 60),
    )
    def begin(self, form: str, fives: int, begun: tuple[str, ...]) -> None:
        """Some conversations begin at the door, most in the midst of the talk, in any of the formats."""
        self.conversation = Conversation(SEATS_OF_FOUR, format=form, turn_seconds=5 * fives, formats=FORMATS)
        self.memory.shown = self.shown
        self.all_come(begun)

    def all_come(self, people: tuple[str, ...]) -> None:
        """The therapists first, so that they are there when the talk begins."""
        for person in sorted(people, key=lambda who: who in PARTNERS):
            self.carry_out(c.Join(person))
            self.carry_out(c.Ready(person, ready=True))

    @rule(command=m.coming_and_going)
    def someone_comes_or_goes(self, command: c.Command) -> None:
        """Presence changes."""
        self.carry_out(command)

    @rule(people=st.sampled_from([(TESS, ANN, BEN), (ANN, BEN), EVERYONE]))
    def everyone_comes_back(self, people: tuple[str, ...]) -> None:
        """All are there and ready again, and talk, so that it does not stay with those who left."""
        self.all_talk(people)

    def all_talk(self, people: tuple[str, ...] = (TESS, ANN, BEN)) -> None:
        """They come, and come back, from wherever they are."""
        self.all_come(people)
        aside = self.shown.caucus
        if aside is not None and aside.stage == "talking":
            self.carry_out(c.CaucusEnd(aside.with_))
        for partner in (ANN, BEN):
            if self.shown.phase in {Phase.BREAK, Phase.CAUCUS}:
                self.carry_out(c.BreakEnd(partner) if self.shown.break_ else c.CaucusBack(partner))

    def agree(self, command: c.FormatSet) -> None:
        """Another format is asked for, and both say yes."""
        self.carry_out(command)
        for one in self.shown.proposals:
            for partner in (ANN, BEN) if one.kind == "format" else ():
                self.carry_out(c.Consent(partner, one.id, answer=True))

    @rule(person=m.therapist, answers=st.lists(st.booleans(), min_size=0, max_size=2))
    def a_therapist_comes(self, person: str, answers: list[bool]) -> None:
        """And is asked about, if the two talk already; one of them may ask the other again."""
        self.all_come((person,))
        if not answers:
            self.carry_out(c.Admit(ANN, person))
        for open_one in self.shown.proposals:
            for partner, answer in zip((ANN, BEN), answers, strict=False):
                if open_one.kind == "admit":
                    self.carry_out(c.Consent(partner, open_one.id, answer))

    @rule(first=st.sampled_from(EVERYONE), second=st.sampled_from(EVERYONE))
    def two_want_the_stick(self, first: str, second: str) -> None:
        """The stick is taken and waited for, so that it is seldom free."""
        self.carry_out(c.FloorRequest(first))
        self.carry_out(c.FloorRequest(second))

    @rule(command=m.floor)
    def someone_moves_the_stick(self, command: c.Command) -> None:
        """A floor command by anyone."""
        self.carry_out(command)

    @rule(to=m.who, more_s=m.seconds, command=st.sampled_from([c.FloorPass, c.FloorExtend, c.FloorRelease]))
    def the_holder_does_something(self, to: str, more_s: int, command: type) -> None:
        """Hands the stick on, gives it back, or asks for more time, which the other may be asked for."""
        holder = self.shown.floor.holder or ANN
        if command is c.FloorExtend:
            self.carry_out(c.FloorExtend(holder, more_s))
        else:
            self.carry_out(c.FloorPass(holder, to) if command is c.FloorPass else c.FloorRelease(holder))

    @rule(to=m.who, grants=st.booleans())
    def the_chair_moves_the_stick(self, to: str, *, grants: bool) -> None:
        """Gives it to anyone, or takes it back."""
        self.carry_out(c.FloorGrant(TESS, to) if grants else c.FloorRevoke(TESS))

    @rule(command=m.course)
    def someone_moves_the_course(self, command: c.Command) -> None:
        """A command about saying back or going on, by anyone."""
        self.carry_out(command)

    @rule(
        lapse=m.quarters(20),
        first=st.none() | m.partner,
        then=st.lists(st.sampled_from(["done", "got it", "more", "nothing"]), min_size=1, max_size=3),
    )
    def the_speaker_has_it_said_back(self, lapse: float, first: str | None, then: list[str]) -> None:
        """Whoever speaks asks for it, the listener takes their time, and it goes on somehow."""
        course = self.shown.floor.course
        if first is not None and (course is None or not course.mirror_seconds):
            self.all_talk()
            self.agree(c.FormatSet(first, "speaker-listener", None))
        for answer in then:
            self.carry_out(c.MirrorStart(self.shown.floor.holder or ANN))
            self.time_passes_by(lapse)
            floor = self.shown.floor
            if answer == "done" and floor.mirror is not None:
                self.carry_out(c.MirrorDone(floor.mirror.by))
            elif answer != "nothing":
                self.carry_out(c.MirrorAnswer(floor.holder or ANN, answer == "got it"))

    @rule(first=m.partner, form=st.sampled_from(["resting", "quick"]), lapse=m.quarters(40), asks=m.who)
    def they_share_a_silence(self, first: str, form: str, lapse: float, asks: str) -> None:
        """A turn is given back, a silence begins, somebody asks for the stick, and time passes."""
        if self.shown.floor.rest_seconds == 0:
            self.all_talk()
            self.agree(c.FormatSet(first, form, None))
        self.carry_out(c.FloorRequest(first))
        self.carry_out(c.FloorRelease(self.shown.floor.holder or first))
        self.carry_out(c.FloorRequest(asks))
        self.time_passes_by(lapse)

    @rule(first=m.partner)
    def both_are_ready_to_go_on(self, first: str) -> None:
        """From a phase or a silence."""
        for person in (first, *PARTNERS - {first}):
            self.carry_out(c.PhaseDone(person, done=True))

    @rule()
    def whoever_is_listened_for_pauses(self) -> None:
        """The plane hears it."""
        self.carry_out(c.SpeechPaused(self.conversation.plan().pauses_of or ANN))

    @rule(command=m.asking)
    def someone_asks(self, command: c.Command) -> None:
        """A proposal by anyone."""
        self.carry_out(command)

    @rule(form=m.form, by=m.who, first=st.none() | m.partner, rest=st.none() | m.rest_seconds)
    def they_agree_on_a_format(self, form: str, by: str, first: str | None, rest: int | None) -> None:
        """It is asked for, and both say yes."""
        self.agree(c.FormatSet(by, form, None, rest, first))

    @rule(command=m.stepping_back)
    def someone_steps_back_or_returns(self, command: c.Command) -> None:
        """A command about a break by anyone."""
        self.carry_out(command)

    @rule(command=m.aside)
    def someone_is_taken_aside(self, command: c.Command) -> None:
        """A command about a caucus by anyone."""
        self.carry_out(command)

    @rule(by=m.therapist, with_=m.partner, lapse=m.quarters(70), ends=st.booleans(), back=st.booleans())
    def a_caucus(self, by: str, with_: str, lapse: float, *, ends: bool, back: bool) -> None:
        """The therapist takes one aside, for a while, and perhaps all come back from it."""
        self.carry_out(c.CaucusStart(by, with_))
        self.time_passes_by(lapse)
        if ends:
            self.carry_out(c.CaucusEnd(with_))
        for partner in sorted(PARTNERS) if back else ():
            self.carry_out(c.CaucusBack(partner))

    @rule(command=st.one_of(m.distance, m.answering))
    def someone_chooses_distance_or_answers(self, command: c.Command) -> None:
        """A wish about distance by anyone, or an answer to any proposal, most of them not open."""
        self.carry_out(command)

    @rule(answer=st.sampled_from([True, True, False]))
    def partners_answer_what_is_open(self, *, answer: bool) -> None:
        """Both partners answer the oldest open proposal, so that some are accepted."""
        open_ones = self.shown.proposals
        for partner in (ANN, BEN) if open_ones else ():
            self.carry_out(c.Consent(partner, open_ones[0].id, answer))

    @rule(person=st.sampled_from(EVERYONE))
    def nobody_can_be_kept_from_stepping_back(self, person: str) -> None:
        """Whoever takes part steps back with one command, whatever else goes on."""
        self.time_passes_by(0)
        if self.shown.phase in {Phase.TALKING, Phase.CAUCUS} and self.memory.takes_part(person):
            self.carry_out(c.BreakStart(person))
            assert self.shown.phase is Phase.BREAK

    @rule(person=st.sampled_from(EVERYONE))
    def nobody_can_be_kept_in_a_caucus(self, person: str) -> None:
        """Either of the two ends it with one command."""
        self.time_passes_by(0)
        caucus = self.shown.caucus
        there = {one.id for one in self.shown.participants if one.present}
        if caucus is not None and caucus.stage == "talking" and person in self.memory.pair & there:
            self.carry_out(c.CaucusEnd(person))
            assert self.shown.caucus is None or self.shown.caucus.stage == "returning"

    @rule(person=st.sampled_from(EVERYONE), level=m.level)
    def nobody_can_be_kept_from_adding_distance(self, person: str, level: Distance) -> None:
        """Whoever is there raises the least for all with one command, in every phase."""
        self.time_passes_by(0)
        there = {one.id for one in self.shown.participants if one.present}
        if person in there and self.shown.phase is not Phase.ENDED and level.rank >= self.memory.room.rank:
            self.carry_out(c.DistanceRoom(person, level))
            assert self.shown.distance.room is level

    @rule(lapse=m.quarters(5000), first=m.partner)
    def both_come_back(self, lapse: float, first: str) -> None:
        """A break lasts, and both come back from wherever they are, one after the other."""
        if self.shown.phase is Phase.BREAK:
            self.time_passes_by(lapse)
            for person in (first, *PARTNERS - {first}):
                self.carry_out(c.Join(person))
                self.carry_out(c.Ready(person, ready=True))
                self.carry_out(c.BreakEnd(person))
            assert self.shown.phase is Phase.TALKING

    @rule(by_s=st.integers(-900, 10_000))
    def the_server_restarts(self, by_s: int) -> None:
        """From here on there are two: this one, and one that was saved and read back, and has to do the same."""
        if self.twin is None:
            self.twin = Twin(self.conversation, self.now)
        self.twin.restart(self.now, by_s)

    @rule(lapse=m.quarters(100))
    def time_passes(self, lapse: float) -> None:
        """The room's one timer fires, sometimes late and sometimes for nothing."""
        self.time_passes_by(lapse)

    @rule()
    def the_deadline_comes(self) -> None:
        """The room's one timer fires in time."""
        deadline = self.conversation.deadline()
        if deadline is not None:
            revision = self.conversation.revision
            self.time_passes_by(deadline.at - self.now)
            assert self.conversation.revision == revision + 1, "a deadline is for something"

    @rule(
        lapse=m.quarters(100),
        command=st.one_of(m.floor, m.course, m.coming_and_going, m.aside, m.stepping_back),
    )
    def a_command_overtakes_the_timer(self, lapse: float, command: c.Command) -> None:
        """A command comes when something is due that no tick has carried out yet."""
        self.let_pass(lapse)
        self.carry_out(command)
        self.time_passes_by(0)

    @rule(times=st.integers(1, 8), gap=m.quarters(30), good=m.quarters(2))
    def the_holder_comes_and_goes(self, times: int, gap: float, good: float) -> None:
        """The holder's line is lost again and again, each time for less than the hold."""
        holder = self.shown.floor.holder
        for _ in range(times if holder else 0):
            for line, lapse in ((LineState.LOST, gap), (LineState.GOOD, good)):
                self.carry_out(c.Line(str(holder), line))
                self.time_passes_by(lapse)

    @rule(times=st.integers(1, 8), gap=m.quarters(30), good=m.quarters(2), partner=m.partner)
    def a_partner_comes_and_goes(self, times: int, gap: float, good: float, partner: str) -> None:
        """A partner's connection breaks again and again, each time for less than the hold."""
        for _ in range(times):
            for command, lapse in ((c.Lost(partner), gap), (c.Join(partner), good)):
                self.carry_out(command)
                self.time_passes_by(lapse)
