"""Share an experience or a proposal: choose the service, write, read again, send, keep the follow-up code.

All that was typed travels in the form from page to page: no session, no cookie, nothing of it in an address. The form
carries one nonce from its first page to its last as its idempotency key: sent twice, by a double click or a reload, it
counts once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from spplus_chassis.database import UNREACHABLE, Pool
from spplus_chassis.problem import Problem
from spplus_feedback import codes
from spplus_feedback.abuse.guard import TRAP, Guard
from spplus_feedback.api import accepted_or_problem, take
from spplus_feedback.bodies import StoryBody
from spplus_feedback.chosen import Chosen, chosen_structures
from spplus_feedback.forms import EXPERIENCE, PROPOSAL, Filled, Values, blank, fill, kept
from spplus_feedback.idempotency import BadKey, once
from spplus_feedback.intake import Intake
from spplus_feedback.notice_offer import offer
from spplus_feedback.notices import Notices
from spplus_feedback.screens import Page, page, sent_form, trouble_words, waiting_words
from spplus_feedback.stories import Accepted, KeyReused, Submission, Texts, TooMany
from spplus_feedback.structure_search import Found, search_structures
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


@dataclass(frozen=True, slots=True)
class Suspect:
    """Words that look like personal data."""

    kind: str
    words: str


Suspects = Callable[[Texts], Sequence[Suspect]]


@dataclass(frozen=True, slots=True)
class Draft:
    """All that travels in the form."""

    chosen: list[Chosen]
    filled: Filled
    nonce: str
    trap: str = ""
    """What only a program fills in."""


@dataclass(frozen=True, slots=True)
class Sharing:
    """What the pages need."""

    pool: Callable[[], Pool]
    intake: Intake
    tell_now: TellNow
    guard: Guard
    suspects: Suspects
    """Finds probable personal data, to warn their author before anything is sent."""
    notices: Notices | None = None
    """Where the author may ask to be told of the answer."""


def router(sharing: Sharing) -> APIRouter:
    """The routes."""
    routes = APIRouter(route_class=Page, include_in_schema=False)

    @routes.get("/partager")
    async def get_share(
        structure: Codes = [],  # noqa: B006 - FastAPI copies it
        q: str | None = None,
        nature: str | None = None,
    ) -> Response:
        chosen = await _named(sharing, structure)
        if chosen and q is None:
            return _form(Draft(chosen, blank(nature), await sharing.guard.nonce(sharing.tell_now().now)))
        return await _search(sharing.pool(), q, Draft([], blank(nature), ""))

    @routes.post("/partager")
    async def post_share(request: Request) -> Response:
        sent = _turned(await sent_form(request))
        chosen = await _named(sharing, _structures(sent))
        draft = Draft(chosen, kept(sent), _first(sent, "nonce"), _first(sent, TRAP))
        act = _act(sent)
        if act in {"service", "chercher"} or not chosen:
            return await _search(sharing.pool(), _first(sent, "q") if act == "chercher" else None, draft)
        if act == "modifier":
            return _form(draft)
        draft = replace(draft, filled=fill(sent, [one.code for one in chosen]))
        if draft.filled.body is None:
            return _form(draft, status=422)
        if act == "apercu":
            return _preview(draft, sharing.suspects)
        return await _send(sharing, request, sent, draft, draft.filled.body)

    return routes


async def _named(sharing: Sharing, given: Sequence[str]) -> list[Chosen]:
    if not given:
        return []
    now, default_days = sharing.tell_now().now, sharing.intake.default_days
    async with sharing.pool().acquire() as connection:
        return await chosen_structures(connection, given, now=now, default_days=default_days)


def _turned(sent: Values) -> Values:
    """The same form for the other nature, where the button for it was pressed."""
    other = _first(sent, "autre")
    return {**sent, "nature": [other], "geste": ["modifier"]} if other else sent


def _act(sent: Values) -> str:
    """Which button was pressed. None is named by programs only: they send."""
    if _first(sent, "ajout") or _first(sent, "retrait"):
        return "modifier"
    return _first(sent, "geste") or "envoyer"


def _structures(sent: Values) -> list[str]:
    """The structures chosen once the button pressed has done its work."""
    dropped = _first(sent, "retrait")
    added = _first(sent, "ajout")
    return [code for code in sent.get("structure", ()) if code != dropped] + ([added] if added else [])


def _first(sent: Values, name: str) -> str:
    return next(iter(sent.get(name, ())), "")


async def _send(sharing: Sharing, request: Request, sent: Values, draft: Draft, body: StoryBody) -> Response:
    told, guard = sharing.tell_now(), sharing.guard
    wait = guard.must_wait(request)
    if wait is not None:
        return _preview(draft, sharing.suspects, status=429, wait=wait)
    try:
        key = once(draft.nonce, body.model_dump(mode="json"))
    except BadKey:
        return _form(replace(draft, nonce=await guard.nonce(told.now)), status=422)
    submission = await guard.examined(submission_of(body, told, once=key), request, sent, draft.nonce)
    return await _submit(sharing, submission, draft)


async def _submit(sharing: Sharing, submission: Submission, draft: Draft) -> Response:
    try:
        await sharing.intake.settled(submission)
        outcome = await take(sharing.intake, submission, door="form")
        if isinstance(outcome, KeyReused):
            return page("trouble.html", status=422, message=_ALREADY_SENT)
        if isinstance(outcome, TooMany):
            return _preview(draft, sharing.suspects, status=429, wait=outcome.retry_after_seconds)
        return _thanks(sharing, accepted_or_problem(outcome), draft)
    except Problem as problem:
        if problem.status not in {409, 503}:
            raise
        return _preview(draft, sharing.suspects, status=problem.status)
    except UNREACHABLE:
        return _preview(draft, sharing.suspects, status=503)


def _form(draft: Draft, *, status: int = 200) -> Response:
    """The form, with what was typed before; the nonce stays, so that trying again is safe."""
    other = EXPERIENCE if draft.filled.proposal else PROPOSAL
    return page("share.html", status=status, draft=draft, filled=draft.filled, other=other)


def _preview(draft: Draft, suspects: Suspects, *, status: int = 200, wait: int | None = None) -> Response:
    """What will be sent, and what could not be sent just now. `wait` in seconds."""
    notice = trouble_words(status) if status in {409, 503} else _TOO_MANY if wait is not None else None
    values = draft.filled.values
    answer = page(
        "preview.html",
        status=status,
        draft=draft,
        filled=draft.filled,
        notice=notice,
        wait=waiting_words(wait),
        found=suspects(Texts(values["title"], values["story"], values["suggestion"])),
    )
    if wait is not None:
        answer.headers["Retry-After"] = str(wait)
    return answer


def _thanks(sharing: Sharing, accepted: Accepted, draft: Draft) -> Response:
    told = sharing.tell_now()
    answered = draft.filled.values["answer_expected"] != "non"
    waiting = [request.request_id for request in accepted.requests] if answered else []
    offered = offer(sharing.notices, told.new_id, accepted.feedback_id, waiting, told.now)
    return page(
        "thanks.html",
        form_origin=offered.origin if offered else None,
        offer=offered,
        code=codes.written(accepted.code or b""),
        requests=accepted.requests,
        names={one.code: one.name for one in draft.chosen},
        filled=draft.filled,
    )


async def _search(pool: Pool, q: str | None, draft: Draft) -> Response:
    words = (q or "").strip()[:_LONGEST_SEARCH]
    error = _TOO_SHORT if q is not None and len(words) < 2 else None  # noqa: PLR2004 - two letters
    found = Found()
    if q is not None and error is None:
        async with pool.acquire() as connection:
            found = await search_structures(connection, words, limit=20)
    taken = {one.code for one in draft.chosen}
    return page(
        "choose.html",
        draft=draft,
        filled=draft.filled,
        q=words,
        asked=q is not None and error is None,
        error=error,
        found=[structure for structure in found.structures if structure.code not in taken],
        near=found.near,
    )
