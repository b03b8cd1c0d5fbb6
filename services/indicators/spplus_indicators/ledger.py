"""A row of the ledger: everything said about one request, and what follows from it.

A row is a map of statements to their winners. Merging takes the greater telling of each statement, so it is
commutative, associative and idempotent: duplicates, replays and any order of arrival give the same row. What is
counted is derived from the winners that are not retracted. A withdrawal absorbs everything and leaves a skeleton.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from pydantic_core import to_json

from spplus_contracts.vocabulary import Outcome, RequestKind
from spplus_indicators.statements import WITHDRAWN, Answer, Statement, StatementKey, Submission, Told, Totals


class Row(NamedTuple):
    """The winners of one request, or the skeleton of a withdrawn one (which has none). Never changed in place."""

    winners: Mapping[StatementKey, Told]
    withdrawn: bool = False


class Request(NamedTuple):
    """What follows from the winners of a row about a request."""

    kind: str
    """Kind of the feedback, or of the request where an agency reports one that is no feedback."""
    feedback: Submission | None
    holder: str
    """The structure that everything of this request is counted at."""
    received_at: datetime
    """Submission of the feedback, or the first receipt."""
    acknowledged_at: datetime | None
    answered_at: datetime | None
    """The first answer."""
    due_at: datetime | None
    """The deadline it is judged against."""
    by_post: bool = False
    """Whether the first that was said about it, by an agency, went by post."""
    closed_at: datetime | None = None
    """When it was closed without an answer."""


EMPTY = Row({})


def wins(told: Told, over: Told) -> bool:
    """Whether one telling of a statement is greater than another, in the total order.

    Two tellings that differ in nothing but their facts are ordered by the fingerprint of these.
    """
    left, right = told[:3], over[:3]
    if left != right:
        return left > right
    return told != over and _fingerprint(told) > _fingerprint(over)


def merge(row: Row, statements: Iterable[Statement]) -> Row:
    """The row with these statements taken in; the same object when nothing changes."""
    if row.withdrawn:
        return row
    winners = row.winners
    changed: dict[StatementKey, Told] | None = None
    for _, key, told in statements:
        if key.sort == WITHDRAWN:
            return Row({}, withdrawn=True)
        current = winners.get(key)
        if current is None or wins(told, current):
            if changed is None:
                changed = dict(winners)
                winners = changed
            changed[key] = told
    return row if changed is None else Row(changed)


def joined(left: Row, right: Row) -> Row:
    """Two states of the same row as one: the merge that `merge` applies event by event."""
    if left.withdrawn or right.withdrawn:
        return Row({}, withdrawn=True)
    winners = dict(left.winners)
    for key, told in right.winners.items():
        current = winners.get(key)
        if current is None or wins(told, current):
            winners[key] = told
    return Row(winners)


def totals_of(row: Row) -> Totals | None:
    """The totals of a bulk slot; none when it was taken back or the row is about a request."""
    for told in row.winners.values():
        if isinstance(told.facts, Totals) and not told.retracted:
            return told.facts
    return None


def request_of(row: Row) -> Request | None:
    """What follows from the row; none for a skeleton, an empty slot, or when every statement was taken back."""
    if len(row.winners) == 1:
        return _of_one(next(iter(row.winners.values())))
    feedback = _feedback(row.winners)
    answers = [
        (key, told.facts)
        for key, told in row.winners.items()
        if isinstance(told.facts, Answer) and not told.retracted and told.facts.outcome != Outcome.UNKNOWN
    ]
    if feedback is None and not answers:
        return None
    opening = min(answers, key=_opening)[1] if answers else None
    answered_at = _first(answers, Outcome.ANSWERED)
    kind, received_at = _nature(feedback, opening)
    return Request(
        kind=kind,
        feedback=feedback,
        holder=_holder(feedback, opening, answers),
        received_at=received_at,
        acknowledged_at=_first(answers, Outcome.ACKNOWLEDGED),
        answered_at=answered_at,
        due_at=_deadline(feedback, answers, answered_at),
        by_post=opening is not None and opening.by_post,
        closed_at=_first(answers, Outcome.CLOSED_UNANSWERED),
    )


def _of_one(told: Told) -> Request | None:
    """The short way for a feedback about which nothing else was said yet: nearly all of the traffic."""
    facts = told.facts
    if told.retracted or not isinstance(facts, (Submission, Answer)):
        return None
    if isinstance(facts, Submission):
        return Request(facts.kind, facts, facts.structure_code, facts.submitted_at, None, None, facts.due_at)
    if facts.outcome == Outcome.UNKNOWN:
        return None
    answers = [(StatementKey("", "", ""), facts)]
    answered_at = _first(answers, Outcome.ANSWERED)
    return Request(
        kind=facts.kind,
        feedback=None,
        holder=facts.redirected_to or facts.structure_code,
        received_at=facts.received_at,
        acknowledged_at=_first(answers, Outcome.ACKNOWLEDGED),
        answered_at=answered_at,
        due_at=_deadline(None, answers, answered_at),
        by_post=facts.by_post,
    )


Answers = list[tuple[StatementKey, Answer]]


def _feedback(winners: Mapping[StatementKey, Told]) -> Submission | None:
    """The submission; where several statements submit the same request, the last that was told, then by who told it."""
    submitted = [
        (told[:3], key, told.facts)
        for key, told in winners.items()
        if isinstance(told.facts, Submission) and not told.retracted
    ]
    return max(submitted, key=lambda each: each[:2])[2] if submitted else None


def _opening(answer: tuple[StatementKey, Answer]) -> tuple[datetime, datetime, StatementKey]:
    """The first that was said about a request: by receipt, then by what was done, then by who said it."""
    key, facts = answer
    return facts.received_at, facts.acted_at or facts.received_at, key


def _nature(feedback: Submission | None, opening: Answer | None) -> tuple[str, datetime]:
    if feedback is not None:
        return feedback.kind, feedback.submitted_at
    if opening is None:
        raise ValueError("a request needs a feedback or an answer")
    return opening.kind, opening.received_at


def _holder(feedback: Submission | None, opening: Answer | None, answers: Answers) -> str:
    """The target of the latest redirect, else the structure addressed."""
    redirects = [
        (facts.acted_at, key.source, key.id, facts.redirected_to)
        for key, facts in answers
        if facts.redirected_to is not None and facts.acted_at is not None
    ]
    if redirects:
        return max(redirects)[3]
    addressed = feedback if feedback is not None else opening
    return RequestKind.UNKNOWN if addressed is None else addressed.structure_code


def _first(answers: Answers, outcome: Outcome) -> datetime | None:
    return min((facts.acted_at for _, facts in answers if facts.outcome == outcome and facts.acted_at), default=None)


def _deadline(feedback: Submission | None, answers: Answers, answered_at: datetime | None) -> datetime | None:
    """The feedback's own, else the earliest announced one; a promise made once the answer was there is none."""
    if feedback is not None and feedback.due_at is not None:
        return feedback.due_at
    announced = [
        (facts.announced_at, facts.due_at)
        for _, facts in answers
        if facts.announced_at is not None and facts.due_at is not None
    ]
    return min(
        (promise for promise in announced if answered_at is None or promise[0] < answered_at), default=(None, None)
    )[1]


def _fingerprint(told: Told) -> bytes:
    return sha256(to_json([told.retracted, told.facts])).digest()
