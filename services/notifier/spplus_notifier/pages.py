"""Results pages in French, for people: without scripts, from a phone to paper."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from spplus_chassis.database import Connection, Reader
from spplus_chassis.paging import etag_of
from spplus_chassis.service import Service
from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import PeriodKind
from spplus_notifier import (
    clock,
    comparison_pages,
    embedding,
    home_pages,
    open_data_page,
    queries,
    reading_pages,
    results,
    site_map,
    static_files,
    structure_queries,
)
from spplus_notifier.addressing import Here
from spplus_notifier.answering import Written
from spplus_notifier.cards import Other
from spplus_notifier.data_catalogue import Publisher
from spplus_notifier.figure_set import Figures
from spplus_notifier.kept import Draft, KeptAnswers
from spplus_notifier.preview import preview_of, words_of
from spplus_notifier.results import Results
from spplus_notifier.screens import HEADERS, Screens, told_in_french
from spplus_notifier.structure_queries import Structure

CHILDREN_SHOWN = 300


class Pages:
    """Writes the page of a structure."""

    def __init__(self, service: Service, screens: Screens, kept: KeptAnswers) -> None:
        self._service = service
        self._screens = screens
        self._kept = kept

    async def structure(self, request: Request, code: str, year: int | None) -> Response:
        """The results of one structure: as kept, else by seven queries."""
        here, today = self._screens.public.here(request, "annee"), clock.today()

        async def write(connection: Connection) -> Draft | Response:
            return await self._results(connection, code, year, here, today)

        return await self._kept.answer(request, ("structure", code, year, here), write, day=today)

    async def _results(
        self, reader: Reader, code: str, year: int | None, here: Here, today: date
    ) -> Draft | HTMLResponse:
        shown = await structure_queries.structure(reader, code)
        if shown is None:
            return self._screens.missing("Structure introuvable", f"Aucune structure ne porte le code « {code} ».")
        ancestors = await structure_queries.ancestors(reader, code, today)
        figures = Figures(await _figures(reader, [code], *PeriodKind))
        if year is not None and year not in figures.years():
            return self._screens.missing("Pas de chiffres", f"Aucun chiffre n'est publié pour {shown.name} en {year}.")
        children = await structure_queries.children(reader, code, today, limit=CHILDREN_SHOWN)
        others = await _others(reader, shown, ancestors)
        words = words_of(shown.name, figures, figures.view(year, today), shown.not_applicable)
        text = self._screens.text(
            "structure.html",
            structure=shown,
            ancestors=ancestors,
            children=children,
            here=here,
            preview=preview_of(code, year, words),
            results=results_on(today, figures, shown, year, others),
        ).encode()
        written = Written(text, "text/html", HEADERS | {"ETag": etag_of(text)})
        return Draft(written, rests_on=(code, *(one.code for one in others)))


async def _others(reader: Reader, structure: Structure, ancestors: Sequence[Structure]) -> list[Other]:
    """The parent and the whole network, with their figures."""
    compared = above(structure, ancestors)
    found = await _figures(reader, [one.code for one in compared], PeriodKind.YEAR, PeriodKind.ROLLING_12)
    return [
        Other(one.name, Figures(figure for figure in found if figure.structure_code == one.code), one.code, role)
        for one, role in compared.items()
    ]


async def _figures(reader: Reader, codes: list[str], *kinds: PeriodKind) -> list[IndicatorComputed]:
    if not codes:
        return []
    found = await queries.figures_of_pages(reader, codes, [kind.value for kind in kinds])
    return [IndicatorComputed.read_json(data.encode()) for data in found]


def results_on(
    today: date, figures: Figures, structure: Structure, year: int | None, others: Sequence[Other] = ()
) -> Results:
    """What the page says on a day: the last twelve months, the latest year where there are none, or a year."""
    view = figures.view(year, today)
    return results.results_of(figures, view=view, not_applicable=structure.not_applicable, others=others)


def above(structure: Structure, ancestors: Sequence[Structure]) -> dict[Structure, str]:
    """What a structure is compared with, and what that is to it; a parent that is the whole network stands once."""
    parent = dict.fromkeys(ancestors[-1:], "dont ce service dépend")
    whole = structure_queries.whole_network(structure, ancestors)
    return parent if whole is None else {**parent, whole: "tout le réseau"}


def install(service: Service, screens: Screens, kept: KeptAnswers, publisher: Publisher) -> None:
    """Add the pages to the service."""
    pages = Pages(service, screens, kept)
    routes = APIRouter(include_in_schema=False, route_class=told_in_french(screens))

    @routes.get("/structures/{code}")
    async def get_structure(
        request: Request, code: str, annee: Annotated[int | None, Query(ge=2015, le=2200)] = None
    ) -> Response:
        return await pages.structure(request, code, annee)

    for path, template in (
        ("/accessibilite", "accessibility.html"),
        ("/confidentialite", "privacy.html"),
    ):
        routes.add_api_route(path, _fixed(screens, template), methods=["GET"])

    home_pages.add_routes(routes, service, screens)
    open_data_page.add_routes(routes, screens, publisher)
    reading_pages.add_routes(routes, service, screens)
    comparison_pages.add_routes(routes, service, screens)
    embedding.add_routes(routes, service, screens, kept)
    static_files.add_routes(routes)
    site_map.add_routes(routes, service, screens.public)
    service.include(routes)


def _fixed(screens: Screens, template: str) -> Callable[[Request], Awaitable[Response]]:
    async def get_page(request: Request) -> Response:
        return screens.write(template, here=screens.public.here(request))

    return get_page
