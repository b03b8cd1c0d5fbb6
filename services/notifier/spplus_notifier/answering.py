"""Answers of the open data: validators, so that nothing is sent twice for nothing, and the coding that suits."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute

from spplus_chassis.paging import matches
from spplus_notifier.codings import Coding, best_coding, packed, packed_pieces, unpacked

OPEN_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
}
"""Public data: any site may read it; caches ask whether it has changed."""
_FIRST_CODING: Final = "zstd"
"""What is kept is packed so: it is unpacked faster than others for those who want it otherwise."""
_LEAST_BYTES = 1_000
"""Shorter bodies are sent as they are."""


def weak(etag: str) -> str:
    """The validator shared by a body and its packed forms: who holds one of them holds the version."""
    return etag if etag.startswith("W/") else f"W/{etag}"


def validators(etag: str, modified_at: datetime | None, *, now: datetime | None = None) -> dict[str, str]:
    """Headers that tell a version; `now` is the clock's, if absent.

    Each commit has a second of its own, so many of them run ahead of the clock: then the date is left out, for it must
    not lie in the future.
    """
    told = {"ETag": etag}
    if modified_at is not None and modified_at <= (now or datetime.now(UTC)):
        told["Last-Modified"] = format_datetime(modified_at.astimezone(UTC), usegmt=True)
    return told


def is_known(request: Request, headers: Mapping[str, str]) -> bool:
    """Whether the reader holds this version; a date counts only where it sent no validator (RFC 9110, 13.1.3).

    Only the very date that we gave counts. `curl -z file` sends the time of its file, and a version published while
    that was downloaded would be called old for ever.
    """
    held = request.headers.get("if-none-match")
    if held is not None:
        return matches(headers["ETag"], held)
    modified = headers.get("Last-Modified")
    return modified is not None and modified == request.headers.get("if-modified-since")


class Written:
    """A body that is sent again and again, packed once in each coding that is asked for."""

    def __init__(self, body: bytes, media_type: str, headers: Mapping[str, str]) -> None:
        """`headers` has its ETag."""
        self._forms: dict[Coding, bytes] = {_FIRST_CODING: packed(body, _FIRST_CODING)}
        self.media_type = media_type
        self.headers = {**headers, "Vary": "Accept-Encoding"}

    @property
    def size(self) -> int:
        """Bytes that its forms take."""
        return sum(map(len, self._forms.values()))

    def form(self, coding: Coding | None) -> bytes:
        """The body in a coding, or as it is."""
        if coding is None:
            return unpacked(self._forms[_FIRST_CODING])
        if coding not in self._forms:
            self._forms[coding] = packed(self.form(None), coding)
        return self._forms[coding]


def sent(request: Request, written: Written) -> Response:
    """An answer that was written before, or nothing where the reader holds it."""
    return _coded(request, _coding(request), written.headers, written.media_type, written.form)


def whole(request: Request, body: bytes, media_type: str, headers: Mapping[str, str]) -> Response:
    """A body in one piece, or nothing where the reader holds it; `headers` has its ETag."""
    coding = _coding(request) if len(body) >= _LEAST_BYTES else None
    told = {**OPEN_HEADERS, **headers}
    return _coded(request, coding, told, media_type, lambda asked: body if asked is None else packed(body, asked))


def _coded(
    request: Request,
    coding: Coding | None,
    headers: Mapping[str, str],
    media_type: str,
    form: Callable[[Coding | None], bytes],
) -> Response:
    told = dict(headers)
    if coding is not None:
        told["ETag"] = weak(told["ETag"])
    if is_known(request, told):
        return Response(status_code=304, headers=told)
    if coding is not None:
        told["Content-Encoding"] = coding
    return Response(form(coding), media_type=media_type, headers=told)


def streamed(request: Request, pieces: AsyncIterator[bytes], media_type: str, headers: Mapping[str, str]) -> Response:
    """A body of any length, piece by piece, or nothing where the reader holds it; `headers` has its ETag."""
    told = {**OPEN_HEADERS, **headers}
    if is_known(request, told):
        told.pop("Content-Disposition", None)
        return Response(status_code=304, headers=told)
    if request.method == "HEAD":
        return Response(media_type=media_type, headers=told)
    if (coding := _coding(request)) is not None:
        told["Content-Encoding"] = coding
        pieces = packed_pieces(pieces, coding)
    return StreamingResponse(pieces, media_type=media_type, headers=told)


def _coding(request: Request) -> Coding | None:
    return best_coding(",".join(request.headers.getlist("accept-encoding")))


def answer_head(routes: APIRouter) -> None:
    """Let every route that answers GET answer HEAD as well: catalogues and `curl -I` ask so whether a file is there."""
    for route in [each for each in routes.routes if isinstance(each, APIRoute)]:
        routes.add_api_route(
            route.path.removeprefix(routes.prefix),
            route.endpoint,
            methods=["HEAD"],
            response_class=Response,
            include_in_schema=False,
        )
