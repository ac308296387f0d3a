"""What the core tells people beside the state itself: small events that a snapshot alone would hide."""

from collections.abc import Mapping
from dataclasses import dataclass, field

JSON = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Notice:
    """One event: a stable `code`, whom it is for (None: everyone), and its fields (flat JSON values).

    Codes: `turn.started` {turn, holder, ends_at: monotonic s, or None while the clock is stopped},
    `turn.ending` {turn, seconds: left, s}, `turn.closing` {turn, ends_at: at the latest},
    `turn.ended` {turn, holder, reason: an `EndReason`}, `phase.started` {phase, title, speaker: or None},
    `course.ended` {format}, `mirror.started` {by, ends_at}, `mirror.ended` {by, reason: done, time, answered, lost or turn},
    `mirror.answered` {by, got_it}, `rest.started` {ends_at}, `rest.ended` {}, `caucus.started` {by, with},
    `caucus.ended` {by: who ended it}, `caucus.over` {},
    `proposal.opened`, `.accepted`, `.declined`, `.expired` {proposal, kind, by, and the fields of the aim as in
    the snapshot}, `break.started`, `break.moved` {by, returns_at: monotonic s}, `break.due`, `break.ended` {},
    `distance.room` {by: who raised it or proposed the lowering, level}.
    """

    code: str
    to: str | None = None
    fields: Mapping[str, JSON] = field(default_factory=dict)
