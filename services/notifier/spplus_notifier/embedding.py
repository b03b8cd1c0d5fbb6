"""What other sites show of a structure: a badge (SVG), a card for a frame, and the page that tells how."""

from datetime import datetime

from fastapi import APIRouter, Request, Response

from spplus_chassis import french
from spplus_chassis.service import Service
from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import PeriodKind
from spplus_notifier import badge, catalogue, queries, structure_queries
from spplus_notifier.addressing import Here
from spplus_notifier.cards import Card, Shown, card
from spplus_notifier.figure_set import Figures, View
from spplus_notifier.screens import FRAMED_HEADERS, Screens
from spplus_notifier.structure_queries import Structure

BADGE_HEADERS = FRAMED_HEADERS | {"Content-Security-Policy": "default-src 'none'; frame-ancestors *"}


class Embedding:
    """Writes them; two queries each."""

    def __init__(self, service: Service, screens: Screens) -> None:
        self._service = service
        self._screens = screens

    async def badge(self, code: str) -> Response:
        """The satisfaction of twelve months, as a picture with its text."""
        structure = await self._structure(code)
        if structure is None:
            return self._missing(code)
        [one, *_] = await self._cards(structure)
        said = one.plain.rstrip(".") if one.has_number else one.headline
        picture = badge.draw("Avis des usagers", said, note=f"{structure.name}, douze derniers mois")
        return Response(picture, media_type="image/svg+xml", headers=BADGE_HEADERS)

    async def card(self, code: str) -> Response:
        """The answer in short, for a frame."""
        structure = await self._structure(code)
        if structure is None:
            return self._missing(code)
        cards = [one for one in await self._cards(structure) if one.has_number]
        return self._screens.framed("card.html", structure=structure, cards=cards)

    async def tell(self, code: str, here: Here) -> Response:
        """What to copy."""
        structure = await self._structure(code)
        if structure is None:
            return self._missing(code)
        return self._screens.write("embedding.html", structure=structure, here=here)

    def _missing(self, code: str) -> Response:
        return self._screens.missing("Structure introuvable", f"Aucune structure ne porte le code « {code} ».")

    async def _structure(self, code: str) -> Structure | None:
        return await structure_queries.structure(self._service.pool, code)

    async def _cards(self, structure: Structure) -> list[Card]:
        kinds = [PeriodKind.ROLLING_12.value]
        found = await queries.figures_of_pages(self._service.pool, [structure.code], kinds)
        figures = Figures(IndicatorComputed.read_json(data.encode()) for data in found)
        view = View(None, datetime.now(french.PARIS).date())
        page = Shown(figures, view, structure.not_applicable, ())
        return [card(page, code) for code in catalogue.BRIEF]


def add_routes(routes: APIRouter, service: Service, screens: Screens) -> None:
    """Add them."""
    embedding = Embedding(service, screens)

    @routes.get("/structures/{code}/badge.svg")
    async def get_badge(code: str) -> Response:
        return await embedding.badge(code)

    @routes.get("/structures/{code}/carte")
    async def get_card(code: str) -> Response:
        return await embedding.card(code)

    @routes.get("/structures/{code}/reprendre")
    async def get_embedding(request: Request, code: str) -> Response:
        return await embedding.tell(code, screens.public.here(request))
