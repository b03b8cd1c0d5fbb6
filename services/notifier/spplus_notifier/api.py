"""Open data over HTTP: figures as JSON and CSV, of now or as they stood, and their history."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from spplus_chassis.database import Connection, Pool, Reader
from spplus_chassis.paging import cursor_of, etag_of, place_of
from spplus_chassis.service import Service
from spplus_contracts import IndicatorComputed
from spplus_notifier import clock, csv_export, queries, selection
from spplus_notifier.answering import OPEN_HEADERS, Written, answer_head, streamed, validators, weak, whole
from spplus_notifier.asking import CsvQuery, FigureFilter, FigureQuery, HistoryQuery
from spplus_notifier.kept import Draft, KeptAnswers
from spplus_notifier.queries import Revision
from spplus_notifier.reasons import Why, why
from spplus_notifier.selection import Selection

CSV_PAGE = 2000
JSON = "application/json"
_KNOWN: dict[int | str, dict[str, Any]] = {304: {"description": "The reader has this version already"}}


class FigurePage(BaseModel):
    """A page of figures."""

    items: list[IndicatorComputed]
    """Data of IndicatorComputed, as on the compacted topic."""
    next: str | None
    """Cursor of the page that follows, if there is one."""


class ToldRevision(IndicatorComputed):
    """A revision as it was published, and what made it differ."""

    published_at: datetime
    """When this service published it, UTC."""
    why: list[Why]
    """What differs from the revision before; the events carry no cause beyond that."""


class HistoryPage(BaseModel):
    """A page of a figure's history."""

    items: list[ToldRevision]
    """Revisions, the oldest first."""
    next: str | None
    """Cursor of the page that follows, if there is one."""


def router(service: Service, kept: KeptAnswers) -> APIRouter:
    """Routes of the open data."""
    routes = APIRouter(prefix="/v1", tags=["open data"])

    @routes.get("/indicators", response_model=FigurePage, responses=_KNOWN)
    async def get_indicators(request: Request, asked: Annotated[FigureQuery, Query()]) -> Response:
        """Current figures, or those of `as_of`, in the order of their keys."""
        if asked.structure_code is None or asked.subtree is not None or asked.as_of is not None:
            body, headers = await _figure_page(service.pool, asked)
            return whole(request, body, JSON, headers)
        rests_on = (asked.structure_code,)

        async def write(connection: Connection) -> Draft:
            body, headers = await _figure_page(connection, asked)
            return Draft(Written(body, JSON, OPEN_HEADERS | headers), rests_on)

        return await kept.answer(request, asked.model_dump_json(), write)

    @routes.get("/indicators/history", response_model=HistoryPage, responses=_KNOWN)
    async def get_history(request: Request, asked: Annotated[HistoryQuery, Query()]) -> Response:
        """Revisions of one figure and why each came, the oldest first; of an open period, one a day."""
        after = 0 if asked.cursor is None else int(place_of(asked.cursor))
        found = await queries.history(service.pool, asked.key(), after=after, limit=asked.limit + 1)
        told = list(_told(found, after))
        page = told[: asked.limit]
        following = cursor_of(str(page[-1][0])) if len(told) > asked.limit else None
        body = _page((text for _, text in page), following)
        # No date: thinning the past changes it without a change of a figure.
        return whole(request, body, JSON, validators(etag_of(body), None))

    @routes.get(
        "/indicators.csv",
        response_class=Response,
        responses={
            200: {"content": {"text/csv": {}}, "description": "Every figure asked for, without a limit"},
            **_KNOWN,
        },
    )
    async def get_csv(request: Request, asked: Annotated[CsvQuery, Query()]) -> Response:
        """Figures as CSV: semicolons, UTF-8 with a byte order mark."""
        bounds = await queries.log_bounds(service.pool)
        chosen = await _select(service.pool, asked)
        # With the date, no version of a database that was lost and rebuilt.
        version = f"{bounds.last_seq} {bounds.modified_at} {bounds.complete_from}"
        etag = weak(etag_of(f"{version} {asked.decimal} {chosen}".encode()))
        headers = validators(etag, _date_of(asked, bounds.modified_at))
        headers["Content-Disposition"] = 'attachment; filename="indicateurs.csv"'
        decimal = csv_export.COMMA if asked.decimal == "comma" else csv_export.POINT
        return streamed(request, csv_lines(service.pool, chosen, decimal), "text/csv; charset=utf-8", headers)

    answer_head(routes)
    return routes


async def _figure_page(reader: Reader, asked: FigureQuery) -> tuple[bytes, dict[str, str]]:
    """JSON of a page of figures, and its validators."""
    after = None if asked.cursor is None else place_of(asked.cursor)
    modified_at = (await queries.log_bounds(reader)).modified_at
    chosen = await _select(reader, asked)
    found = await selection.figures(reader, chosen, after=after, limit=asked.limit + 1)
    page = found[: asked.limit]
    following = cursor_of(page[-1].key) if len(found) > asked.limit else None
    body = _page((figure.data for figure in page), following)
    return body, validators(etag_of(body), _date_of(asked, modified_at))


async def _select(reader: Reader, asked: FigureFilter) -> Selection:
    return await selection.select(reader, asked.filter(), today=clock.today(), as_of=asked.as_of)


def _date_of(asked: FigureFilter, modified_at: datetime | None) -> datetime | None:
    """When the answer changed last; none where it may change without a change of a figure.

    A structure that moves changes a part of the tree, and thinning the past changes what stood then.
    """
    return None if asked.subtree or asked.as_of else modified_at


def _told(found: Sequence[Revision], after: int) -> Iterable[tuple[int, str]]:
    """Number and JSON of each revision after a number; `found` may begin with what stood before."""
    before: IndicatorComputed | None = None
    was_removed = False
    for revision in found:
        if revision.data is None:
            was_removed = True
            continue
        now = IndicatorComputed.read_json(revision.data.encode())
        if revision.seq > after:
            reasons = ",".join(f'"{reason}"' for reason in why(before, now, was_removed=was_removed))
            at = revision.recorded_at.isoformat().replace("+00:00", "Z")
            # The stored JSON goes out as it is, with two fields more.
            yield revision.seq, f'{revision.data.rstrip()[:-1]},"published_at":"{at}","why":[{reasons}]}}'
        before, was_removed = now, False


def _page(items: Iterable[str], following: str | None) -> bytes:
    # The stored JSON goes out as it is: it was written by the contract's own model.
    cursor = "null" if following is None else f'"{following}"'
    return f'{{"items":[{",".join(items)}],"next":{cursor}}}'.encode()


async def csv_lines(pool: Pool, chosen: Selection, decimal: str) -> AsyncIterator[bytes]:
    """The export, page by page: a slow reader holds no connection of the database."""
    yield csv_export.head().encode()
    after: str | None = None
    while True:
        page = await selection.figures(pool, chosen, after=after, limit=CSV_PAGE)
        figures = (IndicatorComputed.read_json(figure.data.encode()) for figure in page)
        yield csv_export.rows(figures, decimal=decimal).encode()
        if len(page) < CSV_PAGE:
            return
        after = page[-1].key
