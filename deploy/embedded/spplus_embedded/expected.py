"""Figures that must be published, computed plainly from counts, and the comparison with what is published.

Nothing here is shared with the services, so that a mistake there cannot hide here: percentiles come from the sorted
list of all delays, intervals from the equation that defines them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import isclose, sqrt
from typing import Final, NamedTuple

from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import IndicatorStatus, PeriodKind

_Z: Final = 1.959963984540054
_QUANTILES: Final = {
    "answer_delay_median": Fraction(1, 2),
    "answer_delay_p75": Fraction(3, 4),
    "answer_delay_p90": Fraction(9, 10),
}


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
    calls_received: int = 0
    calls_answered: int = 0
    delays: list[int] = field(default_factory=list)
    """Days, one for each answered request."""

    def add(self, other: "Counts") -> None:
        """Pool other counts into these."""
        for name, amount in vars(other).items():
            setattr(self, name, getattr(self, name) + amount)


def figures(counts: Counts, min_sample: int) -> Iterator[tuple[str, Expected]]:
    """The figures of pooled counts; only those that rest on something."""
    for indicator, figure in _figures(counts):
        if not figure.n:
            continue
        if figure.n < min_sample and indicator != "experience_count":
            yield indicator, Expected(IndicatorStatus.INSUFFICIENT_SAMPLE, figure.n)
        else:
            yield indicator, figure


def differences(expected: Mapping[Key, Expected], published: Iterable[IndicatorComputed]) -> list[str]:
    """Where the current publication is not what it must be, one line each, sorted; empty when all agree.

    A figure that fell back to n = 0 may stand or be absent: a list of events does not say whether it ever stood.
    Periods other than months and years are not judged.
    """
    found = {
        Key(event.structure_code, event.indicator_code, event.period.kind, event.period.start): event
        for event in published
        if event.period.kind in {PeriodKind.MONTH, PeriodKind.YEAR}
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
    feelings = counts.positive + counts.neutral + counts.negative
    rates = {
        "experience_satisfaction": (counts.positive, feelings),
        "answer_rate": (counts.answered, counts.answer_expected),
        "on_time_rate": (counts.on_time, counts.due),
        "pickup_rate": (counts.calls_answered, counts.calls_received),
    }
    for indicator, (part, whole) in rates.items():
        if whole:
            yield indicator, Expected(IndicatorStatus.OK, whole, part / whole, part, whole, _wilson(part, whole))
    if feelings:
        balance = counts.positive - counts.negative
        points = float(Fraction(100 * balance, feelings))
        yield "experience_net_sentiment", Expected(IndicatorStatus.OK, feelings, points, balance, feelings)
    ranked = sorted(counts.delays)
    for indicator, quantile in _QUANTILES.items():
        if ranked:
            yield indicator, Expected(IndicatorStatus.OK, len(ranked), _percentile(ranked, quantile))


def _percentile(ranked: list[int], quantile: Fraction) -> float:
    """On the line between the two neighbours of position (n - 1) * quantile, counted from 0."""
    position = (len(ranked) - 1) * quantile
    rank = int(position)
    following = ranked[min(rank + 1, len(ranked) - 1)]
    return float(ranked[rank] + (following - ranked[rank]) * (position - rank))


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
