"""Idempotency-Key: the same key with the same body gets the same answer again.

The key space is shared by all clients and the key seals the follow-up code, so a key must not be guessable: at least
16 characters. A UUID does.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from spplus_contracts import canonical_json

KEPT: Final = timedelta(days=7)
_KEY: Final = re.compile(r"^[!-~]{16,128}$")


class BadKey(ValueError):  # noqa: N818 - a decision about what was sent
    """The header's value cannot be a key."""


@dataclass(frozen=True, slots=True)
class Once:
    """The identity of one submission in the eyes of its client."""

    key: str
    """As sent; never stored and never logged."""
    body_hash: bytes
    """Fingerprint of the body."""

    @property
    def key_hash(self) -> bytes:
        """What the database holds of the key."""
        return hashlib.sha256(b"idempotency key\0" + self.key.encode()).digest()


def once(header: str, body: Mapping[str, Any]) -> Once:
    """Read the header (plain, or quoted as a structured header) for this body. Raises `BadKey`."""
    key = header.strip().removeprefix('"').removesuffix('"')
    if not _KEY.match(key):
        raise BadKey("must have 16 to 128 visible ASCII characters; a UUID does")
    return Once(key=key, body_hash=fingerprint(body))


def fingerprint(body: Mapping[str, Any]) -> bytes:
    """Equal for bodies that say the same, whatever their spaces and the order of their fields."""
    return hashlib.sha256(canonical_json(body).encode()).digest()
