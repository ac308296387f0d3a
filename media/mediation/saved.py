"""A conversation as JSON, to be kept, and the same conversation again: after a restart the same call goes on.

Everything is kept, the running format with its words included, so that a call outlives a change of the file that its format
came from; what may be agreed on next is handed in again. Times are monotonic seconds of a clock that a restart sets anew: they
are shifted by the difference, so that whatever had so long to go still has. Whoever was there is there, and so heard, until the
room says otherwise: it knows who is still connected.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from media.mediation.conversation import Conversation
from media.mediation.formats import Formats
from media.mediation.state import State

VERSION: Final = 1
"""Of the shape below; a conversation of another shape is not guessed at."""

_STATE: Final = TypeAdapter(State)
# Wishes about a pair of people, whose keys JSON does not have.
_BY_PAIR: Final = ("outgoing_to", "incoming")


class UnreadableError(ValueError):
    """This is no conversation that this version has saved."""


def saved(state: State, revision: int, now: float) -> dict[str, Any]:
    """The whole of a conversation at `now` (monotonic s), in JSON's types. Any thread may do it: a state never changes."""
    plain: dict[str, Any] = _STATE.dump_python(state, mode="json", exclude={"formats"})
    for name in _BY_PAIR:
        pairs: Mapping[tuple[str, str], str] = getattr(state.distance, name)
        plain["distance"][name] = [[*pair, str(level)] for pair, level in pairs.items()]
    return {"version": VERSION, "revision": revision, "now": now, "state": plain}


def restored(kept: Mapping[str, Any], formats: Formats, now: float) -> Conversation:
    """The conversation that was saved, on a clock that shows `now` (monotonic s).

    `formats`: what it may be held in from now on; the one that it is held in goes on whether it is among them or not.

    Raises:
        UnreadableError: what was kept is no conversation, or one of another version.
    """
    if kept.get("version") != VERSION:
        raise UnreadableError("This was saved by another version.")
    try:
        state = _STATE.validate_python(_with_pairs(kept["state"]))
        on_this_clock = _shifted(state, now - kept["now"])
        return Conversation.going_on(replace(on_this_clock, formats=formats), kept["revision"])
    except (ValidationError, LookupError, TypeError, ValueError):
        # What a conversation holds is nobody else's to read: no cause that might repeat it.
        raise UnreadableError("This is no saved conversation.") from None


def _with_pairs(plain: Mapping[str, Any]) -> dict[str, Any]:
    """The wishes about pairs under keys that are pairs."""
    distance = dict(plain["distance"])
    for name in _BY_PAIR:
        distance[name] = {(first, second): level for first, second, level in distance[name]}
    return {**plain, "distance": distance}


def is_moment(name: str) -> bool:
    """A field of this name is a moment on the clock, not a length of time."""
    return name.endswith("_at") or name == "since"


def _shifted(value: Any, by_s: float) -> Any:
    """The same on a clock that is `by_s` seconds ahead: every moment in it, however deep."""
    if is_dataclass(value) and not isinstance(value, type):
        changed = {one.name: _moved(one.name, getattr(value, one.name), by_s) for one in fields(value)}
        return replace(value, **changed)
    if isinstance(value, tuple):
        return tuple(_shifted(one, by_s) for one in value)
    if isinstance(value, Mapping):
        return {key: _shifted(one, by_s) for key, one in value.items()}
    return value


def _moved(name: str, value: Any, by_s: float) -> Any:
    if is_moment(name):
        return None if value is None else value + by_s
    return _shifted(value, by_s)
