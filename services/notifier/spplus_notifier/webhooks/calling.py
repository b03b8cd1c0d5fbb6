"""One call to an address that somebody else chose, and what came of it. Redirects are not followed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from spplus_notifier.webhooks.addresses import AddressGuard, ForbiddenAddressError
from spplus_notifier.webhooks.connections import Connections, Place

_GONE: Final = 410


class Outcome(StrEnum):
    """How a call ended."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    """Answered with a status other than 2xx."""
    REDIRECTED = "redirected"
    GONE = "gone"
    """410: the receiver wants no more."""
    SLOW = "slow"
    UNREACHABLE = "unreachable"
    FORBIDDEN_ADDRESS = "forbidden_address"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call."""

    outcome: Outcome
    status: int | None = None
    """HTTP status, where there was one."""


class Caller:
    """Posts bodies."""

    def __init__(self, guard: AddressGuard, *, seconds: float) -> None:
        """`seconds` for a whole call."""
        self._seconds = seconds
        self._connections = Connections(guard)

    async def post(self, url: str, headers: Mapping[str, str], body: str) -> Answer:
        """Call once."""
        place, request = _request(url, headers, body.encode())
        try:
            async with asyncio.timeout(self._seconds):
                status = await self._connections.ask(place, request)
        except TimeoutError:
            return Answer(Outcome.SLOW)
        except ForbiddenAddressError:
            return Answer(Outcome.FORBIDDEN_ADDRESS)
        except (OSError, UnicodeError):  # a name that is none is not encoded
            return Answer(Outcome.UNREACHABLE)
        return Answer(_outcome(status), status)

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()


def _request(url: str, headers: Mapping[str, str], body: bytes) -> tuple[Place, bytes]:
    parts = urlsplit(url)
    plain = parts.scheme == "http"
    place = Place(parts.hostname or "", parts.port or (80 if plain else 443), plain)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    named = {"host": parts.netloc, **headers, "content-length": str(len(body))}
    lines = [f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items()), "", ""]
    return place, "\r\n".join(lines).encode("ascii") + body


def _outcome(status: int) -> Outcome:
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP's own numbers
        return Outcome.DELIVERED
    if 300 <= status < 400:  # noqa: PLR2004 - the same
        return Outcome.REDIRECTED
    return Outcome.GONE if status == _GONE else Outcome.REFUSED
