"""One call to an address that somebody else chose, and what came of it. Redirects are not followed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from aiohttp import ClientError

from spplus_notifier.webhooks.addresses import AddressGuard, ForbiddenAddressError
from spplus_notifier.webhooks.connections import Connections

_GONE: Final = 410
_FIRST_FINAL_STATUS: Final = 200


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
    """Posts bodies, inside its context."""

    def __init__(self, guard: AddressGuard, *, seconds: float) -> None:
        """`seconds` for a whole call."""
        self._seconds = seconds
        self._connections = Connections(guard)

    async def post(self, url: str, headers: Mapping[str, str], body: str) -> Answer:
        """Call once."""
        try:
            async with asyncio.timeout(self._seconds):
                status = await self._connections.ask(url, dict(headers), body.encode())
        except TimeoutError:
            return Answer(Outcome.SLOW)
        except ForbiddenAddressError:
            return Answer(Outcome.FORBIDDEN_ADDRESS)
        except (OSError, ClientError, ValueError):  # an address that is none is a value
            return Answer(Outcome.UNREACHABLE)
        return Answer(_outcome(status), status) if status >= _FIRST_FINAL_STATUS else Answer(Outcome.UNREACHABLE)

    async def __aenter__(self) -> Self:
        await self._connections.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._connections.__aexit__()


def _outcome(status: int) -> Outcome:
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP's own numbers
        return Outcome.DELIVERED
    if 300 <= status < 400:  # noqa: PLR2004 - the same
        return Outcome.REDIRECTED
    return Outcome.GONE if status == _GONE else Outcome.REFUSED
