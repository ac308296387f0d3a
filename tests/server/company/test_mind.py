"""The manners of a simulated participant: state and time in, commands out, no network."""

from typing import Any

import pytest

from server.company_mind import Mind, View

HUMAN, PARTNER, THERAPIST = "h", "p", "t"
COMPANY = frozenset({PARTNER, THERAPIST})


def view(**changes: Any) -> View:
    """Three people talking with timed turns and a free stick, with what is changed."""
    present = changes.pop("present", {HUMAN, PARTNER, THERAPIST})
    ready = changes.pop("ready", {HUMAN, PARTNER, THERAPIST})
    phase = changes.pop("phase", "talking")
    proposals = changes.pop("proposals", [])
    pause = changes.pop("pause", None)
    caucus = changes.pop("caucus", None)
    floor = {
        "mode": "turns",
        "holder": None,
        "turn": None,
        "paused": False,
        "queue": [],
        "last_holder": HUMAN,
        "return_turn": False,
        "course": None,
        "rest_ends_at": None,
        "mirror": None,
        "mirror_answer_due": False,
        "done": [],
        **changes,
    }
    return View.read(
        {
            "phase": phase,
            "participants": [
                {"id": one, "role": role, "present": one in present, "ready": one in ready, "line": "good"}
                for one, role in ((HUMAN, "partner"), (PARTNER, "partner"), (THERAPIST, "therapist"))
            ],
            "floor": floor,
            "proposals": proposals,
            "break": pause,
            "caucus": caucus,
        }
    )


def partner(**options: Any) -> Mind:
    """A simulated partner."""
    return Mind(PARTNER, "partner", **options)


def therapist() -> Mind:
    """A simulated therapist."""
    return Mind(THERAPIST, "therapist", number=1)


def live(mind: Mind, now: float, until: float) -> list[tuple[float, dict[str, Any]]]:
    """Let time pass from deadline to deadline; what was sent, and when."""
    sent = []
    while (due := mind.deadline(now)) is not None and due <= until:
        assert due >= now
        now = due
        sent += [(now, command) for command in mind.tick(now)]
    return sent


def first(mind: Mind, state: View, until: float = 60.0) -> tuple[float, dict[str, Any]] | None:
    """The first command after seeing this state at 0, with its time."""
    mind.see(state, COMPANY, 0.0)
    return next(iter(live(mind, 0.0, until)), None)


def test_ready_once_a_human_is_there() -> None:
    """Ready is said a moment after a human is present; the therapist is first, since nobody has to let them in then."""
    state = view(phase="waiting", ready=set())
    assert first(therapist(), state) == (1.0, {"type": "ready", "ready": True})
    assert live_in(partner(), state, 30.0) == []
    assert first(partner(), view(phase="waiting", ready={THERAPIST})) == (
        1.0,
        {"type": "ready", "ready": True},
    )


def test_not_ready_among_company_alone() -> None:
    """Company never begins a conversation with company."""
    state = view(phase="waiting", ready=set(), present={PARTNER, THERAPIST})
    assert first(partner(), state) is None


def test_ready_at_once_when_told_so() -> None:
    """With ``at_once`` nobody is waited for."""
    state = view(phase="waiting", ready=set(), present={PARTNER})
    assert first(partner(at_once=True), state) == (1.0, {"type": "ready", "ready": True})


def test_a_therapist_who_is_human_counts() -> None:
    """A human in the therapist's seat is somebody to talk to."""
    mind = partner()
    mind.see(view(phase="waiting", ready=set(), present={PARTNER, THERAPIST}), frozenset({PARTNER}), 0.0)
    assert live(mind, 0.0, 5.0) == [(1.0, {"type": "ready", "ready": True})]


def test_takes_a_stick_that_lies_free() -> None:
    """A free stick is asked for after six seconds, not before."""
    assert first(partner(), view()) == (6.0, {"type": "floor.request"})


def test_leaves_others_time_after_its_own_turn() -> None:
    """Whoever spoke last waits longer before taking the free stick again."""
    assert first(partner(), view(last_holder=PARTNER)) == (20.0, {"type": "floor.request"})


