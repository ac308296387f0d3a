"""Time zones as calendars need them: a VTIMEZONE (RFC 5545, 3.6.5) for every zone that an entry names.

Changes of the clock are found by looking at the zone's offsets. Where they follow a yearly rule they are written as one,
which every calendar understands; otherwise date by date.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard
from icalendar.prop import vRecur

from server.times import zone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

_STEP: Final = timedelta(days=5)
"""Shorter than any time for which clocks were ever changed and changed back."""
_YEARS_AFTER: Final = 10
"""A rule is believed that holds for as many years more than are needed."""
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class _State:
    """What the clocks of a zone show."""

    offset: timedelta
    name: str
    daylight: bool


@lru_cache(maxsize=256)
def vtimezone(name: str, first_year: int, last_year: int) -> Timezone:
    """Return the zone's component, good from the first year to the last; it is shared and must not be changed."""
    place = zone(name)
    start = datetime(first_year - 1, 1, 1, tzinfo=UTC)
    changes = list(_changes(place, start, datetime(last_year + 1 + _YEARS_AFTER, 1, 1, tzinfo=UTC)))
    component = Timezone()
    component.add("tzid", name)
    if not changes or changes[0][0].year >= first_year:
        state = _state(place, start)
        component.add_component(_observance(state, state.offset, [_local(start, state.offset)]))
    onsets: defaultdict[tuple[_State, timedelta], list[datetime]] = defaultdict(list)
    for at, before, after in changes:
        onsets[after, before.offset].append(_local(at, before.offset))
    for (state, offset_before), local in onsets.items():
        component.add_component(_observance(state, offset_before, local))
    return component


def _changes(place: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, _State, _State]]:
    """Each moment from which the clocks show something else, with what they show before and after."""
    at, before = start, _state(place, start)
    while at < end:
        following = at + _STEP
        after = _state(place, following)
        if after != before:
            yield _first_moment(place, at, following, before), before, after
        at, before = following, after


def _first_moment(place: ZoneInfo, low: datetime, high: datetime, before: _State) -> datetime:
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        low, high = (middle, high) if _state(place, middle) == before else (low, middle)
    return high


def _state(place: ZoneInfo, at: datetime) -> _State:
    there = at.astimezone(place)
    offset = there.utcoffset() or timedelta()
    return _State(offset, there.tzname() or str(offset), bool(there.dst()))


def _local(at: datetime, offset: timedelta) -> datetime:
    """An onset is written in the local time that was shown until then (RFC 5545, 3.6.5)."""
    return (at + offset).replace(tzinfo=None)


def _observance(
    state: _State, offset_before: timedelta, onsets: Sequence[datetime]
) -> TimezoneDaylight | TimezoneStandard:
    component = TimezoneDaylight() if state.daylight else TimezoneStandard()
    component.add("dtstart", onsets[0])
    component.add("tzoffsetfrom", offset_before)
    component.add("tzoffsetto", state.offset)
    component.add("tzname", state.name)
    if rule := _yearly_rule(onsets):
        component.add("rrule", vRecur.from_ical(rule))
    elif len(onsets) > 1:
        component.add("rdate", list(onsets[1:]))
    return component


def _yearly_rule(onsets: Sequence[datetime]) -> str | None:
    """Return the rule of onsets that come once a year on, say, the last Sunday of March; None where they follow none."""
    first = onsets[0]
    alike = {(each.month, each.weekday(), each.time()) for each in onsets}
    years = [each.year for each in onsets]
    if len(alike) > 1 or len(onsets) <= _YEARS_AFTER or years != list(range(first.year, years[-1] + 1)):
        return None
    from_start = {(each.day - 1) // 7 + 1 for each in onsets}
    from_end = {-((calendar.monthrange(each.year, each.month)[1] - each.day) // 7 + 1) for each in onsets}
    for places in (from_start, from_end):
        if len(places) == 1:
            return f"FREQ=YEARLY;BYMONTH={first.month};BYDAY={places.pop()}{_WEEKDAYS[first.weekday()]}"
    return None
