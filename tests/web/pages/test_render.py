"""The pages as HTML: hostile names stay text, nothing inline runs, and every closed door has words."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from inspect import getdoc
from pathlib import Path
from typing import Any

import pytest

import web.pages as pages_module
from media.formats.folders import shipped
from media.mediation.distance import Distance
from media.mediation.formats import FloorRule, Format
from media.mediation.people import Role
from signaling.calls import CallInfo, CallParticipant, DoorRefusedError
from signaling.farewells import Bye
from web.closed_door import ClosedDoorError, Moment
from web.pages import render_call, render_once_more, render_refusal
from web.scheduling_pages import (
    render_desk,
    render_desk_enter,
    render_invitation,
    render_manage,
    render_schedule,
)
from web.site import Site
from web.words import LEAST, LEVELS, OTHERWISE, REFUSALS, refusal_words

STATIC = Path(pages_module.__file__).parent / "static"
HOSTILE = "</script><img src=x onerror=alert(1)>\"'&{{7*7}}\u2028"
CODES = sorted(set(re.findall(r"`([a-z-]+)` \d{3}", getdoc(DoorRefusedError) or "")))


STARTS = Moment("2026-12-06T19:00:00+01:00", "Sunday, 6 December 2026, 19:00 (Europe/Berlin)")
OPENS = Moment("2026-12-06T18:50:00+01:00", "Sunday, 6 December 2026, 18:50 (Europe/Berlin)")


def _call(name: str = "Anna", title: str = "Sunday talk") -> CallInfo:
    people = (CallParticipant("a", Role.PARTNER, name), CallParticipant("b", Role.PARTNER, "Ben"))
    return CallInfo("c1", title, "open", "2026-12-06T19:00:00+01:00", 50, "timed-turns", 180, 3, people)


class _Reader(HTMLParser):
    """Collects what the security policy forbids, the text, and the page's data."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.refers: list[str] = []
        self.text = ""
        self.data = ""
        self._script: dict[str, str | None] | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note tags, ids, references and whatever runs or styles inline."""
        given = dict(attrs)
        self.tags.append(tag)
        self.ids += [given["id"] or ""] if "id" in given else []
        for name in ("for", "aria-describedby", "aria-labelledby", "aria-controls"):
            self.refers += (given.get(name) or "").split()
        self.faults += [f"{tag} {name}" for name in given if name.startswith("on") or name == "style"]
        self.faults += [tag] if tag == "style" else []
        for address in filter(None, (given.get("src"), given.get("href"))):
            self.faults += [address] if not address.startswith("/") else []
        self._script = given if tag == "script" else None

    def handle_endtag(self, tag: str) -> None:
        """A script has ended."""
        self._script = None if tag == "script" else self._script

    def handle_data(self, data: str) -> None:
        """Text, or the inside of a script, which only data may have."""
        if self._script is None:
            self.text += data
        elif self._script.get("type") == "application/json":
            self.data += data
        elif data.strip():
            self.faults.append("inline script")


def _early(title: str = "Sunday talk") -> ClosedDoorError:
    return ClosedDoorError("call-not-open", "raw", 403, _call(title=title), starts=STARTS, opens=OPENS)


PAGES = {
    "schedule": lambda: render_schedule(Site("http://x", organizer_key_needed=True, open_scheduling=False)),
    "schedule at the desk": lambda: render_schedule(Site("http://x"), at_desk=True),
    "no scheduling": lambda: render_schedule(Site("http://x", open_scheduling=False)),
    "invitation": lambda: render_invitation(_early()),
    "manage": lambda: render_manage(Site("http://x", sends_mail=False)),
    "desk": lambda: render_desk(Site("http://x")),
    "desk enter": lambda: render_desk_enter(Site("http://x")),
    "call": lambda: render_call(_call(), "a"),
    "refusal": lambda: render_refusal("call-over", "", 410, _call(), starts=STARTS).text,
    "not found": lambda: render_refusal("not-found", "", 404).text,
    "once more": lambda: render_once_more("/calls/c1?again=1").text,
}


@pytest.mark.parametrize("page", PAGES)
def test_nothing_inline_and_nothing_from_elsewhere(page: str) -> None:
    """No page carries inline script, style or handlers, or loads from another origin."""
    assert _Reader(PAGES[page]()).faults == []


@pytest.mark.parametrize("page", PAGES)
def test_ids_are_unique_and_references_lead_somewhere(page: str) -> None:
    """Labels and descriptions name elements that exist, once each."""
    reader = _Reader(PAGES[page]())
    assert len(reader.ids) == len(set(reader.ids))
    assert set(reader.refers) <= set(reader.ids)


def test_hostile_names_and_titles_stay_text() -> None:
    """A name or title with markup makes no element, on the call page and on a refusal."""
    call = _call(HOSTILE, HOSTILE)
    page = _Reader(render_call(call, "a"))
    assert "img" not in page.tags
    assert HOSTILE in page.text
    assert "img" not in _Reader(render_invitation(_early(HOSTILE))).tags
    refused = _Reader(render_refusal(HOSTILE, HOSTILE, 403, call).text or "")
    assert "img" not in refused.tags
    assert refused.text.count(HOSTILE) == 2


def test_the_call_page_hands_its_data_over_whole() -> None:
    """The data block survives hostile names and says who I am and who takes part."""
    data: dict[str, Any] = json.loads(_Reader(render_call(_call(HOSTILE), "a")).data)
    assert data["me"] == {"id": "a", "role": "partner", "name": HOSTILE}
    assert [p["id"] for p in data["call"]["participants"]] == ["a", "b"]


@pytest.mark.parametrize("code", CODES)
def test_every_refusal_code_has_words_of_its_own(code: str) -> None:
    """Each code that the door may give has a heading, a meaning and a next step."""
    words = refusal_words(code)
    assert words is not OTHERWISE
    assert all((words.heading, words.meaning, words.next_step))
    assert words.heading in _Reader(render_refusal(code, "", 403).text or "").text


def test_the_list_of_codes_was_read() -> None:
    """The codes come from the door's own docstring; reading none would prove nothing."""
    assert (
        {"unauthorised", "call-unknown", "call-not-open", "ambiguous-participant"}
        <= set(CODES)
        <= set(REFUSALS)
    )


