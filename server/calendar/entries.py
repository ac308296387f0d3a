"""What a call looks like in one person's calendar: which words, which link, from whom."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from server.calendar.events import Entry

if TYPE_CHECKING:
    from server.records import Call, Person
    from server.settings import Settings

OWN_LINK: Final = "Your own link into the call, for you alone:\n{link}"


@dataclass(frozen=True, slots=True)
class Entries:
    """Makes entries with this server's words."""

    summary: str
    base_url: str
    organizer: str
    """The server's address."""

    @classmethod
    def by_settings(cls, settings: Settings) -> Entries:
        """Return the maker that the settings mean: without an address of its own, a server goes by its host's name."""
        address = parseaddr(settings.mail_from)[1]
        host = urlsplit(settings.base_url).hostname or "localhost"
        return cls(settings.mail_subject, settings.base_url, address or f"appointments@{host}")

    def of(self, call: Call, person: Person | None) -> Entry:
        """Return the entry of one of the call's people, with their own link where it is known; or the organizer's."""
        link = f"{self.base_url}/i/{person.token.value}" if person and person.token else None
        words = [call.title, *([OWN_LINK.format(link=link)] if link else [])]
        place = person.place if person else 0
        return Entry(place, self.summary, "\n\n".join(words), link, self.organizer)
