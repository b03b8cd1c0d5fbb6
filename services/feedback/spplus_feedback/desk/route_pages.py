"""Routing: another structure takes over. Where it leaves the agent's part of the tree, the page says so before."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from spplus_chassis.database import Connection
from spplus_chassis.problem import Problem
from spplus_contracts.vocabulary import Outcome
from spplus_feedback.accounts.people import Person, checked_form, require
from spplus_feedback.accounts.roles import Action
from spplus_feedback.deadlines import paris_day
from spplus_feedback.desk.act_pages import said_or_conflict, shown
from spplus_feedback.desk.parts import named, reaches
from spplus_feedback.desk.speaking import held_request, statement_of
from spplus_feedback.desk.surroundings import Surroundings, one
from spplus_feedback.screens import Page, on_to, page
from spplus_feedback.structure_search import find_structures

_LEAST_LETTERS: Final = 2
_LONGEST_SEARCH: Final = 100
_TOO_SHORT: Final = "Écrivez au moins deux lettres."


def router(around: Surroundings) -> APIRouter:
    """The routes."""
    routes = APIRouter(route_class=Page, include_in_schema=False)
    sender = Depends(require(around.pool, Action.ROUTE_REQUESTS, clock=around.clock))

    @routes.get("/espace/demandes/{request_id}/transmettre")
    async def get_route(
        request_id: UUID, person: Annotated[Person, sender], q: str | None = None, vers: str | None = None
    ) -> Response:
        async with around.pool().acquire() as connection:
            return await _ask(around, connection, person, str(request_id), q, vers)

    @routes.post("/espace/demandes/{request_id}/transmettre")
    async def post_route(request_id: UUID, request: Request, person: Annotated[Person, sender]) -> Response:
        sent, now = await checked_form(request, person), around.clock()
        target = one(sent, "vers")
        async with around.pool().acquire() as connection:
            if not await named(connection, [target.replace("\x00", "")], most=1):
                raise Problem(422)
            stays = await reaches(connection, person, Action.READ_REQUESTS, target, on=paris_day(now))
        statement = statement_of(sent, Outcome.REDIRECTED, now, redirected_to=target)
        answer = await said_or_conflict(
            around, person, str(request_id), statement, seen=one(sent, "etat"), done="transmise"
        )
        gone = answer.status_code == 303 and not stays  # noqa: PLR2004 - HTTP's own number
        return on_to("/espace/demandes?fait=transmise") if gone else answer

    return routes


async def _ask(
    around: Surroundings, connection: Connection, person: Person, request_id: str, q: str | None, vers: str | None
) -> Response:
    now = around.clock()
    request = await held_request(connection, person, Action.ROUTE_REQUESTS, request_id, now)
    target = vers.replace("\x00", "") if vers else ""
    chosen = await named(connection, [target], most=1) if target else []
    values = await shown(connection, person, request, now)
    if chosen and target != request.holder_code:
        stays = await reaches(connection, person, Action.READ_REQUESTS, target, on=paris_day(now))
        return page("desk/route_confirm.html", target=chosen[0], leaves=not stays, **values)
    words = (q or "").replace("\x00", "").strip()[:_LONGEST_SEARCH]
    error = _TOO_SHORT if q is not None and len(words) < _LEAST_LETTERS else None
    found = await find_structures(connection, words) if q is not None and error is None else []
    return page(
        "desk/route.html",
        q=words,
        asked=q is not None and error is None,
        error=error,
        found=[structure for structure in found if structure.code != request.holder_code],
        **values,
    )
