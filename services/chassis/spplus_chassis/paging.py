"""Cursors of lists and validators of bodies: opaque texts, checked when they come back."""

import base64
import binascii
import hashlib


def cursor_of(place: str) -> str:
    """The cursor that goes on after this place."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def place_of(cursor: str) -> str:
    """The place that a cursor means. Raises `ValueError` where we did not write it."""
    try:
        place = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise ValueError("is not a cursor of this service") from error
    if not place or not place.isprintable() or cursor_of(place) != cursor:
        raise ValueError("is not a cursor of this service")
    return place


def etag_of(body: bytes) -> str:
    """Strong validator of a body."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def matches(etag: str, if_none_match: str | None) -> bool:
    """Whether the reader already has this body (weak comparison, as RFC 9110 asks of If-None-Match)."""
    if if_none_match is None:
        return False
    held = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in held or etag.removeprefix("W/") in held
