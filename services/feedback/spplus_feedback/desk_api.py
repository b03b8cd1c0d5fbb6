"""HTTP for agents: what waits for an answer in their part of the tree, and what became of it."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from spplus_chassis import metrics
from spplus_chassis.database import Connection, Pool
from spplus_chassis.problem import Problem, field_errors
from spplus_contracts.vocabulary import Channel, Instant, Outcome, Sentiment, StructureCode
from spplus_feedback.access import ApiKey, Scope, check_part, require_key
from spplus_feedback.acts import by_key
from spplus_feedback.answering import Statement, derived_id, instant_name
from spplus_feedback.api import check_clock
from spplus_feedback.bodies import AnswerBody, AnswerTaken
from spplus_feedback.deadlines import paris_day
from spplus_feedback.desk import places
from spplus_feedback.desk.conditions import Filters
from spplus_feedback.desk.listing import DeskRequest, desk_requests
from spplus_feedback.desk.places import Place
from spplus_feedback.desk.taking import NoSuchTarget, Speaker, Taken, take
from spplus_feedback.following import is_overdue
from spplus_feedback.handlers import StatementChanged
from spplus_feedback.idempotency import fingerprint
from spplus_feedback.standing import Status
from spplus_feedback.structures_queries import is_inside, subtree


class _NamedFields(APIRoute):
    """Names a field of a statement as its author wrote it, without the outcome that chose the model."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler."""
        handle = super().get_route_handler()

        async def named(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                raise Problem(422, errors=[_unchosen(fault) for fault in field_errors(error)]) from None

        return named


class DeskQuery(BaseModel):
    """Parameters of the list."""

    model_config = ConfigDict(extra="forbid")

    structure: StructureCode | None = None
    """This structure and all below it; the key's own part of the tree, if absent."""
    status: Literal["waiting", "answered", "closed"] = "waiting"
    """Where the requests stand."""
    overdue: bool | None = None
    """Only those whose promise has passed (true) or has not (false)."""
    due_before: Instant | None = None
    """Only those due before this instant."""
    q: Annotated[str, Field(min_length=2, max_length=200, pattern=r"^[^\x00]*$")] | None = None
    """Only those whose words hold all of these, in French; case and accents do not matter."""
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    """Most requests on a page."""
    cursor: Annotated[str, Field(max_length=200)] | None = None
    """`next` of the page before."""


class DeskItem(BaseModel):
    """One request, as an agent needs it to answer."""

    request_id: str
    structure_code: str
    """The structure that holds it now."""
    status: Status
    submitted_at: datetime
    due_at: datetime | None
    """By when an answer was promised first, UTC."""
    promised_at: datetime | None
    """By when it is promised now, UTC."""
    overdue: bool
    answered_at: datetime | None
    channels: tuple[Channel, ...]
    sentiment: Sentiment | None
    engagements: tuple[str, ...]
    proposal: bool
    title: str | None
    story: str | None
    suggestion: str | None


class DeskPage(BaseModel):
    """Requests, soonest due first, those without a deadline last."""

    items: list[DeskItem]
    next: str | None
    """Cursor of the next page; null on the last."""


def router(pool: Callable[[], Pool], *, clock: Callable[[], datetime], wake: Callable[[], None]) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/v1/requests", tags=["desk"], route_class=_NamedFields)
    reader = Depends(require_key(pool, Scope.READ_REQUESTS))
    answerer = Depends(require_key(pool, Scope.ANSWER_REQUESTS))

    @routes.get("")
    async def get_requests(query: Annotated[DeskQuery, Query()], key: Annotated[ApiKey, reader]) -> DeskPage:
        """Requests of a part of the tree that expect an answer, soonest due first."""
        now = clock()
        root = query.structure or key.structure_code
        after = _read_cursor(query.cursor)
        async with pool().acquire() as connection:
            await check_part(connection, key, root, on=paris_day(now))
            structures = await subtree(connection, root, on=paris_day(now))
            found = await desk_requests(
                connection, structures, _filters(query, now), after=after, limit=query.limit + 1
            )
        return _page(found, query.limit, now)

    @routes.post("/{request_id}/answer")
    async def post_answer(
        request_id: Annotated[UUID, Path()], body: AnswerBody, key: Annotated[ApiKey, answerer]
    ) -> AnswerTaken:
        """Say what became of a request. The same statement twice is one statement."""
        now = clock()
        statement = _statement(str(request_id), body, now)
        async with pool().acquire() as connection, connection.transaction():
            taken = await _take(connection, str(request_id), statement, key, now)
        metrics.ANSWERS_ACCEPTED.labels("http").inc(int(taken.fresh))
        wake()
        return AnswerTaken(request_id=str(request_id), statement_id=statement.statement_id, status=taken.status.value)

    return routes


def _filters(query: DeskQuery, now: datetime) -> Filters:
    """Every filter narrows the others."""
    before = [instant for instant in (query.due_before, now if query.overdue else None) if instant is not None]
    return Filters(
        status=Status(query.status),
        due_from=now if query.overdue is False else None,
        due_before=min(before, default=None),
        words=query.q,
    )


def _unchosen(fault: Mapping[str, str]) -> dict[str, str]:
    outcome, _, field = fault["field"].partition(".")
    return {**fault, "field": field if field and outcome in set(Outcome) else fault["field"]}


def _statement(request_id: str, body: AnswerBody, now: datetime) -> Statement:
    said = body.model_dump(exclude_unset=True, mode="json", exclude={"statement_id"})
    body_hash = fingerprint(said)
    outcome = Outcome(body.outcome)
    name = instant_name(outcome)
    given: datetime | None = getattr(body, name)
    check_clock(given, now, name)
    return Statement(
        statement_id=body.statement_id or derived_id(request_id, body_hash),
        outcome=outcome,
        said_at=given or now,
        body_hash=body_hash,
        channel=body.channel,
        answer=getattr(body, "text", None),
        answer_due_on=getattr(body, "answer_due_on", None),
        redirected_to=getattr(body, "redirected_to", None),
    )


async def _take(connection: Connection, request_id: str, statement: Statement, key: ApiKey, now: datetime) -> Taken:
    async def check(asking: Connection, holder_code: str) -> None:
        if not await is_inside(asking, holder_code, key.structure_code, on=paris_day(now)):
            raise Problem(404, "No such request.")  # as if it did not exist: an id that was guessed tells nothing

    try:
        return await take(connection, request_id, statement, Speaker(by_key(key.id), check), now=now)
    except StatementChanged:
        raise Problem(422, errors=[{"field": "statement_id", "message": "was used for another statement"}]) from None
    except NoSuchTarget:
        raise Problem(422, errors=[{"field": "redirected_to", "message": "no such structure"}]) from None
    except ValidationError as error:
        raise Problem(422, errors=field_errors(error)) from None


def _page(found: Sequence[DeskRequest], limit: int, now: datetime) -> DeskPage:
    items = [
        DeskItem.model_validate(asdict(request) | {"overdue": is_overdue(request.status, request.due_at, now)})
        for request in found[:limit]
    ]
    return DeskPage(items=items, next=places.written(found[limit - 1].place()) if len(found) > limit else None)


def _read_cursor(cursor: str | None) -> Place | None:
    try:
        return None if cursor is None else places.read(cursor)
    except places.BadPlace:
        raise Problem(422, errors=[{"field": "query.cursor", "message": "is no cursor of ours"}]) from None
