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
from spplus_indicators.intervals import Bounds, wilson

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
    """95 % interval of a rate."""


NOT_COLLECTED: Final = Figure(IndicatorStatus.NOT_COLLECTED, 0)
NOT_APPLICABLE: Final = Figure(IndicatorStatus.NOT_APPLICABLE, 0)


def compute(indicator_code: str, tally: Tally, min_sample: int) -> Figure:
    """The figure of one indicator from a pooled tally. Raises `KeyError` for an unknown indicator.

    `min_sample` is the least n for which a value is published, at least 1.
    """
    return _FORMULAS[indicator_code](tally, min_sample)


def compute_all(indicator_codes: Iterable[str], tally: Tally, min_sample: int) -> dict[str, Figure]:
    """`compute` for several indicators of one tally; the histogram of delays is pooled and sorted once."""
    histogram: list[tuple[int, int]] | None = None
    figures = {}
    for code in indicator_codes:
        if code in _PERCENTILES:
            histogram = _histogram(tally) if histogram is None else histogram
            figures[code] = _percentile(histogram, *_PERCENTILES[code], min_sample)
        else:
            figures[code] = _FORMULAS[code](tally, min_sample)
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
    seen, low, below = 0, 0, True
    for value, count in pairs:
        seen += count
        if below and seen > position:
            low, below = value, False
        if not below and (remainder == 0 or seen > position + 1):
            return low + (value - low) * remainder / denominator
    raise AssertionError("the position lies among the values")


def _too_few(n: int, min_sample: int) -> bool:
    return n < min_sample or n == 0


def _count(tally: Tally, _min_sample: int) -> Figure:
    experiences = tally.get(measures.EXPERIENCES)
    if experiences is None:
        return NOT_COLLECTED
    return Figure(IndicatorStatus.OK, experiences, float(experiences))


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
    if feelings is None:
        return NOT_COLLECTED
    positive, _, negative = feelings
    n = sum(feelings)
    if _too_few(n, min_sample):
        return Figure(IndicatorStatus.INSUFFICIENT_SAMPLE, n)
    balance = positive - negative
    return Figure(IndicatorStatus.OK, n, 100 * balance / n, balance, n)


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
    return Figure(IndicatorStatus.OK, n, percentile(histogram, numerator, denominator))


def _percentile_of(numerator: int, denominator: int) -> Callable[[Tally, int], Figure]:
    return lambda tally, min_sample: _percentile(_histogram(tally), numerator, denominator, min_sample)


_PERCENTILES: Final = {
    "answer_delay_median": (1, 2),
    "answer_delay_p75": (3, 4),
    "answer_delay_p90": (9, 10),
}
_FORMULAS: Final[dict[str, Callable[[Tally, int], Figure]]] = {
    "experience_count": _count,
    "experience_satisfaction": _satisfaction,
    "experience_net_sentiment": _net_sentiment,
    "answer_rate": _rate_of(measures.ANSWERED, measures.ANSWER_EXPECTED),
    "on_time_rate": _rate_of(measures.ON_TIME, measures.DUE),
    "pickup_rate": _rate_of(measures.CALLS_ANSWERED, measures.CALLS_RECEIVED),
} | {code: _percentile_of(*quantile) for code, quantile in _PERCENTILES.items()}
