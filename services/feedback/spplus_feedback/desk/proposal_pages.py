"""An agent proposes an improvement, as an agent: moderated and answered like any other, and counted in no figure."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from spplus_chassis import metrics
from spplus_chassis.database import Connection
from spplus_chassis.problem import Problem
from spplus_contracts.vocabulary import Author
from spplus_feedback import acts, codes
from spplus_feedback.accounts.people import Person, check_person, checked_form, require
from spplus_feedback.accounts.roles import Action
from spplus_feedback.acts import Act, by_account
from spplus_feedback.bodies import StoryBody
from spplus_feedback.deadlines import paris_day
from spplus_feedback.desk.parts import meant, named
from spplus_feedback.desk.replies import fault_of
from spplus_feedback.desk.surroundings import Surroundings, one
from spplus_feedback.idempotency import BadKey, once
from spplus_feedback.screens import Page, page
from spplus_feedback.stories import Accepted, KeyReused, Outcome, Submission
from spplus_feedback.submitting import submit_feedbacks
from spplus_feedback.telling import submission_of

_HERE: Final = "/espace/proposition"
_MOST_SHOWN: Final = 30
_LONGEST: Final = {"suggestion": 5_000, "titre": 200}
_ALREADY_SENT: Final = "Ce formulaire a déjà été envoyé, et votre première proposition est bien enregistrée."


def router(around: Surroundings) -> APIRouter:
    """The routes."""
    routes = APIRouter(route_class=Page, include_in_schema=False)
    proposer = Depends(require(around.pool, Action.PROPOSE, clock=around.clock))

    @routes.get(_HERE)
    async def get_proposal(person: Annotated[Person, proposer], structure: str = "", q: str = "") -> Response:
        now = around.clock()
        async with around.pool().acquire() as connection:
            if structure:
                chosen = await _chosen(connection, person, structure, now)
                return _form(person, chosen, {"attend": "oui", "suggestion": "", "titre": ""}, str(uuid.uuid4()))
            words = q.replace("\x00", "").strip()[:100]
            _, inside = await meant(connection, person, words, on=paris_day(now), action=Action.PROPOSE)
            found = await named(connection, inside, most=_MOST_SHOWN + 1)
        return page(
            "desk/proposal_place.html",
            person=person,
            q=words,
            found=found[:_MOST_SHOWN],
            more=len(found) > _MOST_SHOWN,
        )

    @routes.post(_HERE)
    async def post_proposal(request: Request, person: Annotated[Person, proposer]) -> Response:
        sent = await checked_form(request, person)
        values = {name: one(sent, name) for name in ("suggestion", "titre", "attend", "structure", "nonce")}
        async with around.pool().acquire() as connection:
            chosen = await _chosen(connection, person, values["structure"], around.clock())
        errors = _errors(values)
        if errors:
            return _form(person, chosen, values, values["nonce"], errors)
        outcome = await _submit(around, person, values)
        if isinstance(outcome, KeyReused):
            return page("people/trouble.html", status=422, message=_ALREADY_SENT)
        if not isinstance(outcome, Accepted):
            raise Problem(422)
        return page(
            "desk/proposal_thanks.html",
            person=person,
            name=chosen[1],
            code=codes.written(outcome.code or b""),
            request=outcome.requests[0],
        )

    return routes


async def _submit(around: Surroundings, person: Person, values: dict[str, str]) -> Outcome:
    """The same handler and outbox as any story, in a transaction with its trace; the nonce is its key."""
    told = around.tell_now()
    body = StoryBody(
        structure_codes=(values["structure"],),
        author=Author.AGENT,
        proposal=True,
        answer_expected=values["attend"] != "non",
        title=values["titre"],
        suggestion=values["suggestion"],
    )
    try:
        submission: Submission = submission_of(body, told, once=once(values["nonce"], body.model_dump(mode="json")))
    except BadKey:
        raise Problem(422) from None
    async with around.pool().acquire() as connection, connection.transaction():
        (outcome,) = await submit_feedbacks(connection, [submission], default_days=around.default_days)
        fresh = isinstance(outcome, Accepted) and outcome.fresh
        if fresh:
            await acts.record(
                connection,
                Act(
                    by_account(person.account_id),
                    acts.Action.STORY_PROPOSED,
                    told.now,
                    feedback_id=submission.feedback_id,
                    detail={"structure": values["structure"]},
                ),
            )
    metrics.FEEDBACK_ACCEPTED.labels("desk").inc(int(fresh))
    around.wake()
    return outcome


async def _chosen(connection: Connection, person: Person, code: str, now: datetime) -> tuple[str, str]:
    """The structure, by code and name, in the person's part. Raises `Problem` 404."""
    found: Sequence[tuple[str, str]] = await named(connection, [code.replace("\x00", "")], most=1)
    if not found:
        raise Problem(404)
    await check_person(connection, person, Action.PROPOSE, [found[0][0]], on=paris_day(now))
    return found[0]


def _errors(values: dict[str, str]) -> dict[str, str]:
    errors = {}
    for name, longest in _LONGEST.items():
        fault = fault_of(values[name], longest=longest) if name == "suggestion" or values[name].strip() else None
        if fault is not None:
            errors[name] = fault
    return errors


def _form(
    person: Person,
    chosen: tuple[str, str],
    values: dict[str, str],
    nonce: str,
    errors: dict[str, str] | None = None,
) -> Response:
    return page(
        "desk/proposal.html",
        status=422 if errors else 200,
        person=person,
        chosen=chosen,
        values=values,
        nonce=nonce,
        errors=errors or {},
    )
