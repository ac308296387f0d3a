"""Who letters come from, and which addresses a letter can be written to. Knows nothing of settings or of calls."""

from __future__ import annotations

import unicodedata
from email.headerregistry import Address, HeaderRegistry
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

LOCAL_PART: Final = "appointments"
"""Before the `@` where the operator names no address of their own."""
MAX_NAME_CHARS: Final = 100
MAX_ADDRESS_CHARS: Final = 254
"""RFC 5321, 4.5.3.1.3, without the angle brackets."""

_headers = HeaderRegistry()


def read_sender(text: str) -> Address:
    """Return the one address in a text such as `Appointments <appointments@talk.example.org>`. Raises ValueError."""
    if has_controls(text):
        raise ValueError("must be one line without control characters")
    try:
        header = _headers("From", text)
    except (ValueError, IndexError):  # the library's own for some nonsense
        raise ValueError("must be an e-mail address") from None
    found: tuple[Address, ...] = getattr(header, "addresses", ())
    if len(found) != 1 or header.defects or not is_address(found[0].addr_spec):
        raise ValueError("must be one address, such as Appointments <appointments@talk.example.org>")
    if len(found[0].display_name) > MAX_NAME_CHARS:
        raise ValueError(f"the name before the address has at most {MAX_NAME_CHARS} characters")
    return found[0]


def default_sender(base_url: str) -> Address:
    """Return whom letters come from when no address is set: this server by its name."""
    return Address("", LOCAL_PART, mail_domain(base_url))


def mail_domain(base_url: str) -> str:
    """Return the server's name as it stands behind an `@`, also where people reach it by a number."""
    host = urlsplit(base_url).hostname or "localhost"
    try:
        number = ip_address(host)
    except ValueError:
        return _in_ascii(host) or "localhost"
    if number.is_loopback:
        return "localhost"
    return f"[IPv6:{number}]" if number.version == 6 else f"[{number}]"  # noqa: PLR2004 - RFC 5321, 4.1.3


def is_address(text: str) -> bool:
    """Whether a text can be an address on an envelope: ASCII, no blank, one name at one host."""
    name, at, host = text.rpartition("@")
    plain = text.isascii() and text.isprintable() and not set(text) & set(' <>(),;:"\\')
    return bool(name and at and host and plain and len(text) <= MAX_ADDRESS_CHARS and "@" not in name)


def envelope_address(text: str) -> str:
    """Return an address as mail servers take it, an international host's name in ASCII. Raises ValueError."""
    name, _, host = text.strip().rpartition("@")
    address = f"{name}@{_in_ascii(host)}"
    if not is_address(address):
        raise ValueError("not an address that every mail server takes")
    return address


def one_line(text: str) -> str:
    """Return a name fit for a header: no control characters, no line breaks, no runs of blanks."""
    kept = (" " if unicodedata.category(char).startswith("C") or char.isspace() else char for char in text)
    return " ".join("".join(kept).split())[:MAX_NAME_CHARS]


def has_controls(text: str) -> bool:
    """Whether a text has control characters or line breaks, which don't belong into a header."""
    return any(unicodedata.category(char) in {"Cc", "Zl", "Zp"} for char in text)


def _in_ascii(host: str) -> str:
    """Return a host's name as the network knows it; nothing for what is no host's name."""
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return ""
