"""Figures that must be published, computed plainly from counts, and the comparison with what is published.

Nothing here is shared with the services, so that a mistake there cannot hide here: percentiles come from the sorted
list of all delays, intervals from the equation that defines them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate
from math import exp, isclose, lgamma, log, sqrt
from typing import Final, NamedTuple

from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import IndicatorStatus, PeriodKind

JUDGED: Final = frozenset({PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR, PeriodKind.ROLLING_12})
"""The kinds of period whose figures are judged."""
SURVEY_INDICATORS: Final = frozenset({"survey_satisfaction", "survey_net_satisfaction"})
"""Not judged here: what of them may appear is decided by the control of disclosure."""
_WITHOUT_THRESHOLD: Final = frozenset({"experience_count", "overdue_count", "procedure_quality_rate"})
"""Counts; and the n of procedures is no sample."""
_Z: Final = 1.959963984540054
_QUANTILES: Final = {
    "answer_delay_median": Fraction(1, 2),
    "answer_delay_p75": Fraction(3, 4),
    "answer_delay_p90": Fraction(9, 10),
}
_TAIL: Final = 0.025
_GOOD_MARK: Final = 8
_ENOUGH_MARKS: Final = 30
_RANKS_CACHED: Final = 4096


class Key(NamedTuple):
    """Which figure."""

    structure_code: str
    indicator_code: str
    period_kind: PeriodKind
    period_start: date

    def __str__(self) -> str:
        return f"{self.structure_code} {self.indicator_code} {self.period_kind} {self.period_start}"


@dataclass(frozen=True)
class Expected:
    """What must be published under a key."""

    status: IndicatorStatus
    n: int
    value: float | None = None
    numerator: int | None = None
    denominator: int | None = None
    interval: tuple[float, float] | None = None


@dataclass
class Counts:
    """What is counted for one structure, or several, in some months."""

    experiences: int = 0
    positive: int = 0
    neutral: int = 0
    negative: int = 0
    answer_expected: int = 0
    answered: int = 0
    due: int = 0
    on_time: int = 0
    overdue: int = 0
    calls_received: int = 0
    calls_answered: int = 0
    accessibility_rated: int = 0
    accessibility_positive: int = 0
    information_rated: int = 0
    information_positive: int = 0
    relation_rated: int = 0
    relation_positive: int = 0
    responsiveness_rated: int = 0
    responsiveness_positive: int = 0
    simplicity_rated: int = 0
    simplicity_positive: int = 0
    survey_answers: int = 0
    survey_satisfied: int = 0
    survey_very_satisfied: int = 0
    survey_not_satisfied: int = 0
    acknowledgement_due: int = 0
    acknowledged_in_time: int = 0
    delays: list[int] = field(default_factory=list)
    """Days, one for each answered request."""
    marks: list[tuple[str, int]] = field(default_factory=list)
    """Procedure and mark on ten, one for each rating."""

    def add(self, other: "Counts") -> None:
        """Pool other counts into these."""
        for name, amount in vars(other).items():
            if amount:
                setattr(self, name, getattr(self, name) + amount)


def figures(counts: Counts, min_sample: int) -> Iterator[tuple[str, Expected]]:
    """The figures of pooled counts but those of surveys; only those that rest on something."""
    for indicator, figure in _figures(counts):
        if not figure.n:
            continue
        if figure.n < min_sample and indicator not in _WITHOUT_THRESHOLD:
            yield indicator, Expected(IndicatorStatus.INSUFFICIENT_SAMPLE, figure.n)
        else:
            yield indicator, figure


def survey_figures(counts: Counts, min_sample: int) -> Iterator[tuple[str, Expected]]:
    """The figures of surveys, before any control of disclosure; only those that rest on something."""
    n = counts.survey_answers
    if 0 < n < min_sample:
        yield from ((indicator, Expected(IndicatorStatus.INSUFFICIENT_SAMPLE, n)) for indicator in SURVEY_INDICATORS)
    elif n:
        yield "survey_satisfaction", _rate(counts.survey_satisfied, n)
        yield "survey_net_satisfaction", _balance(counts.survey_very_satisfied, counts.survey_not_satisfied, n)


def differences(expected: Mapping[Key, Expected], published: Iterable[IndicatorComputed]) -> list[str]:
    """Where the current publication is not what it must be, one line each, sorted; empty when all agree.

    A figure that fell back to n = 0 may stand or be absent: a list of events does not say whether it ever stood.
    Periods of kinds that are not in `JUDGED` are left out, and so are the figures of surveys.
    """
    found = {
        Key(event.structure_code, event.indicator_code, event.period.kind, event.period.start): event
        for event in published
        if event.period.kind in JUDGED and event.indicator_code not in SURVEY_INDICATORS
    }
    lines = [f"{key}: missing, expected {figure}" for key, figure in expected.items() if key not in found]
    for key, event in found.items():
        figure = expected.get(key)
        if figure is None and not _says_none_left(event):
            lines.append(f"{key}: published {_shown(event)}, expected nothing")
        elif figure is not None and not _agree(figure, _shown(event)):
            lines.append(f"{key}: published {_shown(event)}, expected {figure}")
    return sorted(lines)


def _figures(counts: Counts) -> Iterator[tuple[str, Expected]]:
    yield "experience_count", Expected(IndicatorStatus.OK, counts.experiences, float(counts.experiences))
    yield "overdue_count", Expected(IndicatorStatus.OK, counts.overdue, float(counts.overdue))
    feelings = counts.positive + counts.neutral + counts.negative
    rates = {
        "experience_satisfaction": (counts.positive, feelings),
        "dimension_accessibility": (counts.accessibility_positive, counts.accessibility_rated),
        "dimension_information": (counts.information_positive, counts.information_rated),
        "dimension_relation": (counts.relation_positive, counts.relation_rated),
        "dimension_responsiveness": (counts.responsiveness_positive, counts.responsiveness_rated),
        "dimension_simplicity": (counts.simplicity_positive, counts.simplicity_rated),
        "answer_rate": (counts.answered, counts.answer_expected),
        "on_time_rate": (counts.on_time, counts.due),
        "acknowledgement_rate": (counts.acknowledged_in_time, counts.acknowledgement_due),
        "pickup_rate": (counts.calls_answered, counts.calls_received),
    }
    for indicator, (part, whole) in rates.items():
        if whole:
            yield indicator, _rate(part, whole)
    if feelings:
        yield "experience_net_sentiment", _balance(counts.positive, counts.negative, feelings)
    ranked = sorted(counts.delays)
    for indicator, quantile in _QUANTILES.items():
        if ranked:
            value, interval = _percentile(ranked, quantile), _percentile_bounds(ranked, quantile)
            yield indicator, Expected(IndicatorStatus.OK, len(ranked), value, interval=interval)
    marks: defaultdict[str, list[int]] = defaultdict(list)
    for procedure, mark in counts.marks:
        marks[procedure].append(mark)
    means = [Fraction(sum(given), len(given)) for given in marks.values() if len(given) >= _ENOUGH_MARKS]
    if means:
        good = sum(mean >= _GOOD_MARK for mean in means)
        yield "procedure_quality_rate", Expected(IndicatorStatus.OK, len(means), good / len(means), good, len(means))


def _rate(part: int, whole: int) -> Expected:
    return Expected(IndicatorStatus.OK, whole, part / whole, part, whole, _wilson(part, whole))


def _balance(up: int, down: int, whole: int) -> Expected:
    """The difference of two shares in points, with Newcombe's bounds."""
    (up_low, up_high), (down_low, down_high) = _wilson(up, whole), _wilson(down, whole)
    p, q = up / whole, down / whole
    balance = float(Fraction(100 * (up - down), whole))
    spread = sqrt(p * (1 - p) * q * (1 - q))
    # Covariance of the two shares of one sample over the product of their deviations; opposites where all are alike.
    correlation = -p * q / spread if spread else -float(whole in {up, down})

    def distance(one: float, other: float) -> float:
        return 100 * sqrt(max(0.0, one**2 + other**2 - 2 * correlation * one * other))

    low = balance - distance(p - up_low, down_high - q)
    high = balance + distance(up_high - p, q - down_low)
    return Expected(IndicatorStatus.OK, whole, balance, up - down, whole, (low, high))