def test_patience_is_not_renewed_by_other_changes() -> None:
    """News that don't concern the free stick don't make anybody wait anew."""
    mind = partner()
    mind.see(view(), COMPANY, 0.0)
    mind.see(view(present={HUMAN, PARTNER}), COMPANY, 4.0)
    assert live(mind, 4.0, 7.0) == [(6.0, {"type": "floor.request"})]


def test_a_stick_taken_by_another_is_no_longer_wanted() -> None:
    """The wish ends when somebody else takes the stick."""
    mind = partner()
    mind.see(view(), COMPANY, 0.0)
    mind.see(view(holder=THERAPIST, turn=1), COMPANY, 5.0)
    assert live(mind, 5.0, 60.0) == []


def test_what_was_refused_is_tried_again() -> None:
    """A wish that remains is tried again, ten seconds later, not in a rush."""
    mind = partner()
    mind.see(view(), COMPANY, 0.0)
    assert [when for when, _ in live(mind, 0.0, 30.0)] == [6.0, 16.0, 26.0]


@pytest.mark.parametrize("turn", range(1, 12))
def test_speaks_for_a_part_of_the_turn_and_hands_on(turn: int) -> None:
    """A partner speaks for about 12 to 20 s, falls silent, and then passes the stick to the human."""
    mind = partner()
    mind.see(view(holder=PARTNER, turn=turn), COMPANY, 100.0)
    assert not mind.speaking(100.0)
    assert mind.speaking(102.0)
    assert mind.speaking(110.0)
    ((when, command),) = live(mind, 100.0, 125.0)[:1]
    assert 112.0 <= when <= 120.0
    assert command == {"type": "floor.pass", "to": HUMAN}
    assert not mind.speaking(when - 0.5)
    assert not mind.speaking(when)


def test_the_voice_wakes_the_shell_at_its_edges() -> None:
    """The deadlines include the moments at which speech begins and ends."""
    mind = partner()
    mind.see(view(holder=PARTNER, turn=1), COMPANY, 0.0)
    begin = mind.deadline(0.0)
    assert begin is not None
    assert mind.speaking(begin)
    end = mind.deadline(begin)
    assert end is not None
    assert not mind.speaking(end)


def test_the_queue_goes_first() -> None:
    """With somebody in the queue the stick is given back, so that the queue decides."""
    found = first(partner(), view(holder=PARTNER, turn=1, queue=[HUMAN]))
    assert found is not None
    assert found[1] == {"type": "floor.release"}


def test_gives_back_when_the_human_is_not_ready() -> None:
    """The stick is not passed to somebody who doesn't take part."""
    found = first(partner(), view(holder=PARTNER, turn=1, ready={PARTNER, THERAPIST}))
    assert found is not None
    assert found[1] == {"type": "floor.release"}


def test_nobody_talks_into_an_empty_room() -> None:
    """Without a human the stick is not taken, and one that is held is given back in silence."""
    empty = {PARTNER, THERAPIST}
    assert first(partner(), view(present=empty)) is None
    mind = partner()
    mind.see(view(present=empty, holder=PARTNER, turn=1), COMPANY, 0.0)
    assert not any(mind.speaking(tenth / 10) for tenth in range(100))
    assert live(mind, 0.0, 2.0) == [(1.0, {"type": "floor.release"})]


def test_a_paused_turn_is_silent() -> None:
    """While a turn is paused nobody speaks and nothing is handed on; afterwards the speech begins anew."""
    mind = partner()
    mind.see(view(holder=PARTNER, turn=1, paused=True), COMPANY, 0.0)
    assert live(mind, 0.0, 60.0) == []
    assert not mind.speaking(5.0)
    mind.see(view(holder=PARTNER, turn=1), COMPANY, 60.0)
    assert mind.speaking(62.0)


def test_silent_without_the_stick() -> None:
    """While another holds the stick, company does not speak."""
    mind = partner()
    mind.see(view(holder=HUMAN, turn=1), COMPANY, 0.0)
    assert not any(mind.speaking(float(second)) for second in range(60))


def test_asks_after_a_human_has_held_the_stick() -> None:
    """A partner asks for the stick when a human has had it for a quarter of a minute, once."""
    mind = partner()
    mind.see(view(holder=HUMAN, turn=1), COMPANY, 0.0)
    assert live(mind, 0.0, 16.0) == [(15.0, {"type": "floor.request"})]
    mind.see(view(holder=HUMAN, turn=1, queue=[PARTNER]), COMPANY, 15.1)
    assert live(mind, 15.1, 100.0) == []


