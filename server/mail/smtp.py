"""The way out by a mail server (RFC 5321), with STARTTLS or TLS and a login.

Each step of the exchange is taken by itself, since what an error means depends on the step: before the text of a letter has
left, anything may be tried again; after it, only the server's own answer counts.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from server.mail.transport import DeliveryError, NoWayError, RefusedError, TryLaterError, UncertainError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from server.mail.composer import Outgoing
    from server.mail.transport import HandOver
    from server.secret import Pii

TIMEOUT_S: Final = 30.0
"""For connecting and for each answer; two of them, for the two answers to DATA, fit into a lease."""
LOGIN_NEEDED: Final = 530
"""RFC 4954, 6: every letter would be refused alike."""
PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}
UNANSWERED: Final = (
    "The connection to the mail server broke before it had answered: the letter may or may not have arrived."
)


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where the mail server is, and how to talk to it."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    greeting: str
    """This server's own name, as it says it in EHLO."""
    user: str = ""
    password: Pii[str] | None = None
    timeout_s: float = TIMEOUT_S


class SmtpTransport:
    """Connects to a mail server.

    Args:
        server: which one.
        tls: what certificates to believe; the machine's own list when None.
    """

    def __init__(self, server: MailServer, tls: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._tls = tls

    @asynccontextmanager
    async def carrier(self) -> AsyncIterator[SmtpCarrier]:
        """Give a carrier that connects when the first letter comes, and takes its leave at the end."""
        if self._tls is None and self._server.security != "none":
            # Reads the machine's list of certificates: some milliseconds, once.
            self._tls = await asyncio.to_thread(ssl.create_default_context)
        carrier = SmtpCarrier(self._server, self._tls)
        try:
            yield carrier
        finally:
            await carrier.leave()


class SmtpCarrier:
    """One connection to a mail server, made when it is needed and again when it broke."""

    def __init__(self, server: MailServer, tls: ssl.SSLContext | None) -> None:
        self._server = server
        self._tls = tls
        self._smtp: SMTP | None = None

    async def deliver(self, outgoing: Outgoing, hand_over: HandOver) -> None:
        """Give one letter to the mail server. Raises DeliveryError."""
        try:
            smtp = await self._ready()
            await _address(smtp, outgoing)
            await hand_over()
            await _give(smtp, outgoing)
        except DeliveryError as error:
            self._drop()
            raise type(error)(_without_name(error.reason, outgoing.recipient)) from error
        except BaseException:
            # Wherever the exchange stands, the next letter begins with a new connection.
            self._drop()
            raise

    async def take_back(self, outgoing: Outgoing) -> None:
        """Do nothing: it has left."""

    async def leave(self) -> None:
        """Say goodbye; what is to be delivered has been."""
        if self._smtp is not None and self._smtp.is_connected:
            with suppress(SMTPException, OSError):
                await self._smtp.quit(timeout=1)
        self._drop()

    async def _ready(self) -> SMTP:
        """A connection on which a letter can begin: the old one, if the mail server is still there."""
        if self._smtp is not None:
            try:
                await self._smtp.noop()
            except (SMTPException, OSError):
                self._drop()
            else:
                return self._smtp
        self._smtp = _client(self._server, self._tls)
        try:
            await self._smtp.connect()
            if self._smtp.is_ehlo_or_helo_needed:
                await self._smtp.ehlo()
            if self._server.password is not None:
                await self._smtp.login(self._server.user, self._server.password.value)
        except (SMTPException, OSError, ValueError) as error:
            raise NoWayError(_no_way(error)) from error
        return self._smtp

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def _client(server: MailServer, tls: ssl.SSLContext | None) -> SMTP:
    return SMTP(
        hostname=server.host,
        port=server.port,
        local_hostname=server.greeting,
        timeout=server.timeout_s,
        use_tls=server.security == "tls",
        start_tls=server.security == "starttls",
        tls_context=tls,
    )


async def _address(smtp: SMTP, outgoing: Outgoing) -> None:
    """Write the envelope."""
    try:
        await smtp.mail(outgoing.sender)
        await smtp.rcpt(outgoing.recipient)
    except SMTPResponseException as error:
        if error.code == LOGIN_NEEDED:
            raise NoWayError(_no_way(error)) from error
        raise _answered(error) or TryLaterError(_no_way(error)) from error
    except (SMTPException, OSError) as error:
        raise TryLaterError(_no_way(error)) from error


async def _give(smtp: SMTP, outgoing: Outgoing) -> None:
    try:
        await smtp.data(outgoing.data)
    except SMTPResponseException as error:
        raise _answered(error) or UncertainError(UNANSWERED) from error
    except (SMTPException, OSError) as error:
        raise UncertainError(UNANSWERED) from error


def _answered(error: SMTPResponseException) -> DeliveryError | None:
    """What a mail server's refusal of one letter means (RFC 5321, 4.2.1); None for what is no refusal."""
    if 400 <= error.code < 500:  # noqa: PLR2004 - "transient negative completion"
        return TryLaterError(_no_way(error))
    if 500 <= error.code < 600:  # noqa: PLR2004 - "permanent negative completion"
        return RefusedError(_no_way(error))
    return None


def _no_way(error: Exception) -> str:
    if isinstance(error, SMTPResponseException):
        return f"The mail server answered {error.code} {error.message}"
    if isinstance(error, TimeoutError):
        return "The mail server does not answer."
    return f"The mail server can't be reached ({type(error).__name__})."


def _without_name(reason: str, recipient: str) -> str:
    """A mail server may name whom it refuses by what stands before the `@`; the reason is kept in the clear, and logged."""
    name, _, _ = recipient.rpartition("@")
    return re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "(address)", reason, flags=re.IGNORECASE)
