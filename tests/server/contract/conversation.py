"""A client that makes up requests from the API's document, good ones and bad ones, and holds the answers against it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from server.clock import utc_now
from tests.server.contract.stage import COUPLE, TIMEOUT_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis import APIOperation, Case

    from tests.server.contract.stage import Stage

CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
KINDS: Final = ("now", "later", "series", "proposed", "cancelled")


def operations(document: dict[str, Any]) -> Iterator[APIOperation]:
    """Each operation of the document; signing out comes last, since the therapist is needed until then."""
    found = [each.ok() for each in schemathesis.openapi.from_dict(document).get_all_operations()]
    yield from sorted(found, key=lambda each: (each.method, each.path) == ("delete", "/api/v1/desk/sessions"))


def talk_about(stage: Stage, operation: APIOperation, examples: int, *, steady: bool = True) -> Counter[int]:
    """Make requests of one operation; how often each status was answered.

    `steady`: the same requests each time. Raises what schemathesis raises when an answer breaks the document.
    """
    answered: Counter[int] = Counter()
    for mode in GenerationMode:
        if mode is GenerationMode.NEGATIVE and not _can_be_wrong(operation):
            continue
        answered += _in_one_mode(stage, operation, mode, examples, steady=steady)
    return answered


def _can_be_wrong(operation: APIOperation) -> bool:
    """Whether the document says anything that a request could go against."""
    return bool(operation.body) or bool(operation.query) or bool(operation.path_parameters)


def _in_one_mode(
    stage: Stage, operation: APIOperation, mode: GenerationMode, examples: int, *, steady: bool
) -> Counter[int]:
    answered: Counter[int] = Counter()

    @settings(
        max_examples=examples,
        derandomize=steady,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def make_requests(case: Case, data: st.DataObject) -> None:
        call = stage.call(data.draw(st.sampled_from(KINDS)))
        if data.draw(st.integers(0, 9)):
            _aim(case, stage, call)
        if mode is GenerationMode.POSITIVE and data.draw(st.integers(0, 3)):
            _groom(case, stage, call)
        # Rights are shown on purpose, not made up; a wrong `as` is one of them.
        case.cookies = {}
        case.headers.pop("Authorization", None)
        headers = data.draw(_rights(stage, call, operation))
        response = case.call(base_url=stage.url, headers=headers, timeout=TIMEOUT_S)
        answered[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    make_requests()
    return answered


def _rights(stage: Stage, call: dict[str, Any], operation: APIOperation) -> st.SearchStrategy[dict[str, str]]:
    """Mostly a right that the document asks for; sometimes any or none."""
    named = {name for way in operation.definition.raw.get("security", ()) for name in way}
    known = stage.rights(call)
    fitting = [headers for kind, headers in known if kind in named]
    anybody = [headers for _, headers in known]
    return st.sampled_from([*fitting, *fitting, *fitting, *anybody])


def _aim(case: Case, stage: Stage, call: dict[str, Any]) -> None:
    """At a call that there is, and a feed."""
    there = {"id": call["id"], "proposal": call.get("proposal", "0" * 16), "secret": stage.feed}
    case.path_parameters |= {name: there[name] for name in there.keys() & case.path_parameters.keys()}


def _groom(case: Case, stage: Stage, call: dict[str, Any]) -> None:
    """Make sense of what no schema can say: times that lie ahead, zones that there are, two partners, people of the call."""
    if case.media_type == "text/calendar":
        case.body = stage.reply(call)
    if not isinstance(case.body, dict):
        return
    soon = utc_now() + timedelta(days=40)
    sensible: dict[str, Any] = {
        "participants": COUPLE,
        "starts_at": f"{soon:%Y-%m-%dT%H:%M}",
        "timezone": "Europe/Berlin",
        "participant": call["participants"][0]["id"],
        "recurrence": {"interval": 2, "count": 3},
        "title": "A talk",
        "reminder_words": "Breathe.",
        "format": "open-talk",
    }
    case.body |= {name: value for name, value in sensible.items() if case.body.get(name) is not None}
    if "participants" in case.body:
        case.body |= {name: sensible[name] for name in ("starts_at", "timezone")}
