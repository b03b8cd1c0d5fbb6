"""What one experience, one mark or the totals of a month are worth to the judge, wherever they count."""

from typing import Final

from spplus_contracts import BulkAnswers, FeedbackSubmitted
from spplus_contracts.vocabulary import FeedbackKind, RequestKind, ScoreScale, Sentiment
from spplus_embedded.expected import Counts

_SATISFIED: Final = {
    ScoreScale.ZERO_TO_TEN: {7, 8, 9, 10},
    ScoreScale.ONE_TO_FIVE: {4, 5},
    ScoreScale.ONE_TO_FOUR: {3, 4},
}
_VERY_SATISFIED: Final = {ScoreScale.ZERO_TO_TEN: {9, 10}, ScoreScale.ONE_TO_FIVE: {5}, ScoreScale.ONE_TO_FOUR: {4}}


def of_story(story: FeedbackSubmitted, *, answered: bool) -> Counts:
    """A citizen's experience, and whether it has had an answer."""
    counts = Counts(
        experiences=1,
        positive=int(story.sentiment is Sentiment.POSITIVE),
        neutral=int(story.sentiment is Sentiment.NEUTRAL),
        negative=int(story.sentiment is Sentiment.NEGATIVE),
        answer_expected=int(story.answer_expected),
        answered=int(story.answer_expected and answered),
    )
    given = story.dimensions
    if given is not None:
        counts.accessibility_rated, counts.accessibility_positive = _of_feeling(given.accessibility)
        counts.information_rated, counts.information_positive = _of_feeling(given.information)
        counts.relation_rated, counts.relation_positive = _of_feeling(given.relation)
        counts.responsiveness_rated, counts.responsiveness_positive = _of_feeling(given.responsiveness)
        counts.simplicity_rated, counts.simplicity_positive = _of_feeling(given.simplicity)
    return counts


def _of_feeling(feeling: Sentiment | None) -> tuple[int, int]:
    known = feeling in {Sentiment.POSITIVE, Sentiment.NEUTRAL, Sentiment.NEGATIVE}
    return int(known), int(feeling is Sentiment.POSITIVE)


def of_marks(story: FeedbackSubmitted) -> Counts | None:
    """A survey counts by how satisfied it is; a rating of a procedure by its mark on ten."""
    if story.score is None or story.score.scale is ScoreScale.UNKNOWN:
        return None
    scale, mark = story.score.scale, story.score.value
    if story.kind is FeedbackKind.SURVEY:
        satisfied = mark in _SATISFIED[scale]
        return Counts(
            survey_answers=1,
            survey_satisfied=int(satisfied),
            survey_very_satisfied=int(mark in _VERY_SATISFIED[scale]),
            survey_not_satisfied=int(not satisfied),
        )
    if story.procedure_code is None or scale is not ScoreScale.ZERO_TO_TEN:
        return None
    return Counts(marks=[(story.procedure_code, mark)])


def of_totals(totals: BulkAnswers) -> Counts:
    """Deadlines of any kind, and calls."""
    if totals.request_kind is RequestKind.UNKNOWN:
        return Counts()
    is_call = totals.request_kind is RequestKind.CALL
    return Counts(
        due=totals.with_deadline or 0,
        on_time=totals.on_time or 0,
        calls_received=totals.received if is_call else 0,
        calls_answered=totals.answered if is_call else 0,
    )
