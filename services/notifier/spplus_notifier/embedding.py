"""What other sites show of a structure: a badge (SVG), a card for a frame, and the page that tells how."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from markupsafe import Markup

from spplus_chassis.database import Connection, Reader
from spplus_chassis.paging import etag_of
from spplus_chassis.service import Service
from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import PeriodKind
from spplus_notifier import badge, catalogue, clock, picture, preview, queries, structure_queries, wording
from spplus_notifier.addressing import Here
from spplus_notifier.answering import Written, is_known, validators
from spplus_notifier.cards import Card, Shown, card
from spplus_notifier.figure_set import Figures
from spplus_notifier.kept import Draft, KeptAnswers
from spplus_notifier.picture import Words
from spplus_notifier.preview import words_of
from spplus_notifier.screens import FRAMED_HEADERS, SCRIPTED_HEADERS, Screens
from spplus_notifier.static_files import COPYING
from spplus_notifier.structure_queries import Structure

_KEPT: Final = 256
"""Pictures kept, of about 20 KB each; one takes 25 ms to draw."""
BADGE_HEADERS: Final = FRAMED_HEADERS | {"Content-Security-Policy": "default-src 'none'; frame-ancestors *"}
_FRAME: Final = Markup(
    '<iframe src="{address}/structures/{code}/carte" title="Résultats : {name}" width="360" height="400" '
    'loading="lazy" sandbox="allow-popups allow-popups-to-escape-sandbox" style="max-width:100%;border:0"></iframe>'
)
_IMAGE: Final = Markup(
    '<a href="{address}/structures/{code}"><img src="{address}/structures/{code}/badge.svg" '
    'alt="Avis des usagers de {name} : voir les résultats" height="{height}" style="max-width:100%"></a>'
)


@dataclass(frozen=True, slots=True)
class InShort:
    """What a structure's figures say, for a place with little room."""

    period: str
    """Which months, or which year."""
    cards: tuple[Card, ...]

    @property
    def first(self) -> Card:
        """What stands for all where one has to."""
        return self.cards[0]


class Embedding:
    """Writes them. Badge and card are shown on busy sites: they are kept for as long as their figures stand."""

    def __init__(self, service: Service, screens: Screens, kept: KeptAnswers) -> None:
        self._service = service
        self._screens = screens
        self._kept = kept
        self._pen = asyncio.Lock()

    async def badge(self, request: Request, code: str) -> Response:
        """The satisfaction of twelve months, as a picture with its text."""

        async def write(reader: Connection) -> Draft | Response:
            structure = await structure_queries.structure(reader, code)
            if structure is None:
                return self._missing(code)
            return _draft(code, _badge(structure, await _in_short(reader, structure)), "image/svg+xml", BADGE_HEADERS)

        return await self._kept.answer(request, ("badge", code), write, day=clock.today())

    async def card(self, request: Request, code: str) -> Response:
        """The answer in short, for a frame."""

        async def write(reader: Connection) -> Draft | Response:
            structure = await structure_queries.structure(reader, code)
            if structure is None:
                return self._missing(code)
            text = self._screens.text("card.html", structure=structure, short=await _in_short(reader, structure))
            return _draft(code, text, "text/html", FRAMED_HEADERS)

        return await self._kept.answer(request, ("card", code), write, day=clock.today())

    async def tell(self, code: str, here: Here) -> Response:
        """What to copy."""
        structure = await self._structure(code)
        if structure is None:
            return self._missing(code)
        named = {
            "address": here.address,
            "code": structure.code,
            "name": structure.name,
            "height": badge.HEIGHT,
        }
        page = self._screens.write(
            "embedding.html",
            here=here,
            structure=structure,
            frame=str(_FRAME.format(**named)),
            image=str(_IMAGE.format(**named)),
            script_path=COPYING.path,
        )
        page.headers.update(SCRIPTED_HEADERS)
        return page

    def _missing(self, code: str) -> Response:
        return self._screens.missing("Structure introuvable", f"Aucune structure ne porte le code « {code} ».")

    async def _structure(self, code: str) -> Structure | None:
        return await structure_queries.structure(self._service.pool, code)

    async def preview(self, request: Request, code: str, year: int | None) -> Response:
        """The picture that goes with a shared link to the structure."""
        structure = await self._structure(code)
        if structure is None:
            return self._missing(code)
        figures = await _figures(self._service.pool, code, PeriodKind.ROLLING_12, PeriodKind.YEAR)
        words = words_of(structure.name, figures, figures.view(year, clock.today()), structure.not_applicable)
        return await self.picture(request, words)

    async def picture(self, request: Request, words: Words) -> Response:
        """These words as a picture, or nothing where the reader holds it. One is drawn at a time."""
        headers = BADGE_HEADERS | validators(f'"{words.name}"', None)
        if is_known(request, headers):
            return Response(status_code=304, headers=headers)
        async with self._pen:
            body = await asyncio.to_thread(_drawn, words)
        return Response(body, media_type="image/png", headers=headers)


_drawn = lru_cache(_KEPT)(picture.draw)


def _draft(code: str, text: str, media_type: str, headers: Mapping[str, str]) -> Draft:
    body = text.encode()
    return Draft(Written(body, media_type, {**headers, "ETag": etag_of(body)}), rests_on=(code,))


def _badge(structure: Structure, short: InShort) -> str:
    one = short.first
    said = one.plain.rstrip(".") if one.has_number else one.headline
    subject = f"Avis des usagers (calcul sur {one.sample})" if one.has_number else "Avis des usagers"
    return badge.draw(subject, said, note=f"{structure.name}, {one.period or short.period}")


async def _in_short(reader: Reader, structure: Structure) -> InShort:
    figures = await _figures(reader, structure.code, PeriodKind.ROLLING_12)
    window = figures.window()
    if window is None:
        figures = await _figures(reader, structure.code, PeriodKind.YEAR)
    view = figures.view(None, clock.today())
    period = f"année {view.year}" if window is None else wording.period(PeriodKind.ROLLING_12, *window)
    page = Shown(figures, view, structure.not_applicable, ())
    return InShort(period, tuple(card(page, code) for code in catalogue.BRIEF))


async def _figures(reader: Reader, code: str, *kinds: PeriodKind) -> Figures:
    found = await queries.figures_of_pages(reader, [code], [kind.value for kind in kinds])
    return Figures(IndicatorComputed.read_json(data.encode()) for data in found)


def add_routes(routes: APIRouter, service: Service, screens: Screens, kept: KeptAnswers) -> None:
    """Add them."""
    embedding = Embedding(service, screens, kept)

    @routes.get("/structures/{code}/badge.svg")
    async def get_badge(request: Request, code: str) -> Response:
        return await embedding.badge(request, code)

    @routes.get(preview.PATH)
    async def get_picture(request: Request) -> Response:
        return await embedding.picture(request, picture.GENERAL)

    @routes.get(f"/structures/{{code}}{preview.PATH}")
    async def get_preview(
        request: Request, code: str, annee: Annotated[int | None, Query(ge=2015, le=2200)] = None
    ) -> Response:
        return await embedding.preview(request, code, annee)

    @routes.get("/structures/{code}/carte")
    async def get_card(request: Request, code: str) -> Response:
        return await embedding.card(request, code)

    @routes.get("/structures/{code}/reprendre")
    async def get_embedding(request: Request, code: str) -> Response:
        return await embedding.tell(code, screens.public.here(request))
