"""The audit trail: who did what, when, in one's own part of the tree."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from spplus_chassis.database import Pool
from spplus_chassis.french import PARIS
from spplus_chassis.problem import Problem
from spplus_feedback.accounts.people import Clock, Person, require
from spplus_feedback.accounts.reach import reach_of
from spplus_feedback.accounts.roles import Action
from spplus_feedback.accounts.trail_queries import Line, Sought, trail
from spplus_feedback.accounts.trail_words import ABOUT, ACTIONS, ACTORS, DETAILS, VALUES
from spplus_feedback.deadlines import paris_day
from spplus_feedback.screens import Page, page

TRAIL: Final = "/espace/journal"
_LINES: Final = 50
_LARGEST: Final = 2**63 - 1


def router(pool: Callable[[], Pool], *, clock: Clock) -> APIRouter:
    """The route."""
    routes = APIRouter(route_class=Page, include_in_schema=False)
    reader = require(pool, Action.READ_TRAIL, clock=clock)

    @routes.get(TRAIL)
    async def get_trail(
        person: Annotated[Person, Depends(reader)],
        objet: str = "",
        du: str = "",
        au: str = "",
        compte: str = "",
        avant: str = "",
    ) -> Response:
        filters = {"objet": objet, "du": du, "au": au, "compte": compte}
        sought = _sought(filters, avant)
        async with pool().acquire() as connection:
            reach = await reach_of(connection, person, Action.READ_TRAIL, on=paris_day(clock()))
            lines = await trail(connection, reach.listed(), sought, limit=_LINES + 1)
        more = (
            urlencode({k: v for k, v in filters.items() if v} | {"avant": lines[_LINES - 1].act_id})
            if len(lines) > _LINES
            else None
        )
        return page(
            "people/trail.html",
            person=person,
            lines=[_shown(line) for line in lines[:_LINES]],
            more=more,
            first=not avant,
            filters=filters,
            about=ABOUT,
        )

    return routes


def _sought(filters: dict[str, str], before: str) -> Sought:
    """What was asked for. Raises `Problem` 422 where it cannot be understood."""
    about = filters["objet"]
    if about and about not in ABOUT:
        raise Problem(422)
    try:
        last = int(before) if before else None
        if last is not None and not 0 < last <= _LARGEST:
            raise Problem(422)
        since = _midnight(date.fromisoformat(filters["du"])) if filters["du"] else None
        until = _midnight(date.fromisoformat(filters["au"]) + timedelta(days=1)) if filters["au"] else None
        account_id = str(UUID(filters["compte"])) if filters["compte"] else None
    except (ValueError, OverflowError):
        raise Problem(422) from None
    return Sought(about=about or None, since=since, until=until, account_id=account_id, before=last)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=PARIS).astimezone(UTC)


def _shown(line: Line) -> dict[str, Any]:
    """A line in words."""
    kind, _, name = line.actor.partition(":")
    actor = line.actor_name or ACTORS.get(kind, line.actor)
    said = json.loads(line.detail)
    return {
        "at": line.at.astimezone(PARIS),
        "actor": f"{actor} n° {name}" if kind == "key" else actor,
        "action": ACTIONS.get(line.action, line.action),
        "account_id": line.subject if line.subject_name else None,
        "object": line.subject_name or _object(line),
        "details": [
            (DETAILS.get(key, key), _value(value)) for key, value in said.items() if value not in ("", None, [], {})
        ],
    }


def _object(line: Line) -> str:
    if line.feedback_id:
        return f"expérience {line.feedback_id[-12:]}"
    return "" if line.subject is None or line.action.startswith("account.") else line.subject


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else VALUES.get(str(value), str(value))
