"""What an agent says about a request, and the event it makes."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from spplus_contracts import SingleAnswer
from spplus_contracts.vocabulary import Channel, Outcome, RequestKind
from spplus_feedback.deadlines import end_of_day

_NAMES: Final = {
    Outcome.ANSWERED: "answered_at",
    Outcome.ACKNOWLEDGED: "acknowledged_at",
    Outcome.DELAY_NOTICE: "announced_at",
    Outcome.REDIRECTED: "redirected_at",
    Outcome.CLOSED_UNANSWERED: "closed_at",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement at our door."""

    statement_id: str
    outcome: Outcome
    said_at: datetime
    body_hash: bytes
    """Fingerprint of the words it was made in."""
    channel: Channel = Channel.ONLINE_ACCOUNT
    answer: str | None = None
    """Text of the answer; stays in this service's database."""
    answer_due_on: date | None = None
    redirected_to: str | None = None


def instant_name(outcome: Outcome) -> str:
    """The field that says when this outcome happened."""
    return _NAMES[outcome]


def derived_id(request_id: str, body_hash: bytes) -> str:
    """Identity of a statement whose client gave none: the same words about the same request are one statement."""
    return str(uuid.uuid5(uuid.UUID(request_id), body_hash.hex()))


def answered(statement: Statement, *, request_id: str, structure_code: str, received_at: datetime) -> SingleAnswer:
    """The event. Raises `pydantic.ValidationError` where the statement lies before the request."""
    said: dict[str, Any] = {instant_name(statement.outcome): statement.said_at}
    if statement.answer_due_on is not None:
        said |= {"answer_due_at": end_of_day(statement.answer_due_on), "announced_at": statement.said_at}
    if statement.redirected_to is not None:
        said["redirected_to"] = statement.redirected_to
    return SingleAnswer(
        request_id=request_id,
        request_kind=RequestKind.EXPERIENCE,
        structure_code=structure_code,
        channel=statement.channel,
        received_at=received_at,
        outcome=statement.outcome,
        statement_id=statement.statement_id,
        **said,
    )
