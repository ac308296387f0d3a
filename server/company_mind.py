"""What a simulated participant does, and when: a pure decision, without clock, network or chance.

The shell hands over what it sees of the conversation (`see`), asks at the `deadline` what is to be done
(`tick`), and lets the voice sound while `speaking` says so. The manners:

- ready as soon as somebody who is not company is there, the therapist first; nobody talks into an empty room;
- takes a stick that lies free for a while, speaks for part of the turn, then hands it to the human partner;
- the therapist says a short word when nobody has spoken yet, and otherwise listens;
- asks for the stick when a human has held it for some time, and steps back when a human waits behind;
- says yes to every proposal after a moment's thought; never changes how anybody is seen;
- never steps back by itself, and hurries nobody: is back when the human partner is, or when the time has come; says a
  short word on coming back. The same in a phase that both complete, and after a caucus;
- in a format with phases waits for its own, and gives the stick back for the next one; says back for a short while when it is
  asked to, and finds itself understood.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

READY_AFTER_S = 1.0
GO_ON_AFTER_S = 2.0
ANSWER_AFTER_S = 2.0
STEP_BACK_AFTER_S = 1.0  # out of the queue, for a human
COME_BACK_AFTER_S = 3.0  # from a break
WORD_AFTER_S = 2.0
TAKE_AFTER_S = 6.0
TAKE_AGAIN_AFTER_S = 20.0  # one's own turn was the last: leave the others time
ASK_AFTER_S = 15.0
HAND_OVER_ALONE_S = 1.0
WORD_S = 6.0
TALK_MIN_S, TALK_MAX_S = 12, 20
BREATH_S = 0.8  # between getting the stick and the first word, and between the last word and handing it on
RETRY_S = 10.0  # what was refused and is still wanted is tried again
CHAT_PERIOD_S, CHAT_FROM_S, CHAT_TO_S = 20.0, 7.0, 12.0  # the rhythm of open talk without a stick

Command = dict[str, Any]
_PLAIN: Mapping[str, Command] = {
    "said": {"type": "mirror.done"},
    "understood": {"type": "mirror.answer", "got_it": True},
    "go-on": {"type": "phase.done", "done": True},
    "together": {"type": "caucus.back"},
}
Intention = tuple[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Person:
    """One participant as the conversation shows them."""

    id: str
    role: str
    present: bool
    ready: bool


@dataclass(frozen=True, slots=True)
class View:
    """What a simulated participant takes from one `conversation` message."""

    phase: str
    people: tuple[Person, ...]
    mode: str
    holder: str | None
    turn: int | None
    paused: bool
    queue: tuple[str, ...]
    last_holder: str | None
    questions: tuple[tuple[str, frozenset[str]], ...]
    """Open proposals: id, and who has still to answer."""
    back: tuple[str, ...]
    """Who is back from the break, if there is one."""
    due: bool
    """The break's time of return has come."""
    return_turn: bool
    """The running turn is a short one after a break."""
    in_course: bool
    """The format's phases say whose turn it is."""
    rests: bool
    """Nobody speaks now, for a while."""
    says_back: str | None
    answer_due: bool
    """The speaker is asked whether what was said back was it."""
    done: tuple[str, ...]
    """Who is ready to go on from a phase."""
    waits_for_both: bool
    together_again: tuple[str, ...] | None
    """Who will meet the other again after a caucus; None: nobody is asked."""

    @classmethod
    def read(cls, message: Mapping[str, Any]) -> View:
        """Read a `conversation` message of PROTOCOL.md. Raises KeyError when it lacks a promised field."""
        floor, pause = message["floor"], message["break"] or {"back": (), "due": False}
        course, caucus = floor["course"] or {"over": True, "completes": (), "floor": None}, message["caucus"]
        silent = floor["rest_ends_at"] is not None or course["floor"] == "silence"
        return cls(
            phase=message["phase"],
            people=tuple(
                Person(one["id"], one["role"], one["present"], one["ready"])
                for one in message["participants"]
            ),
            mode=floor["mode"],
            holder=floor["holder"],
            turn=floor["turn"],
            paused=floor["paused"],
            queue=tuple(floor["queue"]),
            last_holder=floor["last_holder"],
            questions=tuple(
                (one["id"], frozenset(one["needs"]) - one["answers"].keys()) for one in message["proposals"]
            ),
            back=tuple(pause["back"]),
            due=pause["due"],
            return_turn=floor["return_turn"],
            in_course=not course["over"],
            rests=silent,
            says_back=floor["mirror"]["by"] if floor["mirror"] else None,
            answer_due=floor["mirror_answer_due"],
            done=tuple(floor["done"]),
            waits_for_both="both" in course["completes"] or floor["rest_ends_at"] is not None,
            together_again=tuple(caucus["back"]) if caucus and caucus["stage"] == "returning" else None,
        )


