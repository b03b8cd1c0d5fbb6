"""Follow an experience, and take it back. The code travels in the body of a form, or in a link its author kept."""

from collections.abc import Callable
from typing import Final

from fastapi import APIRouter, Request, Response

from spplus_chassis.database import Pool
from spplus_feedback import codes
from spplus_feedback.api import withdraw
from spplus_feedback.following import public_page, story_status
from spplus_feedback.intake import Intake
from spplus_feedback.notice_offer import offer
from spplus_feedback.notices import Notices
from spplus_feedback.queries import FollowedStory, followed_story
from spplus_feedback.screens import Page, page, sent_form
from spplus_feedback.telling import TellNow, Told
from spplus_feedback.timeline import timeline

_NO_CODE: Final = "Écrivez votre code de suivi."
_BAD_CODE: Final = (
    "Ce code n’a pas la bonne forme. Il compte 26 lettres et chiffres, par exemple ABCD-EFGH-2345-ABCD-EFGH-2345-AB."
)
_UNKNOWN_CODE: Final = "Aucune expérience n’a ce code. Vérifiez chaque lettre, puis réessayez."


def router(pool: Callable[[], Pool], intake: Intake, tell_now: TellNow, notices: Notices | None = None) -> APIRouter:
    """The routes. `notices` is where the author may ask to be told of the answer."""
    routes = APIRouter(route_class=Page, include_in_schema=False)

    @routes.get("/suivi")
    async def get_follow() -> Response:
        return _ask()

    @routes.post("/suivi")
    async def post_follow(request: Request) -> Response:
        return await _show(pool(), await _typed(request), tell_now(), notices)

    @routes.get("/suivi/{code}")
    async def get_story(code: str) -> Response:
        return await _show(pool(), code, tell_now(), notices)

    @routes.post("/suivi/retrait")
    async def post_withdraw(request: Request) -> Response:
        sent = await sent_form(request)
        typed = next(iter(sent.get("code", ())), "")
        story = await _story(pool(), typed)
        if story is None:
            return _ask(typed, error=_UNKNOWN_CODE, status=404)
        if story.withdrawn_at is None and sent.get("confirme") != ["oui"]:
            return page("withdraw.html", code=typed, story=story)
        await withdraw(pool(), codes.read(typed), tell_now().now, door="form")
        intake.wake()
        return page("withdrawn.html")

    return routes


async def _typed(request: Request) -> str:
    return next(iter((await sent_form(request)).get("code", ())), "")


async def _story(pool: Pool, typed: str) -> FollowedStory | None:
    try:
        code_hash = codes.fingerprint(codes.read(typed))
    except codes.BadCode:
        return None
    async with pool.acquire() as connection:
        return await followed_story(connection, code_hash)


async def _show(pool: Pool, typed: str, told: Told, notices: Notices | None) -> Response:
    if not typed.strip():
        return _ask(error=_NO_CODE, status=422)
    try:
        code = codes.written(codes.read(typed))
    except codes.BadCode:
        return _ask(typed, error=_BAD_CODE, status=422)
    story = await _story(pool, code)
    if story is None:
        return _ask(typed, error=_UNKNOWN_CODE, status=404)
    steps = timeline(story.history, told.now)
    waiting = [step.request_id for step in steps if step.request_id and not step.done]
    offered = offer(notices, told.new_id, story.feedback_id, waiting, told.now)
    return page(
        "story.html",
        form_origin=offered.origin if offered else None,
        offer=offered,
        code=code,
        story=story,
        standing=story_status(story),
        steps=steps,
        answers={
            (request.request_id, answer.source, answer.statement_id): answer
            for request in story.requests
            for answer in request.answers
        },
        public_page=public_page(story),
    )


def _ask(typed: str = "", *, error: str | None = None, status: int = 200) -> Response:
    return page("follow.html", status=status, typed=typed, error=error)
