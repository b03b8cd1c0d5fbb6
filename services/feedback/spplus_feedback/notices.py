"""Tickets for "tell me when it is answered": the address goes from the browser straight to the notifier service.

No address passes through this service. It only signs, for whoever holds the follow-up code, that these requests belong
together; the notifier checks the signature with the public keys published here. The contract: docs/notice-ticket.md.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

ISSUER: Final = "spplus-feedback"
AUDIENCE: Final = "spplus-notifier"
ALGORITHM: Final = "Ed25519"
VALID: Final = timedelta(hours=24)
DOOR: Final = "/me-prevenir"
"""Where the notifier takes the form, under its root."""
_MOST_KEYS: Final = 2


class BadKeys(ValueError):  # noqa: N818 - a refusal, told to whoever set them
    """What was set is no set of signing keys."""


@dataclass(frozen=True, slots=True)
class NoticeKeys:
    """Ed25519 keys: the first one signs, all are published."""

    keys: tuple[OKPKey, ...]

    def public(self) -> dict[str, Any]:
        """The JWK Set for all to read."""
        return {"keys": [{**key.as_dict(private=False), "alg": ALGORITHM, "use": "sig"} for key in self.keys]}

    def private(self) -> str:
        """The JWK Set as it is kept."""
        return json.dumps({"keys": [key.as_dict(private=True) for key in self.keys]})

    def turned(self) -> "NoticeKeys":
        """With a new key to sign; the one before stays published until its last ticket has ended."""
        return NoticeKeys((_new_key(), *self.keys[: _MOST_KEYS - 1]))


NO_KEYS: Final = NoticeKeys(())


@dataclass(frozen=True, slots=True)
class Notices:
    """Signs tickets for a notifier."""

    address: str
    """Root of the notifier as browsers reach it."""
    keys: NoticeKeys

    @property
    def action(self) -> str:
        """Where the form goes."""
        return self.address.rstrip("/") + DOOR

    @property
    def origin(self) -> str:
        """What the form may be sent to."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"

    def ticket(self, ticket_id: str, feedback_id: str, request_ids: Sequence[str], now: datetime) -> str:
        """A signed ticket for one story. It holds no follow-up code and says nothing about a person."""
        signing = self.keys.keys[0]
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "jti": ticket_id,
            "iat": int(now.timestamp()),
            "exp": int((now + VALID).timestamp()),
            "feedback_id": feedback_id,
            "request_ids": list(request_ids),
        }
        return jwt.encode({"alg": ALGORITHM, "kid": signing.kid}, claims, signing, algorithms=[ALGORITHM])


def read_keys(text: str) -> NoticeKeys:
    """Keys from a JWK Set with their private parts. Raises `BadKeys`."""
    try:
        found = KeySet.import_key_set(json.loads(text)).keys
    except (ValueError, TypeError, KeyError, AttributeError, JoseError):
        raise BadKeys("is no JWK Set") from None
    keys = tuple(key for key in found if isinstance(key, OKPKey) and key.is_private and key.get("crv") == ALGORITHM)
    if not keys or len(keys) != len(found):
        raise BadKeys("must hold private Ed25519 keys and nothing else")
    for key in keys:
        key.ensure_kid()
    return NoticeKeys(keys)


def _new_key() -> OKPKey:
    return OKPKey.generate_key(ALGORITHM, private=True, auto_kid=True)
