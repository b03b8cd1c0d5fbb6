"""API keys: made, presented, refused. A key is shown once and only its hash is kept."""

import hashlib
import secrets
from typing import Final

from fastapi import Request

from spplus_chassis.problem import Problem

_PREFIX: Final = "spplus_"
_KEY_BYTES: Final = 32


def new_key() -> str:
    """A key: 256 random bits, with a prefix that searches for secrets left about can find."""
    return _PREFIX + secrets.token_urlsafe(_KEY_BYTES)


def hash_of(key: str) -> bytes:
    """What the database holds. A key is random throughout, so a plain hash cannot be guessed back."""
    return hashlib.sha256(key.encode()).digest()


def bearer_key(request: Request) -> str | None:
    """The key that a request carries as ``Authorization: Bearer <key>``, if it carries one."""
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() or None if kind.lower() == "bearer" else None


def key_required() -> Problem:
    """The refusal (401) of a request without a key in force."""
    return Problem(
        status=401,
        title="API key required",
        detail="Send a key in force as 'Authorization: Bearer <key>'.",
        headers={"WWW-Authenticate": "Bearer"},
    )
