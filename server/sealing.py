"""Personal data at rest: every person and every call has a key of its own, and a lost key is an erased name.

A record's key is wrapped with the server's key (envelope encryption, AES-256-GCM both times: NIST SP 800-38D) and lies
beside the record. Erasing is destroying that key. What is looked up and not read (an address, a feed's secret) is kept as
a keyed hash (HMAC-SHA-256). The database alone opens nothing: it needs the server's key, which lies elsewhere.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.secret import Pii

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY_FILE: Final = "holdspace.key"
KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class SealError(Exception):
    """Something sealed can't be opened: it was made with another key, or is damaged. The text is for the operator."""


class Sealer:
    """Seals and opens with one server's key. Everything here takes microseconds.

    Args:
        master: 32 secret bytes; everything else is derived from them (HKDF, RFC 5869).
    """

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise ValueError("the server's key has 32 bytes")
        self._wrapping = AESGCM(_derived(master, b"wrap"))
        self._looked_up = _derived(master, b"look-up")
        self._feeds = _derived(master, b"feed")
        self.operator_token = Pii(
            base64.urlsafe_b64encode(_derived(master, b"operator")).decode().rstrip("=")
        )
        """Whoever can read the key's file is the operator, and shows it with this."""

    def new_key(self) -> bytes:
        """Make a record's key, wrapped: 60 bytes to keep beside the record."""
        return _sealed(self._wrapping, secrets.token_bytes(KEY_BYTES))

    def seal(self, key: bytes, text: str) -> bytes:
        """Seal a text with a record's (wrapped) key."""
        return _sealed(AESGCM(_opened(self._wrapping, key)), text.encode())

    def open(self, key: bytes, sealed: bytes) -> str:
        """Open what `seal` made. Raises SealError."""
        return self.opener(key)(sealed)

    def opener(self, key: bytes) -> Callable[[bytes], str]:
        """Return what opens everything that is sealed with a record's key, which is unwrapped once. Raises SealError."""
        cipher = AESGCM(_opened(self._wrapping, key))
        return lambda sealed: _opened(cipher, sealed).decode()

    def address_hash(self, address: str) -> str:
        """Return what an e-mail address is looked up by: 64 hexadecimal digits, alike for `A@b` and `a@B`."""
        return _keyed(self._looked_up, address.strip().casefold())

    def feed_token(self, whose: str) -> Pii[str]:
        """Return the secret of the feed of an address hash, or of a token hash where there is no address."""
        digest = hmac.digest(self._feeds, whose.encode(), hashlib.sha256)
        return Pii(base64.urlsafe_b64encode(digest).decode().rstrip("="))


def load_key(folder: Path, given: str | None) -> bytes:
    """Return the server's key: the one given (base64), or that of `holdspace.key` in the folder, made when missing.

    Blocking. Raises SealError for a key that is none, or that can't be read or made.
    """
    if given is not None:
        return _decoded(given, "HOLDSPACE_SECRET_KEY")
    path = folder / KEY_FILE
    try:
        _make_key(folder, path)
        return read_key(path)
    except OSError as error:
        raise SealError(f"The server's key {path} can't be read, or made: {error.strerror}.") from None


def _make_key(folder: Path, path: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = path.with_name(f"{KEY_FILE}.{secrets.token_hex(4)}")
    if not path.exists():
        # Whole or not at all, and the first of several servers wins: a link is never made over an existing file.
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(made, path)
        except FileExistsError:
            pass
        finally:
            made.unlink()


def read_key(path: Path) -> bytes:
    """Return the key in a file. Blocking. Raises OSError, or SealError for what is no key."""
    return _decoded(path.read_text(errors="replace"), str(path))


def _decoded(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise SealError(f"{where} must hold 32 bytes as base64, such as `openssl rand -base64 32` prints.")
    return key


def _derived(master: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"holdspace " + purpose).derive(master)


def _sealed(cipher: AESGCM, data: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, data, None)


def _opened(cipher: AESGCM, sealed: bytes) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
    except (InvalidTag, ValueError):
        raise SealError("It was sealed with another key.") from None


def _keyed(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode(), hashlib.sha256).hex()
