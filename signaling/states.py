"""From what the core and the plane know to what people are told: names added, and the truth about a stopped media path."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from media.mediation.people import LineState
from media.mediation.plan import SILENT
from signaling.messages import ConversationMessage, NumbersMessage, WelcomeMessage
from signaling.shapes import CallState, OtherLine, OwnLine, Person, ReceiveState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from media.mediation.conversation import Snapshot
    from media.plane.interface import MediaPlane, Receive
    from signaling.calls import CallInfo, CallParticipant


def conversation_message(
    snapshot: Snapshot, names: Mapping[str, str], revision: int, now: float, *, stopped: bool
) -> ConversationMessage:
    """The whole state; while the media path is stopped nobody is said to be heard or seen."""
    state = snapshot.as_json()
    for person in state["participants"]:
        person["name"] = names[person["id"]]
    if stopped:
        for view in state["distance"]["views"]:
            view.update(_NOTHING)
    return ConversationMessage.model_validate({"revision": revision, "server_time": now, **state})


_NOTHING = {"heard": SILENT.heard, "distance": SILENT.distance, "because": ()}


def welcome_message(
    call: CallInfo,
    you: CallParticipant,
    ice_servers: tuple[Mapping[str, Any], ...],
    now: float,
    *,
    resume: str,
    media: bool,
) -> WelcomeMessage:
    """Who you are and what the call is; `resume`: the page's own word, `media`: whether it still has media."""
    state = {key: value for key, value in asdict(call).items() if key != "seats"}
    return WelcomeMessage(
        resume=resume,
        media=media,
        you=Person(**asdict(you)),
        seats=call.seats,
        ice_servers=ice_servers,
        call=CallState.model_validate(state),
        server_time=now,
    )


def receive_states(receive: Iterable[Receive]) -> tuple[ReceiveState, ...]:
    """Which m-line carries whom, for `answer` and `receive`."""
    return tuple(ReceiveState(**asdict(line)) for line in receive)


def numbers_message(
    re: str | int | None, you: str, people: Iterable[str], plane: MediaPlane
) -> NumbersMessage:
    """What the plane knows of the asker's line, and of how everybody else's media arrives; nothing of their lines down."""
    others = tuple(_other_line(person, plane) for person in people if person != you)
    return NumbersMessage(re=re, line=_own_line(you, plane), others=others)


def _own_line(you: str, plane: MediaPlane) -> OwnLine | None:
    down, up = plane.line_down(you), plane.line_up(you)
    if down is None or up is None:
        return None
    return OwnLine(
        loss=down.loss,
        jitter=down.jitter_s,
        round_trip=down.round_trip_s,
        estimate=down.estimate,
        thin=down.thin,
        loss_up=up.loss,
    )


def _other_line(person: str, plane: MediaPlane) -> OtherLine:
    up = plane.line_up(person)
    if up is None:
        return OtherLine(participant=person, line=LineState.LOST, loss=None)
    return OtherLine(participant=person, line=up.state, loss=up.loss)
