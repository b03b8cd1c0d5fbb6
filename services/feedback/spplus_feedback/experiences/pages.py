"""The published experiences for people: search, filters as a plain form, one page for each experience."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import date
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import ValidationError

from spplus_chassis.database import Connection, Pool
from spplus_chassis.problem import Problem
from spplus_feedback.deadlines import paris_day
from spplus_feedback.experiences.api import (
    OPEN,
    check_structure,
    page_of_experiences,
    unless_held,
)
from spplus_feedback.experiences.atom import feed
from spplus_feedback.experiences.filters import FIRST_DAY, NAMES, ExperienceFilter, ExperienceQuery, Place, Words
from spplus_feedback.experiences.numbers import NO_SENTIMENT
from spplus_feedback.experiences.passages import passages
from spplus_feedback.experiences.queries import choice, experience, experience_ids, experiences, networks
from spplus_feedback.experiences.recent_numbers import Clock, RecentNumbers
from spplus_feedback.exports.official import head, line, row_of
from spplus_feedback.exports.queries import stories
from spplus_feedback.screens import Page, page
from spplus_feedback.structure_search import find_structures
from spplus_feedback.structures_queries import structures_of
from spplus_feedback.wording import REFUSED_FOR, SENTIMENTS

_PATH: Final = "/experiences"
_MOST_FOUND: Final = 10
_FED: Final = 50
"""Experiences of a feed."""
_WRITTEN: Final = 500
"""Experiences of a table that are read at once."""
_SHORT: Final = 700
"""Characters of a story that a list shows."""
_FEELINGS: Final = (*reversed(SENTIMENTS.items()), (NO_SENTIMENT, "Sans ressenti"))
_FIELDS: Final = {
    "from": "La date de début n’est pas une date que nous connaissons.",
    "to": "La date de fin n’est pas une date que nous connaissons.",
    "": "La date de fin est avant la date de début.",
    "q": "Ces mots sont trop longs, ou contiennent des caractères que nous ne pouvons pas lire.",
    "service": "Ce nom est trop long, ou contient des caractères que nous ne pouvons pas lire.",
}


class _TableQuery(ExperienceFilter):
    """What the table holds, and for whom."""

    raw: bool = False
    """Exact cells, for programs. For spreadsheets, a cell that begins as a formula gets an apostrophe."""


class _PageQuery(ExperienceQuery):
    """What the form sends: besides the filters, words for a structure that is still to be chosen."""

    service: Words | None = None


def router(pool: Callable[[], Pool], numbers: RecentNumbers, *, clock: Clock) -> APIRouter:
    """The routes."""
    routes = APIRouter(route_class=Page, include_in_schema=False)

    @routes.get(_PATH)
    async def get_list(request: Request) -> Response:
        sent = {name: value for name, value in request.query_params.items() if value.strip()}
        try:
            asked = _PageQuery.model_validate(sent)
        except ValidationError as fault:
            return await _corrected(pool(), sent, fault)
        async with pool().acquire() as connection:
            return unless_held(request, await _list(connection, asked, clock))

    @routes.get(_PATH + ".atom")
    async def get_feed(request: Request, asked: Annotated[ExperienceFilter, Query()]) -> Response:
        async with pool().acquire() as connection:
            await check_structure(connection, asked)
            found = await experiences(connection, asked, on=paris_day(clock()), limit=_FED)
        given = asked.given()
        body = feed(found, itself=_link(given, path=_PATH + ".atom"), page=_link(given), empty_on=FIRST_DAY)
        return unless_held(request, Response(body, media_type="application/atom+xml; charset=utf-8"))

    @routes.get(_PATH + ".csv")
    async def get_table(asked: Annotated[_TableQuery, Query()]) -> Response:
        async with pool().acquire() as connection:
            await check_structure(connection, asked)
        headers = OPEN | {"Content-Disposition": 'attachment; filename="experiences.csv"'}
        lines = _lines(pool(), asked, paris_day(clock()))
        return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)

    @routes.get(_PATH + "/moderation")
    async def get_moderation(request: Request) -> Response:
        shown = page(
            "experiences/moderation.html", numbers=await numbers.now(), reasons=REFUSED_FOR, feelings=_FEELINGS
        )
        return unless_held(request, shown)

    @routes.get(_PATH + "/{experience_id}")
    async def get_one(request: Request, experience_id: UUID) -> Response:
        async with pool().acquire() as connection:
            found = await experience(connection, experience_id)
        if found is None:
            raise Problem(404)
        return unless_held(request, page("experiences/one.html", one=found))

    return routes


async def _lines(pool: Pool, asked: _TableQuery, on: date) -> AsyncIterator[str]:
    """The table, page by page: a slow reader holds no connection of the database."""
    yield head()
    async with pool.acquire() as connection:
        chosen = await choice(connection, asked, on=on)
    after: Place | None = None
    while True:
        async with pool.acquire() as connection:
            ids, end = await experience_ids(connection, asked, chosen, after=after, limit=_WRITTEN)
            told = await stories(connection, ids)
        yield "".join(line(row_of(story), raw=asked.raw) for story in told)
        if len(ids) < _WRITTEN:
            return
        after = end


async def _list(connection: Connection, asked: _PageQuery, clock: Clock) -> Response:
    found, following = await page_of_experiences(connection, asked, clock)
    given = asked.given()
    return page(
        "experiences/list.html",
        **await _form(connection, given, structure=asked.structure),
        found=found,
        passages={one.public_id: passages(one.marked or "") for one in found},
        short=_SHORT,
        further=_link(given | {"cursor": following}) if following else None,
        first=None if asked.cursor is None else _link(given),
        services=[
            (one, _link(given | {"structure": one.code}))
            for one in await find_structures(connection, asked.service, limit=_MOST_FOUND)
        ]
        if asked.service
        else None,
        service=asked.service or "",
    )


async def _corrected(pool: Pool, sent: Mapping[str, str], fault: ValidationError) -> Response:
    """The form again, with what is wrong; what no form of ours sends gets no such help."""
    names = [str(error["loc"][0]) if error["loc"] else "" for error in fault.errors(include_input=False)]
    if any(name not in _FIELDS for name in names):
        raise Problem(422)
    async with pool.acquire() as connection:
        form = await _form(connection, sent, structure=sent.get("structure"))
    errors = {name or "to": _FIELDS[name] for name in names}
    service = sent.get("service", "")
    shown = {"found": None, "services": None, "further": None, "first": None, "service": service}
    return page("experiences/list.html", status=422, **{**form, **shown, "errors": errors})


async def _form(connection: Connection, given: Mapping[str, str], *, structure: str | None) -> dict[str, Any]:
    """What the form shows again, with the ways to let go of each filter and to take all of it along."""
    declared = await structures_of(connection, [structure] if structure else [])
    chosen = next(iter(declared.values()), None)
    filters = {name: value for name, value in given.items() if name in NAMES}
    return {
        "given": filters,
        "errors": {},
        "structure_name": chosen and (chosen.public_name or chosen.name),
        "without_structure": _link({name: value for name, value in filters.items() if name != "structure"}),
        "networks": await networks(connection),
        "feelings": SENTIMENTS,
        "first_day": FIRST_DAY,
        "feed": _link(filters, path=f"{_PATH}.atom"),
        "table": _link(filters, path=f"{_PATH}.csv"),
        "filtered": bool(filters),
    }


def _link(parameters: Mapping[str, str | None], *, path: str = _PATH) -> str:
    words = urlencode({name: value for name, value in parameters.items() if value})
    return f"{path}?{words}" if words else path
