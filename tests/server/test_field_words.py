"""What a refused field is told: plain words for every kind of error, and nothing of Python's."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from server.field_words import OTHERWISE
from server.problems import problem_of
from server.schemas import CallChange, NewCall, RsvpAnswer, read_body

if TYPE_CHECKING:
    from server.schemas import Body

FORMATS = ("open-talk", "timed-turns")
PERSON = {"role": "partner", "name": "Ada"}
FOREIGN = re.compile(
    r"<|Rsvp|Role|[Tt]uple|[Ii]nput|[Ss]tring|pattern|dict|None|class|\^|Error|instance|\{|\}"
)


def _details(kind: type[Body], body: str | bytes) -> list[str]:
    try:
        read_body(kind, body.encode() if isinstance(body, str) else body, FORMATS)
    except ValidationError as error:
        return [each.detail for each in problem_of(error).errors]
    return []


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        (RsvpAnswer, {"answer": "perhaps"}, "This must be one of: accepted, declined or tentative."),
        (RsvpAnswer, {"answer": 3}, "This must be one of: accepted, declined or tentative."),
        (RsvpAnswer, [], "This must be a JSON object."),
        (NewCall, {}, "This field is needed."),
        (NewCall, {"participants": [3]}, "This must be a JSON object."),
        (NewCall, {"participants": {}}, "This must be a list."),
        (NewCall, {"participants": [PERSON] * 9}, "The list may have at most 8 entries."),
        (
            NewCall,
            {"participants": [{"role": "x", "name": "A"}]},
            "This must be one of: partner or therapist.",
        ),
        (
            NewCall,
            {"participants": [{**PERSON, "email": "x"}]},
            "This must be an e-mail address, such as name@example.org.",
        ),
        (CallChange, {"title": 3}, "This must be text."),
        (CallChange, {"title": " "}, "This must not be empty."),
        (CallChange, {"title": "x" * 121}, "This may have at most 120 characters."),
        (CallChange, {"title": "\0"}, "Must be one line of plain text, without control characters."),
        (CallChange, {"format": "z"}, "Must be one of open-talk, timed-turns."),
        (CallChange, {"duration_minutes": 4}, "This must be at least 5."),
        (CallChange, {"duration_minutes": 10**30}, "This may be at most 480."),
        (CallChange, {"duration_minutes": 50.5}, "This must be a whole number."),
        (CallChange, {"x": 1}, "There is no such field."),
    ],
)
def test_every_kind_of_error_has_plain_words(kind: type[Body], body: Any, words: str) -> None:
    """Each kind that a body can cause is said in a sentence of ours, with the limits and choices that hold."""
    assert _details(kind, json.dumps(body)) == [words]


NAMES = [*NewCall.model_fields, "answer", "role", "name", "email"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("x" * 300),
    lambda inner: st.lists(inner, max_size=10) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=12,
)


@given(
    body=VALUES | st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8),
    kind=st.sampled_from([NewCall, CallChange, RsvpAnswer]),
)
def test_no_body_makes_the_server_speak_python(body: Any, kind: type[Body]) -> None:
    """Whatever JSON is sent, each detail is a known sentence and names no type, class or pattern of Python's."""
    for detail in _details(kind, json.dumps(body)):
        assert not FOREIGN.search(detail)
        assert detail != OTHERWISE
        assert detail.endswith(".")
