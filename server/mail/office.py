"""Composes the mail side: a postman with the way out that the settings say, and his task in the application's life."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from server.mail.composer import Composer
from server.mail.outbox import Outbox
from server.mail.postman import Postman
from server.mail.queue import MailQueue
from server.mail.reminders import Reminders
from server.mail.sender import mail_domain
from server.mail.smtp import PORTS, MailServer, SmtpTransport
from server.secret import Pii

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp import web

    from server.clock import WallClock
    from server.database import Database
    from server.mail.transport import Transport
    from server.sealing import Sealer
    from server.settings import Settings


def make_postman(settings: Settings, database: Database, sealer: Sealer, clock: WallClock) -> Postman:
    """Return the postman of an application."""
    composer = Composer(
        base_url=settings.base_url,
        sender=settings.sender,
        subject=settings.mail_subject,
        door_before=timedelta(minutes=settings.door_minutes_before),
    )
    return Postman(
        MailQueue(database, sealer, clock),
        Reminders(database, clock),
        composer,
        _transport(settings),
        clock,
    )


async def posting(postman: Postman, _app: web.Application) -> AsyncIterator[None]:
    """Let the postman work for as long as the application runs (a `cleanup_ctx`)."""
    running = asyncio.create_task(postman.run(), name="postman")
    yield
    await postman.stop(running)


def _transport(settings: Settings) -> Transport:
    if not settings.smtp_host:
        return Outbox(settings.data_dir)
    password = settings.smtp_password
    return SmtpTransport(
        MailServer(
            host=settings.smtp_host,
            port=settings.smtp_port or PORTS[settings.smtp_security],
            security=settings.smtp_security,
            greeting=mail_domain(settings.base_url),
            user=settings.smtp_user,
            password=None if password is None else Pii(password.get_secret_value()),
        )
    )