def test_an_unknown_code_gives_nothing_away() -> None:
    """A code without words gets the plain page, never a traceback."""
    response = render_refusal("never-heard-of", "", 403)
    assert response.status == 403
    assert OTHERWISE.heading in _Reader(response.text or "").text


def test_times_are_words_with_their_zone() -> None:
    """Without a script a page shows both moments in words and names their zone; the exact ones are for the script."""
    reader = _Reader(render_invitation(_early()))
    assert STARTS.words in reader.text
    assert f"The door opens on {OPENS.words}." in reader.text
    assert "+01:00" not in reader.text
    assert "raw" not in reader.text


def test_a_call_that_is_over_tells_its_own_reason() -> None:
    """The door's sentence is shown, and nothing on the page claims that time had passed when two people ended it."""
    text = _Reader(render_refusal("call-over", "You ended this call together.", 410).text or "").text
    assert "You ended this call together." in text
    assert "time has passed" not in text


@pytest.mark.parametrize("code", ["not-found", "internal", "store-unavailable"])
def test_what_goes_wrong_outside_calls_has_words(code: str) -> None:
    """A wrong address, a mistake of ours and a lost store are told apart, and none speaks of a closed door."""
    assert refusal_words(code) is not OTHERWISE
    text = _Reader(render_refusal(code, "", 500).text or "").text
    assert "door" not in text


def test_a_wrong_address_leads_home() -> None:
    """The page for an unknown address has a link to the first page, beside the masthead's."""
    assert (render_refusal("not-found", "", 404).text or "").count('href="/"') == 2


def test_the_call_page_knows_of_another_page() -> None:
    """The data say `elsewhere`, and no when nobody was asked."""
    told = [
        json.loads(_Reader(html).data)["elsewhere"]
        for html in (render_call(_call(), "a"), render_call(_call(), "a", elsewhere=True))
    ]
    assert told == [False, True]


def test_only_a_door_that_opens_with_time_looks_again() -> None:
    """The page looks again for a call that is not open yet, and for no other reason."""
    looking = [code for code in REFUSALS if "look-again.js" in (render_refusal(code, "", 403).text or "")]
    assert looking == ["call-not-open"]


def test_where_nobody_may_set_up_a_call_the_page_says_so() -> None:
    """No form that could only fail: kind words, and the way to the desk where there is one."""
    with_desk, without = (
        render_schedule(Site("http://x", open_scheduling=False, has_desk=there)) for there in (True, False)
    )
    assert "schedule" not in _Reader(with_desk).ids
    assert ('href="/desk"' in with_desk, 'href="/desk"' in without) == (True, False)
    assert "schedule" in _Reader(render_schedule(Site("http://x"))).ids


def test_a_desk_that_nobody_has_promises_no_link() -> None:
    """On a server that names no therapists no address is asked for, and whoever runs it reads what is missing."""
    there, nobody = (
        render_desk(Site("http://x", has_desk=there, sends_mail=False)) for there in (True, False)
    )
    assert ("HOLDSPACE_THERAPISTS" in there, "HOLDSPACE_THERAPISTS" in nobody) == (False, True)
    assert ('<form id="sign-in" novalidate hidden>' in nobody, "outbox" in nobody) == (True, False)


def test_the_organizer_key_is_asked_for_only_where_it_is_needed() -> None:
    """There is a field for the key exactly when the site needs one."""
    assert "organizer-key" in _Reader(render_schedule(Site("http://x", organizer_key_needed=True))).ids
    assert "organizer-key" not in _Reader(render_schedule(Site("http://x"))).ids


