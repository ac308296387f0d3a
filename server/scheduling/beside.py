"""What is told of calls beside their own rows: proposals, the calls of their series, and how their letters fared."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from server.mail.reports import latest_mails
from server.records import Occurrence
from server.stored_rows import read_proposal
from server.tables import calls, proposals

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from server.mail.reports import MailReport
    from server.reading_here import Reader
    from server.records import Proposal

_OF_AN_OCCURRENCE = [calls.c[name] for name in Occurrence.__dataclass_fields__]


@dataclass(frozen=True, slots=True)
class Beside:
    """By the ids of calls and of series."""

    proposals: Mapping[str, Sequence[Proposal]]
    """The oldest first."""
    occurrences: Mapping[str, Sequence[Occurrence]]
    """In the order of their original times."""
    mails: Mapping[tuple[str, int], MailReport]
    """The newest letters, by call and place."""


async def read_beside(
    reader: Reader,
    call_ids: Collection[str],
    series_ids: Collection[str] = (),
    *,
    with_mails: bool = False,
) -> Beside:
    """Read it for these calls, and the calls of these series; nothing of it is sealed."""
    return Beside(
        await _proposals(reader, call_ids),
        {series_id: await read_occurrences(reader, series_id) for series_id in series_ids},
        await latest_mails(reader, call_ids) if with_mails else {},
    )


async def read_occurrences(reader: Reader, series_id: str) -> tuple[Occurrence, ...]:
    """Read the calls of a series in the order of their original times."""
    query = select(*_OF_AN_OCCURRENCE).where(calls.c.series_id == series_id).order_by(calls.c.occurrence_at)
    return tuple(Occurrence(**row) for row in (await reader.execute(query)).mappings())


async def _proposals(reader: Reader, call_ids: Collection[str]) -> dict[str, list[Proposal]]:
    found: defaultdict[str, list[Proposal]] = defaultdict(list)
    here: Any = proposals.c.call_id.in_(call_ids)
    query = select(proposals).where(here).order_by(proposals.c.created_at, proposals.c.id)
    for row in (await reader.execute(query)).mappings():
        found[row["call_id"]].append(read_proposal(row))
    return dict(found)
