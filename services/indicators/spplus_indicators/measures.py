"""The vocabulary of the tallies: additive counts per structure and Europe/Paris month, and who needs which.

A measure is only ever added and subtracted. What is not additive (a percentile) is computed from measures that are:
a delay is one measure per number of days, ``delay:3``, so that the histograms of months and structures can be pooled;
a procedure is two, ``procedure:<code>:n`` and ``procedure:<code>:sum10``. Such measures are of one family.
"""

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Final

DIMENSIONS: Final = ("accessibility", "information", "relation", "responsiveness", "simplicity")
"""The finer feelings about an experience, each an indicator of its own."""

EXPERIENCES: Final = "experiences"
"""Experiences of citizens, by month of submission."""
POSITIVE: Final = "positive"
"""Of those, with a positive feeling."""
NEUTRAL: Final = "neutral"
"""Of those, with a neutral feeling."""
NEGATIVE: Final = "negative"
"""Of those, with a negative feeling."""
DIMENSION_RATED: Final = {dimension: f"{dimension}_rated" for dimension in DIMENSIONS}
"""Of those, with this finer feeling, whichever it is."""
DIMENSION_POSITIVE: Final = {dimension: f"{dimension}_positive" for dimension in DIMENSIONS}
"""Of those, with a positive one."""
ANSWER_EXPECTED: Final = "answer_expected"
"""Of those, whose author waits for an answer."""
ANSWERED: Final = "answered"
"""Of those whose author waits for an answer, answered."""
DUE: Final = "due"
"""Requests judged against their announced deadline, by month of the deadline."""
ON_TIME: Final = "on_time"
"""Of those, answered on or before it."""
OVERDUE: Final = "overdue"
"""Of those, neither answered nor closed although it has passed."""
ACKNOWLEDGEMENT_DUE: Final = "acknowledgement_due"
"""Requests whose receipt had to be acknowledged, by month of the last day for it."""
ACKNOWLEDGED_IN_TIME: Final = "acknowledged_in_time"
"""Of those, acknowledged or answered until then."""
SURVEY_ANSWERS: Final = "survey_answers"
"""Answers of citizens to surveys, by month of submission."""
SURVEY_SATISFIED: Final = "survey_satisfied"
"""Of those, satisfied or very satisfied."""
SURVEY_VERY_SATISFIED: Final = "survey_very_satisfied"
"""Of those, very satisfied."""
SURVEY_NOT_SATISFIED: Final = "survey_not_satisfied"
"""Of those, not satisfied."""
CALLS_RECEIVED: Final = "calls_received"
"""Calls that require an agent, by month."""
CALLS_ANSWERED: Final = "calls_answered"
"""Of those, handled by an agent."""
_DELAY: Final = "delay:"
_PROCEDURE: Final = "procedure:"
_RATINGS: Final = ":n"
_SUM: Final = ":sum10"
_PROCEDURES_KEPT: Final = 1 << 14

_FEELINGS: Final = (POSITIVE, NEUTRAL, NEGATIVE)

NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "experience_count": (EXPERIENCES,),
    "experience_satisfaction": _FEELINGS,
    "experience_net_sentiment": _FEELINGS,
    **{
        f"dimension_{dimension}": (DIMENSION_RATED[dimension], DIMENSION_POSITIVE[dimension])
        for dimension in DIMENSIONS
    },
    "survey_satisfaction": (SURVEY_ANSWERS, SURVEY_SATISFIED),
    "survey_net_satisfaction": (SURVEY_ANSWERS, SURVEY_VERY_SATISFIED, SURVEY_NOT_SATISFIED),
    "answer_rate": (ANSWER_EXPECTED, ANSWERED),
    "on_time_rate": (DUE, ON_TIME),
    "overdue_count": (OVERDUE,),
    "acknowledgement_rate": (ACKNOWLEDGEMENT_DUE, ACKNOWLEDGED_IN_TIME),
    "answer_delay_median": (_DELAY,),
    "answer_delay_p75": (_DELAY,),
    "answer_delay_p90": (_DELAY,),
    "pickup_rate": (CALLS_RECEIVED, CALLS_ANSWERED),
    "procedure_quality_rate": (_PROCEDURE,),
}
"""Measures that each indicator is computed from, in the order of publication. ``delay:`` stands for all delays, and
``procedure:`` for all procedures."""

PROTECTED: Final = frozenset({"survey_satisfaction", "survey_net_satisfaction"})
"""Indicators whose answers were given in confidence: control of disclosure decides which of their figures appear."""

_NEEDED_BY: Final = {
    measure: tuple(code for code, needed in NEEDS.items() if measure in needed)
    for measure in sorted({measure for needed in NEEDS.values() for measure in needed})
}


@cache
def delay(days: int) -> str:
    """The measure of requests first answered after so many days, by month of receipt.

    Days are the difference of two Europe/Paris dates, never negative. Raises `ValueError` for a negative number.
    """
    if days < 0:
        raise ValueError(f"a delay cannot be negative: {days}")
    return f"{_DELAY}{days}"


@cache
def delay_days(measure: str) -> int | None:
    """The number of days of a delay measure; none for any other measure."""
    return int(measure.removeprefix(_DELAY)) if measure.startswith(_DELAY) else None


@lru_cache(maxsize=_PROCEDURES_KEPT)
def procedure(code: str) -> tuple[str, str]:
    """The measures of a procedure: how many ratings it had, and the sum of their marks on 0-10. By month of rating."""
    return f"{_PROCEDURE}{code}{_RATINGS}", f"{_PROCEDURE}{code}{_SUM}"


def procedures(counts: Mapping[str, int]) -> list[tuple[int, int]] | None:
    """Ratings and sum of their marks of each procedure among pooled counts; none if no procedure was ever rated."""
    found, seen = [], False
    for measure, count in counts.items():
        if measure.startswith(_PROCEDURE):
            seen = True
            if count and measure.endswith(_RATINGS):
                found.append((count, counts.get(measure[: -len(_RATINGS)] + _SUM, 0)))
    return found if seen else None


def family(measure: str) -> str:
    """What a change of this measure is announced as: all delays are one family, and so are all procedures."""
    head, colon, _ = measure.partition(":")
    return head + colon


def indicators_of(measures: Iterable[str]) -> tuple[str, ...]:
    """The indicators to compute again when these measures have changed, in the order of `NEEDS`."""
    families = {family(measure) for measure in measures}
    touched = {code for each in families for code in _NEEDED_BY.get(each, ())}
    return tuple(code for code in NEEDS if code in touched)