def test_steps_back_for_a_human_who_waits() -> None:
    """A human who queues behind company goes first."""
    state = view(holder=HUMAN, turn=1, queue=[PARTNER, "h2"])
    assert first(partner(), state) == (1.0, {"type": "floor.release"})


def test_the_therapist_says_a_short_word_first() -> None:
    """When nobody has spoken yet the therapist takes the stick, speaks some seconds and hands it on."""
    mind = therapist()
    assert first(mind, view(last_holder=None)) == (2.0, {"type": "floor.request"})
    mind.see(view(last_holder=None, holder=THERAPIST, turn=1), COMPANY, 2.0)
    assert live(mind, 2.0, 10.0)[0] == (8.0, {"type": "floor.pass", "to": HUMAN})


def test_the_therapist_listens_afterwards() -> None:
    """Once anybody has spoken, or it has itself, the therapist leaves the stick alone."""
    assert first(therapist(), view(last_holder=HUMAN)) is None
    assert first(therapist(), view(holder=HUMAN, turn=3)) is None
    mind = therapist()
    mind.see(view(last_holder=None, holder=THERAPIST, turn=1), COMPANY, 0.0)
    mind.see(view(last_holder=None), COMPANY, 10.0)
    assert live(mind, 10.0, 100.0) == []


def test_says_yes_after_a_moment() -> None:
    """A proposal that needs us is answered with yes after two seconds, and never again once answered."""
    asked = {"id": "7", "kind": "end", "by": HUMAN, "needs": [HUMAN, PARTNER], "answers": {HUMAN: True}}
    mind = partner()
    mind.see(view(proposals=[asked], holder=HUMAN, turn=1), COMPANY, 0.0)
    assert live(mind, 0.0, 5.0) == [(2.0, {"type": "consent", "proposal": "7", "answer": True})]
    answered = {**asked, "answers": {HUMAN: True, PARTNER: True}}
    mind.see(view(proposals=[answered], holder=HUMAN, turn=1), COMPANY, 2.1)
    assert live(mind, 2.1, 14.0) == []


def test_leaves_questions_to_those_who_are_asked() -> None:
    """A proposal that doesn't need us is none of our business."""
    asked = {"id": "7", "kind": "room", "by": THERAPIST, "needs": [HUMAN, PARTNER], "answers": {}}
    assert first(therapist(), view(proposals=[asked])) is None


def test_open_talk_is_a_chat_with_pauses() -> None:
    """In open talk a partner speaks now and then without the stick; the therapist listens."""
    talker, listener = partner(), therapist()
    for mind in (talker, listener):
        mind.see(view(mode="open"), COMPANY, 0.0)
    spoken = [second for second in range(60) if talker.speaking(float(second))]
    assert 10 <= len(spoken) <= 25
    assert live(talker, 0.0, 60.0) == []
    assert not any(listener.speaking(float(second)) for second in range(60))


def test_open_talk_wakes_the_shell_at_each_edge() -> None:
    """From deadline to deadline the voice goes on and off in turn."""
    mind = partner()
    mind.see(view(mode="open"), COMPANY, 50.0)
    now, heard = 50.0, []
    for _ in range(6):
        due = mind.deadline(now)
        assert due is not None
        assert due > now
        now = due
        heard.append(mind.speaking(now))
    assert heard == [True, False] * 3


def test_the_end_is_the_end() -> None:
    """After the conversation has ended nothing is wanted."""
    assert first(partner(), view(phase="ended")) is None


def test_never_changes_how_anybody_is_seen() -> None:
    """Whatever the state, company sends no distance and no proposal of its own."""
    allowed = {"ready", "floor.request", "floor.release", "floor.pass", "consent"}
    for phase in ("waiting", "talking", "ended"):
        for holder in (None, HUMAN, PARTNER, THERAPIST):
            for queue in ([], [HUMAN], [PARTNER, HUMAN]):
                for mind in (partner(), therapist()):
                    mind.see(view(phase=phase, holder=holder, turn=2, queue=queue, ready=set()), COMPANY, 0.0)
                    assert {command["type"] for _, command in live(mind, 0.0, 60.0)} <= allowed


BACK = {"type": "break.end"}


