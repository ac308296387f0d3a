"""A database with its store, and postmen for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from server.mail.composer import Composer
from server.mail.outbox import Outbox
from server.mail.postman import Postman
from server.mail.queue import LEASE, MailQueue
from server.mail.reminders import Reminders
from server.mail.sender import read_sender
from server.mail.smtp import MailServer, SmtpTransport
from tests.server.mail.post import BASE_URL

if TYPE_CHECKING:
    from pathlib import Path

    from server.database import Database
    from server.mail.transport import Transport
    from server.sealing import Sealer
    from server.store import CallStore
    from tests.server.mail.mail_server import Inbox
    from tests.server.scene import ObedientClock


@dataclass
class PostRoom:
    """A database, the store of its calls, and postmen."""

    folder: Path
    clock: ObedientClock
    sealer: Sealer
    database: Database
    store: CallStore

    def postman(
        self, transport: Transport | None = None, lease: timedelta = LEASE, *, door_minutes: int = 10
    ) -> Postman:
        """Make a postman: one for the outbox, unless told otherwise."""
        composer = Composer(
            base_url=BASE_URL,
            sender=read_sender("Appointments <appointments@talk.example.org>"),
            subject="An appointment",
            door_before=timedelta(minutes=door_minutes),
        )
        return Postman(
            MailQueue(self.database, self.sealer, self.clock, lease),
            self.reminders(),
            composer,
            transport or Outbox(self.folder),
            self.clock,
        )

    def reminders(self) -> Reminders:
        """What finds calls that are near."""
        return Reminders(self.database, self.clock)

    def by_mail(self, inbox: Inbox, **more: Any) -> Postman:
        """Make a postman for a mail server of the tests."""
        return self.postman(smtp(inbox, **more))

    def letters(self) -> list[Path]:
        """The files in the outbox."""
        return sorted((self.folder / "outbox").glob("*"))


def smtp(inbox: Inbox, tls: Any = None, **more: Any) -> SmtpTransport:
    """A transport to a mail server of the tests, in the clear unless told otherwise."""
    fields = {"host": "localhost", "port": inbox.port, "security": "none", "greeting": "talk.example.org"}
    return SmtpTransport(MailServer(**{**fields, "timeout_s": 5.0, **more}), tls)
