"""HTTP for re-users: what the public may read, page by page."""

from collections.abc import Callable
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from spplus_chassis.database import Connection, Pool
from spplus_chassis.paging import etag_of, matches
from spplus_chassis.problem import Problem
from spplus_feedback.deadlines import paris_day
from spplus_feedback.experiences.bodies import (
    ModerationNumbers,
    PublicExperience,
    PublicExperiences,
    experience_body,
    numbers_body,
)
from spplus_feedback.experiences.filters import ExperienceFilter, ExperienceQuery
from spplus_feedback.experiences.published import Experience
from spplus_feedback.experiences.queries import experience, experiences
from spplus_feedback.experiences.recent_numbers import Clock, RecentNumbers
from spplus_feedback.structures_queries import structure_exists

OPEN: Final = {"Cache-Control": "public, max-age=60", "X-Content-Type-Options": "nosniff"}
"""Short: words that were taken back must leave the caches soon."""
UNCHANGED: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "The reader has this already"}}


def router(pool: Callable[[], Pool], numbers: RecentNumbers, *, clock: Clock) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/v1", tags=["experiences"])

    @routes.get("/experiences", response_model=PublicExperiences, responses=UNCHANGED)
    async def get_experiences(request: Request, asked: Annotated[ExperienceQuery, Query()]) -> Response:
        """Experiences whose words are public, with their answers, the newest first."""
        async with pool().acquire() as connection:
            page, following = await page_of_experiences(connection, asked, clock)
        return _answer(request, PublicExperiences(items=[experience_body(one) for one in page], next=following))

    @routes.get("/experiences/moderation", response_model=ModerationNumbers, responses=UNCHANGED)
    async def get_moderation(request: Request) -> Response:
        """What moderation did: stories submitted, published, rejected by reason and feeling, kept back; per month."""
        return _answer(request, numbers_body(await numbers.now()))

    @routes.get("/experiences/{experience_id}", response_model=PublicExperience, responses=UNCHANGED)
    async def get_experience(request: Request, experience_id: UUID) -> Response:
        """One experience whose words are public."""
        async with pool().acquire() as connection:
            found = await experience(connection, experience_id)
        if found is None:
            raise Problem(404, "No published experience has this id.")
        return _answer(request, experience_body(found))

    return routes


async def page_of_experiences(
    connection: Connection, asked: ExperienceQuery, clock: Clock
) -> tuple[list[Experience], str | None]:
    """A page, and the cursor of the next. Raises `Problem` 422 where the structure is unknown."""
    await check_structure(connection, asked)
    found = await experiences(connection, asked, on=paris_day(clock()), after=asked.after, limit=asked.limit + 1)
    page = found[: asked.limit]
    return page, page[-1].place.cursor if len(found) > asked.limit else None


async def check_structure(connection: Connection, asked: ExperienceFilter) -> None:
    """Refuse a code that nothing bears: an empty list would look like an answer."""
    if asked.structure is not None and not await structure_exists(connection, asked.structure):
        raise Problem(422, errors=[{"field": "query.structure", "message": "no such structure"}])


def unless_held(request: Request, response: Response) -> Response:
    """The response with its validator, or 304 where the reader has it already."""
    etag = etag_of(bytes(response.body))
    response.headers.update(OPEN | {"ETag": etag})
    if matches(etag, request.headers.get("if-none-match")):
        kept = {name: value for name, value in response.headers.items() if name != "content-length"}
        return Response(status_code=304, headers=kept)
    return response


def _answer(request: Request, body: BaseModel) -> Response:
    return unless_held(request, Response(body.model_dump_json(), media_type="application/json"))