def test_company_comes_back_after_the_human_partner() -> None:
    """In a break company does nothing, also when the time has come, until the human partner is back."""
    mind = partner()
    mind.see(view(phase="break", pause={"back": [], "due": False}), COMPANY, 0.0)
    assert live(mind, 0.0, 3600.0) == []
    mind.see(view(phase="break", pause={"back": [], "due": True}), COMPANY, 3600.0)
    assert live(mind, 3600.0, 4000.0) == []
    mind.see(view(phase="break", pause={"back": [HUMAN], "due": True}), COMPANY, 4000.0)
    assert live(mind, 4000.0, 4005.0) == [(4003.0, BACK)]
    mind.see(view(phase="break", pause={"back": [HUMAN, PARTNER], "due": True}), COMPANY, 4006.0)
    assert live(mind, 4006.0, 5000.0) == []


def test_company_comes_back_by_itself_to_a_human_therapist() -> None:
    """Two simulated partners with a human therapist come back when the time has come, and not before."""
    mind, company = partner(), frozenset({HUMAN, PARTNER})
    mind.see(view(phase="break", pause={"back": [], "due": False}), company, 0.0)
    assert live(mind, 0.0, 60.0) == []
    mind.see(view(phase="break", pause={"back": [], "due": True}), company, 60.0)
    assert live(mind, 60.0, 64.0) == [(63.0, BACK)]


def test_a_simulated_therapist_does_not_end_a_break() -> None:
    """Coming back is the partners' word."""
    assert first(therapist(), view(phase="break", pause={"back": [HUMAN], "due": True})) is None


def test_company_says_a_short_word_on_coming_back() -> None:
    """A short turn after a break takes six seconds, and is given back, not passed: the return has its order."""
    state = view(holder=PARTNER, turn=4, return_turn=True)
    assert first(partner(), state) == (6.0, {"type": "floor.release"})


TURN_STEP = {"over": False, "completes": ["time", "got-it"], "floor": "turn"}
OPEN_STEP = {"over": False, "completes": ["both"], "floor": "open"}


def test_in_a_course_it_waits_for_its_own_turn() -> None:
    """A partner asks for no stick, and gives its own back instead of handing it on, so that the next phase begins."""
    held = live_in(partner(), view(course=TURN_STEP, holder=HUMAN, turn=1), 120.0)
    free = live_in(partner(), view(course=TURN_STEP), 120.0)
    assert (held, free) == ([], [])
    assert first(partner(), view(course=TURN_STEP, holder=PARTNER, turn=2))[1] == {"type": "floor.release"}


def test_it_says_back_and_is_understood() -> None:
    """Asked to say back it speaks for a while and says that it has; a human who said back has understood."""
    mind = partner()
    asked = view(course=TURN_STEP, holder=HUMAN, turn=1, paused=True, mirror={"by": PARTNER})
    mind.see(asked, COMPANY, 0.0)
    assert (mind.speaking(0.5), mind.speaking(3.0)) == (False, True)
    assert live(mind, 0.0, 8.0) == [(6.0, {"type": "mirror.done"})]
    due = view(course=TURN_STEP, holder=PARTNER, turn=2, mirror_answer_due=True)
    assert first(partner(), due) == (2.0, {"type": "mirror.answer", "got_it": True})


def test_it_goes_on_when_the_human_does() -> None:
    """From a phase that both complete, and after a caucus: the human partner sets the pace. A silence is one."""
    assert "phase.done" not in [
        c["type"] for _, c in live_in(partner(), view(course=OPEN_STEP, mode="open"), 60.0)
    ]
    ready = view(course=OPEN_STEP, mode="open", done=[HUMAN])
    assert first(partner(), ready) == (2.0, {"type": "phase.done", "done": True})
    assert live_in(partner(), view(rest_ends_at=30.0), 29.0) == []
    returning = view(phase="caucus", caucus={"stage": "returning", "back": [HUMAN]})
    assert first(partner(), returning) == (2.0, {"type": "caucus.back"})
    assert live_in(partner(), view(phase="caucus", caucus={"stage": "talking", "back": []}), 60.0) == []


def live_in(mind: Mind, state: View, seconds: float) -> list[tuple[float, dict[str, Any]]]:
    """What it does in this state, as long as that lasts."""
    mind.see(state, COMPANY, 0.0)
    return live(mind, 0.0, seconds)
