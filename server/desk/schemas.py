"""The desk's bodies and answers, with their limits beside the fields."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, ValidationError

from media.mediation.distance import Distance  # noqa: TC001 - pydantic reads it at run time
from media.mediation.people import Role  # noqa: TC001 - the same
from server.schemas import Answer, Body, Email, FormatName, Minutes, ReminderWords, TurnSeconds
from server.secret import MAX_TOKEN_CHARS

if TYPE_CHECKING:
    from collections.abc import Collection


class LinkWish(Body):
    """Whom to mail a sign-in link to."""

    email: Email


class SignIn(Body):
    """A mailed sign-in link's secret."""

    token: Annotated[str, Field(min_length=1, max_length=MAX_TOKEN_CHARS)]


class DeskDefaults(Body):
    """How a therapist's calls begin unless something else is said; what is left out, or null, is as usual."""

    duration_minutes: Minutes | None = None
    format: FormatName | None = None
    turn_seconds: TurnSeconds | None = None
    distance: Distance | None = None
    room_minimum: Distance | None = None
    reminder_words: ReminderWords | None = None
    """A sentence of the therapist's own for the reminders."""


class DeskDefaultsAnswer(Answer):
    """The same as it is kept."""

    duration_minutes: int | None
    format: str | None
    turn_seconds: int | None
    distance: Distance | None
    room_minimum: Distance | None
    reminder_words: str | None


class DeskAnswer(Answer):
    """A therapist's desk."""

    email: str
    defaults: DeskDefaultsAnswer
    feed_url: str
    """Secret: a calendar program that subscribes to it lists all calls that this address is invited to."""


class LinkAnswer(Answer):
    """Says nothing: a link was sent, if this is a therapist's address."""


class SignedInAnswer(Answer):
    """Says nothing: the session is in the cookie."""


class KnownPerson(Answer):
    """Somebody whom the therapist has scheduled a call for."""

    role: Role
    name: str
    email: str | None
    timezone: str | None


class CoupleAnswer(Answer):
    """The people of a couple's newest call, and how that call was set up: what the next one may begin from."""

    call_id: str
    starts_at: str
    participants: tuple[KnownPerson, ...]
    title: str
    timezone: str
    duration_minutes: int
    format: str
    turn_seconds: int
    distance: Distance
    room_minimum: Distance


class CouplesAnswer(Answer):
    """The couples of a therapist's calls, the newest call first."""

    couples: tuple[CoupleAnswer, ...]


def read_defaults(stored: str | None, formats: Collection[str]) -> DeskDefaults:
    """Return stored defaults; a format that this server no longer knows is left out, as is all that it can't read."""
    fields = json.loads(stored) if stored else {}
    if fields.get("format") not in formats:
        fields.pop("format", None)
    try:
        return DeskDefaults.model_validate_json(json.dumps(fields), context=formats)
    except ValidationError:  # limits have become narrower since
        return DeskDefaults()
