"""Files of the pages, named after their content: a browser keeps one for ever, and a new one has a new name."""

import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import Final

from fastapi import APIRouter, Response

_HEADERS: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    # a card that its host has put into a sandbox asks for its style sheet as nobody
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One of them."""

    path: str
    body: bytes
    media_type: str

    async def answer(self) -> Response:
        """The file, for ever."""
        return Response(self.body, media_type=self.media_type, headers=_HEADERS)


def _named(name: str, media_type: str) -> StaticFile:
    body = resources.files("spplus_notifier").joinpath("static", name).read_bytes()
    stem, _, kind = name.rpartition(".")
    return StaticFile(f"/static/{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{kind}", body, media_type)


STYLE: Final = _named("results.css", "text/css; charset=utf-8")
COPYING: Final = _named("copying.js", "text/javascript; charset=utf-8")
ICON: Final = _named("icon.svg", "image/svg+xml")


def add_routes(routes: APIRouter) -> None:
    """Add them."""
    for file in (STYLE, COPYING, ICON):
        routes.add_api_route(file.path, file.answer, methods=["GET"])
