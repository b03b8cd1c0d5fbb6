"""Open data over HTTP: current figures as JSON and CSV, and their history."""

from collections.abc import AsyncIterator, Iterable
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from spplus_chassis.database import Pool
from spplus_chassis.paging import cursor_of, etag_of, matches, place_of
from spplus_chassis.service import Service
from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import (
    Engagement,
    IndicatorCode,
    IndicatorStatus,
    PeriodKind,
    StructureCode,
)
from spplus_notifier import csv_export, queries
from spplus_notifier.figure_key import LATEST, FigureKey
from spplus_notifier.queries import Filter

OPEN_HEADERS = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
"""Public data: any site may read it; caches ask whether it has changed."""
CSV_PAGE = 2000


def _checked_cursor(cursor: str) -> str:
    place_of(cursor)
    return cursor


def _checked_number_cursor(cursor: str) -> str:
    if not place_of(cursor).isascii() or not place_of(cursor).isdigit():
        raise ValueError("is not a cursor of this service")
    return cursor


class FigureFilter(BaseModel):
    """Which figures; every parameter may be left out, and an unknown one is refused."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    structure_code: StructureCode | None = None
    """One structure, with all its descendants counted in."""
    indicator_code: IndicatorCode | None = None
    """One indicator."""
    period_kind: PeriodKind | None = None
    """Length of the period."""
    period_start: date | None = None
    """First day of the period."""
    status: IndicatorStatus | None = None
    """Whether there is a number, and if not, why."""
    engagement: Engagement | None = None
    """One commitment of the programme, as framework/number."""

    def filter(self) -> Filter:
        """As the queries take it."""
        return Filter(
            structure_code=self.structure_code,
            indicator_code=self.indicator_code,
            period_kind=self.period_kind and self.period_kind.value,
            period_start=self.period_start,
            status=self.status and self.status.value,
            engagement=self.engagement,
        )


class FigureQuery(FigureFilter):
    """Parameters of a page of figures."""

    cursor: Annotated[str, Field(max_length=400), AfterValidator(_checked_cursor)] | None = None
    """`next` of the page before."""
    limit: Annotated[int, Field(ge=1, le=1000)] = 200
    """Most figures in one page."""


class HistoryQuery(BaseModel):
    """Parameters of a figure's history."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    structure_code: StructureCode
    """The structure."""
    indicator_code: IndicatorCode
    """The indicator."""
    period_kind: PeriodKind
    """Length of the period."""
    period_start: date | None = None
    """First day of the period; not needed for the rolling twelve months, which have one key."""
    cursor: Annotated[str, Field(max_length=40), AfterValidator(_checked_number_cursor)] | None = None
    """`next` of the page before."""
    limit: Annotated[int, Field(ge=1, le=1000)] = 200
    """Most revisions in one page."""

    def key(self) -> str:
        """The figure's key."""
        rolling = self.period_kind is PeriodKind.ROLLING_12 or self.period_start is None
        start = LATEST if rolling or self.period_start is None else self.period_start.isoformat()
        return str(FigureKey(self.structure_code, self.indicator_code, self.period_kind.value, start))


class FigurePage(BaseModel):
    """A page of figures."""

    items: list[IndicatorComputed]
    """Data of IndicatorComputed, as on the compacted topic."""
    next: str | None
    """Cursor of the page that follows, if there is one."""


def router(service: Service) -> APIRouter:
    """Routes of the open data."""
    routes = APIRouter(prefix="/v1", tags=["open data"])

    @routes.get(
        "/indicators", response_model=FigurePage, responses={304: {"description": "The reader has this page already"}}
    )
    async def get_indicators(request: Request, asked: Annotated[FigureQuery, Query()]) -> Response:
        """Current figures, in the order of their keys."""
        after = None if asked.cursor is None else place_of(asked.cursor)
        found = await queries.figures(service.pool, asked.filter(), after=after, limit=asked.limit + 1)
        page = found[: asked.limit]
        following = cursor_of(page[-1].key) if len(found) > asked.limit else None
        return _page(request, (figure.data for figure in page), following)

    @routes.get("/indicators/history", response_model=FigurePage)
    async def get_history(request: Request, asked: Annotated[HistoryQuery, Query()]) -> Response:
        """Revisions of one figure, the oldest first; of an open period, one a day."""
        after = 0 if asked.cursor is None else int(place_of(asked.cursor))
        found = await queries.history(service.pool, asked.key(), after=after, limit=asked.limit + 1)
        page = found[: asked.limit]
        following = cursor_of(str(page[-1].seq)) if len(found) > asked.limit else None
        return _page(request, (change.data for change in page if change.data is not None), following)

    @routes.get(
        "/indicators.csv",
        response_class=Response,
        responses={200: {"content": {"text/csv": {}}, "description": "Every figure asked for, without a limit"}},
    )
    async def get_csv(
        asked: Annotated[FigureFilter, Query()], if_none_match: Annotated[str | None, Header()] = None
    ) -> Response:
        """Current figures as CSV: semicolons, UTF-8 with a byte order mark."""
        bounds = await queries.log_bounds(service.pool)
        etag = 'W/"' + etag_of(f"{bounds.last_seq} {asked.model_dump_json()}".encode())[1:]
        headers = OPEN_HEADERS | {"ETag": etag}
        if matches(etag, if_none_match):
            return Response(status_code=304, headers=headers)
        headers["Content-Disposition"] = 'attachment; filename="indicateurs.csv"'
        return StreamingResponse(
            csv_lines(service.pool, asked.filter()), media_type="text/csv; charset=utf-8", headers=headers
        )

    return routes


def _page(request: Request, items: Iterable[str], following: str | None) -> Response:
    # The stored JSON goes out as it is: it was written by the contract's own model.
    cursor = "null" if following is None else f'"{following}"'
    body = f'{{"items":[{",".join(items)}],"next":{cursor}}}'.encode()
    etag = etag_of(body)
    headers = OPEN_HEADERS | {"ETag": etag}
    if matches(etag, request.headers.get("if-none-match")):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


async def csv_lines(pool: Pool, wanted: Filter) -> AsyncIterator[str]:
    """The export, page by page: a slow reader holds no connection of the database."""
    yield csv_export.head()
    after: str | None = None
    while True:
        page = await queries.figures(pool, wanted, after=after, limit=CSV_PAGE)
        yield csv_export.rows(IndicatorComputed.read_json(figure.data.encode()) for figure in page)
        if len(page) < CSV_PAGE:
            return
        after = page[-1].key
