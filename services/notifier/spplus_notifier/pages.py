"""Results pages in French, for people: without scripts, from a phone to paper."""

import hashlib
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from importlib import resources
from typing import Annotated, Any
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from spplus_chassis.database import UNREACHABLE
from spplus_chassis.problem import RETRY_AFTER_SECONDS
from spplus_chassis.service import Service
from spplus_chassis.telemetry import describe
from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import PeriodKind
from spplus_notifier import french, queries, results, structure_queries, wording
from spplus_notifier.figure_key import LATEST
from spplus_notifier.figure_set import Figures, View
from spplus_notifier.results import Parent
from spplus_notifier.structure_queries import Structure

log = structlog.get_logger()

PAGE_SIZE = 30
CHILDREN_SHOWN = 300
STYLE = resources.files("spplus_notifier").joinpath("static/results.css").read_bytes()
STYLE_PATH = f"/static/results.{hashlib.sha256(STYLE).hexdigest()[:12]}.css"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
"""Nothing is loaded from elsewhere and nothing runs."""


class Pages:
    """Writes the pages."""

    def __init__(self, service: Service, *, share_url: str | None) -> None:
        self._service = service
        self._templates = Environment(
            loader=PackageLoader("spplus_notifier"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(style_path=STYLE_PATH, share_url=share_url)
        self._templates.filters.update(number=french.number, day=french.day, fixed=french.fixed, drawn=Markup)

    def write(self, template: str, status: int = 200, /, **shown: object) -> HTMLResponse:
        """One page."""
        return HTMLResponse(self._templates.get_template(template).render(**shown), status, headers=HEADERS)

    def missing(self, title: str, text: str, status: int = 404) -> HTMLResponse:
        """A page that says what is not there."""
        return self.write("message.html", status, title=title, text=text)

    async def home(self, text: str, network: str, page: int) -> HTMLResponse:
        """Search, or the networks to start from."""
        pool = self._service.pool
        networks = await structure_queries.networks(pool)
        found: list[Structure] = []
        asked = bool(text or network)
        if asked:
            offset = (page - 1) * PAGE_SIZE
            found = await structure_queries.search(pool, text, network or None, limit=PAGE_SIZE + 1, offset=offset)
        following = urlencode({"q": text, "reseau": network, "page": page + 1}) if len(found) > PAGE_SIZE else None
        return self.write(
            "home.html",
            text=text,
            network=network,
            page=page,
            asked=asked,
            networks=networks,
            found=found[:PAGE_SIZE],
            following=following,
        )

    async def structure(self, code: str, year: int | None) -> HTMLResponse:
        """The results of one structure."""
        pool = self._service.pool
        shown = await structure_queries.structure(pool, code)
        if shown is None:
            return self.missing("Structure introuvable", f"Aucune structure ne porte le code « {code} ».")
        today = datetime.now(french.PARIS).date()
        ancestors = await structure_queries.ancestors(pool, code, today)
        children = await structure_queries.children(pool, code, today, limit=CHILDREN_SHOWN)
        figures = await self._figures([code], *PeriodKind)
        if year is not None and year not in figures.years():
            return self.missing("Pas de chiffres", f"Aucun chiffre n'est publié pour {shown.name} en {year}.")
        if year is None and figures.window() is None:
            year = next(iter(figures.years()), today.year)
        view = View(year, today)
        return self.write(
            "structure.html",
            structure=shown,
            ancestors=ancestors,
            children=await self._with_satisfaction(children, view),
            results=results.results_of(
                figures,
                view=view,
                not_applicable=shown.not_applicable,
                parent=await self._parent(ancestors[-1]) if ancestors else None,
            ),
        )

    async def _parent(self, parent: Structure) -> Parent:
        kinds = (PeriodKind.YEAR, PeriodKind.ROLLING_12)
        return Parent(parent.name, await self._figures([parent.code], *kinds))

    async def _figures(self, codes: list[str], *kinds: PeriodKind) -> Figures:
        found = await queries.figures_of_pages(self._service.pool, codes, [kind.value for kind in kinds])
        return Figures(IndicatorComputed.read_json(data.encode()) for data in found)

    async def _with_satisfaction(self, children: list[Structure], view: View) -> list[tuple[Structure, str, str]]:
        codes = [child.code for child in children]
        period = (PeriodKind.ROLLING_12, LATEST) if view.year is None else (PeriodKind.YEAR, f"{view.year}-01-01")
        found = await queries.figures_at(self._service.pool, codes, "experience_satisfaction", *period)
        figures = {code: IndicatorComputed.read_json(data.encode()) for code, data in found.items()}
        return [
            (
                child,
                wording.headline(figures.get(child.code)),
                wording.sample(figures[child.code]) if child.code in figures else "",
            )
            for child in children
        ]


def install(service: Service, *, share_url: str | None) -> None:
    """Add the pages to the service."""
    pages = Pages(service, share_url=share_url)
    routes = APIRouter(include_in_schema=False, route_class=told_in_french(pages))

    @routes.get("/")
    async def get_home(
        q: Annotated[str, Query(max_length=200)] = "",
        reseau: Annotated[str, Query(max_length=300)] = "",
        page: Annotated[int, Query(ge=1, le=1000)] = 1,
    ) -> Response:
        return await pages.home(q.strip(), reseau, page)

    @routes.get("/structures/{code}")
    async def get_structure(code: str, annee: Annotated[int | None, Query(ge=2015, le=2200)] = None) -> Response:
        return await pages.structure(code, annee)

    for path, template in (
        ("/donnees-ouvertes", "open_data.html"),
        ("/accessibilite", "accessibility.html"),
        ("/confidentialite", "privacy.html"),
    ):
        routes.add_api_route(path, _fixed(pages, template), methods=["GET"])

    @routes.get(STYLE_PATH)
    async def get_style() -> Response:
        forever = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
        return Response(STYLE, media_type="text/css; charset=utf-8", headers=forever)

    service.include(routes)


def told_in_french(pages: Pages) -> type[APIRoute]:
    """Routes whose failures are pages too, since people read them."""

    class Told(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            answer = super().get_route_handler()

            async def told(request: Request) -> Response:
                try:
                    return await answer(request)
                except RequestValidationError:
                    return pages.missing("Demande incomprise", "L'adresse de cette page est mal écrite.", 422)
                except UNREACHABLE as error:
                    log.warning("unreachable", error=describe(error))
                    page = pages.missing("Un instant", "Les chiffres sont momentanément indisponibles.", 503)
                    page.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
                    return page

            return told

    return Told


def _fixed(pages: Pages, template: str) -> Callable[[Request], Awaitable[Response]]:
    async def get_page(request: Request) -> Response:
        return pages.write(template, address=str(request.base_url).rstrip("/"), year=datetime.now(UTC).year)

    return get_page
