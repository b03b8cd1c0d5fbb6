"""What a page needs to offer "tell me when it is answered", and the public keys for whoever checks the tickets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Response

from spplus_feedback.notices import NoticeKeys, Notices

KEYS_PATH: Final = "/.well-known/jwks.json"
_KEPT: Final = "public, max-age=300"


@dataclass(frozen=True, slots=True)
class Offer:
    """A form that goes to the notifier."""

    action: str
    origin: str
    ticket: str


def offer(
    notices: Notices | None, new_id: Callable[[], str], feedback_id: str, waiting: Sequence[str], now: datetime
) -> Offer | None:
    """For the requests that wait for an answer; None where none does, or where no notifier is set."""
    if notices is None or not waiting:
        return None
    return Offer(notices.action, notices.origin, notices.ticket(new_id(), feedback_id, waiting, now))


def router(keys: NoticeKeys) -> APIRouter:
    """The route of the public keys."""
    routes = APIRouter(tags=["keys"])

    @routes.get(KEYS_PATH)
    async def get_keys(response: Response) -> dict[str, Any]:
        """Public keys that check the tickets signed here, as a JWK Set (RFC 7517)."""
        response.headers["Cache-Control"] = _KEPT
        return keys.public()

    return routes
