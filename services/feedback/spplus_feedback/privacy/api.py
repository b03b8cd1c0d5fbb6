"""HTTP: what is held about one story, for whoever holds its follow-up code."""

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter, Response

from spplus_chassis.database import Pool
from spplus_feedback import acts, codes
from spplus_feedback.api import PRIVATE, Code, no_such_story, read_code
from spplus_feedback.privacy.copies import StoryCopy, copy_of


def router(pool: Callable[[], Pool], *, clock: Callable[[], datetime]) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/v1", tags=["feedback"])

    @routes.get("/feedback/{code}/export")
    async def get_export(code: Code, response: Response) -> StoryCopy:
        """All that is held about a story, what was done with it included, without anybody's name."""
        copy = await taken_along(pool(), read_code(code), clock())
        if copy is None:
            raise no_such_story()
        response.headers.update(PRIVATE)
        return copy

    return routes


async def taken_along(pool: Pool, code: bytes, now: datetime) -> StoryCopy | None:
    """The copy, with its trace; None where no story has this code."""
    async with pool.acquire() as connection, connection.transaction():
        copy = await copy_of(connection, codes.fingerprint(code))
        if copy is not None:
            await acts.record(
                connection, acts.Act(acts.AUTHOR, acts.Action.STORY_EXPORTED, now, feedback_id=copy.feedback_id)
            )
    return copy
