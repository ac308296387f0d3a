"""Rows of the tables as records and back: what is personal is sealed on the way in and opened on the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from media.mediation.people import Role
from server.records import ERASED_NAME, Call, Person, Proposal, ProposalState, Rsvp, Series
from server.secret import Pii, token_hash
from server.tables import calls

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from server.sealing import Sealer

    Row = Mapping[Any, Any]

SEALED_OF_A_CALL = frozenset({"title", "reminder_words"})
_OWN_COLUMNS = {"data_key", "series_id", *SEALED_OF_A_CALL}
_PLAIN_OF_A_CALL = tuple(column.name for column in calls.columns if column.name not in _OWN_COLUMNS)


def read_call(sealer: Sealer, row: Row, people: Sequence[Row], series: Row | None) -> Call:
    """Return a call out of its row, those of its people in their order, and that of its series."""
    opened = _opener(sealer, row)
    return Call(
        **{name: row[name] for name in _PLAIN_OF_A_CALL},
        title=opened("title") or ERASED_NAME,
        reminder_words=opened("reminder_words"),
        series=None if series is None else Series(**series),
        people=tuple(_read_person(sealer, each) for each in people),
    )


def call_row(sealer: Sealer, call: Call) -> dict[str, Any]:
    """Return a new call's row, with a key of its own."""
    key = sealer.new_key()
    return {
        **{name: getattr(call, name) for name in _PLAIN_OF_A_CALL},
        "data_key": key,
        "series_id": call.series.id if call.series else None,
        **{name: _sealed(sealer, key, getattr(call, name)) for name in SEALED_OF_A_CALL},
    }


def person_row(sealer: Sealer, call: Call, person: Person) -> dict[str, Any]:
    """Return a new participant's row, with a key of its own."""
    key = sealer.new_key()
    address = sealer.address_hash(person.email) if person.email else None
    return {
        "id": person.id,
        "call_id": call.id,
        "place": person.place,
        "data_key": key,
        "role": person.role.value,
        "name": _sealed(sealer, key, person.name),
        "email": _sealed(sealer, key, person.email),
        "token": _sealed(sealer, key, person.token.value if person.token else None),
        "timezone": person.timezone,
        "rsvp": person.rsvp.value,
        "answered_at": person.answered_at,
        "token_hash": person.token_hash,
        "address_hash": address,
        "feed_hash": token_hash(sealer.feed_token(address or person.token_hash)),
    }


def read_proposal(row: Row) -> Proposal:
    """Return a proposal out of its row."""
    return Proposal(
        **{
            **row,
            "state": ProposalState(row["state"]),
            "agreed": frozenset(map(int, filter(None, row["agreed"].split(",")))),
        }
    )


def proposal_row(proposal: Proposal) -> dict[str, Any]:
    """Return a proposal's row."""
    names = ("id", "call_id", "place", "starts_at", "timezone", "created_at", "changed_at")
    agreed = ",".join(map(str, sorted(proposal.agreed)))
    return {
        **{name: getattr(proposal, name) for name in names},
        "state": proposal.state.value,
        "agreed": agreed,
    }


def seal_for(sealer: Sealer, key: bytes | None, text: str | None) -> bytes | None:
    """Seal a value with the key of its row; nothing can be written into a row whose key is destroyed."""
    return None if key is None else _sealed(sealer, key, text)


def _read_person(sealer: Sealer, row: Row) -> Person:
    opened = _opener(sealer, row)
    token = opened("token")
    return Person(
        id=row["id"],
        place=row["place"],
        role=Role(row["role"]),
        name=opened("name") or ERASED_NAME,
        email=opened("email"),
        rsvp=Rsvp(row["rsvp"]),
        token_hash=row["token_hash"],
        token=None if token is None else Pii(token),
        timezone=row["timezone"],
        answered_at=row["answered_at"],
        erased=row["data_key"] is None,
    )


def _sealed(sealer: Sealer, key: bytes, text: str | None) -> bytes | None:
    return None if text is None else sealer.seal(key, text)


def _opener(sealer: Sealer, row: Row) -> Callable[[str], str | None]:
    """What opens the columns of one row by their names; without a key there is nothing in them."""
    key = row["data_key"]
    if key is None:
        return lambda _name: None
    opened = sealer.opener(key)
    return lambda name: None if row[name] is None else opened(row[name])
