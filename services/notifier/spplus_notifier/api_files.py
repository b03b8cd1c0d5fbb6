"""Whole files of the open data over HTTP, and what describes it: Parquet, structures, schemas, DCAT-AP."""

import json
from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, model_validator

from spplus_chassis.database import Pool
from spplus_chassis.paging import etag_of
from spplus_chassis.problem import Problem
from spplus_chassis.service import Service
from spplus_contracts import IndicatorComputed
from spplus_contracts.jsonschema import reader_schema
from spplus_contracts.vocabulary import PeriodKind
from spplus_notifier import clock, parquet_export, queries, structure_queries, structures_csv
from spplus_notifier.addressing import PublicAddress
from spplus_notifier.answering import OPEN_HEADERS, answer_head, is_known, streamed, validators, weak, whole
from spplus_notifier.data_catalogue import Extent, Publisher, catalogue
from spplus_notifier.dumps import Dumps
from spplus_notifier.selection import Filter
from spplus_notifier.table_schema import structures_schema, table_schema

_KNOWN: dict[int | str, dict[str, Any]] = {304: {"description": "The reader has this version already"}}


_STRUCTURES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {}}, "description": "Every structure"},
    **_KNOWN,
}
STRUCTURES_PAGE = 2000


class ParquetQuery(BaseModel):
    """One period of the whole publication."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    period_kind: PeriodKind
    """Length of the period."""
    period_start: date | None = None
    """First day of the period; not for the rolling twelve months, of which only the latest stand."""

    @model_validator(mode="after")
    def _one_period(self) -> Self:
        if (self.period_start is None) is not (self.period_kind is PeriodKind.ROLLING_12):
            raise ValueError("a period has its kind and its first day, the rolling twelve months their kind alone")
        return self


def router(service: Service, dumps: Dumps, publisher: Publisher, public: PublicAddress) -> APIRouter:
    """Routes of files and descriptions."""
    routes = APIRouter(prefix="/v1", tags=["open data"])

    @routes.get(
        "/indicators.parquet",
        response_class=Response,
        responses={
            200: {"content": {parquet_export.MEDIA_TYPE: {}}, "description": "Every figure of the period"},
            501: {"description": "This installation writes no Parquet"},
            **_KNOWN,
        },
    )
    async def get_parquet(request: Request, asked: Annotated[ParquetQuery, Query()]) -> Response:
        """Every figure of one period, in the columns of the CSV; built for all who ask, at most some minutes old.

        A part of it can be asked for (`Range`), so that tools read the columns that they need.
        """
        if not parquet_export.is_possible():
            raise Problem(501, "the library that writes Parquet is not installed here", title="Not implemented")
        dump = await dumps.of(Filter(period_kind=asked.period_kind.value, period_start=asked.period_start))
        headers = OPEN_HEADERS | validators(etag_of(f"{dump.file} {dump.last_seq}".encode()), dump.modified_at)
        if is_known(request, headers):
            return Response(status_code=304, headers=headers)
        name = "-".join(filter(None, ("indicateurs", asked.period_kind.value, str(asked.period_start or ""))))
        return FileResponse(
            dump.file, headers=headers, media_type=parquet_export.MEDIA_TYPE, filename=f"{name}.parquet"
        )

    @routes.get("/indicators.schema.json", response_class=Response)
    async def get_schema(request: Request) -> Response:
        """JSON Schema of one figure, open to what later versions add."""
        return _described(request, reader_schema(IndicatorComputed), "application/schema+json")

    @routes.get("/indicators.table-schema.json", response_class=Response)
    async def get_table_schema(request: Request) -> Response:
        """Table Schema of the CSV."""
        return _described(request, table_schema(public.of(request)), "application/json")

    @routes.get("/catalogue.jsonld", response_class=Response)
    async def get_catalogue(request: Request) -> Response:
        """The data set for catalogues, DCAT-AP as JSON-LD."""
        bounds = await queries.log_bounds(service.pool)
        since = await queries.first_day(service.pool)
        extent = Extent(bounds.modified_at, since, parquet_export.is_possible())
        told = catalogue(public.of(request), publisher, extent)
        return _described(request, told, "application/ld+json")

    _add_structures(routes, service, public)
    answer_head(routes)
    return routes


def _add_structures(routes: APIRouter, service: Service, public: PublicAddress) -> None:
    @routes.get("/structures.table-schema.json", response_class=Response)
    async def get_structures_schema(request: Request) -> Response:
        """Table Schema of the structures."""
        return _described(request, structures_schema(public.of(request)), "application/json")

    @routes.get("/structures.csv", response_class=Response, responses=_STRUCTURES)
    async def get_structures(request: Request) -> Response:
        """Every structure that was declared: the names of the codes, and who belongs to whom today (Europe/Paris)."""
        today = clock.today()
        version = await structure_queries.declared_version(service.pool)
        headers = {
            "ETag": weak(etag_of(f"{version} {today}".encode())),
            "Content-Disposition": 'attachment; filename="structures.csv"',
        }
        return streamed(request, _structure_lines(service.pool, today), "text/csv; charset=utf-8", headers)


def _described(request: Request, document: dict[str, Any], media_type: str) -> Response:
    body = json.dumps(document, ensure_ascii=False, indent=1).encode()
    return whole(request, body, media_type, {"ETag": etag_of(body)})


async def _structure_lines(pool: Pool, today: date) -> AsyncIterator[bytes]:
    yield structures_csv.head().encode()
    after = ""
    while page := await structure_queries.declared(pool, today, after=after, limit=STRUCTURES_PAGE):
        yield structures_csv.rows(page).encode()
        after = str(page[-1]["code"])
