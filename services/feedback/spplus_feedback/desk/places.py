"""The place of a request in the list, as a link carries it to the next page."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from spplus_chassis.paging import cursor_of, place_of

_NONE: Final = "-"
Place = tuple[datetime | None, str]
"""The instant that the order goes by (None: no deadline, comes last) and the id of a request."""


class BadPlace(ValueError):  # noqa: N818 - a decision about what was sent
    """What was given is no place of ours."""


def written(place: Place) -> str:
    """The place as text."""
    instant, request_id = place
    return cursor_of(f"{instant.isoformat() if instant else _NONE} {request_id}")


def read(text: str) -> Place:
    """The place. Raises `BadPlace`."""
    try:
        instant, request_id = place_of(text).split(" ")
        return (None if instant == _NONE else datetime.fromisoformat(instant).astimezone(UTC), str(UUID(request_id)))
    except (ValueError, OverflowError):
        raise BadPlace(text) from None
