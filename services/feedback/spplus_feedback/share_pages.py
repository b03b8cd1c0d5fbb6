"""Share an experience: choose the service, tell the story, keep the follow-up code.

The form carries a nonce as its idempotency key: sent twice, by a double click or a reload, it counts once.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from spplus_chassis.database import UNREACHABLE, Pool
from spplus_chassis.problem import Problem
from spplus_feedback import codes
from spplus_feedback.abuse.guard import OPEN, Guard
from spplus_feedback.api import accepted_or_problem, take
from spplus_feedback.forms import EMPTY, Filled, fill
from spplus_feedback.idempotency import BadKey, once
from spplus_feedback.intake import Intake
from spplus_feedback.screens import Page, page, sent_form, trouble_words, waiting_words
from spplus_feedback.stories import MAX_STRUCTURES, Accepted, KeyReused, Submission, TooMany
from spplus_feedback.structure_search import find_structures
from spplus_feedback.structures_queries import structures_of
from spplus_feedback.telling import TellNow, submission_of

_LONGEST_SEARCH: Final = 100
_ALREADY_SENT: Final = (
    "Ce formulaire a déjà été envoyé, et votre première version est bien enregistrée. "
    "Pour raconter autre chose, commencez un nouveau formulaire."
)
_TOO_MANY: Final = (
    "Beaucoup de récits viennent d’être envoyés depuis la même connexion à internet : le vôtre n’est pas encore parti."
)
_TOO_SHORT: Final = "Écrivez au moins deux lettres."
Codes = Annotated[list[str], Query(alias="structure")]
Named = list[tuple[str, str]]


def router(pool: Callable[[], Pool], intake: Intake, tell_now: TellNow, guard: Guard = OPEN) -> APIRouter:
    """The routes."""
    routes = APIRouter(route_class=Page, include_in_schema=False)

    @routes.get("/partager")
    async def get_share(
        structure: Codes = [],  # noqa: B006 - FastAPI copies it
        q: str | None = None,
        ajouter: bool = False,  # noqa: FBT001, FBT002 - a query parameter
    ) -> Response:
        chosen = await _named(pool(), structure)
        if chosen and q is None and not ajouter:
            return _form(chosen, EMPTY, await guard.nonce(tell_now().now))
        return await _search(pool(), chosen, q)

    @routes.post("/partager")
    async def post_share(request: Request) -> Response:
        sent = await sent_form(request)
        chosen = await _named(pool(), sent.get("structure", []))
        if not chosen:
            return await _search(pool(), chosen, None)
        nonce = next(iter(sent.get("nonce", ())), "")
        filled = fill(sent, [code for code, _ in chosen])
        if filled.body is None:
            return _form(chosen, filled, nonce, status=422)
        told = tell_now()
        wait = guard.must_wait(request)
        if wait is not None:
            return _form(chosen, filled, nonce, status=429, wait=wait)
        try:
            key = once(nonce, filled.body.model_dump(mode="json"))
        except BadKey:
            return _form(chosen, filled, await guard.nonce(told.now), status=422)
        submission = await guard.examined(submission_of(filled.body, told, once=key), request, sent, nonce)
        return await _submit(intake, submission, chosen, filled, nonce)

    return routes


async def _submit(intake: Intake, submission: Submission, chosen: Named, filled: Filled, nonce: str) -> Response:
    try:
        outcome = await take(intake, submission, door="form")
        if isinstance(outcome, KeyReused):
            return page("trouble.html", status=422, message=_ALREADY_SENT)
        if isinstance(outcome, TooMany):
            return _form(chosen, filled, nonce, status=429, wait=outcome.retry_after_seconds)
        return _thanks(accepted_or_problem(outcome), dict(chosen))
    except Problem as problem:
        if problem.status not in {409, 503}:
            raise
        return _form(chosen, filled, nonce, status=problem.status)
    except UNREACHABLE:
        return _form(chosen, filled, nonce, status=503)


def _form(chosen: Named, filled: Filled, nonce: str, *, status: int = 200, wait: int | None = None) -> Response:
    """The form, with what was typed before; the nonce stays, so that trying again is safe. `wait` in seconds."""
    notice = trouble_words(status) if status in {409, 503} else _TOO_MANY if wait is not None else None
    answer = page(
        "share.html", status=status, chosen=chosen, filled=filled, nonce=nonce, notice=notice, wait=waiting_words(wait)
    )
    if wait is not None:
        answer.headers["Retry-After"] = str(wait)
    return answer


def _thanks(accepted: Accepted, names: dict[str, str]) -> Response:
    code = codes.written(accepted.code or b"")
    return page("thanks.html", code=code, requests=accepted.requests, names=names)


async def _search(pool: Pool, chosen: Named, q: str | None) -> Response:
    words = (q or "").strip()[:_LONGEST_SEARCH]
    error = _TOO_SHORT if q is not None and len(words) < 2 else None  # noqa: PLR2004 - two letters
    found = []
    if q is not None and error is None:
        async with pool.acquire() as connection:
            found = await find_structures(connection, words, limit=20)
    taken = {code for code, _ in chosen}
    return page(
        "choose.html",
        chosen=chosen,
        q=words,
        asked=q is not None and error is None,
        error=error,
        found=[structure for structure in found if structure.code not in taken],
    )


async def _named(pool: Pool, given: Sequence[str]) -> Named:
    """The structures that exist among those asked for, with the names people know."""
    distinct = [code for code in dict.fromkeys(given) if "\x00" not in code][:MAX_STRUCTURES]
    if not distinct:
        return []
    async with pool.acquire() as connection:
        known = await structures_of(connection, distinct)
    return [(code, known[code].public_name or known[code].name) for code in distinct if code in known]
