"""From pooled counts to a figure anybody can recompute; `methods` says the same formulas in words.

A figure is computed once from pooled numerators and denominators: never an average of averages. Where there is no
number it says why, and the reasons differ:

- ``not_collected``: no measure of the indicator ever existed here; there is nothing to publish;
- ``insufficient_sample``: fewer than `min_sample`, or everything was withdrawn again (n = 0); only n is shown;
- ``not_applicable``: the structure declared that the indicator makes no sense for it.

A count has no threshold: 0 experiences is a figure.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from spplus_contracts.vocabulary import IndicatorStatus
from spplus_indicators import measures
from spplus_indicators.intervals import Bounds, newcombe, order_statistics, wilson
from spplus_indicators.parameters import PROCEDURE_BAR, PROCEDURE_RATINGS
from spplus_indicators.thresholds import Thresholds

Tally = Mapping[str, int]
"""Counts by measure, pooled over the structure with its descendants and the months of the period.

A measure that was counted once and fell back to 0 stays, with 0: that is how "none left" differs from "never any".
"""


class Figure(NamedTuple):
    """One figure. Everything but `status` and `n` is absent unless the status is ``ok``."""

    status: IndicatorStatus
    n: int
    """How many answers, requests or calls it rests on."""
    value: float | None = None
    """In the unit of the indicator: rate 0-1, points -100 to 100, days or count."""
    numerator: int | None = None
    """What was counted on top, where the figure is a ratio."""
    denominator: int | None = None
    """What was counted below."""
    interval: Bounds | None = None
    """95 % interval in the unit of the value, where the figure has one; by which method says its `Method`."""


NOT_COLLECTED: Final = Figure(IndicatorStatus.NOT_COLLECTED, 0)
NOT_APPLICABLE: Final = Figure(IndicatorStatus.NOT_APPLICABLE, 0)


def compute(indicator_code: str, tally: Tally, min_sample: int) -> Figure:
    """The figure of one indicator from a pooled tally. Raises `KeyError` for an unknown indicator.

    `min_sample` is the least n for which a value is published, at least 1.
    """
    return _FORMULAS[indicator_code](tally, min_sample)


def compute_all(
    indicator_codes: Iterable[str], tally: Tally, thresholds: Thresholds, network: str = ""
) -> dict[str, Figure]:
    """`compute` for several indicators of one tally; the histogram of delays is pooled and sorted once.

    The least n is that of the thresholds for a structure of the network.
    """
    histogram: list[tuple[int, int]] | None = None
    figures = {}
    for code in indicator_codes:
        if code in _PERCENTILES:
            histogram = _histogram(tally) if histogram is None else histogram
            figures[code] = _percentile(histogram, *_PERCENTILES[code], thresholds.of(code, network))
        else:
            figures[code] = _FORMULAS[code](tally, thresholds.of(code, network))
    return figures


def percentile(histogram: Iterable[tuple[int, int]], numerator: int, denominator: int) -> float:
    """The quantile numerator/denominator of values given as sorted (value, count) pairs, linearly interpolated.

    The position is (n - 1) * q, counted from 0; between two values the line between them is followed (definition 7
    of Hyndman and Fan). Raises `ValueError` without any value.
    """
    pairs = [(value, count) for value, count in histogram if count]
    n = sum(count for _, count in pairs)
    if n == 0:
        raise ValueError("no value, no percentile")
    position, remainder = divmod((n - 1) * numerator, denominator)
    low, following = _at_ranks(pairs, position + 1, min(position + 2, n))
    return low + (following - low) * remainder / denominator


def _at_ranks(pairs: Iterable[tuple[int, int]], first: int, second: int) -> tuple[int, int]:
    """The values at two ranks, 1 for the smallest; the second is not below the first, and both are there."""
    seen, at_first = 0, None
    for value, count in pairs:
        seen += count
        if at_first is None and seen >= first:
            at_first = value
        if at_first is not None and seen >= second:
            return at_first, value
    raise AssertionError("both ranks lie among the values")


def _too_few(n: int, min_sample: int) -> bool:
    return n < min_sample or n == 0


def _count_of(measure: str) -> Callable[[Tally, int], Figure]:
    def formula(tally: Tally, _min_sample: int) -> Figure:
        count = tally.get(measure)
        return NOT_COLLECTED if count is None else Figure(IndicatorStatus.OK, count, float(count))

    return formula


def _rate(numerator: int, denominator: int, min_sample: int) -> Figure:
    if _too_few(denominator, min_sample):
        return Figure(IndicatorStatus.INSUFFICIENT_SAMPLE, denominator)
    value, interval = numerator / denominator, wilson(numerator, denominator)
    return Figure(IndicatorStatus.OK, denominator, value, numerator, denominator, interval)


def _feelings(tally: Tally) -> tuple[int, int, int] | None:
    positive, neutral, negative = (
        tally.get(measures.POSITIVE),
        tally.get(measures.NEUTRAL),
        tally.get(measures.NEGATIVE),
    )
    if positive is None and neutral is None and negative is None:
        return None
    return positive or 0, neutral or 0, negative or 0


def _satisfaction(tally: Tally, min_sample: int) -> Figure:
    feelings = _feelings(tally)
    return NOT_COLLECTED if feelings is None else _rate(feelings[0], sum(feelings), min_sample)


def _net_sentiment(tally: Tally, min_sample: int) -> Figure:
    feelings = _feelings(tally)
    return NOT_COLLECTED if feelings is None else _net(feelings[0], feelings[2], sum(feelings), min_sample)


def _net_satisfaction(tally: Tally, min_sample: int) -> Figure:
    answers = tally.get(measures.SURVEY_ANSWERS)
    if answers is None:
        return NOT_COLLECTED
    very, hardly = tally.get(measures.SURVEY_VERY_SATISFIED, 0), tally.get(measures.SURVEY_NOT_SATISFIED, 0)
    return _net(very, hardly, answers, min_sample)


def _net(up: int, down: int, n: int, min_sample: int) -> Figure:
    """The balance of two shares, in points."""
    if _too_few(n, min_sample):
        return Figure(IndicatorStatus.INSUFFICIENT_SAMPLE, n)
    low, high = newcombe(up, down, n)
    return Figure(IndicatorStatus.OK, n, 100 * (up - down) / n, up - down, n, Bounds(100 * low, 100 * high))


def _procedures(tally: Tally, min_sample: int) -> Figure:
    """Each procedure is known from enough ratings, and all of them are there: the rate is no sample, so no interval."""
    found = measures.procedures(tally)
    if found is None:
        return NOT_COLLECTED
    rated = [(ratings, marks) for ratings, marks in found if ratings >= PROCEDURE_RATINGS]
    n = len(rated)
    if _too_few(n, min_sample):
        return Figure(IndicatorStatus.INSUFFICIENT_SAMPLE, n)
    good = sum(marks >= PROCEDURE_BAR * ratings for ratings, marks in rated)
    return Figure(IndicatorStatus.OK, n, good / n, good, n)


def _rate_of(part: str, whole: str) -> Callable[[Tally, int], Figure]:
    def formula(tally: Tally, min_sample: int) -> Figure:
        denominator = tally.get(whole)
        return NOT_COLLECTED if denominator is None else _rate(tally.get(part, 0), denominator, min_sample)

    return formula


def _histogram(tally: Tally) -> list[tuple[int, int]]:
    days = ((measures.delay_days(measure), count) for measure, count in tally.items())
    return sorted((day, count) for day, count in days if day is not None)


def _percentile(histogram: list[tuple[int, int]], numerator: int, denominator: int, min_sample: int) -> Figure:
    if not histogram:
        return NOT_COLLECTED
    n = sum(count for _, count in histogram)
    if _too_few(n, min_sample):
        return Figure(IndicatorStatus.INSUFFICIENT_SAMPLE, n)
    ranks = order_statistics(n, numerator, denominator)
    interval = None if ranks is None else Bounds(*map(float, _at_ranks(histogram, *ranks)))
    return Figure(IndicatorStatus.OK, n, percentile(histogram, numerator, denominator), interval=interval)


def _percentile_of(numerator: int, denominator: int) -> Callable[[Tally, int], Figure]:
    return lambda tally, min_sample: _percentile(_histogram(tally), numerator, denominator, min_sample)


_PERCENTILES: Final = {
    "answer_delay_median": (1, 2),
    "answer_delay_p75": (3, 4),
    "answer_delay_p90": (9, 10),
}
_FORMULAS: Final[dict[str, Callable[[Tally, int], Figure]]] = {
    "experience_count": _count_of(measures.EXPERIENCES),
    "experience_satisfaction": _satisfaction,
    "experience_net_sentiment": _net_sentiment,
    "survey_satisfaction": _rate_of(measures.SURVEY_SATISFIED, measures.SURVEY_ANSWERS),
    "survey_net_satisfaction": _net_satisfaction,
    "answer_rate": _rate_of(measures.ANSWERED, measures.ANSWER_EXPECTED),
    "on_time_rate": _rate_of(measures.ON_TIME, measures.DUE),
    "overdue_count": _count_of(measures.OVERDUE),
    "acknowledgement_rate": _rate_of(measures.ACKNOWLEDGED_IN_TIME, measures.ACKNOWLEDGEMENT_DUE),
    "pickup_rate": _rate_of(measures.CALLS_ANSWERED, measures.CALLS_RECEIVED),
    "procedure_quality_rate": _procedures,
    **{
        f"dimension_{each}": _rate_of(measures.DIMENSION_POSITIVE[each], measures.DIMENSION_RATED[each])
        for each in measures.DIMENSIONS
    },
    **{code: _percentile_of(*quantile) for code, quantile in _PERCENTILES.items()},
}
