"""The words that the server's own pages say: how far somebody is, and why a door stays closed.

Calm, plain and truthful: they name what happened and what can be done next, never whose fault it was.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RefusalWords:
    """A closed door: what it is (heading), what it means, and what can be done next."""

    heading: str
    meaning: str
    next_step: str
    look_again: bool = False  # the page looks again by itself, for a door that opens with time
    with_detail: bool = False  # the refusal's own sentence says more than these words, and is shown
    home: str = ""  # words of a link to the first page, where that is of use


LEVELS: dict[str, str] = {
    "clear": "Clear",
    "soft": "Softened",
    "veiled": "Veiled",
    "audio-only": "Audio only",
}
"""The levels of distance, from near to far, as they are called on every page."""

LEAST: dict[str, str] = {
    "soft": "softened at the least",
    "veiled": "veiled at the least",
    "audio-only": "without a picture",
}
"""What a least distance for everyone means for everyone."""

NEEDS_OWN_LINK = RefusalWords(
    "This call needs your own link",
    "Each person comes in through a link of their own. This browser has not opened yours.",
    "Please open the link that was sent to you. If it is lost, ask the person who set up the call to set up "
    "another one: links are shown only once.",
)

REFUSALS: dict[str, RefusalWords] = {
    "unauthorised": NEEDS_OWN_LINK,
    "link-unknown": RefusalWords(
        "This link does not open a call",
        "It may be incomplete, or the call it belonged to is no longer kept.",
        "Please copy the whole link again from the message that it came in.",
    ),
    "call-unknown": RefusalWords(
        "There is no call here",
        "The address may be incomplete, or the call is no longer kept.",
        "Please open the link that was sent to you.",
    ),
    "call-not-open": RefusalWords(
        "The door is not open yet",
        "You are in the right place, and early.",
        "You can leave this page open. It looks again by itself once a minute.",
        look_again=True,
    ),
    "not-agreed": RefusalWords(
        "Not everyone has said yes yet",
        "This call takes place once both partners have said that they will come.",
        "Please open your own link to see who has answered.",
        with_detail=True,
    ),
    "call-over": RefusalWords(
        "This call is over",
        "Nobody is in it any more. Nothing of it was recorded.",
        "If you want to go on talking, another call can be set up.",
        with_detail=True,
        home="Set up another call",
    ),
    "call-cancelled": RefusalWords(
        "This call was cancelled",
        "Its door stays closed.",
        "If you did not expect this, please ask the person who set up the call.",
        with_detail=True,
    ),
    "call-full": RefusalWords(
        "Every seat is taken",
        "This call has no seat left.",
        "If a seat should be yours, please ask the person who set up the call.",
    ),
    "ambiguous-participant": RefusalWords(
        "This browser holds more than one link of this call",
        "So it can't tell which of the people you are.",
        "Please open your own link again.",
    ),
    "not-found": RefusalWords(
        "There is no such page",
        "The address may be incomplete or misspelt.",
        "If you are invited to a call, please open the link that was sent to you.",
        home="To the first page",
    ),
    "feed-unknown": RefusalWords(
        "There is no such calendar",
        "The address may be incomplete, or nothing that it listed is kept any more.",
        "Please copy the whole address again from the letter that it came in.",
    ),
    "internal": RefusalWords(
        "Something went wrong on this server",
        "It is nothing that you did. The error is noted for those who run the server.",
        "Please try again in a moment.",
    ),
    "store-unavailable": RefusalWords(
        "The server can't look up calls just now",
        "It does not reach the place where calls and links are kept.",
        "Please try again in a few seconds.",
    ),
}

OTHERWISE = RefusalWords(
    "This page can't be opened just now",
    "The server did not answer this request as usual.",
    "Please try again in a moment.",
    with_detail=True,
)


def refusal_words(code: str) -> RefusalWords:
    """Return the words for a refusal's stable code; a code unknown here gets words that give nothing away."""
    return REFUSALS.get(code, OTHERWISE)