@dataclass(slots=True)
class _Plan:
    """Since when something is wanted, when it is due, and whether it was tried already."""

    since: float
    due: float
    tried: bool = False


class Mind:
    """One simulated participant's decisions. All times are the shell's monotonic seconds."""

    def __init__(self, me: str, role: str, *, number: int = 0, at_once: bool = False) -> None:
        """`number` makes two of them differ in rhythm; `at_once`: don't wait for a human, talk anyway."""
        self._me = me
        self._role = role
        self._number = number
        self._at_once = at_once
        self._view: View | None = None
        self._company: frozenset[str] = frozenset()
        self._plans: dict[Intention, _Plan] = {}
        self._has_spoken = False

    def see(self, view: View, company: frozenset[str], now: float) -> None:
        """Take in the state; `company` are the ids of the simulated participants (oneself among them)."""
        self._view, self._company = view, company
        self._has_spoken = self._has_spoken or view.holder == self._me
        wanted = self._wanted(view)
        self._plans = {
            intention: self._plans.get(intention) or _Plan(now, now + delay)
            for intention, delay in wanted.items()
        }

    def tick(self, now: float) -> list[Command]:
        """The commands that are due; each is tried again later while it is still wanted."""
        commands = []
        for intention, plan in self._plans.items():
            if plan.due <= now:
                plan.due, plan.tried = now + RETRY_S, True
                commands.append(self._command(intention))
        return commands

    def deadline(self, now: float) -> float | None:
        """When to tick or to look at `speaking` again; None: not before something is seen."""
        moments = [plan.due for plan in self._plans.values()]
        for since, until in self._talks(now):
            moments += [moment for moment in (since, until) if moment > now]
        return min((moment for moment in moments if moment < math.inf), default=None)

    def speaking(self, now: float) -> bool:
        """Whether the voice is to sound at this moment."""
        return any(since <= now < until for since, until in self._talks(now))

    def _talks(self, now: float) -> list[tuple[float, float]]:
        """The stretches of speech that are going on or come next."""
        talks = []
        for (kind, _), plan in self._plans.items():
            if kind in {"give", "said"} and not plan.tried and self._heard_by_somebody():
                talks.append((plan.since + BREATH_S, plan.due - BREATH_S))
            if kind == "chat":
                start = plan.since + self._number * CHAT_TO_S
                start += max(0, (now - start) // CHAT_PERIOD_S) * CHAT_PERIOD_S
                talks.append((start + CHAT_FROM_S, start + CHAT_TO_S))
                talks.append((start + CHAT_PERIOD_S + CHAT_FROM_S, start + CHAT_PERIOD_S + CHAT_TO_S))
        return talks

    def _wanted(self, view: View) -> dict[Intention, float]:
        """Everything wanted in this state, with the seconds to wait before it is done."""
        wanted: dict[Intention, float] = {
            ("answer", question): ANSWER_AFTER_S
            for question, open_for in view.questions
            if self._me in open_for
        }
        if self._heard_by_somebody() and self._is_to_get_ready(view):
            wanted["ready", None] = READY_AFTER_S
        if view.phase == "break" and self._wants_to_return(view):
            wanted["back", None] = COME_BACK_AFTER_S
        if self._follows_on(view):
            wanted["go-on" if view.together_again is None else "together", None] = GO_ON_AFTER_S
        if view.phase == "talking" and view.says_back == self._me:
            wanted["said", view.turn] = WORD_S
        elif view.phase == "talking" and not view.paused:
            wanted |= self._wanted_of_the_floor(view)
        return wanted

    def _is_to_get_ready(self, view: View) -> bool:
        """A partner lets the simulated therapist be first: into a talk that goes on the human would have to let them in."""
        unready = {one.id: one.role for one in view.people if one.present and not one.ready}
        others = [role for one, role in unready.items() if one in self._company and one != self._me]
        return self._me in unready and not (self._role == "partner" and "therapist" in others)

    def _follows_on(self, view: View) -> bool:
        """A partner goes on with the human partner, who sets the pace: from a phase, and after a caucus."""
        said = view.done if view.together_again is None else view.together_again
        asked = view.waits_for_both if view.phase == "talking" else view.together_again is not None
        if self._role != "partner" or not asked or self._me in said:
            return False
        waits_for_human = any(one.role == "partner" for one in self._humans())
        return any(one not in self._company for one in said) if waits_for_human else self._heard_by_somebody()

    def _wants_to_return(self, view: View) -> bool:
        """A partner comes back after a human partner, who sets the pace; without one, when the time has come."""
        if self._role != "partner" or self._me in view.back or not self._heard_by_somebody():
            return False
        waits_for_human = any(one.role == "partner" for one in self._humans())
        return any(one not in self._company for one in view.back) if waits_for_human else view.due

    def _wanted_of_the_floor(self, view: View) -> dict[Intention, float]:
        """What is wanted of the stick while people talk."""
        if view.holder == self._me and view.answer_due:
            return {("understood", view.turn): ANSWER_AFTER_S}
        if view.holder == self._me:
            return {("give", view.turn): self._talk_s(view)}
        if view.holder is None:
            return {} if view.rests else self._wanted_of_a_free_floor(view)
        if view.in_course:
            return {}
        if self._me in view.queue:
            behind = view.queue[view.queue.index(self._me) + 1 :]
            human_waits = any(one not in self._company for one in behind)
            return {("step-back", view.turn): STEP_BACK_AFTER_S} if human_waits else {}
        asks = self._role == "partner" and view.holder not in self._company and not view.queue
        return {("take", view.turn): ASK_AFTER_S} if asks else {}

    def _wanted_of_a_free_floor(self, view: View) -> dict[Intention, float]:
        """Take it, or chat where no stick is needed."""
        if not self._heard_by_somebody() or view.queue:
            return {}
        if view.in_course and view.mode != "open":
            return {}
        if view.mode == "open":
            return {("chat", None): math.inf} if self._role == "partner" else {}
        if self._role == "therapist":
            first = view.last_holder is None and not self._has_spoken
            return {("take", None): WORD_AFTER_S} if first else {}
        mine = view.last_holder == self._me
        return {("take", view.last_holder): TAKE_AGAIN_AFTER_S if mine else TAKE_AFTER_S}

    def _talk_s(self, view: View) -> float:
        """How long this turn is used: different from turn to turn, the same whenever it is asked."""
        if not self._heard_by_somebody():
            return HAND_OVER_ALONE_S
        if self._role == "therapist" or view.return_turn:
            return WORD_S
        return TALK_MIN_S + ((view.turn or 0) * 5 + self._number * 3) % (TALK_MAX_S - TALK_MIN_S + 1)

    def _heard_by_somebody(self) -> bool:
        """Whether anybody is there to talk to."""
        return self._at_once or bool(self._humans())

    def _humans(self) -> list[Person]:
        """Those present who are not company."""
        people = self._view.people if self._view else ()
        return [one for one in people if one.present and one.id not in self._company]

    def _command(self, intention: Intention) -> Command:
        """The message that carries an intention out."""
        kind, subject = intention
        if kind == "answer":
            return {"type": "consent", "proposal": subject, "answer": True}
        if kind == "ready":
            return {"type": "ready", "ready": True}
        if kind == "back":
            return {"type": "break.end"}
        if kind == "take":
            return {"type": "floor.request"}
        if kind in _PLAIN:
            return dict(_PLAIN[kind])
        return self._hand_over() if kind == "give" else {"type": "floor.release"}

    def _hand_over(self) -> Command:
        """Pass the stick to the human partner; with somebody in the queue, or in a return, the order goes first."""
        if self._view and not (self._view.queue or self._view.return_turn or self._view.in_course):
            for one in self._humans():
                if one.role == "partner" and one.ready:
                    return {"type": "floor.pass", "to": one.id}
        return {"type": "floor.release"}
