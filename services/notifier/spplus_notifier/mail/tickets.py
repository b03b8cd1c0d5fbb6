"""Tickets that intake signed for whoever holds a follow-up code. The contract: docs/notice-ticket.md."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

ISSUER: Final = "spplus-feedback"
AUDIENCE: Final = "spplus-notifier"
ALGORITHM: Final = "Ed25519"
MOST_REQUESTS: Final = 50
_LONGEST: Final = 8_000
_READ_AGAIN: Final = timedelta(minutes=1)


class BadTicket(ValueError):  # noqa: N818 - a refusal
    """Not signed for us, altered, or past its day."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Whoever has it may ask to be told about these requests."""

    ticket_id: str
    feedback_id: str
    request_ids: tuple[str, ...]


class TicketDesk:
    """Checks tickets with the public keys of intake."""

    def __init__(self, read_text: Callable[[], str], clock: Callable[[], datetime]) -> None:
        """`read_text` gives the JWK Set; it is asked again for a key that is not known, at most once a minute.

        Raises `ValueError` where it gives none.
        """
        self._read_text = read_text
        self._clock = clock
        self._keys = read_public_keys(read_text())
        self._read_at = clock()

    def check(self, text: str) -> Ticket:
        """The ticket. Raises `BadTicket`."""
        try:
            claims = jwt.decode(text, self._key_of(text), algorithms=[ALGORITHM]).claims
            registry = jwt.JWTClaimsRegistry(
                now=int(self._clock().timestamp()),
                iss={"essential": True, "value": ISSUER},
                aud={"essential": True, "value": AUDIENCE},
                exp={"essential": True},
                iat={"essential": True},
            )
            registry.validate(claims)
            return _ticket(claims)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            raise BadTicket("this ticket is not good") from None

    def _key_of(self, text: str) -> OKPKey:
        if len(text) > _LONGEST:
            raise BadTicket("too long")
        kid = _header(text)["kid"]
        if kid not in self._keys and self._clock() - self._read_at >= _READ_AGAIN:
            self._read_at = self._clock()
            self._keys = read_public_keys(self._read_text())
        return self._keys[kid]


def read_public_keys(text: str) -> dict[str, OKPKey]:
    """Ed25519 keys of a JWK Set by their `kid`. Raises `ValueError`."""
    try:
        found = KeySet.import_key_set(json.loads(text)).keys
    except (ValueError, TypeError, KeyError, AttributeError, JoseError):
        raise ValueError("is no JWK Set") from None
    keys = {key.kid: key for key in found if isinstance(key, OKPKey) and key.get("crv") == ALGORITHM and key.kid}
    if not keys or len(keys) != len(found):
        raise ValueError("must hold Ed25519 keys with a kid and nothing else")
    return keys


def reader_of(text: str | None, file: Path | None) -> Callable[[], str] | None:
    """How the keys are read: from a setting, or from a file that may change; none where neither is given."""
    if file is not None:
        return lambda: file.read_text(encoding="utf-8")
    return None if text is None else lambda: text


def _header(text: str) -> dict[str, str]:
    head = text.partition(".")[0]
    found = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    if not isinstance(found, dict) or not isinstance(found.get("kid"), str):
        raise BadTicket("no kid")
    return found


def _ticket(claims: dict[str, object]) -> Ticket:
    asked, feedback_id, ticket_id = claims["request_ids"], claims["feedback_id"], claims["jti"]
    if not isinstance(asked, list) or not isinstance(feedback_id, str) or not isinstance(ticket_id, str):
        raise BadTicket("a claim is of another kind")
    requests = tuple(dict.fromkeys(each for each in asked if isinstance(each, str) and each))
    if not requests or len(asked) > MOST_REQUESTS or len(requests) != len(asked):
        raise BadTicket("names no requests")
    return Ticket(str(UUID(ticket_id)), feedback_id, requests)
