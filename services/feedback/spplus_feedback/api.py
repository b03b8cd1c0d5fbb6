"""HTTP for citizens' tools: tell a story, see where it stands, take it back, find a structure."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from spplus_chassis import metrics
from spplus_chassis.database import Pool
from spplus_chassis.problem import Problem
from spplus_chassis.reading import CLOCK_TOLERANCE
from spplus_feedback import codes
from spplus_feedback.abuse.guard import OPEN, Guard
from spplus_feedback.bodies import AcceptedBody, AcceptedRequestBody, Links, StoryBody
from spplus_feedback.followed_bodies import FollowedBody
from spplus_feedback.following import followed_body
from spplus_feedback.group_commit import Overloaded
from spplus_feedback.handlers import withdraw_feedback
from spplus_feedback.idempotency import BadKey, Once, once
from spplus_feedback.intake import InFlight, Intake
from spplus_feedback.queries import followed_story
from spplus_feedback.stories import Accepted, KeyWithdrawn, Outcome, Submission, TooMany, UnknownStructures
from spplus_feedback.structure_search import FoundStructure, find_structures
from spplus_feedback.telling import TellNow, submission_of

PRIVATE: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
IdempotencyKey = Annotated[
    str | None,
    Header(description="16 to 128 visible characters, say a UUID; kept for 7 days. A retry gets the same answer."),
]
Code = Annotated[str, Path(min_length=1, max_length=64, description="Follow-up code, with or without dashes.")]


class StructureQuery(BaseModel):
    """Parameters of the search."""

    model_config = ConfigDict(extra="forbid")

    q: Annotated[str, Field(min_length=2, max_length=100)]
    """Words of the name, the town or the post code."""
    limit: Annotated[int, Field(ge=1, le=50)] = 20
    """Most results."""


class Structures(BaseModel):
    """Structures found, best first."""

    items: list[FoundStructure]


def router(pool: Callable[[], Pool], intake: Intake, tell_now: TellNow, guard: Guard = OPEN) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/v1", tags=["feedback"])

    @routes.post("/feedback", status_code=202)
    async def post_feedback(
        body: StoryBody, request: Request, response: Response, idempotency_key: IdempotencyKey = None
    ) -> AcceptedBody:
        """Tell a story about one to three structures. Once answered, it is safe and will be counted."""
        told = tell_now()
        check_clock(body.submitted_at, told.now, "submitted_at")
        submission = guard.seen(submission_of(body, told, once=_once(idempotency_key, body)), request)
        accepted = accepted_or_problem(await take(intake, submission, door="http"))
        response.headers.update(PRIVATE)
        return accepted_body(accepted)

    @routes.get("/feedback/{code}")
    async def get_feedback(code: Code, response: Response) -> FollowedBody:
        """Where a story stands, for whoever holds its follow-up code."""
        async with pool().acquire() as connection:
            story = await followed_story(connection, codes.fingerprint(read_code(code)))
        if story is None:
            raise no_such_story()
        response.headers.update(PRIVATE)
        return followed_body(story, tell_now().now)

    @routes.delete("/feedback/{code}", status_code=204)
    async def delete_feedback(code: Code) -> None:
        """Take a story back: its texts are deleted and it leaves the figures. Doing it again changes nothing."""
        if not await withdraw(pool(), read_code(code), tell_now().now, door="http"):
            raise no_such_story()
        intake.wake()

    @routes.get("/structures")
    async def get_structures(query: Annotated[StructureQuery, Query()]) -> Structures:
        """Find structures by name, town or post code. Accents, case and slips of the pen do not matter."""
        async with pool().acquire() as connection:
            return Structures(items=await find_structures(connection, query.q, limit=query.limit))

    return routes


async def take(intake: Intake, submission: Submission, *, door: str) -> Outcome:
    """Submit, with the states of the door as problems."""
    try:
        return await intake.submit(submission, door=door)
    except InFlight:
        raise Problem(409, "A request with this Idempotency-Key is being answered.") from None
    except Overloaded:
        raise Problem(503, "Too many stories at once.", headers={"Retry-After": "1"}) from None


def accepted_or_problem(outcome: Outcome) -> Accepted:
    """What the author is told, or the problem that kept the story out."""
    if isinstance(outcome, Accepted):
        return outcome
    if isinstance(outcome, UnknownStructures):
        errors = [
            {"field": f"structure_codes.{position}", "message": "no such structure"} for position in outcome.positions
        ]
        raise Problem(422, errors=errors)
    if isinstance(outcome, TooMany):
        headers = {"Retry-After": str(outcome.retry_after_seconds)}
        raise Problem(429, "Too many stories came from this address within the hour.", headers=headers)
    if isinstance(outcome, KeyWithdrawn):
        raise Problem(410, "The story of this Idempotency-Key was withdrawn.")
    raise Problem(422, errors=[{"field": "header.idempotency-key", "message": "was used with another body"}])


def accepted_body(accepted: Accepted) -> AcceptedBody:
    """The answer to a story."""
    code = codes.written(accepted.code or b"")
    return AcceptedBody(
        feedback_id=accepted.feedback_id,
        code=code,
        submitted_at=accepted.submitted_at,
        requests=tuple(AcceptedRequestBody(**asdict(request)) for request in accepted.requests),
        links=Links(follow=f"/v1/feedback/{code}", page=f"/suivi/{code}"),
    )


async def withdraw(pool: Pool, code: bytes, now: datetime, *, door: str) -> bool:
    """Take a story back in a transaction of its own."""
    async with pool.acquire() as connection, connection.transaction():
        done = await withdraw_feedback(connection, code, now=now)
    metrics.WITHDRAWALS_ACCEPTED.labels(door).inc(int(done))
    return done


def check_clock(instant: datetime | None, now: datetime, field: str) -> None:
    """Refuse an instant that lies ahead of us."""
    if instant is not None and instant > now + CLOCK_TOLERANCE:
        raise Problem(422, errors=[{"field": field, "message": "lies in the future"}])


def read_code(text: str) -> bytes:
    """The code, or 404: what cannot be a code opens nothing."""
    try:
        return codes.read(text)
    except codes.BadCode:
        raise no_such_story() from None


def no_such_story() -> Problem:
    """The same answer for a wrong code and for one that never was."""
    return Problem(404, "No story has this follow-up code.", headers=PRIVATE)


def _once(header: str | None, body: StoryBody) -> Once | None:
    if header is None:
        return None
    said: dict[str, Any] = body.model_dump(mode="json", exclude_unset=True)
    try:
        return once(header, said)
    except BadKey as fault:
        raise Problem(422, errors=[{"field": "header.idempotency-key", "message": str(fault)}]) from None
