"""Writes letters: plain text and HTML from templates, and a calendar entry where the letter is about a time.

Subject, preview and first lines say that there is an appointment and nothing more: others may see the screen. Nothing is loaded
from anywhere, and nothing tells us whether a letter was read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from server.mail.entry import calendar_part
from server.mail.facts import facts_of
from server.mail.letters import NEWS, REMINDERS, CallLetter
from server.mail.sender import envelope_address, mail_domain
from server.mail.wishes import MailKind

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from server.mail.facts import Facts
    from server.mail.letters import Claim, SignInLetter

OPENING: Final = (
    "This is a letter about an appointment. What it is about stands further down, "
    "so that nobody reads it by chance in passing."
)
SIGN_IN_OPENING: Final = (
    "This letter has a link that was asked for with this address. What it opens stands further down, "
    "so that nobody reads it by chance in passing."
)
UNEXPECTED: Final = (
    "If you did not expect this letter, you can leave it unanswered: nothing happens by that. Somebody set up this "
    "appointment with your address, at the server that is named below."
)
LINK_NOTE: Final = "This link is yours alone: whoever has it comes in as you, so please don't pass it on."
CALENDAR_NOTE: Final = (
    "The calendar entry in this letter fits into your own calendar. Please answer by your link above: what is "
    "answered from a calendar, or to this letter, may not be read."
)
ENTRY_NOTE: Final = (
    "The calendar entry in this letter fits into your own calendar. It needs no answer: what is answered from a "
    "calendar, or to this letter, may not be read."
)
"""For somebody who has said yes."""
FILE_NAME: Final = "appointment.ics"
_POLICY: Final = SMTP.clone(cte_type="7bit")
"""Also a mail server that takes ASCII alone gets it through."""

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(("html",), disabled_extensions=("txt",), default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A finished letter with its envelope."""

    mail_id: str
    topic: str
    """What it is about, for the name of a file: a call's id, or `sign-in`."""
    sender: str
    recipient: str = field(repr=False)
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Action:
    """The one thing to do, and where."""

    label: str
    link: str


