"""A real mail server on loopback, which does what a test tells it to."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
import warnings
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from email.message import EmailMessage
    from pathlib import Path

NAME = "localhost"
USER, PASSWORD = "postman", "a password for letters"


@dataclass
class Inbox:
    """What has arrived, and how the mail server is to behave."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    logins: list[str | None] = field(default_factory=list)
    connections: int = 0
    most_at_once: int = 0
    at_once: int = 0
    answers: list[str] = field(default_factory=list)
    """Taken one after the other instead of an acceptance, at the end of a letter's text."""
    at_recipient: list[str] = field(default_factory=list)
    """The same, at RCPT."""
    hold: asyncio.Event | None = None
    """While it is not set, EHLO is not answered."""
    on_letter: Callable[[int], Any] = lambda _count: None
    """Called with the number of letters so far before a letter is answered; may be awaitable."""

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        """Greet, once the test allows it."""
        if self.hold is not None:
            await self.hold.wait()
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Take a recipient or refuse."""
        if self.at_recipient:
            return self.at_recipient.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep a letter, or refuse it."""
        if self.answers:
            answer = self.answers.pop(0)
            if answer == "break":
                server.transport.close()
            return answer
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        self.recipients += envelope.rcpt_tos
        wire = server.transport.get_extra_info("ssl_object")
        self.encrypted.append(session.ssl is not None or wire is not None)
        self.logins.append(session.auth_data)
        waited = self.on_letter(len(self.letters))
        if waited is not None:
            await waited
        return "250 OK"

    @property
    def ids(self) -> list[str]:
        """The ids of the letters that have arrived."""
        return [str(letter["Message-ID"]) for letter in self.letters]


class _CountingSMTP(SMTP):
    """Counts connections."""

    def connection_made(self, transport: Any) -> None:
        inbox: Inbox = self.event_handler
        if self.session is None or not self.session.peer:
            inbox.connections += 1
            inbox.at_once += 1
            inbox.most_at_once = max(inbox.most_at_once, inbox.at_once)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.event_handler.at_once -= 1
        super().connection_lost(error)


@asynccontextmanager
async def mail_server(
    inbox: Inbox, tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[Inbox]:
    """Run a mail server on a free port of this machine; with `implicit=True` it speaks TLS from the start."""
    loop = asyncio.get_running_loop()
    implicit = options.pop("implicit", False)

    def made() -> SMTP:
        with warnings.catch_warnings():
            # It warns of logins in the clear, which is what some tests are about.
            warnings.simplefilter("ignore")
            return _CountingSMTP(
                inbox, hostname=NAME, tls_context=None if implicit else tls, loop=loop, **options
            )

    server = await loop.create_server(made, "127.0.0.1", inbox.port, ssl=tls if implicit else None)
    inbox.port = server.sockets[0].getsockname()[1]
    try:
        yield inbox
    finally:
        server.close()


def login(_server: Any, _session: Any, _envelope: Any, mechanism: str, data: Any) -> AuthResult:
    """Let one user in (an aiosmtpd authenticator)."""
    good = mechanism in {"LOGIN", "PLAIN"} and (data.login, data.password) == (
        USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=good, handled=False, auth_data=USER)


def throw_away_certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make a certificate for `localhost`: what the server shows, and what a client needs to believe it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    today = dt.datetime.now(dt.UTC)  # noqa: TID251 - TLS looks at the real time
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "throw-away.pem"
    path.write_bytes(private + pem)
    shows = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    shows.load_cert_chain(path)
    believes = ssl.create_default_context(cadata=pem.decode())
    return shows, believes
