"""Secrets and personal data: how they are made, stored and kept out of logs.

Knows nothing of calls. A token is 32 random bytes; the store sees its SHA-256 hash alone, which needs no salt
because nobody can guess 256 random bits.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

TOKEN_BYTES = 32
MAX_TOKEN_CHARS = 128
"""Longer ones are never hashed: ours have 43 characters."""


@dataclass(frozen=True, slots=True, repr=False)
class Pii(Generic[T]):
    """A name, an address or a token: shows itself only to whoever asks for `.value`."""

    value: T

    def __repr__(self) -> str:
        return "Pii(…)"

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return repr(self)


def new_token() -> Pii[str]:
    """Make a new secret token: 256 bits, URL-safe."""
    return Pii(secrets.token_urlsafe(TOKEN_BYTES))


def new_id() -> str:
    """Make a new public identifier: 64 random bits in hexadecimal, fit for URLs and cookie names."""
    return secrets.token_hex(8)


def token_hash(token: Pii[str]) -> str:
    """Return what the store keeps of a token: 64 hexadecimal digits."""
    return hashlib.sha256(token.value.encode("utf-8", "surrogatepass")).hexdigest()


def same_secret(one: Pii[str], other: Pii[str]) -> bool:
    """Compare two secrets in a time that tells nothing about where they differ."""
    return hmac.compare_digest(token_hash(one), token_hash(other))
