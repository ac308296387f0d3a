"""What a call looks like in one person's calendar: which words, which link, from whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

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
    """The server's own address."""

    @classmethod
    def by_settings(cls, settings: Settings) -> Entries:
        """Return the maker that the settings mean: letters come from the same address, with the same words."""
        return cls(settings.mail_subject, settings.base_url, settings.sender.addr_spec)

    def of(self, call: Call, person: Person | None) -> Entry:
        """Return the entry of one of the call's people, with their own link where it is known; or the organizer's."""
        link = f"{self.base_url}/i/{person.token.value}" if person and person.token else None
        words = [call.title, *([OWN_LINK.format(link=link)] if link else [])]
        place = person.place if person else 0
        return Entry(place, self.summary, "\n\n".join(words), link, self.organizer)
