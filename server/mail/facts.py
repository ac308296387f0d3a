"""What a letter tells about a call, as people read it: who, when in their own time, how long. Pure.

A person's name stands in letters as one line; what a call is about stands in the body, never in a header.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from media.mediation.people import Role
from server.mail.sender import one_line
from server.mail.wishes import MailKind
from server.records import Rsvp
from server.times import in_words, zone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from server.mail.letters import CallLetter
    from server.records import Call, Person

MAX_TIMES: Final = 8
"""Times of a series that a letter lists; the calendar entry has them all."""
UNNAMED: Final = "somebody whose name was erased"
_OF_THE_WHOLE_SERIES: Final = frozenset({MailKind.INVITATION, MailKind.SERIES_ENDED})


@dataclass(frozen=True, slots=True)
class Facts:
    """Sentences and parts of sentences, ready to be put into a template."""

    name: str
    title: str
    others: str
    """Everybody else, such as `Ben, with Dr Cho as therapist`."""
    times: tuple[str, ...]
    """When, in the person's own zone; of a series its next times."""
    more_times: int
    """How many more times there are."""
    call_time: str | None
    """The same moment in the zone of the call, where the clocks there show another time."""
    length: str
    is_series: bool
    """Whether the letter is about a whole series."""
    is_partner: bool
    on_the_spot: bool
    to_answer: bool
    """Whether this person's yes is still missing."""
    has_said_yes: bool
    """Whether this person has."""
    is_agreed: bool
    """Whether both partners were asked and have said yes."""
    reminder_words: str | None
    who_else: str | None = None
    """Whoever declined or proposed."""
    is_perhaps: bool = False
    """Whether whoever took back their yes has said "perhaps", and not "not now"."""
    takes_place_anyway: bool = False
    """Whether the door opens whatever was declined: a partner was not it, or nobody was asked."""
    later: str | None = None
    """How many later calls of the series the same answer was given to, such as `3 later ones`."""
    proposed_time: str | None = None
    lacks_a_partner: bool = False
    """Whether a partner had what is kept about them erased."""
    first_cancelled: str | None = None
    """From when on a series does not take place any more."""


def facts_of(letter: CallLetter, now: datetime) -> Facts:
    """Return what there is to tell at `now`."""
    call, person = letter.call, letter.person
    own_zone = person.timezone or call.timezone
    whole = call.series is not None and letter.kind in _OF_THE_WHOLE_SERIES
    told = _coming(letter.calls, now) if whole else [call]
    return Facts(
        name=one_line(person.name),
        title=one_line(call.title),
        others=_others(call, person),
        times=tuple(in_words(each.starts_at, own_zone) for each in told[:MAX_TIMES]),
        more_times=max(0, len(told) - MAX_TIMES),
        call_time=_elsewhere(told[0].starts_at, own_zone, call.timezone) if told else None,
        length=f"{call.duration_minutes} minutes",
        is_series=whole,
        is_partner=person.role is Role.PARTNER,
        on_the_spot=call.on_the_spot,
        to_answer=person.role is Role.PARTNER and not call.on_the_spot and person.rsvp is not Rsvp.ACCEPTED,
        has_said_yes=person.rsvp is Rsvp.ACCEPTED,
        is_agreed=call.is_agreed and not call.on_the_spot,
        reminder_words=None if call.reminder_words is None else " ".join(call.reminder_words.split()),
        who_else=_who_else(letter),
        is_perhaps=(who := _decliner(letter)) is not None and who.rsvp is Rsvp.TENTATIVE,
        takes_place_anyway=call.on_the_spot or _is_therapist(_decliner(letter)),
        later=_later(letter),
        proposed_time=in_words(letter.proposal.starts_at, own_zone) if letter.proposal else None,
        lacks_a_partner=any(one.erased for one in call.partners),
        first_cancelled=in_words(call.starts_at, own_zone) if letter.kind is MailKind.SERIES_ENDED else None,
    )


def _coming(calls: Sequence[Call], now: datetime) -> list[Call]:
    ahead = [call for call in calls if call.cancelled_at is None and call.ended_at is None]
    coming = [call for call in ahead if now < call.planned_end]
    return sorted(coming, key=lambda call: call.starts_at)


def _others(call: Call, person: Person) -> str:
    partners = [_name(one) for one in call.partners if one.place != person.place]
    therapists = [
        _name(one) for one in call.people if one.role is Role.THERAPIST and one.place != person.place
    ]
    words = " and ".join(partners)
    return f"{words}, with {' and '.join(therapists)} as therapist" if therapists else words


def _elsewhere(at: datetime, own_zone: str, zone_of_call: str) -> str | None:
    same = at.astimezone(zone(own_zone)).utcoffset() == at.astimezone(zone(zone_of_call)).utcoffset()
    return None if same else in_words(at, zone_of_call)


def _who_else(letter: CallLetter) -> str | None:
    if letter.kind is MailKind.DECLINED:
        who = _decliner(letter)
    elif letter.proposal is not None:
        who = letter.call.at_place(letter.proposal.place)
    else:
        return None
    if who is None:
        return None
    return UNNAMED.capitalize() if who.erased else _name(who)  # it begins a sentence


def _decliner(letter: CallLetter) -> Person | None:
    if letter.kind is not MailKind.DECLINED:
        return None
    return letter.call.at_place(int(letter.about.rpartition(":")[2]))


def _is_therapist(person: Person | None) -> bool:
    return person is not None and person.role is Role.THERAPIST


def _later(letter: CallLetter) -> str | None:
    """A series is answered for one call or for the later ones as well: who reads of it has to know which."""
    call, decliner = letter.call, _decliner(letter)
    later = [
        one
        for one in letter.calls
        if call.occurrence_at and one.occurrence_at and one.occurrence_at > call.occurrence_at
    ]
    if decliner is not None:
        alike = [one for one in later if _says(one, decliner)]
    elif letter.kind is MailKind.SETTLED:
        alike = [one for one in later if one.cancelled_at is None and one.is_agreed]
    else:
        return None
    return {0: None, 1: "one later one"}.get(len(alike), f"{len(alike)} later ones")


def _says(call: Call, decliner: Person) -> bool:
    """Whether the same person has answered the same to another call."""
    person = call.at_place(decliner.place)
    return call.cancelled_at is None and person is not None and person.rsvp is decliner.rsvp


def _name(person: Person) -> str:
    return UNNAMED if person.erased else one_line(person.name)
