"""HTTP for other agencies' systems: CloudEvents, one or many a call, each with its own answer."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from spplus_chassis.database import Pool
from spplus_chassis.problem import FieldError, Problem
from spplus_feedback.abuse.limited_callers import LimitedEvents
from spplus_feedback.access import EVENT_SCOPES, ApiKey, presented_key
from spplus_feedback.agencies.calls import (
    BATCHED,
    BINARY,
    STRUCTURED,
    TooManyEvents,
    UnreadableCall,
    read_batch,
    read_binary,
    read_structured,
)
from spplus_feedback.agencies.taking import Call, Result, Taking, read_all
from spplus_feedback.group_commit import Overloaded

PATH: Final = "/v1/events"
_KINDS: Final = f"{STRUCTURED}, {BATCHED}, or {BINARY} with ce- headers"


class EventResult(BaseModel):
    """What became of one event of a call."""

    index: int
    """Its place in the call, from 0."""
    id: str | None
    """Its CloudEvents id, where one could be read."""
    status: Literal["accepted", "duplicate", "refused"]
    """`accepted`: it is safe and will be counted. `duplicate`: it was before. `refused`: see `reason`."""
    reason: str | None = None
    """Closed code of why it was refused."""
    errors: list[FieldError] | None = None
    """The fields at fault."""


class EventsTaken(BaseModel):
    """What became of the events of a call, in their order."""

    accepted: int
    duplicate: int
    refused: int
    results: list[EventResult]


_OPENAPI: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "CloudEvents 1.0: one (structured), up to 1,000 (batched), or one with ce- headers (binary).",
        "content": {
            STRUCTURED: {"schema": {"type": "object"}},
            BATCHED: {"schema": {"type": "array", "items": {"type": "object"}, "maxItems": 1000}},
            BINARY: {"schema": {"type": "object"}},
        },
    }
}


def router(
    pool: Callable[[], Pool], taking: Taking, *, clock: Callable[[], datetime], limit: LimitedEvents
) -> APIRouter:
    """The route."""
    routes = APIRouter(tags=["events"])

    @routes.post(PATH, response_model=EventsTaken, response_model_exclude_none=True, openapi_extra=_OPENAPI)
    async def post_events(request: Request, key: Annotated[ApiKey, Depends(_speaker(pool))]) -> Response:
        """Tell events. Safe to repeat: an event that was taken is not taken twice, and says so.

        A readable batch is always answered with 200 and one result for each event. A single event that is refused is
        answered with 422 and its reason.
        """
        kind = _kind_of(request)
        call = await _read_call(request, kind, key, clock())
        limit(request.scope, key.id, len(call.events))
        try:
            results = await taking.take(call)
        except Overloaded:
            raise Problem(503, "Too many events at once.", headers={"Retry-After": "1"}) from None
        if kind != BATCHED:
            _raise_refused(results[0])
        return Response(_body(results), media_type="application/json")

    return routes


def _speaker(pool: Callable[[], Pool]) -> Callable[[Request], Awaitable[ApiKey]]:
    async def speaker(request: Request) -> ApiKey:
        key = await presented_key(pool(), request)
        if key.source is None or not key.scopes & {scope.value for scope in EVENT_SCOPES.values()}:
            raise Problem(403, "This key speaks for no source of events.")
        return key

    return speaker


def _kind_of(request: Request) -> str:
    kind, *parameters = [part.strip() for part in request.headers.get("content-type", "").lower().split(";")]
    charsets = {
        value.strip('"') for name, _, value in (each.partition("=") for each in parameters) if name == "charset"
    }
    compressed = request.headers.get("content-encoding", "identity").strip().lower() != "identity"
    if compressed or charsets - {"utf-8"}:
        raise Problem(415, "Send UTF-8, not compressed.")
    if kind == BINARY and not any(name.startswith("ce-") for name in request.headers):
        raise Problem(415, f"Send {_KINDS}.")
    if kind not in {STRUCTURED, BATCHED, BINARY}:
        raise Problem(415, f"Send {_KINDS}.")
    return kind


async def _read_call(request: Request, kind: str, key: ApiKey, now: datetime) -> Call:
    body = await request.body()
    source = key.source or ""
    try:
        if kind == BATCHED:
            events = await read_all(read_batch(body), source)
        elif kind == STRUCTURED:
            events = await read_all([read_structured(body)], source)
        else:
            events = await read_all([read_binary(request.headers.raw, body)], source)
    except TooManyEvents as fault:
        raise Problem(413, f"{fault}.".capitalize()) from None
    except UnreadableCall as fault:
        raise Problem(400, f"{fault}.".capitalize()) from None
    return Call(key, source, now, events)


def _raise_refused(result: Result) -> None:
    if result.verdict is not None:
        raise Problem(
            422,
            result.verdict.detail,
            title="Event refused",
            reason=result.verdict.reason,
            errors=_errors(result),
        )


def _errors(result: Result) -> list[dict[str, str]]:
    faults = () if result.verdict is None else result.verdict.errors
    return [{"field": field, "message": message} for field, message in faults]


def _body(results: list[Result]) -> bytes:
    """By hand: a model for each of a thousand results would cost more than taking them."""
    items: list[dict[str, object]] = []
    counts = {"accepted": 0, "duplicate": 0, "refused": 0}
    for index, result in enumerate(results):
        status = "refused" if result.verdict is not None else result.name
        counts[status] += 1
        item: dict[str, object] = {"index": index, "id": result.event_id, "status": status}
        if result.verdict is not None:
            item |= {"reason": result.verdict.reason, "errors": _errors(result)}
        items.append(item)
    return json.dumps({**counts, "results": items}, separators=(",", ":")).encode()
