"""Who may do what, in which phase: the one table.

Yes needs two, no needs one. What binds both partners (a format, more time, admitting, less distance, ending) waits for the yes
of both; stopping, stepping back, adding distance and leaving need one, at once. The therapist chairs the floor and is bound
by the same gates. What a command needs beyond role and phase (to hold the stick, to be there) is said in `Right.only`, and
checked where the command is carried out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from media.mediation import commands as c
from media.mediation.errors import NotInThisPhase, NotYourRight
from media.mediation.people import Phase, Role


class Needs(StrEnum):
    """Whose yes carries a command out."""

    ONE = "one"
    """The one who says it, at once."""
    BOTH = "both"
    """Both partners: it is a proposal, and who proposes has said yes if they are a partner."""
    MORE_ONE_LESS_BOTH = "more: one, less: both"
    """More protection is there at once, less is a proposal to both partners."""


ALWAYS: Final = frozenset({Phase.WAITING, Phase.TALKING, Phase.BREAK, Phase.CAUCUS})
TOGETHER: Final = frozenset({Phase.WAITING, Phase.TALKING})
TALK: Final = frozenset({Phase.TALKING})
ANYONE: Final = frozenset(Role)
PARTNERS: Final = frozenset({Role.PARTNER})
CHAIR: Final = frozenset({Role.THERAPIST})


@dataclass(frozen=True, slots=True)
class Right:
    """One row of the table."""

    roles: frozenset[Role]
    phases: frozenset[Phase]
    needs: Needs = Needs.ONE
    only: str = ""
    """What else it takes, in words for people."""


RIGHTS: Final[Mapping[type, Right]] = {
    c.Join: Right(ANYONE, ALWAYS),
    c.Leave: Right(ANYONE, ALWAYS),
    c.Lost: Right(ANYONE, ALWAYS),
    c.Line: Right(ANYONE, ALWAYS),
    c.LineThin: Right(ANYONE, ALWAYS),
    c.Ready: Right(ANYONE, ALWAYS),
    c.MicrophoneSet: Right(ANYONE, ALWAYS),
    c.SpeechPaused: Right(ANYONE, ALWAYS),
    c.FloorRequest: Right(ANYONE, TALK, only="who takes part; a partner not out of a format's course"),
    c.FloorRelease: Right(ANYONE, TALK, only="who holds the stick or waits for it"),
    c.FloorPass: Right(ANYONE, TALK, only="who holds the stick"),
    c.FloorGrant: Right(CHAIR, TALK, only="who takes part"),
    c.FloorRevoke: Right(CHAIR, TALK, only="who takes part"),
    c.FloorExtend: Right(ANYONE, TALK, Needs.BOTH, only="who holds the stick, or the therapist"),
    c.MirrorStart: Right(PARTNERS, TALK, only="the speaker, in a phase with saying back"),
    c.MirrorDone: Right(PARTNERS, TALK, only="who says back"),
    c.MirrorAnswer: Right(PARTNERS, TALK, only="the speaker"),
    c.PhaseDone: Right(PARTNERS, TALK, only="in a phase or silence that both complete"),
    c.FormatSet: Right(ANYONE, TOGETHER, Needs.BOTH),
    c.Admit: Right(PARTNERS, TALK, Needs.BOTH),
    c.DistanceOutgoing: Right(ANYONE, ALWAYS, only="for oneself"),
    c.DistanceIncoming: Right(ANYONE, ALWAYS, only="for oneself"),
    c.Listen: Right(ANYONE, ALWAYS, only="for oneself"),
    c.DistanceRoom: Right(
        ANYONE, ALWAYS, Needs.MORE_ONE_LESS_BOTH, only="less: only while waiting or talking"
    ),
    c.BreakStart: Right(ANYONE, TALK | {Phase.CAUCUS}, only="who takes part"),
    c.BreakTime: Right(
        ANYONE, frozenset({Phase.BREAK}), Needs.MORE_ONE_LESS_BOTH, only="less: an earlier return"
    ),
    c.BreakEnd: Right(PARTNERS, frozenset({Phase.BREAK}), only="the talk goes on when both have"),
    c.CaucusStart: Right(CHAIR, TOGETHER | {Phase.CAUCUS}, only="with a partner who is present and ready"),
    c.CaucusEnd: Right(ANYONE, frozenset({Phase.CAUCUS}), only="one of the two in it"),
    c.CaucusBack: Right(
        PARTNERS, frozenset({Phase.CAUCUS}), only="once it was ended; the talk goes on when both have"
    ),
    c.Consent: Right(PARTNERS, TOGETHER | {Phase.BREAK}, only="to an open proposal"),
    c.End: Right(ANYONE, TOGETHER, Needs.BOTH),
}

_WRONG_PHASE: Final[Mapping[Phase, str]] = {
    Phase.WAITING: "The conversation begins when both partners are ready.",
    Phase.TALKING: "This is not for while you talk.",
    Phase.BREAK: "Everyone has stepped back; the talk goes on when both partners are back.",
    Phase.CAUCUS: "The therapist is alone with one partner; this waits until all are together again.",
    Phase.ENDED: "The conversation has ended.",
}


def check_right(command: type, role: Role, phase: Phase) -> None:
    """Whether somebody with this role may give such a command in this phase.

    Raises:
        NotInThisPhase: not now, whoever asks.
        NotYourRight: not in this role.
    """
    right = RIGHTS[command]
    if phase not in right.phases:
        raise NotInThisPhase(_WRONG_PHASE[phase])
    if role not in right.roles:
        raise NotYourRight(_ROLE_WORDS[role])


_ROLE_WORDS: Final[Mapping[Role, str]] = {
    Role.PARTNER: "This is the therapist's to do.",
    Role.THERAPIST: "This is the two partners' to do.",
}