def test_every_format_but_the_closing_can_be_scheduled() -> None:
    """The schedule page offers what a call can begin with, each with the length of turns that is usual in it."""
    html = render_schedule(Site("http://x"))
    offered = dict(re.findall(r'name="format" value="([a-z-]+)" data-turn-seconds="(\d+)"', html))
    assert list(offered) == [name for name in shipped() if name != "closing"]
    lengths = set(re.findall(r'name="turn" value="(\d+)"', html))
    assert {"180", "300", "600"} | set(offered.values()) == lengths
    assert html.count("It needs a therapist.") == 1


def test_the_call_page_knows_the_formats_of_this_server() -> None:
    """An operator's own format reaches the page's modules with all that they tell of it; its words stay text."""
    own = Format("own", FloorRule.TURNS, HOSTILE, "A sentence.", "A source", 240, 30)
    data = json.loads(_Reader(render_call(_call(), "a", formats={"own": own})).data)
    assert data["formats"] == [
        {
            "id": "own", "name": HOSTILE, "sentence": "A sentence.", "source": "A source", "turn_seconds": 240,
            "rest_seconds": 30, "floor": "turns", "then": "open", "needs_therapist": False, "phases": [],
        }
    ]  # fmt: skip
    page = _Reader(render_schedule(Site("http://x", formats={"own": own})))
    assert "img" not in page.tags
    assert HOSTILE in page.text


def test_the_call_page_is_told_of_phases() -> None:
    """In order, with who speaks, for how long, and whether it is said back."""
    data = json.loads(_Reader(render_call(_call(), "a")).data)
    [five] = [form for form in data["formats"] if form["id"] == "five-five-five"]
    assert [(p["title"], p["floor"], p["speaker"], p["seconds"]) for p in five["phases"]] == [
        ("Five minutes each", "turn", "each", 300),
        ("Five minutes together", "open", None, 300),
    ]
    assert "closing" in [form["id"] for form in data["formats"]]


def test_the_page_has_words_for_every_goodbye() -> None:
    """Each goodbye after which the page does not come back by itself, and each refusal, has words in words.js."""
    known = set(
        re.findall(
            r'^  "?([a-z-]+)"?: \{\s*(?:heading|$)', (STATIC / "js/words.js").read_text(), re.MULTILINE
        )
    )
    comes_again = {Bye.DRAINING, Bye.CHANGED, Bye.FAILED, Bye.SLOW, Bye.JOIN_EXPECTED}
    assert {str(bye) for bye in set(Bye) - comes_again} | set(CODES) <= known


@pytest.mark.parametrize("file", sorted(STATIC.rglob("*.js")), ids=lambda file: file.name)
def test_modules_never_parse_text_as_html(file: Path) -> None:
    """No module uses an interface that turns text into elements or code."""
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", file.read_text()
    )


def test_nothing_is_called_what_it_is_not() -> None:
    """Pages never promise privacy or anonymity: blur is neither."""
    texts = [*STATIC.rglob("*.js"), *(STATIC.parent / "templates").glob("*.html")]
    assert not [f.name for f in texts if re.search(r"\b(private|anonym)", f.read_text(), re.IGNORECASE)]


def _palettes() -> dict[str, dict[str, str]]:
    css = (STATIC / "css/base.css").read_text()
    light, dark = (
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", part)) for part in css.split("@media", 2)[:2]
    )
    return {"light": light, "dark": {**light, **dark}}


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


PAIRS = [
    *(
        (text, ground, 4.5)
        for text in ("text", "quiet")
        for ground in ("ground", "sheet", "sunken", "accent-soft")
    ),
    ("text", "warm-soft", 4.5),
    ("warm", "sheet", 4.5),
    ("warm", "ground", 4.5),
    ("accent-text", "accent", 4.5),
    ("accent", "ground", 4.5),
    ("edge", "sheet", 3.0),
    ("edge", "ground", 3.0),
    ("accent", "sheet", 3.0),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_contrast_is_enough(scheme: str, front: str, back: str, least: float) -> None:
    """Every pair of colours that the styles put together reaches AA (WCAG 1.4.3, 1.4.11)."""
    palette = _palettes()[scheme]
    assert _contrast(palette[front], palette[back]) >= least


def test_the_check_starts_as_the_call_was_scheduled() -> None:
    """The level that the call begins with is chosen at the check, and a least for everyone is said."""
    call = replace(_call(), distance=Distance.SOFT, room_minimum=Distance.VEILED)
    html = render_call(call, "a")
    assert re.findall(r'value="([a-z-]+)" checked', html) == ["soft", "soft"]
    assert "In this call everyone is veiled at the least" in html
    assert "In this call everyone" not in render_call(_call(), "a")
    assert json.loads(_Reader(html).data)["call"]["distance"] == "soft"


def test_every_level_has_a_name() -> None:
    """The pages can name each distance, and each least that is one."""
    assert list(LEVELS) == list(Distance)
    assert list(LEAST) == list(Distance)[1:]
