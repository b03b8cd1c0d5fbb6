"""What else can be said about a request: receipt, a later date, another service, no answer. Each is confirmed first."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from spplus_chassis.database import Connection
from spplus_contracts.vocabulary import Outcome
from spplus_feedback import repository
from spplus_feedback.accounts.people import Person, checked_form, require
from spplus_feedback.accounts.roles import Action
from spplus_feedback.answering import Statement
from spplus_feedback.deadlines import last_day, paris_day
from spplus_feedback.desk.conflicts import conflict
from spplus_feedback.desk.due import due_words
from spplus_feedback.desk.request_queries import OneRequest
from spplus_feedback.desk.speaking import held_request, say, statement_of
from spplus_feedback.desk.surroundings import Surroundings, one
from spplus_feedback.desk.taking import StateChanged, state_of
from spplus_feedback.handlers import StatementChanged
from spplus_feedback.screens import Page, on_to, page

_LONGEST: Final = timedelta(days=366)
_NO_DATE: Final = "Écrivez la date ainsi : 2026-03-31."
_PAST: Final = "Choisissez une date à venir, dans l’année."
_NOT_LATER: Final = "Choisissez une date après celle qui est déjà annoncée."


@dataclass(frozen=True, slots=True)
class _Gesture:
    """One thing that can be said, with its page."""

    path: str
    template: str
    outcome: Outcome
    dated: bool = False
    """Whether a date is given with it."""
    date_needed: bool = False


_GESTURES: Final = (
    _Gesture("reception", "desk/acknowledge.html", Outcome.ACKNOWLEDGED, dated=True),
    _Gesture("delai", "desk/postpone.html", Outcome.DELAY_NOTICE, dated=True, date_needed=True),
    _Gesture("cloture", "desk/close.html", Outcome.CLOSED_UNANSWERED),
)
_Handler = Callable[..., Awaitable[Response]]


def router(around: Surroundings) -> APIRouter:
    """The routes."""
    routes = APIRouter(route_class=Page, include_in_schema=False)
    for gesture in _GESTURES:
        path = f"/espace/demandes/{{request_id}}/{gesture.path}"
        routes.get(path)(_asking(around, gesture))
        routes.post(path)(_doing(around, gesture))
    return routes


def _asking(around: Surroundings, gesture: _Gesture) -> _Handler:
    answerer = Depends(require(around.pool, Action.ANSWER_REQUESTS, clock=around.clock))

    async def get_gesture(request_id: UUID, person: Annotated[Person, answerer]) -> Response:
        return await _show(around, person, str(request_id), gesture)

    return get_gesture


def _doing(around: Surroundings, gesture: _Gesture) -> _Handler:
    answerer = Depends(require(around.pool, Action.ANSWER_REQUESTS, clock=around.clock))

    async def post_gesture(request_id: UUID, request: Request, person: Annotated[Person, answerer]) -> Response:
        sent, now = await checked_form(request, person), around.clock()
        typed = one(sent, "date").strip() if gesture.dated else ""
        seen = one(sent, "etat")
        day, fault = _day(typed, gesture, now)
        if day is not None and not await _is_later(around, person, str(request_id), day, seen):
            fault = _NOT_LATER
        if fault is not None:
            return await _show(around, person, str(request_id), gesture, typed=typed, error=fault)
        statement = statement_of(sent, gesture.outcome, now, answer_due_on=day)
        return await said_or_conflict(around, person, str(request_id), statement, seen=seen, done=gesture.path)

    return post_gesture


async def said_or_conflict(
    around: Surroundings, person: Person, request_id: str, statement: Statement, *, seen: str, done: str
) -> Response:
    """Say it and go back to the request, or tell what happened meanwhile."""
    try:
        await say(around, person, request_id, statement, seen=seen, now=around.clock())
    except StateChanged:
        return await conflict(around, person, request_id)
    except StatementChanged:
        return await conflict(around, person, request_id, sent_before=True)
    return on_to(f"/espace/demandes/{request_id}?fait={done}")


async def shown(connection: Connection, person: Person, request: OneRequest, now: datetime) -> dict[str, Any]:
    """What every page of a gesture says of its request."""
    return {
        "person": person,
        "request": request,
        "due": due_words(request.due_at, now, request.department),
        "nonce": str(uuid.uuid4()),
        "state": state_of(await repository.statements_of(connection, request.request_id)),
    }


async def _show(
    around: Surroundings,
    person: Person,
    request_id: str,
    gesture: _Gesture,
    *,
    typed: str = "",
    error: str | None = None,
) -> Response:
    now = around.clock()
    async with around.pool().acquire() as connection:
        request = await held_request(connection, person, Action.ANSWER_REQUESTS, request_id, now)
        values = await shown(connection, person, request, now)
    first = paris_day(now) + timedelta(days=1)
    return page(
        gesture.template, status=422 if error else 200, typed=typed, error=error, first_day=first.isoformat(), **values
    )


def _day(typed: str, gesture: _Gesture, now: datetime) -> tuple[date | None, str | None]:
    """The date, and what is wrong with it."""
    if not typed:
        return None, _NO_DATE if gesture.date_needed else None
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None, _NO_DATE
    today = paris_day(now)
    return (day, None) if today < day <= today + _LONGEST else (None, _PAST)


async def _is_later(around: Surroundings, person: Person, request_id: str, day: date, seen: str) -> bool:
    """Whether a promise is later than the one before; of a page that is older than the request nothing is said yet."""
    async with around.pool().acquire() as connection:
        request = await held_request(connection, person, Action.ANSWER_REQUESTS, request_id, around.clock())
        if seen != state_of(await repository.statements_of(connection, request_id)):
            return True
    return request.promised_at is None or day > last_day(request.promised_at)
