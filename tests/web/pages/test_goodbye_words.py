"""Whatever ends a call on a page has words there: no goodbye falls back on the server's own sentence."""

from __future__ import annotations

import re
from pathlib import Path

from signaling.farewells import Bye

SCRIPTS = Path(__file__).parents[3] / "web" / "static" / "js"
AT_THE_DOOR = {
    "ambiguous-participant",
    "unauthorised",
    "call-not-open",
    "not-agreed",
    "call-full",
    "call-unknown",
    "call-over",
    "call-cancelled",
    "too-busy",
}


def test_every_goodbye_has_words() -> None:
    """All goodbyes after which the page does not come back by itself, and all closed doors (PROTOCOL.md)."""
    closings = (SCRIPTS / "words.js").read_text().partition("const CLOSINGS = {")[2].partition("\n};")[0]
    come_again = re.search(
        r"COME_AGAIN = new Set\(\[(.*?)\]\)", (SCRIPTS / "signaling-client.js").read_text()
    )
    assert come_again is not None
    by_itself = set(re.findall(r'"([a-z-]+)"', come_again[1]))
    worded = set(re.findall(r'^  "?([a-z-]+)"?: \{', closings, re.MULTILINE))
    assert ({bye.value for bye in Bye} | AT_THE_DOOR) - by_itself - worded == set()
