"""``/asyncapi.json``, and pages that show it and ``/openapi.json`` to people, offline."""

import hashlib
from functools import cache
from importlib import resources
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import HTMLResponse, JSONResponse

from spplus_chassis.reference_pages import events_page, http_page
from spplus_contracts.asyncapi import document

_STYLE: Final = resources.files("spplus_chassis").joinpath("static/reference.css").read_bytes()
_STYLE_PATH: Final = f"/static/reference.{hashlib.sha256(_STYLE).hexdigest()[:12]}.css"
_PAGE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-cache",
}
_NAVIGATION: Final = {
    "HTTP": "/openapi",
    "Events": "/asyncapi",
    "OpenAPI document (JSON)": "/openapi.json",
    "AsyncAPI document (JSON)": "/asyncapi.json",
}


@cache
def _events() -> dict[str, Any]:
    return document()


def router(app: FastAPI) -> APIRouter:
    """The routes for those who write to the platform or read from it."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/asyncapi.json")
    async def get_asyncapi() -> JSONResponse:
        return JSONResponse(_events())

    @routes.get("/asyncapi")
    async def get_asyncapi_page() -> HTMLResponse:
        return HTMLResponse(events_page(_events(), _NAVIGATION, _STYLE_PATH), headers=_PAGE_HEADERS)

    @routes.get("/openapi")
    async def get_openapi_page() -> HTMLResponse:
        return HTMLResponse(http_page(app.openapi(), _NAVIGATION, _STYLE_PATH), headers=_PAGE_HEADERS)

    @routes.get(_STYLE_PATH)
    async def get_style() -> Response:
        kept = {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(_STYLE, media_type="text/css", headers=kept)

    return routes