def _percentile(ranked: list[int], quantile: Fraction) -> float:
    """On the line between the two neighbours of position (n - 1) * quantile, counted from 0."""
    position = (len(ranked) - 1) * quantile
    rank = int(position)
    following = ranked[min(rank + 1, len(ranked) - 1)]
    return float(ranked[rank] + (following - ranked[rank]) * (position - rank))


def _percentile_bounds(ranked: list[int], quantile: Fraction) -> tuple[float, float] | None:
    """Two of the delays that leave out the true one on either side in at most one sample in forty; none if none do."""
    low, high = _ranks(len(ranked), quantile)
    if low < 1 or high > len(ranked):
        return None
    return float(ranked[low - 1]), float(ranked[high - 1])


@lru_cache(maxsize=_RANKS_CACHED)
def _ranks(trials: int, probability: Fraction) -> tuple[int, int]:
    """Of as many delays, a binomial number lies under the true one: its 2.5 % point, and the one after its 97.5 %."""
    yes, no = log(probability), log(1 - probability)
    ways = (lgamma(trials + 1) - lgamma(k + 1) - lgamma(trials - k + 1) for k in range(trials + 1))
    below = list(accumulate(exp(way + k * yes + (trials - k) * no) for k, way in enumerate(ways)))
    low = next(k for k, chance in enumerate(below) if chance >= _TAIL)
    high = next((k for k, chance in enumerate(below) if chance >= 1 - _TAIL), trials)
    return low, high + 1


def _wilson(part: int, whole: int) -> tuple[float, float]:
    """The two rates p that lie just z standard errors from the observed: (rate - p)^2 = z^2 p (1 - p) / whole."""
    rate, z2 = part / whole, _Z**2 / whole
    a, b, c = 1 + z2, -(2 * rate + z2), rate**2
    root = sqrt(max(0.0, b * b - 4 * a * c))
    return max(0.0, (-b - root) / (2 * a)), min(1.0, (-b + root) / (2 * a))


def _says_none_left(event: IndicatorComputed) -> bool:
    return event.n == 0 and not event.value


def _shown(event: IndicatorComputed) -> Expected:
    interval = None if event.interval is None else (event.interval.low, event.interval.high)
    numerator = None if event.numerator is None else int(event.numerator)
    denominator = None if event.denominator is None else int(event.denominator)
    return Expected(event.status, event.n, event.value, numerator, denominator, interval)


def _agree(one: Expected, other: Expected) -> bool:
    exact = (one.status, one.n, one.numerator, one.denominator) == (
        other.status,
        other.n,
        other.numerator,
        other.denominator,
    )
    numbers = zip(_numbers(one), _numbers(other), strict=True)
    return exact and all(_close(left, right) for left, right in numbers)


def _numbers(figure: Expected) -> tuple[float | None, ...]:
    return (figure.value, *(figure.interval or (None, None)))


def _close(left: float | None, right: float | None) -> bool:
    if left is None or right is None:
        return left is right
    return isclose(left, right, rel_tol=1e-9, abs_tol=1e-7)
