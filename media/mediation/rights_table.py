"""The table of rights as people read it: `python -m media.mediation.rights_table`, with `--write` into PROTOCOL.md.

Commands stand under the names of the messages that carry them. What no client sends (a lost line, a pause in speech) is left out.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from media.mediation import commands as c
from media.mediation.people import Phase, Role
from media.mediation.rights import RIGHTS, Needs, Right

DOCUMENT: Final = Path(__file__).parents[2] / "PROTOCOL.md"
BEGIN, END = "<!-- rights -->", "<!-- /rights -->"

MESSAGES: Final[Mapping[type, str]] = {
    c.Join: "`join`",
    c.Ready: "`ready`",
    c.MicrophoneSet: "`microphone.set`",
    c.FloorRequest: "`floor.request`",
    c.FloorRelease: "`floor.release`",
    c.FloorPass: "`floor.pass`",
    c.FloorGrant: "`floor.grant`",
    c.FloorRevoke: "`floor.revoke`",
    c.FloorExtend: "`floor.extend`",
    c.FormatSet: "`format.set`",
    c.PhaseDone: "`phase.done`",
    c.MirrorStart: "`mirror.start`",
    c.MirrorDone: "`mirror.done`",
    c.MirrorAnswer: "`mirror.answer`",
    c.CaucusStart: "`caucus.start`",
    c.CaucusEnd: "`caucus.end`",
    c.CaucusBack: "`caucus.back`",
    c.Admit: "`admit`",
    c.BreakStart: "`break.start`",
    c.BreakTime: "`break.time`",
    c.BreakEnd: "`break.end`",
    c.DistanceOutgoing: "`distance.set` `outgoing`",
    c.DistanceIncoming: "`distance.set` `incoming`",
    c.Listen: "`distance.set` `listening`",
    c.DistanceRoom: "`distance.set` `room`",
    c.Consent: "`consent`",
    c.Leave: "`leave`",
    c.End: "`end`",
}
"""By command, in the order in which PROTOCOL.md has the messages."""
NOT_SENT: Final = frozenset({c.Lost, c.Line, c.LineThin, c.SpeechPaused})
"""What the server finds out by itself."""

_PHASES: Final = (Phase.WAITING, Phase.TALKING, Phase.BREAK, Phase.CAUCUS)
_WHO: Final[Mapping[frozenset[Role], str]] = {
    frozenset(Role): "anyone",
    frozenset({Role.PARTNER}): "partners",
    frozenset({Role.THERAPIST}): "therapist",
}
_YES: Final[Mapping[Needs, str]] = {
    Needs.ONE: "one",
    Needs.BOTH: "both partners",
    Needs.MORE_ONE_LESS_BOTH: "more: one, less: both partners",
}


def table() -> str:
    """The table in Markdown, without a heading."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    columns = ("command", "who", *_PHASES, "whose yes", "only")
    yield _row(*columns)
    yield _row(*("---" for _ in columns))
    for command, name in MESSAGES.items():
        yield _of(name, RIGHTS[command])


def _of(name: str, right: Right) -> str:
    phases = ("yes" if phase in right.phases else "" for phase in _PHASES)
    return _row(name, _WHO[right.roles], *phases, _YES[right.needs], right.only)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def written_into(document: str) -> str:
    """The document with the present table between its marks.

    Raises:
        ValueError: it has no such marks.
    """
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"There is no place for the table: {BEGIN} … {END}.")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main(arguments: list[str]) -> None:
    """Print the table, or write it where it belongs."""
    if arguments == ["--write"]:
        DOCUMENT.write_text(written_into(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        sys.stdout.write(f"{table()}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
