"""A page that sets the structures under one parent side by side: by name, never ranked."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from spplus_chassis.service import Service
from spplus_contracts import IndicatorComputed
from spplus_notifier import catalogue, clock, comparing, side_by_side, structure_queries
from spplus_notifier.addressing import Here
from spplus_notifier.catalogue import WORDINGS, wording_of
from spplus_notifier.comparing import Place
from spplus_notifier.screens import Screens
from spplus_notifier.structure_queries import Structure

STRUCTURES_SHOWN = 300
FIRST = "experience_satisfaction"


class ComparisonPages:
    """Writes it."""

    def __init__(self, service: Service, screens: Screens) -> None:
        self._service = service
        self._screens = screens

    async def compare(self, code: str, indicator: str, beside: str | None, here: Here) -> HTMLResponse:
        """The children of a structure, and itself; three queries. `beside` is the child that others are set beside."""
        pool = self._service.pool
        parent = await structure_queries.structure(pool, code)
        if parent is None:
            return self._screens.missing("Structure introuvable", f"Aucune structure ne porte le code « {code} ».")
        if indicator not in WORDINGS:
            return self._screens.missing("Indicateur introuvable", "Cet indicateur n'existe pas.")
        today = clock.today()
        children = await structure_queries.children(pool, code, today, limit=STRUCTURES_SHOWN)
        codes = [code, *(child.code for child in children)]
        figures = await side_by_side.newest(pool, codes, indicator, today)
        whole, places = _place(parent, indicator, figures), [_place(one, indicator, figures) for one in children]
        reference = next((place for place in places if place.code == beside), whole)
        return self._screens.write(
            "comparison.html",
            here=here,
            parent=parent,
            reference=reference,
            compared=comparing.compare(indicator, [whole, *places], reference),
            indicator=indicator,
            title=wording_of(indicator).title,
            short=wording_of(indicator).short,
            beside=beside,
            indicators=[(one, wording_of(one).short) for one in catalogue.order()],
            period=side_by_side.period_of(figures),
            are_all=len(children) < STRUCTURES_SHOWN,
        )


def _place(one: Structure, indicator: str, figures: dict[str, IndicatorComputed]) -> Place:
    return Place(one.code, one.name, figures.get(one.code), indicator not in one.not_applicable)


def add_routes(routes: APIRouter, service: Service, screens: Screens) -> None:
    """Add the page."""
    pages = ComparisonPages(service, screens)

    @routes.get("/structures/{code}/comparaison")
    async def get_comparison(
        request: Request,
        code: str,
        indicateur: Annotated[str, Query(max_length=48)] = FIRST,
        avec: Annotated[str | None, Query(max_length=64)] = None,
    ) -> Response:
        return await pages.compare(code, indicateur, avec, screens.public.here(request, "indicateur", "avec"))
