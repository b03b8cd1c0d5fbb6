"""What one row of the ledger adds to which tally, at a given instant.

The whole of a row sits at its current holder. Each row keeps the cells that it added last; a change adds the
difference between what it contributes now and that. Corrections, withdrawals, redirects and passing deadlines are
therefore one and the same operation.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from spplus_contracts.vocabulary import Author, FeedbackKind, RequestKind, Sentiment
from spplus_indicators import measures
from spplus_indicators.ledger import Request, Row, request_of, totals_of
from spplus_indicators.parameters import (
    ACKNOWLEDGE_DAYS,
    ACKNOWLEDGE_DAYS_BY_POST,
    PROCEDURE_SCALE,
    SATISFIED_FROM,
    VERY_SATISFIED_FROM,
)
from spplus_indicators.periods import day_of, days_between, end_of_day, month_of, month_of_deadline
from spplus_indicators.statements import Submission, Totals

Cell = tuple[str, date, str]
"""Structure, first day of the Europe/Paris month, measure."""

_FEELINGS: Final[dict[str | None, str]] = {
    str(Sentiment.POSITIVE): measures.POSITIVE,
    str(Sentiment.NEUTRAL): measures.NEUTRAL,
    str(Sentiment.NEGATIVE): measures.NEGATIVE,
}
_EXPERIENCE: Final = str(FeedbackKind.EXPERIENCE)
_CALL: Final = str(RequestKind.CALL)
_UNKNOWN: Final = str(RequestKind.UNKNOWN)
_SURVEY: Final = str(FeedbackKind.SURVEY)
_RATING: Final = str(FeedbackKind.PROCEDURE_RATING)
_LETTER: Final = str(RequestKind.LETTER)
_EMAIL: Final = str(RequestKind.EMAIL)
_DAYS_KEPT: Final = 1 << 14


class Share(NamedTuple):
    """What a row adds now, and when time alone will change that."""

    cells: dict[Cell, int]
    changes_after: datetime | None
    """The next limit, for an answer or for the acknowledgement, of a request that still waits for it."""


_NOTHING: Final = Share({}, None)


def contribution(row: Row, as_of: datetime) -> dict[Cell, int]:
    """The counts that this row adds, by cell; `as_of` decides whether the deadline of an open request has passed."""
    return share(row, as_of).cells


def share(row: Row, as_of: datetime) -> Share:
    """The counts that this row adds as of an instant, and when that ends."""
    request = request_of(row)
    if request is not None:
        return _share_of_request(request, as_of) if _counts(request) else _NOTHING
    totals = totals_of(row)
    return _NOTHING if totals is None else Share(_cells_of_totals(totals), None)


def difference(new: Mapping[Cell, int], counted: Mapping[Cell, int]) -> dict[Cell, int]:
    """What to add to the tallies so that a row that had added `counted` has added `new`."""
    delta = dict(new)
    for cell, count in counted.items():
        delta[cell] = delta.get(cell, 0) - count
    return {cell: count for cell, count in delta.items() if count}


def _counts(request: Request) -> bool:
    """Whether anything is counted: no opinion of an agent, no value that nobody knows yet, no answer to no story."""
    if request.feedback is None:
        return request.kind not in {_UNKNOWN, _EXPERIENCE}
    return request.feedback.author == Author.CITIZEN and request.kind != _UNKNOWN


def _share_of_request(request: Request, as_of: datetime) -> Share:
    cells: dict[Cell, int] = {}
    changes_after = None
    feedback = request.feedback
    if feedback is not None:
        if request.kind == _SURVEY:
            return Share(_cells_of_survey(request.holder, feedback), None)
        if request.kind == _RATING:
            return Share(_cells_of_rating(request.holder, feedback), None)
        if request.kind == _EXPERIENCE:
            _count_experience(cells, request, feedback)
    elif request.kind == _CALL:
        _count_call(cells, request)
    else:
        changes_after = _count_acknowledgement(cells, request, as_of)
    if request.answered_at is not None and request.kind != _CALL:
        days = max(0, days_between(request.received_at, request.answered_at))
        cells[request.holder, month_of(request.received_at), measures.delay(days)] = 1
    if request.due_at is not None:
        if request.answered_at is None and as_of <= request.due_at:
            changes_after = request.due_at if changes_after is None else min(changes_after, request.due_at)
        else:
            _count_due(cells, request, request.due_at)
    return Share(cells, changes_after)


def _count_experience(cells: dict[Cell, int], request: Request, feedback: Submission) -> None:
    holder, month = request.holder, month_of(feedback.submitted_at)
    cells[holder, month, measures.EXPERIENCES] = 1
    feeling = _FEELINGS.get(feedback.sentiment)
    if feeling is not None:
        cells[holder, month, feeling] = 1
    if feedback.dimensions:
        for dimension, finer in feedback.dimensions.items():
            if finer in _FEELINGS and dimension in measures.DIMENSION_RATED:
                cells[holder, month, measures.DIMENSION_RATED[dimension]] = 1
                if finer == Sentiment.POSITIVE:
                    cells[holder, month, measures.DIMENSION_POSITIVE[dimension]] = 1
    if feedback.answer_expected:
        cells[holder, month, measures.ANSWER_EXPECTED] = 1
        if request.answered_at is not None:
            cells[holder, month, measures.ANSWERED] = 1


def _count_call(cells: dict[Cell, int], request: Request) -> None:
    month = month_of(request.received_at)
    cells[request.holder, month, measures.CALLS_RECEIVED] = 1
    if request.answered_at is not None:
        cells[request.holder, month, measures.CALLS_ANSWERED] = 1


def _count_acknowledgement(cells: dict[Cell, int], request: Request, as_of: datetime) -> datetime | None:
    """Counts the request once it is settled whether its receipt was acknowledged in time; until then, says when.

    An answer tells the citizen that the request arrived, so it acknowledges a receipt that nothing else did.
    """
    by_post = request.kind == _LETTER or (request.by_post and request.kind != _EMAIL)
    limit = _end_after(day_of(request.received_at), ACKNOWLEDGE_DAYS_BY_POST if by_post else ACKNOWLEDGE_DAYS)
    told = [instant for instant in (request.acknowledged_at, request.answered_at) if instant is not None]
    if not told and as_of <= limit:
        return limit
    month = month_of_deadline(limit)
    cells[request.holder, month, measures.ACKNOWLEDGEMENT_DUE] = 1
    if told and min(told) <= limit:
        cells[request.holder, month, measures.ACKNOWLEDGED_IN_TIME] = 1
    return None


@lru_cache(maxsize=_DAYS_KEPT)
def _end_after(day: date, days: int) -> datetime:
    return end_of_day(day + timedelta(days=days))


def _cells_of_survey(holder: str, feedback: Submission) -> dict[Cell, int]:
    """An answer without a mark on a scale that we know says nothing of satisfaction."""
    if feedback.score is None or feedback.score[0] not in SATISFIED_FROM:
        return {}
    scale, mark = feedback.score
    month = month_of(feedback.submitted_at)
    cells = {(holder, month, measures.SURVEY_ANSWERS): 1}
    if mark < SATISFIED_FROM[scale]:
        cells[holder, month, measures.SURVEY_NOT_SATISFIED] = 1
    else:
        cells[holder, month, measures.SURVEY_SATISFIED] = 1
        if mark >= VERY_SATISFIED_FROM[scale]:
            cells[holder, month, measures.SURVEY_VERY_SATISFIED] = 1
    return cells


def _cells_of_rating(holder: str, feedback: Submission) -> dict[Cell, int]:
    """A rating counts for its procedure; one that names none, or has another scale, counts for nothing."""
    if feedback.procedure_code is None or feedback.score is None or feedback.score[0] != PROCEDURE_SCALE:
        return {}
    ratings, sum_of_marks = measures.procedure(feedback.procedure_code)
    month, mark = month_of(feedback.submitted_at), feedback.score[1]
    cells = {(holder, month, ratings): 1}
    if mark:
        cells[holder, month, sum_of_marks] = mark
    return cells


def _count_due(cells: dict[Cell, int], request: Request, due_at: datetime) -> None:
    month = month_of_deadline(due_at)
    cells[request.holder, month, measures.DUE] = 1
    if request.answered_at is not None and request.answered_at <= due_at:
        cells[request.holder, month, measures.ON_TIME] = 1
    if request.answered_at is None and request.closed_at is None:
        cells[request.holder, month, measures.OVERDUE] = 1


def _cells_of_totals(totals: Totals) -> dict[Cell, int]:
    """Calls feed the pick-up rate, deadlines of any kind the on-time rate; a total says nothing of feelings."""
    if totals.kind == _UNKNOWN:
        return {}
    month = date.fromisoformat(f"{totals.month}-01")
    counts = {measures.DUE: totals.with_deadline or 0, measures.ON_TIME: totals.on_time or 0}
    if totals.kind == _CALL:
        counts |= {measures.CALLS_RECEIVED: totals.received, measures.CALLS_ANSWERED: totals.answered}
    return {(totals.structure_code, month, measure): count for measure, count in counts.items() if count}
