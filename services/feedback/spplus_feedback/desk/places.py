"""The place of a request in the list, as a link carries it to the next page."""

import base64
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

_NONE: Final = "-"
Place = tuple[datetime | None, str]
"""The instant that the order goes by (None: no deadline, comes last) and the id of a request."""


class BadPlace(ValueError):  # noqa: N818 - a decision about what was sent
    """What was given is no place of ours."""


def written(place: Place) -> str:
    """The place as text."""
    instant, request_id = place
    return base64.urlsafe_b64encode(f"{instant.isoformat() if instant else _NONE} {request_id}".encode()).decode()


def read(text: str) -> Place:
    """The place. Raises `BadPlace`."""
    try:
        instant, request_id = base64.b64decode(text, altchars=b"-_", validate=True).decode().split(" ")
        return (None if instant == _NONE else datetime.fromisoformat(instant).astimezone(UTC), str(UUID(request_id)))
    except (ValueError, OverflowError):
        raise BadPlace(text) from None
