"""Results pages in French, for people: without scripts, from a phone to paper."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from spplus_chassis import french
from spplus_chassis.service import Service
from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import PeriodKind
from spplus_notifier import (
    comparison_pages,
    embedding,
    home_pages,
    parquet_export,
    queries,
    reading_pages,
    results,
    static_files,
    structure_queries,
)
from spplus_notifier.addressing import Here
from spplus_notifier.cards import Other
from spplus_notifier.figure_set import Figures, View
from spplus_notifier.results import Results
from spplus_notifier.screens import Screens, told_in_french
from spplus_notifier.structure_queries import Structure

CHILDREN_SHOWN = 300


class Pages:
    """Writes the page of a structure."""

    def __init__(self, service: Service, screens: Screens) -> None:
        self._service = service
        self._screens = screens

    async def structure(self, code: str, year: int | None, here: Here) -> HTMLResponse:
        """The results of one structure; five queries."""
        pool = self._service.pool
        shown = await structure_queries.structure(pool, code)
        if shown is None:
            return self._screens.missing("Structure introuvable", f"Aucune structure ne porte le code « {code} ».")
        today = datetime.now(french.PARIS).date()
        ancestors = await structure_queries.ancestors(pool, code, today)
        figures = Figures(await self._figures([code], *PeriodKind))
        if year is not None and year not in figures.years():
            return self._screens.missing("Pas de chiffres", f"Aucun chiffre n'est publié pour {shown.name} en {year}.")
        children = await structure_queries.children(pool, code, today, limit=CHILDREN_SHOWN)
        return self._screens.write(
            "structure.html",
            structure=shown,
            ancestors=ancestors,
            children=children,
            here=here,
            results=results_on(today, figures, shown, year, await self._others(shown, ancestors)),
        )

    async def _others(self, structure: Structure, ancestors: Sequence[Structure]) -> list[Other]:
        """The parent and the whole network, with their figures."""
        compared = above(structure, ancestors)
        found = await self._figures([one.code for one in compared], PeriodKind.YEAR, PeriodKind.ROLLING_12)
        return [
            Other(one.name, Figures(figure for figure in found if figure.structure_code == one.code), one.code, role)
            for one, role in compared.items()
        ]

    async def _figures(self, codes: list[str], *kinds: PeriodKind) -> list[IndicatorComputed]:
        if not codes:
            return []
        found = await queries.figures_of_pages(self._service.pool, codes, [kind.value for kind in kinds])
        return [IndicatorComputed.read_json(data.encode()) for data in found]


def results_on(
    today: date, figures: Figures, structure: Structure, year: int | None, others: Sequence[Other] = ()
) -> Results:
    """What the page says on a day: the last twelve months, the latest year where there are none, or a year."""
    if year is None and figures.window() is None:
        year = next(iter(figures.years()), today.year)
    return results.results_of(figures, view=View(year, today), not_applicable=structure.not_applicable, others=others)


def above(structure: Structure, ancestors: Sequence[Structure]) -> dict[Structure, str]:
    """What a structure is compared with, and what that is to it; a parent that is the whole network stands once."""
    parent = dict.fromkeys(ancestors[-1:], "dont ce service dépend")
    whole = structure_queries.whole_network(structure, ancestors)
    return parent if whole is None else {**parent, whole: "tout le réseau"}


def install(service: Service, screens: Screens) -> None:
    """Add the pages to the service."""
    pages = Pages(service, screens)
    routes = APIRouter(include_in_schema=False, route_class=told_in_french(screens))

    @routes.get("/structures/{code}")
    async def get_structure(
        request: Request, code: str, annee: Annotated[int | None, Query(ge=2015, le=2200)] = None
    ) -> Response:
        return await pages.structure(code, annee, screens.public.here(request, "annee"))

    for path, template in (
        ("/donnees-ouvertes", "open_data.html"),
        ("/accessibilite", "accessibility.html"),
        ("/confidentialite", "privacy.html"),
    ):
        routes.add_api_route(path, _fixed(screens, template), methods=["GET"])

    home_pages.add_routes(routes, service, screens)
    reading_pages.add_routes(routes, service, screens)
    comparison_pages.add_routes(routes, service, screens)
    embedding.add_routes(routes, service, screens)
    static_files.add_routes(routes)
    service.include(routes)


def _fixed(screens: Screens, template: str) -> Callable[[Request], Awaitable[Response]]:
    async def get_page(request: Request) -> Response:
        year, parquet = datetime.now(UTC).year, parquet_export.is_possible()
        return screens.write(template, here=screens.public.here(request), year=year, parquet=parquet)

    return get_page
