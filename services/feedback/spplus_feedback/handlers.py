"""What happens to stories that are there, in which order, each in one transaction of the caller."""

from collections.abc import Iterable
from datetime import datetime

from spplus_chassis import outbox
from spplus_chassis.database import Connection
from spplus_contracts.topics import FEEDBACK_WITHDRAWN, REQUEST_ANSWERED
from spplus_contracts.vocabulary import PLATFORM_SOURCE
from spplus_feedback import acts, codes, holding, repository
from spplus_feedback.answering import Statement, answered
from spplus_feedback.repository import LockedRequest
from spplus_feedback.standing import Said, Status, said_by, standing
from spplus_feedback.stories import withdrawn


class StatementChanged(Exception):  # noqa: N818 - a decision about a statement, not an error of ours
    """This identity was used for a statement in other words."""


async def withdraw_feedback(connection: Connection, code: bytes, *, now: datetime) -> bool:
    """Take a story back, once and for all; false where no story has this code."""
    story = await repository.withdraw_story(connection, codes.fingerprint(code), now)
    if story is None:
        return False
    await holding.taken_back(connection, story.feedback_id)
    events = [withdrawn(request_id, structure, now) for request_id, structure in story.requests]
    await outbox.append(connection, [outbox.row_of(event, topic=FEEDBACK_WITHDRAWN.name, now=now) for event in events])
    if story.requests:
        await acts.record(connection, acts.Act(acts.AUTHOR, acts.Action.STORY_WITHDRAWN, now, story.feedback_id))
    return True


async def release_story(connection: Connection, feedback_id: str, *, actor: str, now: datetime) -> bool:
    """Let a story through that was kept back: its events go out as they would have, once; false where it is not held.

    `actor` as in `acts.Act`. Rejecting a held story is a withdrawal: no event ever told of it, so none takes it back.
    """
    if not await holding.let_through(connection, feedback_id):
        return False
    await outbox.append(connection, await holding.taken_back(connection, feedback_id))
    await acts.record(connection, acts.Act(actor, acts.Action.STORY_RELEASED, now, feedback_id))
    return True


async def answer_request(
    connection: Connection, request: LockedRequest, statement: Statement, *, now: datetime
) -> Status:
    """Keep what an agent said about a request, with its event; said again in the same words, nothing happens.

    Raises `StatementChanged`, or `pydantic.ValidationError` where it contradicts the request.
    """
    if await is_said(connection, request.request_id, statement):
        return request.status
    event = answered(
        statement,
        request_id=request.request_id,
        structure_code=request.holder_code,
        received_at=request.submitted_at,
    )
    said = said_by(event, source=PLATFORM_SOURCE, event_id=statement.statement_id)
    await repository.save_statement(
        connection, request.request_id, said, body_hash=statement.body_hash, answer=statement.answer
    )
    await outbox.append(connection, [outbox.row_of(event, topic=REQUEST_ANSWERED.name, now=now)])
    return await _derive(connection, request)


async def is_said(connection: Connection, request_id: str, statement: Statement) -> bool:
    """Whether this very statement was made at our door before. Raises `StatementChanged`."""
    before = await repository.statement_hash(connection, request_id, PLATFORM_SOURCE, statement.statement_id)
    if before is not None and before != statement.body_hash:
        raise StatementChanged
    return before is not None


async def record_statements(connection: Connection, heard: Iterable[tuple[str, Said]]) -> None:
    """Keep what was said elsewhere about our requests; what our own door said is known already."""
    for request_id, said in sorted(heard, key=lambda pair: pair[0]):
        request = await repository.lock_request(connection, request_id)
        if request is not None and await repository.save_statement(connection, request_id, said):
            await _derive(connection, request)


async def _derive(connection: Connection, request: LockedRequest) -> Status:
    said = await repository.statements_of(connection, request.request_id)
    derived = standing(request.structure_code, request.own_due_at, said)
    await repository.save_standing(connection, request.request_id, derived)
    return derived.status
