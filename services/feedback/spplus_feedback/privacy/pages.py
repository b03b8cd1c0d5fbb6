"""Pages about a person's data: what is kept and why, a copy to take along, how accessible these pages are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request, Response

from spplus_chassis.database import Pool
from spplus_feedback import codes
from spplus_feedback.privacy import french
from spplus_feedback.privacy.api import taken_along
from spplus_feedback.screens import Page, page, sent_form

_UNKNOWN: Final = "Aucune expérience n’a ce code. Vérifiez chaque lettre, puis réessayez."


@dataclass(frozen=True, slots=True)
class Statements:
    """What the operator of this service states."""

    days: Mapping[str, float]
    """Retention by the name of its setting."""
    events_days: float
    dead_letters_days: float
    operator: str
    contact: str


def router(pool: Callable[[], Pool], statements: Statements, *, clock: Callable[[], datetime]) -> APIRouter:
    """The routes."""
    routes = APIRouter(route_class=Page, include_in_schema=False)
    kept = {name: french.how_long(days) for name, days in statements.days.items()}
    kept["events"] = french.how_long(statements.events_days)
    kept["dead_letters"] = french.how_long(statements.dead_letters_days)

    @routes.get("/confidentialite")
    async def get_privacy() -> Response:
        return page("privacy/privacy.html", kept=kept, operator=statements.operator, contact=statements.contact)

    @routes.get("/accessibilite")
    async def get_accessibility() -> Response:
        return page("privacy/accessibility.html", operator=statements.operator, contact=statements.contact)

    @routes.post("/suivi/copie")
    async def post_copy(request: Request) -> Response:
        sent = await sent_form(request)
        typed = next(iter(sent.get("code", ())), "")
        try:
            code = codes.read(typed)
        except codes.BadCode:
            return page("follow.html", status=422, typed=typed, error=_UNKNOWN)
        copy = await taken_along(pool(), code, clock())
        if copy is None:
            return page("follow.html", status=404, typed=typed, error=_UNKNOWN)
        if sent.get("format") == ["json"]:
            headers = {
                "Cache-Control": "no-store",
                "Content-Disposition": 'attachment; filename="mon-experience.json"',
                "Referrer-Policy": "no-referrer",
            }
            text = copy.model_dump_json(indent=2) + "\n"
            return Response(text, media_type="application/json", headers=headers)
        return page("privacy/copy.html", code=codes.written(code), copy=copy, french=french)

    return routes
