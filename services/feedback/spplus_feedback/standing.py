"""Where a request stands, derived from everything that was said about it, whatever the order it was heard in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from spplus_contracts import SingleAnswer
from spplus_contracts.vocabulary import Outcome


class Status(StrEnum):
    """Where a request stands. Withdrawn is not said by a statement and absorbs all others."""

    WAITING = "waiting"
    ANSWERED = "answered"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Said:
    """One statement about a request, in the version that holds."""

    source: str
    statement_id: str
    version: int
    outcome: Outcome
    said_at: datetime
    """When what it says happened."""
    announced_due_at: datetime | None = None
    redirected_to: str | None = None
    retracted: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What is derived."""

    status: Status
    holder_code: str
    due_at: datetime | None
    """The first promise: the one an answer is judged against."""
    promised_at: datetime | None
    """The latest promise: the one the citizen waits for."""
    answered_at: datetime | None


def said_by(event: SingleAnswer, *, source: str, event_id: str) -> Said:
    """The statement that an event makes."""
    instants = (event.answered_at, event.acknowledged_at, event.announced_at, event.redirected_at, event.closed_at)
    return Said(
        source=source,
        statement_id=event.statement_id or event_id,
        version=event.version,
        outcome=event.outcome,
        said_at=next((instant for instant in instants if instant is not None), event.received_at),
        announced_due_at=event.answer_due_at,
        redirected_to=event.redirected_to,
        retracted=event.retracted,
    )


def standing(addressed: str, own_due_at: datetime | None, said: Sequence[Said]) -> Standing:
    """Derive where a request stands."""
    valid = in_order(said)
    answers = [one.said_at for one in valid if one.outcome is Outcome.ANSWERED]
    promises = [one.announced_due_at for one in valid if one.announced_due_at is not None]
    holders = [one.redirected_to for one in valid if one.redirected_to is not None]
    return Standing(
        status=_status(valid),
        holder_code=holders[-1] if holders else addressed,
        due_at=own_due_at or (promises[0] if promises else None),
        promised_at=promises[-1] if promises else own_due_at,
        answered_at=answers[0] if answers else None,
    )


def in_order(said: Sequence[Said]) -> list[Said]:
    """The statements that hold, in the order of what they tell: the same whatever the order they were heard in."""
    return sorted(
        (one for one in said if not one.retracted), key=lambda one: (one.said_at, one.source, one.statement_id)
    )


def _status(valid: Sequence[Said]) -> Status:
    outcomes = {one.outcome for one in valid}
    if Outcome.ANSWERED in outcomes:
        return Status.ANSWERED
    return Status.CLOSED if Outcome.CLOSED_UNANSWERED in outcomes else Status.WAITING
