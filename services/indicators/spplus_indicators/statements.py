"""What an event says about a request, cut down to what a figure can rest on.

A statement is identified by who said it, of which sort it is and its own id; what it says last is decided by a total
order over (version, time, id, fingerprint of the facts), so the order of arrival never matters.
"""

from datetime import datetime
from typing import Final, NamedTuple

from spplus_contracts.answers import BulkAnswers, SingleAnswer
from spplus_contracts.envelope import Envelope
from spplus_contracts.feedback import FeedbackSubmitted
from spplus_contracts.vocabulary import Author, Channel, Outcome
from spplus_contracts.withdrawals import FeedbackWithdrawn

SUBMITTED: Final = "submitted"
ANSWERED: Final = "answered"
TOTALS: Final = "totals"
WITHDRAWN: Final = "withdrawn"
_UNKNOWN: Final = str(Author.UNKNOWN)

LedgerEvent = FeedbackSubmitted | SingleAnswer | BulkAnswers | FeedbackWithdrawn
"""Everything that can be said about a request or a bulk slot."""


class RequestKey(NamedTuple):
    """What is counted once: a request, or the slot of a month's totals."""

    source: str
    """The source that knows the request."""
    id: str
    """Unique within the source. The id of a slot holds a character that no request id may hold."""


class StatementKey(NamedTuple):
    """Who said it, of which sort it is, and its identity there."""

    source: str
    sort: str
    id: str


class Submission(NamedTuple):
    """What FeedbackSubmitted says. New fields go to the end with a default: older rows are shorter."""

    structure_code: str
    kind: str
    author: str
    sentiment: str | None
    submitted_at: datetime
    answer_expected: bool
    due_at: datetime | None
    announced_at: datetime | None
    dimensions: dict[str, str] | None = None
    """Finer feelings, where given."""
    score: tuple[str, int] | None = None
    """Scale and mark."""
    procedure_code: str | None = None


class Answer(NamedTuple):
    """What a single RequestAnswered says. New fields go to the end with a default."""

    structure_code: str
    kind: str
    received_at: datetime
    outcome: str
    acted_at: datetime | None
    """When it was acknowledged, redirected, answered or closed, by the outcome."""
    redirected_to: str | None
    due_at: datetime | None
    announced_at: datetime | None
    by_post: bool = False
    """Mail has a longer time for acknowledgement."""


class Totals(NamedTuple):
    """What a bulk RequestAnswered says about its month."""

    structure_code: str
    kind: str
    month: str
    """YYYY-MM."""
    received: int
    answered: int
    with_deadline: int | None
    on_time: int | None


class Withdrawal(NamedTuple):
    """The request no longer counts, for ever."""

    structure_code: str


Facts = Submission | Answer | Totals | Withdrawal


class Told(NamedTuple):
    """One telling of a statement: its place in the total order, and what it says."""

    version: int
    at: datetime
    """When the event was emitted, UTC."""
    id: str
    """The event's id."""
    retracted: bool
    facts: Facts


class Statement(NamedTuple):
    """One event, addressed to its row of the ledger."""

    request: RequestKey
    key: StatementKey
    told: Told


def statement_of(envelope: Envelope, event: LedgerEvent) -> Statement:
    """What this event says, and about which row of the ledger. Members of lists become plain texts: quick to store."""
    if isinstance(event, FeedbackSubmitted):
        return _of_submission(envelope, event)
    if isinstance(event, SingleAnswer):
        return _of_answer(envelope, event)
    if isinstance(event, BulkAnswers):
        return _of_totals(envelope, event)
    return Statement(
        RequestKey(event.request_source or envelope.source, event.request_id),
        StatementKey(envelope.source, WITHDRAWN, envelope.id),
        Told(1, envelope.time, envelope.id, retracted=False, facts=Withdrawal(event.structure_code)),
    )


def says_unknown(statement: Statement) -> bool:
    """Whether it holds a value that a later version of the contract added: kept, counted nowhere."""
    facts = statement.told.facts
    if isinstance(facts, Submission):
        return _UNKNOWN in {facts.kind, facts.author, facts.sentiment}
    if isinstance(facts, Answer):
        return _UNKNOWN in {facts.kind, facts.outcome}
    return isinstance(facts, Totals) and facts.kind == _UNKNOWN


def _of_submission(envelope: Envelope, event: FeedbackSubmitted) -> Statement:
    finer = event.dimensions
    return Statement(
        RequestKey(event.request_source or envelope.source, event.request_id),
        StatementKey(envelope.source, SUBMITTED, event.statement_id or envelope.id),
        Told(
            event.version,
            envelope.time,
            envelope.id,
            event.retracted,
            Submission(
                event.structure_code,
                str(event.kind),
                str(event.author),
                None if event.sentiment is None else str(event.sentiment),
                event.submitted_at,
                event.answer_expected,
                event.answer_due_at,
                event.announced_at,
                None if finer is None else finer.model_dump(mode="json", exclude_none=True),
                None if event.score is None else (str(event.score.scale), event.score.value),
                event.procedure_code,
            ),
        ),
    )


_ACTED: Final = {
    Outcome.ACKNOWLEDGED: "acknowledged_at",
    Outcome.REDIRECTED: "redirected_at",
    Outcome.ANSWERED: "answered_at",
    Outcome.CLOSED_UNANSWERED: "closed_at",
}


def _of_answer(envelope: Envelope, event: SingleAnswer) -> Statement:
    acted = _ACTED.get(event.outcome)
    return Statement(
        RequestKey(event.request_source or envelope.source, event.request_id),
        StatementKey(envelope.source, ANSWERED, event.statement_id or envelope.id),
        Told(
            event.version,
            envelope.time,
            envelope.id,
            event.retracted,
            Answer(
                event.structure_code,
                str(event.request_kind),
                event.received_at,
                str(event.outcome),
                None if acted is None else getattr(event, acted),
                event.redirected_to,
                event.answer_due_at,
                event.announced_at,
                event.channel is Channel.MAIL,
            ),
        ),
    )


def _of_totals(envelope: Envelope, event: BulkAnswers) -> Statement:
    slot = f"{event.structure_code}|{event.request_kind}|{event.month}"
    return Statement(
        RequestKey(envelope.source, slot),
        StatementKey(envelope.source, TOTALS, slot),
        Told(
            event.version,
            envelope.time,
            envelope.id,
            event.retracted,
            Totals(
                event.structure_code,
                str(event.request_kind),
                event.month,
                event.received,
                event.answered,
                event.with_deadline,
                event.on_time,
            ),
        ),
    )
