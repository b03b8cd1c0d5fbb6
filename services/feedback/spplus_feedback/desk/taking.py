"""One way for everything that is said about a request at our doors: by keys of agencies and by signed-in agents alike.

The statement, its event and the line of the trail stand or fall together, and a statement made twice is one.
"""

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from spplus_chassis.database import Connection
from spplus_chassis.problem import Problem
from spplus_contracts.vocabulary import Outcome
from spplus_feedback import acts, repository
from spplus_feedback.acts import Act, Action
from spplus_feedback.answering import Statement
from spplus_feedback.handlers import answer_request, is_said
from spplus_feedback.repository import LockedRequest
from spplus_feedback.standing import Said, Status
from spplus_feedback.structures_queries import structure_exists

ACTIONS: Final[Mapping[Outcome, Action]] = {
    Outcome.ANSWERED: Action.REQUEST_ANSWERED,
    Outcome.ACKNOWLEDGED: Action.REQUEST_ACKNOWLEDGED,
    Outcome.DELAY_NOTICE: Action.REQUEST_POSTPONED,
    Outcome.REDIRECTED: Action.REQUEST_ROUTED,
    Outcome.CLOSED_UNANSWERED: Action.REQUEST_CLOSED,
}
_STATE_CHARACTERS: Final = 16


class StateChanged(Exception):  # noqa: N818 - a decision about a request, not an error of ours
    """Something was said about the request since its page was made."""


class NoSuchTarget(Exception):  # noqa: N818 - the same
    """The request was routed to a structure that was never declared."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who says it."""

    actor: str
    """As in `acts.Act`."""
    check: Callable[[Connection, str], Awaitable[None]]
    """Raises `Problem` where the structure that holds the request is outside of the speaker's part of the tree."""
    seen: str | None = None
    """The state of the request that the speaker had before his eyes; None where he answers whatever it is."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of it."""

    status: Status
    fresh: bool
    """False where this very statement was made before."""


def state_of(said: Iterable[Said]) -> str:
    """A short name for all that was said about a request: another statement gives another name."""
    words = sorted(f"{one.source}\0{one.statement_id}\0{one.version}\0{one.retracted}" for one in said)
    return hashlib.sha256("\1".join(words).encode()).hexdigest()[:_STATE_CHARACTERS]


async def take(
    connection: Connection, request_id: str, statement: Statement, speaker: Speaker, *, now: datetime
) -> Taken:
    """Keep a statement with its event and its trace, inside the caller's transaction.

    Raises `Problem` 404 or 410, what the speaker's check raises, `StatementChanged`, `StateChanged`, `NoSuchTarget`,
    or `pydantic.ValidationError` where the statement contradicts the request.
    """
    request = await repository.lock_request(connection, request_id)
    if request is None:
        raise Problem(404, "No such request.")
    if request.status is Status.WITHDRAWN:
        await speaker.check(connection, request.holder_code)
        raise Problem(410, "The author withdrew this request.")
    if await is_said(connection, request_id, statement):
        # who made it needs no leave: a redirect moved the request out of those hands
        if not await acts.did(connection, speaker.actor, request.feedback_id, statement.statement_id):
            await speaker.check(connection, request.holder_code)
        return Taken(request.status, fresh=False)
    await speaker.check(connection, request.holder_code)
    if speaker.seen is not None and speaker.seen != state_of(await repository.statements_of(connection, request_id)):
        raise StateChanged
    if statement.redirected_to is not None and not await structure_exists(connection, statement.redirected_to):
        raise NoSuchTarget
    status = await answer_request(connection, request, statement, now=now)
    await acts.record(connection, _act(request, statement, speaker, now))
    return Taken(status, fresh=True)


def _act(request: LockedRequest, statement: Statement, speaker: Speaker, now: datetime) -> Act:
    detail = {"holder": request.holder_code}
    if statement.redirected_to is not None:
        detail["redirected_to"] = statement.redirected_to
    if statement.answer_due_on is not None:
        detail["answer_due_on"] = statement.answer_due_on.isoformat()
    return Act(
        actor=speaker.actor,
        action=ACTIONS[statement.outcome],
        at=now,
        feedback_id=request.feedback_id,
        request_id=request.request_id,
        subject=statement.statement_id,
        detail=detail,
    )
