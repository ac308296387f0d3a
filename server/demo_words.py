"""What `holdspace demo` says at the terminal: plain, calm, and complete enough to try the whole thing."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 96


@dataclass(frozen=True, slots=True)
class InvitedPerson:
    """One of the three, and the link that is theirs."""

    role: str
    link: str


def welcome(base_url: str, people: Sequence[InvitedPerson], *, with_company: bool) -> str:
    """Everything that is said once the server runs and the call is scheduled."""
    parts = [
        f"Holdspace is running at {base_url}",
        "A call for three has been scheduled for now. These are the links:",
        _links(people, with_company=with_company),
        _steps(_WITH_COMPANY if with_company else _ALONE),
        f"To schedule a call of your own, open {base_url}/",
        "Ctrl-C ends the demo. Nothing is recorded, and the calls made here are gone with it.",
    ]
    return "\n" + "\n\n".join(parts) + "\n"


def port_taken(wanted: int, found: int) -> str:
    """The default port was busy, and this one is used instead."""
    return f"Port {wanted} is in use by something else, so this demo uses port {found}."


def _links(people: Sequence[InvitedPerson], *, with_company: bool) -> str:
    """One labelled line for each link."""
    labels = [f"the other {people[1].role}", people[2].role]
    notes = [" (company sits here)" if with_company else ""] * 2
    rows = zip([f"you, a {people[0].role}", *labels], ["", *notes], people, strict=True)
    return "\n".join(f"  {label + note:<39}  {person.link}" for label, note, person in rows)


_WITH_COMPANY = (
    (
        "Open your link, the first one, in a browser. A camera and a microphone are welcome, not needed. "
        "Headphones are kind to the ears."
    ),
    (
        "Answer the two questions and press “I am here and ready”. The two others are simulated: they send a drawn "
        "picture and a wordless voice, and begin as soon as you are there."
    ),
    (
        "The therapist says a short word and hands the stick to you: now you alone are heard. Press “Give the "
        "stick back”, and the other partner speaks for a while. When the stick is free, press “Take the talking stick”."
    ),
    "Under “How I am seen” choose more distance, or propose something under “More choices”: company says yes.",
    (
        "To try another seat, open one of the other links, in a second window or on another device: "
        "whoever was simulated there makes room."
    ),
)
_ALONE = (
    (
        "Open each link in a window of its own, or on a device of its own. Camera and microphone are welcome, "
        "not needed. Headphones keep two windows from hearing each other."
    ),
    "Answer the questions and press “I am here and ready” in each. The conversation begins when both partners have.",
    "Press “Take the talking stick” in one window: that person alone is heard by the others, until the turn ends.",
    "Under “How I am seen” choose more distance, and look at it in the other windows.",
)


def _steps(steps: Sequence[str]) -> str:
    """The steps, numbered and wrapped."""
    lines = ["How to try it"]
    for number, step in enumerate(steps, start=1):
        lines.append(textwrap.fill(step, WIDTH, initial_indent=f"  {number}. ", subsequent_indent="     "))
    return "\n".join(lines)
