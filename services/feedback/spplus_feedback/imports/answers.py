"""The answers of a chunk of rows, all at once; each told as the desk tells one: same statement, event and standing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from pydantic import ValidationError

from spplus_chassis import outbox
from spplus_chassis.database import Connection
from spplus_chassis.outbox import OutboxRow
from spplus_contracts.topics import REQUEST_ANSWERED
from spplus_contracts.vocabulary import PLATFORM_SOURCE
from spplus_feedback.answering import Statement, answered
from spplus_feedback.imports import repository
from spplus_feedback.imports.repository import HeldStatement
from spplus_feedback.repository import LockedRequest
from spplus_feedback.standing import Said, Standing, said_by, standing


class Became(Enum):
    """What became of an answer of the file."""

    NEW = "new"
    KNOWN = "known"
    CHANGED = "changed"
    """It was imported before in other words: those are kept."""
    IMPOSSIBLE = "impossible"
    """It contradicts the request."""
    NOWHERE = "nowhere"
    """The request is withdrawn, or kept back."""


@dataclass(frozen=True, slots=True)
class ImportedAnswer:
    """What one structure answered."""

    request_id: str
    statement: Statement


@dataclass(slots=True)
class _Told:
    statements: list[tuple[str, Said, bytes, str | None]]
    events: list[OutboxRow]
    standings: dict[str, Standing]


async def tell_answers(connection: Connection, answers: Sequence[ImportedAnswer], *, now: datetime) -> list[Became]:
    """Keep the answers that are new, with their events, in the caller's transaction; one of each request at most."""
    if not answers:
        return []
    request_ids = [answer.request_id for answer in answers]
    requests = await repository.lock_requests(connection, request_ids)
    known = await repository.statements_about(connection, list(requests))
    told = _Told([], [], {})
    became = [
        _judge(told, answer, requests.get(answer.request_id), known.get(answer.request_id, []), now)
        for answer in answers
    ]
    if told.statements:
        await repository.save_statements(connection, told.statements)
        await repository.save_standings(connection, told.standings)
        await outbox.append(connection, told.events)
    return became


def _judge(
    told: _Told, answer: ImportedAnswer, request: LockedRequest | None, held: Sequence[HeldStatement], now: datetime
) -> Became:
    statement = answer.statement
    if request is None:
        return Became.NOWHERE
    before = [one for one in held if one.ours and one.said.statement_id == statement.statement_id]
    if before:
        return Became.KNOWN if before[0].body_hash == statement.body_hash else Became.CHANGED
    try:
        event = answered(
            statement,
            request_id=request.request_id,
            structure_code=request.holder_code,
            received_at=request.submitted_at,
        )
    except ValidationError:
        return Became.IMPOSSIBLE
    said = said_by(event, source=PLATFORM_SOURCE, event_id=statement.statement_id)
    told.statements.append((request.request_id, said, statement.body_hash, statement.answer))
    told.events.append(outbox.row_of(event, topic=REQUEST_ANSWERED.name, now=now))
    told.standings[request.request_id] = standing(
        request.structure_code, request.own_due_at, [*(one.said for one in held), said]
    )
    return Became.NEW
