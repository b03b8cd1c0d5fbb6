"""The list that an agent keeps open all day: what waits, the most pressing first."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from spplus_chassis.database import Connection
from spplus_feedback.accounts.people import Person, require
from spplus_feedback.accounts.roles import Action
from spplus_feedback.deadlines import paris_day
from spplus_feedback.desk import places
from spplus_feedback.desk.asked import Asked, asked
from spplus_feedback.desk.drafts import writers
from spplus_feedback.desk.due import due_words, end_of_week
from spplus_feedback.desk.listing import Counts, DeskRequest, desk_counts, desk_requests
from spplus_feedback.desk.parts import meant
from spplus_feedback.desk.places import Place
from spplus_feedback.desk.surroundings import Surroundings
from spplus_feedback.following import is_overdue
from spplus_feedback.screens import Page, page

_ON_A_PAGE: Final = 25
_ANSWERED_WITHIN: Final = timedelta(days=30)
_DONE: Final = {
    "transmise": "La demande est transmise. Elle a quitté votre périmètre : le service choisi la trouve maintenant "
    "dans sa liste.",
}
_TITLES: Final = {
    "attente": "En attente de réponse",
    "retard": "En retard",
    "semaine": "À répondre cette semaine",
    "repondues": "Répondues",
    "closes": "Closes sans réponse",
}


def router(around: Surroundings) -> APIRouter:
    """The routes."""
    routes = APIRouter(route_class=Page, include_in_schema=False)
    reader = Depends(require(around.pool, Action.READ_REQUESTS, clock=around.clock))

    @routes.get("/espace/demandes")
    async def get_list(request: Request, person: Annotated[Person, reader]) -> Response:
        now = around.clock()
        sent = dict(request.query_params)
        wanted = asked(sent, now)
        async with around.pool().acquire() as connection:
            return await _list(connection, person, wanted, _after(sent), now, done=_DONE.get(sent.get("fait", "")))

    return routes


async def _list(
    connection: Connection, person: Person, wanted: Asked, after: Place | None, now: datetime, *, done: str | None
) -> Response:
    part, codes = await meant(connection, person, wanted.values["lieu"], on=paris_day(now))
    found = await desk_requests(
        connection, codes, wanted.filters, after=after, latest_first=wanted.latest_first, limit=_ON_A_PAGE + 1
    )
    shown, more = found[:_ON_A_PAGE], len(found) > _ON_A_PAGE
    drafts = await writers(connection, [request.request_id for request in shown])
    return page(
        "desk/list.html",
        person=person,
        asked=wanted,
        titles=_TITLES,
        labels=_labels(await _counts(connection, codes, wanted, now)),
        requests=shown,
        due=_dues(shown, now),
        late={one.request_id for one in shown if is_overdue(one.status, one.due_at, now)},
        drafts=drafts,
        first_page=after is None,
        next=wanted.link(after=places.written(shown[-1].place(latest_first=wanted.latest_first))) if more else None,
        nowhere=codes == [] and bool(wanted.values["lieu"]),
        no_part=part == [],
        done=done,
    )


def _after(sent: dict[str, str]) -> Place | None:
    """Where the page goes on; a link that was cut short begins anew."""
    try:
        return places.read(sent["apres"]) if sent.get("apres") else None
    except places.BadPlace:
        return None


async def _counts(connection: Connection, codes: Sequence[str] | None, wanted: Asked, now: datetime) -> Counts:
    return await desk_counts(
        connection,
        codes,
        wanted.filters,
        now=now,
        soon_until=end_of_week(now) + timedelta(microseconds=1),
        answered_from=now - _ANSWERED_WITHIN,
    )


def _labels(counts: Counts) -> dict[str, str]:
    """The views with how much stands in each."""
    return {
        "attente": f"En attente\u00a0: {_number(counts.waiting)}",
        "retard": f"En retard\u00a0: {_number(counts.overdue)}",
        "semaine": f"Cette semaine\u00a0: {_number(counts.due_soon)}",
        "repondues": f"Répondues en 30 jours\u00a0: {_number(counts.answered)}",
        "closes": "Closes sans réponse",
    }


def _number(count: int) -> str:
    return f"{count:,}".replace(",", "\u202f")


def _dues(requests: Sequence[DeskRequest], now: datetime) -> dict[str, str]:
    return {one.request_id: due_words(one.due_at, now, one.department) for one in requests}
