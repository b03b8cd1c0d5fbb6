"""The vocabulary of the tallies: additive counts per structure and Europe/Paris month, and who needs which.

A measure is only ever added and subtracted. What is not additive (a percentile) is computed from measures that are:
a delay is one measure per number of days, ``delay:3``, so that the histograms of months and structures can be pooled.
"""

from collections.abc import Iterable
from functools import cache
from typing import Final

EXPERIENCES: Final = "experiences"
"""Experiences of citizens, by month of submission."""
POSITIVE: Final = "positive"
"""Of those, with a positive feeling."""
NEUTRAL: Final = "neutral"
"""Of those, with a neutral feeling."""
NEGATIVE: Final = "negative"
"""Of those, with a negative feeling."""
ANSWER_EXPECTED: Final = "answer_expected"
"""Of those, whose author waits for an answer."""
ANSWERED: Final = "answered"
"""Of those whose author waits for an answer, answered."""
DUE: Final = "due"
"""Requests judged against their announced deadline, by month of the deadline."""
ON_TIME: Final = "on_time"
"""Of those, answered on or before it."""
CALLS_RECEIVED: Final = "calls_received"
"""Calls that require an agent, by month."""
CALLS_ANSWERED: Final = "calls_answered"
"""Of those, handled by an agent."""
_DELAY: Final = "delay:"

_FEELINGS: Final = (POSITIVE, NEUTRAL, NEGATIVE)

NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "experience_count": (EXPERIENCES,),
    "experience_satisfaction": _FEELINGS,
    "experience_net_sentiment": _FEELINGS,
    "answer_rate": (ANSWER_EXPECTED, ANSWERED),
    "on_time_rate": (DUE, ON_TIME),
    "answer_delay_median": (_DELAY,),
    "answer_delay_p75": (_DELAY,),
    "answer_delay_p90": (_DELAY,),
    "pickup_rate": (CALLS_RECEIVED, CALLS_ANSWERED),
}
"""Measures that each indicator is computed from, in the order of publication. ``delay:`` stands for all delays."""

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


def family(measure: str) -> str:
    """What a change of this measure is announced as: all delays are one family."""
    return _DELAY if measure.startswith(_DELAY) else measure


def indicators_of(measures: Iterable[str]) -> tuple[str, ...]:
    """The indicators to compute again when these measures have changed, in the order of `NEEDS`."""
    families = {family(measure) for measure in measures}
    touched = {code for each in families for code in _NEEDED_BY.get(each, ())}
    return tuple(code for code in NEEDS if code in touched)
