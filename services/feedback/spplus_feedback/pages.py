"""Pages for citizens, in French, complete without JavaScript."""

from collections.abc import Callable

from fastapi import APIRouter, Response

from spplus_chassis.database import Pool
from spplus_feedback import follow_pages, share_pages
from spplus_feedback.abuse.guard import OPEN, Guard
from spplus_feedback.intake import Intake
from spplus_feedback.moderation.detection import found_in
from spplus_feedback.moderation.spans import text_of
from spplus_feedback.notices import Notices
from spplus_feedback.screens import Page, page, stylesheet
from spplus_feedback.share_pages import Sharing, Suspect
from spplus_feedback.stories import Texts
from spplus_feedback.telling import TellNow


def _suspects(texts: Texts) -> list[Suspect]:
    """Probable personal data, as the words stand in the text."""
    return [
        Suspect(place.kind.value, text_of(texts, place.field)[place.start : place.end]) for place in found_in(texts)
    ]


def router(
    pool: Callable[[], Pool],
    intake: Intake,
    tell_now: TellNow,
    guard: Guard = OPEN,
    *,
    results_url: str | None = None,
    notices: Notices | None = None,
) -> APIRouter:
    """The routes. `results_url` is where the results are read, `notices` where one may ask to be told of an answer."""
    routes = APIRouter(route_class=Page, include_in_schema=False)
    routes.include_router(share_pages.router(Sharing(pool, intake, tell_now, guard, _suspects, notices)))
    routes.include_router(follow_pages.router(pool, intake, tell_now, notices))

    @routes.get("/")
    async def get_home() -> Response:
        return page("home.html", results_url=results_url)

    @routes.get("/static/feedback.css")
    async def get_stylesheet() -> Response:
        return stylesheet()

    return routes
