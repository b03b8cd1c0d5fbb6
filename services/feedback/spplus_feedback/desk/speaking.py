"""A signed-in agent speaks: the nonce of the form is the statement's identity, so a double click says it once."""

from datetime import date, datetime
from uuid import UUID

from spplus_chassis import metrics
from spplus_chassis.database import Connection
from spplus_chassis.problem import Problem
from spplus_contracts.vocabulary import Outcome
from spplus_feedback.accounts.people import Person, check_person
from spplus_feedback.accounts.roles import Action
from spplus_feedback.acts import by_account
from spplus_feedback.answering import Statement
from spplus_feedback.deadlines import paris_day
from spplus_feedback.desk.drafts import Draft, drop_draft, own_draft, save_draft
from spplus_feedback.desk.request_queries import OneRequest, one_request
from spplus_feedback.desk.surroundings import Sent, Surroundings, one
from spplus_feedback.desk.taking import Speaker, Taken, take
from spplus_feedback.idempotency import fingerprint
from spplus_feedback.repository import lock_request
from spplus_feedback.standing import Status


def statement_of(
    sent: Sent,
    outcome: Outcome,
    now: datetime,
    *,
    answer: str | None = None,
    answer_due_on: date | None = None,
    redirected_to: str | None = None,
) -> Statement:
    """The statement that a form makes. Raises `Problem` 422 where the form has lost its nonce."""
    try:
        statement_id = str(UUID(one(sent, "nonce")))
    except ValueError:
        raise Problem(422) from None
    words = {
        "outcome": outcome.value,
        "text": answer,
        "answer_due_on": answer_due_on.isoformat() if answer_due_on else None,
        "redirected_to": redirected_to,
    }
    return Statement(
        statement_id=statement_id,
        outcome=outcome,
        said_at=now,
        body_hash=fingerprint(words),
        answer=answer,
        answer_due_on=answer_due_on,
        redirected_to=redirected_to,
    )


async def held_request(
    connection: Connection, person: Person, action: Action, request_id: str, now: datetime
) -> OneRequest:
    """The request, in the person's part. Raises `Problem` 404 or, where its author withdrew it, 410."""
    request = await one_request(connection, request_id)
    if request is None:
        raise Problem(404)
    await check_person(connection, person, action, [request.holder_code], on=paris_day(now))
    if request.status is Status.WITHDRAWN:
        raise Problem(410)
    return request


async def say(
    around: Surroundings, person: Person, request_id: str, statement: Statement, *, seen: str, now: datetime
) -> Taken:
    """Keep what the person says, in one transaction; an answer takes the place of the person's draft.

    Raises what `taking.take` raises.
    """
    action = Action.ROUTE_REQUESTS if statement.redirected_to is not None else Action.ANSWER_REQUESTS

    async def check(asking: Connection, holder_code: str) -> None:
        await check_person(asking, person, action, [holder_code], on=paris_day(now))

    speaker = Speaker(by_account(person.account_id), check, seen)
    async with around.pool().acquire() as connection, connection.transaction():
        taken = await take(connection, request_id, statement, speaker, now=now)
        if statement.outcome is Outcome.ANSWERED:
            await drop_draft(connection, request_id, person.account_id)
    metrics.ANSWERS_ACCEPTED.labels("desk").inc(int(taken.fresh))
    around.wake()
    return taken


async def keep_draft(
    around: Surroundings, person: Person, request_id: str, text: str, state: str, now: datetime
) -> None:
    """Save a draft, or forget it where nothing is left. Raises `Problem` 404 or 410: words of a withdrawn story go."""
    async with around.pool().acquire() as connection, connection.transaction():
        request = await lock_request(connection, request_id)
        if request is None:
            raise Problem(404)
        on = paris_day(now)
        await check_person(connection, person, Action.ANSWER_REQUESTS, [request.holder_code], on=on)
        if request.status is Status.WITHDRAWN:
            raise Problem(410)
        if text.strip():
            await save_draft(connection, request_id, person.account_id, Draft(text, state, now))
        else:
            await drop_draft(connection, request_id, person.account_id)


async def had_draft(around: Surroundings, person: Person, request_id: str) -> bool:
    """Whether the person was writing about the request, and so knows of it."""
    async with around.pool().acquire() as connection:
        return await own_draft(connection, request_id, person.account_id) is not None