class Composer:
    """Writes the letters of one server.

    Args:
        base_url: where people reach it.
        sender: whom letters come from.
        subject: of every letter and calendar entry.
        door_before: how long before a call its door opens.
    """

    def __init__(self, *, base_url: str, sender: Address, subject: str, door_before: timedelta) -> None:
        self._base_url = base_url
        self._sender = sender
        self._subject = subject
        self._door_before = door_before

    def compose(self, claim: Claim, now: datetime) -> Outgoing:
        """Write a letter. Blocking, for some milliseconds. Raises ValueError for an address that can't be written to."""
        letter = claim.letter
        if isinstance(letter, CallLetter):
            facts = facts_of(letter, now)
            message = self._message(claim.mail_id, letter.person.email or "", now)
            self._write_call_letter(message, letter, facts, now)
            topic = letter.call.id
        else:
            message = self._message(claim.mail_id, letter.email, now)
            self._write_sign_in(message, letter)
            topic = "sign-in"
        recipient = message["To"].addresses[0].addr_spec
        return Outgoing(claim.mail_id, topic, self._sender.addr_spec, recipient, message.as_bytes())

    def _message(self, mail_id: str, email: str, now: datetime) -> EmailMessage:
        user, _, domain = envelope_address(email).rpartition("@")
        message = EmailMessage(policy=_POLICY)
        message["From"] = self._sender
        message["To"] = Address("", user, domain)
        message["Subject"] = self._subject
        message["Date"] = now
        # The same on every attempt: who gets a letter twice after all is shown it once.
        message["Message-ID"] = f"<{mail_id}@{mail_domain(self._base_url)}>"
        message["Auto-Submitted"] = "auto-generated"
        return message

    def _write_call_letter(
        self, message: EmailMessage, letter: CallLetter, facts: Facts, now: datetime
    ) -> None:
        link = self._own_link(letter)
        with_entry = letter.kind in NEWS
        nothing_to_do = letter.kind is MailKind.CANCELLED or not facts.times
        action = (
            None
            if link is None or nothing_to_do
            else Action(_label(letter.kind, facts), link + _meant(letter, facts))
        )
        self._write(
            message,
            opening=(f"Hello {facts.name},", OPENING),
            words=_words(
                letter.kind,
                f=facts,
                door_opens=_door_opens(self._door_before),
                door_is_shut=letter.call.began_at is None and now < letter.call.starts_at - self._door_before,
            ),
            quoted=facts.reminder_words if letter.kind in REMINDERS else None,
            rows=_rows(facts),
            action=action,
            notes=[] if action is None else [LINK_NOTE, *([_entry_note(facts)] if with_entry else ())],
            closing=UNEXPECTED,
            feed=f"webcal://{urlsplit(self._base_url).netloc}/feeds/{letter.feed.value}.ics",
        )
        if with_entry:
            self._add_calendar(message, letter, facts, link, now)

    def _write_sign_in(self, message: EmailMessage, letter: SignInLetter) -> None:
        self._write(
            message,
            opening=("Hello,", SIGN_IN_OPENING),
            words=_words(MailKind.SIGN_IN, site=self._base_url),
            action=Action("Sign in", f"{self._base_url}/desk/enter/{letter.token.value}"),
        )

    def _write(self, message: EmailMessage, words: str, quoted: str | None = None, **more: Any) -> None:
        paragraphs = [" ".join(part.split()) for part in words.split("\n\n") if part.strip()]
        if quoted is not None:
            paragraphs.append(quoted)
        told = {
            "rows": (),
            "notes": (),
            "feed": None,
            "closing": None,
            "subject": self._subject,
            "site": self._base_url,
        }
        told |= {"paragraphs": tuple(paragraphs)} | more
        message.set_content(_TEMPLATES.get_template("letter.txt").render(told))
        message.add_alternative(_TEMPLATES.get_template("letter.html").render(told), subtype="html")

    def _add_calendar(
        self, message: EmailMessage, letter: CallLetter, facts: Facts, link: str | None, now: datetime
    ) -> None:
        method, file = calendar_part(
            letter, facts, link, now, summary=self._subject, organizer=self._sender.addr_spec
        )
        # In base64, since calendars break on what mail servers do to lines.
        message.add_alternative(
            file.decode(), subtype="calendar", params={"method": method}, charset="utf-8", cte="base64"
        )
        message.add_attachment(file, maintype="application", subtype="ics", filename=FILE_NAME)

    def _own_link(self, letter: CallLetter) -> str | None:
        token = letter.person.token
        return None if token is None else f"{self._base_url}/i/{token.value}"


def _words(kind: MailKind, **told: Any) -> str:
    return _TEMPLATES.get_template(f"words/{kind.value}.txt").render(told)


def _door_opens(before: timedelta) -> str:
    minutes = int(before.total_seconds() // 60)
    if not minutes:
        return "when the call begins"
    return f"{minutes} {'minute' if minutes == 1 else 'minutes'} before the time"


def _entry_note(facts: Facts) -> str:
    return ENTRY_NOTE if facts.has_said_yes else CALENDAR_NOTE


def _label(kind: MailKind, facts: Facts) -> str:
    if kind is MailKind.PROPOSED:
        return "Answer, or propose yet another time"
    if facts.to_answer and kind not in REMINDERS:
        return "Say yes, not now, or propose another time"
    return "Your own link into the call"


def _meant(letter: CallLetter, facts: Facts) -> str:
    """Of a series the bare link leads to the next call; a letter about one of them says which."""
    return f"?call={letter.call.id}" if letter.call.series and not facts.is_series else ""


def _rows(facts: Facts) -> list[tuple[str, str]]:
    first, then = ("Next", "Then") if facts.is_series else ("When", "When")
    rows = [(then if index else first, time) for index, time in enumerate(facts.times)]
    if facts.more_times:
        rows.append(("Then", f"{facts.more_times} more, which the calendar entry lists"))
    if facts.call_time is not None:
        rows.append(("In the call's own time zone", facts.call_time))
    return [*rows, ("How long", facts.length), ("With", facts.others), ("About", facts.title)]
