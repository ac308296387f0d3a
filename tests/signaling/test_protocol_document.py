"""PROTOCOL.md is the public contract: whatever the code can say, it describes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from media.mediation.breaks import DEFAULT_BREAK_S, MAX_BREAK_S, MIN_BREAK_S, MIN_NOT_YET_S
from media.mediation.errors import MediationError
from media.mediation.floor import LONG_GRACE_S, RETURN_TURN_S, SHORT_GRACE_S, SHORT_GRACE_UP_TO_S, EndReason
from media.plane.pause_ear import PAUSE_S
from signaling import limits
from signaling.errors import SignalingError
from signaling.farewells import Bye, farewell, refusal
from signaling.lobby import MAX_UNJOINED
from signaling.messages import (
    CLIENT_MESSAGES,
    MAX_MESSAGE_BYTES,
    SERVER_MESSAGES,
    ClientMessage,
    ConversationMessage,
)
from signaling.settings import SignalingSettings

DOCUMENT = (Path(__file__).parents[2] / "PROTOCOL.md").read_text(encoding="utf-8")
DOORS = {"ambiguous-participant": 400, "unauthorised": 401, "call-not-open": 403, "call-full": 403}
MORE_DOORS = {
    "not-agreed": 403,
    "call-unknown": 404,
    "call-over": 410,
    "call-cancelled": 410,
    "too-busy": 503,
}


def rows(heading: str) -> dict[str, list[str]]:
    """The tables under a heading: each name of the first column, with its row's other cells."""
    section = re.split(r"^##+ ", DOCUMENT.split(f"# {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    table: dict[str, list[str]] = {}
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        for name in re.findall(r"`([^`]+)`", cells[0]) if line.startswith("|") else []:
            table[name] = cells[1:]
    return table


def leaves(kind: type[Exception]) -> set[str]:
    """The codes of an error tree's ends."""
    below = kind.__subclasses__()
    return set().union(*(leaves(one) for one in below)) if below else {kind.code}  # type: ignore[attr-defined]


def fields_of(model: type[ClientMessage]) -> set[str]:
    """What a message has beside its type and id."""
    return {info.alias or name for name, info in model.model_fields.items()} - {"type", "id"}


@pytest.mark.parametrize("kind", CLIENT_MESSAGES)
def test_every_client_message_and_field_is_documented(kind: str) -> None:
    """Each message that the server takes has a row that names each of its fields."""
    row = " ".join(rows("Client → server")[kind])
    assert {name for name in fields_of(CLIENT_MESSAGES[kind]) if f"`{name}`" not in row} == set()


def test_no_other_client_message_is_documented() -> None:
    """The table promises no message that the server does not take."""
    assert set(rows("Client → server")) == set(CLIENT_MESSAGES)


def test_every_server_message_and_field_is_documented() -> None:
    """Each message that the server sends has a row; its fields stand there or in the section on the state."""
    table = rows("Server → client")
    assert set(table) == {model.model_fields["type"].default for model in SERVER_MESSAGES}
    for model in SERVER_MESSAGES:
        name = model.model_fields["type"].default
        shown = table[name][0] if model is not ConversationMessage else DOCUMENT
        for field, info in model.model_fields.items():
            wanted = info.alias or field
            assert field == "type" or re.search(rf"\b{wanted}\b", shown), (name, wanted)


def test_every_error_code_is_documented() -> None:
    """Each code of the trees of signaling and the core stands in the table of errors."""
    assert leaves(SignalingError) | leaves(MediationError) <= set(rows("Errors"))


def test_every_offer_code_is_documented() -> None:
    """The plane's refusals of an offer stand in the table of errors."""
    codes = {"sdp-invalid", "sdp-too-large", "sdp-no-audio", "join-timeout", "too-busy"}
    assert codes <= set(rows("Errors"))


@pytest.mark.parametrize(("code", "status"), [*DOORS.items(), *MORE_DOORS.items()])
def test_every_door_code_is_documented_with_its_close_code(code: str, status: int) -> None:
    """A closed door's code stands beside the close code that is really used."""
    assert rows("Errors")[code][0] == str(refusal(code, "", status)[1])


@pytest.mark.parametrize("bye", Bye)
def test_every_goodbye_is_documented_with_its_close_code(bye: Bye) -> None:
    """Each `bye` code stands beside the close code that is really used."""
    assert rows("Goodbyes")[bye][0] == str(farewell(bye)[1])


def test_every_notice_is_documented() -> None:
    """The notices of core, plane and room, and the reasons for a turn's end, stand there."""
    notices = rows("Notices")
    turns = {"turn.started", "turn.ending", "turn.closing", "turn.ended"}
    proposals = {f"proposal.{what}" for what in ("opened", "accepted", "declined", "expired")}
    breaks = {f"break.{what}" for what in ("started", "moved", "due", "ended")}
    course = {"phase.started", "course.ended", "mirror.started", "mirror.ended", "mirror.answered"}
    course |= {"rest.started", "rest.ended", "caucus.started", "caucus.ended", "caucus.over"}
    assert turns | proposals | breaks | course | {"distance.room", "media.stopped", "line.slow"} <= set(
        notices
    )
    assert all(f"`{reason.value}`" in notices["turn.ended"][1] for reason in EndReason)


def test_the_example_state_is_one() -> None:
    """The example of a whole state passes the server's own model, every key included."""
    example = re.search(r'```json\n(\{"type": "conversation".*?)```', DOCUMENT, re.DOTALL)
    assert example is not None
    assert ConversationMessage.model_validate_json(example[1]).model_dump(
        mode="json", by_alias=True
    ) == json.loads(example[1])


def test_the_limits_are_the_documented_ones() -> None:
    """The numbers in the text are the numbers in the code."""
    settings = SignalingSettings()
    assert f"more than {limits.MAX_MESSAGES} messages in 5 s, {limits.MAX_OFFERS} offers" in DOCUMENT
    assert f"more than {limits.FLOODING_MESSAGES} messages in 5 s" in DOCUMENT
    assert f"more than {settings.max_outgoing} messages waited" in DOCUMENT
    assert f"no `join` within {settings.join_s:.0f} s" in DOCUMENT
    assert f"{settings.replace_s:.0f} s after the\nreplacement" in DOCUMENT
    assert f"the server keeps the latest {settings.max_kept}\nin memory" in DOCUMENT
    assert f"at most once in {limits.NOTICE_SPACING_S:.0f} s" in DOCUMENT


def test_the_times_of_a_turns_end_are_the_documented_ones() -> None:
    """The graces, and how long a pause is."""
    text = re.sub(r"\s+", " ", DOCUMENT)
    assert (
        f"({SHORT_GRACE_S:.0f} s after the end of a turn of at most {SHORT_GRACE_UP_TO_S // 60:.0f} minutes"
        in text
    )
    assert f"else {LONG_GRACE_S:.0f} s)" in text
    assert f"A pause is {PAUSE_S} s" in text


def test_the_times_of_a_break_are_the_documented_ones() -> None:
    """The least and the longest break, and the short turns after it."""
    table = rows("Client → server")
    assert f"{MIN_BREAK_S} to {MAX_BREAK_S}; {DEFAULT_BREAK_S}" in table["break.start"][0]
    assert f"{MIN_NOT_YET_S} to {MAX_BREAK_S}" in table["break.time"][0]
    assert f"one turn of {RETURN_TURN_S} s" in DOCUMENT
    assert f"less than {MIN_BREAK_S // 60} minutes after the beginning" in DOCUMENT


def test_the_table_of_limits_is_true() -> None:
    """Each row's number is the one in the code."""
    table = {
        cells[0]: cells[1]
        for line in DOCUMENT.split("### Limits\n\n")[1].split("\n\n")[0].splitlines()[2:]
        if (cells := [cell.strip() for cell in line.strip("|").split("|")])
    }
    settings = SignalingSettings()
    assert list(table.values()) == [
        f"{MAX_MESSAGE_BYTES // 1024} KiB",
        f"{limits.MAX_MESSAGES} in 5 s; {limits.FLOODING_MESSAGES} in 5 s",
        f"one at a time, {limits.MAX_OFFERS} in a minute",
        f"{MAX_UNJOINED}, for {settings.join_s:.0f} s each",
        str(settings.max_outgoing),
        str(settings.max_strangers),
        str(settings.max_rooms),
    ]
