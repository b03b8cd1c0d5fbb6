"""Answers of the open data: validators, so that nothing is sent twice for nothing, and gzip."""

import gzip
import zlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from spplus_chassis.paging import matches

OPEN_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
}
"""Public data: any site may read it; caches ask whether it has changed."""
_LEAST_BYTES = 1_000
"""Shorter bodies are sent as they are."""
_LEVEL = 5
_GZIP_WINDOW = zlib.MAX_WBITS | 16


def takes_gzip(request: Request) -> bool:
    """Whether the reader accepts gzip (RFC 9110, 12.5.3)."""
    weights: dict[str, float] = {}
    for part in request.headers.get("accept-encoding", "").lower().split(","):
        coding, _, parameter = part.partition(";")
        _, _, weight = parameter.partition("q=")
        try:
            weights[coding.strip()] = float(weight or 1)
        except ValueError:
            weights[coding.strip()] = 0.0
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


def weak(etag: str) -> str:
    """The validator shared by a body and its compressed form."""
    return etag if etag.startswith("W/") else f"W/{etag}"


def validators(etag: str, modified_at: datetime | None) -> dict[str, str]:
    """Headers that tell a version.

    Each commit has a second of its own, so many of them run ahead of the clock: then the date is left out, for it must
    not lie in the future.
    """
    told = {"ETag": etag}
    if modified_at is not None and modified_at <= datetime.now(UTC):
        told["Last-Modified"] = format_datetime(modified_at.astimezone(UTC), usegmt=True)
    return told


def is_known(request: Request, headers: Mapping[str, str]) -> bool:
    """Whether the reader holds this version; a date counts only where it sent no validator (RFC 9110, 13.1.3)."""
    held = request.headers.get("if-none-match")
    if held is not None:
        return matches(headers["ETag"], held)
    since, modified = request.headers.get("if-modified-since"), headers.get("Last-Modified")
    if since is None or modified is None:
        return False
    try:
        return parsedate_to_datetime(modified) <= parsedate_to_datetime(since)
    except (ValueError, TypeError):
        return False


def whole(request: Request, body: bytes, media_type: str, headers: Mapping[str, str]) -> Response:
    """A body in one piece, or nothing where the reader holds it; `headers` has its ETag."""
    told = {**OPEN_HEADERS, **headers}
    compressed = len(body) >= _LEAST_BYTES and takes_gzip(request)
    if compressed:
        told["ETag"] = weak(told["ETag"])
    if is_known(request, told):
        return Response(status_code=304, headers=told)
    if compressed:
        told["Content-Encoding"] = "gzip"
        body = gzip.compress(body, _LEVEL, mtime=0)
    return Response(body, media_type=media_type, headers=told)


def streamed(request: Request, pieces: AsyncIterator[bytes], media_type: str, headers: Mapping[str, str]) -> Response:
    """A body of any length, piece by piece, or nothing where the reader holds it; `headers` has its ETag."""
    told = {**OPEN_HEADERS, **headers}
    if is_known(request, told):
        told.pop("Content-Disposition", None)
        return Response(status_code=304, headers=told)
    if takes_gzip(request):
        told["Content-Encoding"] = "gzip"
        pieces = _compressed(pieces)
    return StreamingResponse(pieces, media_type=media_type, headers=told)


async def _compressed(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(_LEVEL, wbits=_GZIP_WINDOW)
    async for piece in pieces:
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()
