"""One request: its words, where it stands, its history, and the answer that is being written."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from spplus_chassis.database import Connection
from spplus_feedback import repository
from spplus_feedback.accounts.people import Person, require
from spplus_feedback.accounts.roles import Action
from spplus_feedback.deadlines import paris_day
from spplus_feedback.desk.drafts import own_draft, writers
from spplus_feedback.desk.due import due_words
from spplus_feedback.desk.reply_templates import offered
from spplus_feedback.desk.request_queries import OneRequest, SaidOnce, said_about
from spplus_feedback.desk.speaking import held_request
from spplus_feedback.desk.surroundings import Surroundings
from spplus_feedback.desk.taking import state_of
from spplus_feedback.following import is_overdue
from spplus_feedback.screens import Page, page
from spplus_feedback.wording import day_in_words, day_of, deadline_day, moment_of

_DONE: Final = {
    "reponse": "Votre réponse est enregistrée. Son auteur la lit dès maintenant sur sa page de suivi.",
    "brouillon": "Votre brouillon est enregistré.",
    "modele": "Le modèle est inséré dans votre réponse. Relisez-la avant de l’envoyer.",
    "reception": "L’accusé de réception est enregistré.",
    "delai": "La nouvelle date est annoncée à l’auteur sur sa page de suivi.",
    "transmise": "La demande est transmise.",
    "cloture": "La demande est close sans réponse.",
}


def router(around: Surroundings) -> APIRouter:
    """The routes."""
    routes = APIRouter(route_class=Page, include_in_schema=False)
    reader = Depends(require(around.pool, Action.READ_REQUESTS, clock=around.clock))

    @routes.get("/espace/demandes/{request_id}")
    async def get_one(request_id: UUID, request: Request, person: Annotated[Person, reader]) -> Response:
        done = _DONE.get(request.query_params.get("fait", ""))
        return await request_page(around, person, str(request_id), done=done)

    return routes


async def request_page(
    around: Surroundings,
    person: Person,
    request_id: str,
    *,
    done: str | None = None,
    error: str | None = None,
    typed: str | None = None,
) -> Response:
    """The page; `typed` takes the place of the draft where the text that was sent has a fault."""
    now = around.clock()
    async with around.pool().acquire() as connection:
        request = await held_request(connection, person, Action.READ_REQUESTS, request_id, now)
        values = await _values(connection, person, request, now)
    draft = values["draft"]
    return page(
        "desk/request.html",
        status=422 if error else 200,
        person=person,
        request=request,
        done=done,
        error=error,
        typed=typed if typed is not None else (draft.text if draft else ""),
        stale=draft is not None and draft.state != values["state"],
        nonce=str(uuid.uuid4()),
        due=due_words(request.due_at, now, request.department),
        late=is_overdue(request.status, request.due_at, now),
        may_answer=person.may(Action.ANSWER_REQUESTS),
        moment=moment_of,
        **values,
    )


async def _values(connection: Connection, person: Person, request: OneRequest, now: datetime) -> dict[str, Any]:
    said = await said_about(connection, request)
    return {
        "said": said,
        "answered": _answers(said),
        "state": state_of(await repository.statements_of(connection, request.request_id)),
        "draft": await own_draft(connection, request.request_id, person.account_id),
        "others_writing": [
            writer
            for writer in (await writers(connection, [request.request_id])).get(request.request_id, ())
            if writer.account_id != person.account_id
        ],
        "templates": await offered(connection, request.holder_code, on=paris_day(now)),
    }


def _answers(said: Sequence[SaidOnce]) -> list[SaidOnce]:
    return [one for one in said if one.outcome.value == "answered"]


def filling(request: OneRequest, now: datetime) -> Mapping[str, str]:
    """What stands in the places of a reply template for this request; a deadline that nobody announced fills none."""
    values = {
        "structure": request.holder_name,
        "date": day_in_words(paris_day(now)),
        "date_recit": day_of(request.submitted_at),
    }
    return values | ({"echeance": deadline_day(request.promised_at)} if request.promised_at else {})
