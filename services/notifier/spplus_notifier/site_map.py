"""For search engines: which pages there are (sitemaps.org), and where not to go (robots.txt, RFC 9309)."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Annotated, Final
from xml.sax.saxutils import escape

from fastapi import APIRouter, Path, Request, Response

from spplus_chassis.paging import etag_of
from spplus_chassis.service import Service
from spplus_notifier import catalogue, queries, structure_queries
from spplus_notifier.addressing import PublicAddress
from spplus_notifier.answering import validators, whole
from spplus_notifier.engagements import ENGAGEMENTS
from spplus_notifier.static_files import ICON

INDEX: Final = "/sitemap.xml"
PAGES: Final = "/sitemap-pages.xml"
STRUCTURES: Final = "/sitemap-structures-{number}.xml"
CHUNK: Final = 10_000
"""Structures in one map, which may hold 50,000."""
_KEPT_SECONDS: Final = 600.0
_SPACE: Final = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_SHUT: Final = (
    "/*?q=",
    "/*/comparaison?*",
    "/abonnement/",
    "/me-prevenir",
    "/messages/",
    "/v1/indicators?*",
    "/v1/stream",
)
"""What a reader sees who searched or chose, pages for one person, and what would never end."""
_READING: Final = (
    "/",
    "/engagements",
    *(f"/engagements/{one.number}" for one in ENGAGEMENTS),
    *(f"/{kind}/{code}" for kind in ("indicateurs", "methodes") for code in catalogue.order()),
    "/methodes",
    "/donnees-ouvertes",
    "/accessibilite",
    "/confidentialite",
)


@dataclass(frozen=True, slots=True)
class _Published:
    """The structures that have a figure to read, as found at some time."""

    codes: list[str]
    modified_at: datetime | None
    found_at: float


class SiteMap:
    """Lists the pages. The database is asked now and then, however many ask."""

    def __init__(self, service: Service, public: PublicAddress) -> None:
        self._service = service
        self._public = public
        self._found: _Published | None = None
        self._looking = asyncio.Lock()

    async def index(self, request: Request) -> Response:
        """The maps."""
        published = await self._published()
        count = ceil(len(published.codes) / CHUNK)
        paths = [PAGES, *(STRUCTURES.format(number=number) for number in range(1, count + 1))]
        return self._listed(request, paths, "sitemapindex", "sitemap", published.modified_at)

    async def pages(self, request: Request) -> Response:
        """Pages that are always there."""
        return self._listed(request, _READING, "urlset", "url", None)

    async def structures(self, request: Request, number: int) -> Response:
        """Some of the structures; none beyond the last."""
        published = await self._published()
        codes = published.codes[(number - 1) * CHUNK : number * CHUNK]
        paths = [f"/structures/{code}" for code in codes]
        return self._listed(request, paths, "urlset", "url", published.modified_at)

    async def robots(self, request: Request) -> Response:
        """Where not to go, and where the map is."""
        shut = "".join(f"Disallow: {path}\n" for path in _SHUT)
        body = f"User-agent: *\n{shut}\nSitemap: {self._public.of(request)}{INDEX}\n".encode()
        return whole(request, body, "text/plain; charset=utf-8", {"ETag": etag_of(body)})

    def _listed(
        self, request: Request, paths: Iterable[str], root: str, entry: str, modified_at: datetime | None
    ) -> Response:
        address = self._public.of(request)
        entries = "".join(f"<{entry}><loc>{escape(address + path)}</loc></{entry}>\n" for path in paths)
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {_SPACE}>\n{entries}</{root}>\n'.encode()
        return whole(request, body, "application/xml; charset=utf-8", validators(etag_of(body), modified_at))

    async def _published(self) -> _Published:
        async with self._looking:
            found = self._found
            if found is None or time.monotonic() > found.found_at + _KEPT_SECONDS:
                pool = self._service.pool
                modified_at = (await queries.log_bounds(pool)).modified_at
                codes = await structure_queries.with_figures(pool)
                found = self._found = _Published(codes, modified_at, time.monotonic())
            return found


def add_routes(routes: APIRouter, service: Service, public: PublicAddress) -> None:
    """Add them."""
    site_map = SiteMap(service, public)
    routes.add_api_route("/robots.txt", site_map.robots, methods=["GET"])
    routes.add_api_route(INDEX, site_map.index, methods=["GET"])
    routes.add_api_route(PAGES, site_map.pages, methods=["GET"])
    routes.add_api_route("/favicon.ico", ICON.answer, methods=["GET"])

    @routes.get(STRUCTURES)
    async def get_structures(request: Request, number: Annotated[int, Path(ge=1, le=100_000)]) -> Response:
        return await site_map.structures(request, number)
