"""Which figures change, and how that is told. Pure: counts and standing figures in, revisions and events out."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import IndicatorStatus, PeriodKind
from spplus_indicators.formulas import NOT_APPLICABLE, Figure, compute_all
from spplus_indicators.measures import NEEDS, PROTECTED, indicators_of
from spplus_indicators.methods import METHODS
from spplus_indicators.periods import Span, containing, day_of, is_open, period, plus_months
from spplus_indicators.thresholds import Thresholds

PERIOD_KINDS: Final = (PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR, PeriodKind.ROLLING_12)
"""The kinds of period that are published."""
LONGER_KINDS: Final = tuple(kind for kind in PERIOD_KINDS if kind is not PeriodKind.MONTH)
"""Those that sum months."""
LATEST: Final = date.min
"""Stands in a key for the first day of the rolling window: there is one, always the latest."""
_DAY: Final = timedelta(days=1)

FigureKey = tuple[str, str, str, date]
"""Structure, indicator, period kind, first day of the period (`LATEST` for the rolling window)."""


class Target(NamedTuple):
    """A structure and month to publish, with the families of measures that changed."""

    structure_code: str
    month: date
    measures: frozenset[str]
    kinds: tuple[PeriodKind, ...] = PERIOD_KINDS
    """Which of the periods that the month lies in."""


class Place(NamedTuple):
    """Whose figures, over which period."""

    structure_code: str
    span: Span

    @property
    def key_start(self) -> date:
        """What stands for its first day in the keys of its figures."""
        return LATEST if self.span.kind is PeriodKind.ROLLING_12 else self.span.start


class Published(NamedTuple):
    """A figure as it stands, or as it is to stand."""

    revision: int
    status: str
    n: int
    value: float | None
    numerator: float | None
    denominator: float | None
    interval_low: float | None
    interval_high: float | None
    method_version: int
    provisional: bool
    period_end: date
    """First day after the period."""


class Revision(NamedTuple):
    """A figure to publish under its key."""

    key: FigureKey
    figure: Published
    computed_at: datetime


def spans_of(month: date, latest: Span, kinds: Iterable[PeriodKind] = PERIOD_KINDS) -> Iterator[Span]:
    """The periods of these kinds that a month counts in; the latest rolling window only if it lies there."""
    for kind in kinds:
        if kind is not PeriodKind.ROLLING_12:
            yield containing(kind, month)
        elif latest.start <= month < latest.end:
            yield latest


def places_of(targets: Iterable[Target], latest: Span) -> dict[Place, set[str]]:
    """The figures that targets ask for: at each structure and period, the indicators."""
    wanted: dict[Place, set[str]] = {}
    for structure, month, measures, kinds in targets:
        indicators = indicators_of(measures)
        for span in spans_of(month, latest, kinds):
            wanted.setdefault(Place(structure, span), set()).update(indicators)
    return wanted


def reaches_of(places: Iterable[Place]) -> dict[str, tuple[date, date]]:
    """For each structure the first month that its places need, and the first after them."""
    reaches: dict[str, tuple[date, date]] = {}
    for code, (_, start, end) in places:
        known = reaches.get(code)
        reaches[code] = (start, end) if known is None else (min(known[0], start), max(known[1], end))
    return reaches


def revisions(
    place: Place,
    figures: Mapping[str, Figure],
    standing: Mapping[FigureKey, Published],
    now: datetime,
) -> list[Revision]:
    """The revisions that figures by indicator make necessary: those that differ from what stands."""
    structure, span = place
    start, provisional = place.key_start, is_open(span, now)
    made = []
    for indicator, figure in figures.items():
        key = (structure, indicator, str(span.kind), start)
        before = standing.get(key)
        if before is None and figure.status is IndicatorStatus.NOT_COLLECTED:
            continue
        revision = 1 if before is None else before.revision + 1
        after = published(indicator, figure, revision, span.end, provisional=provisional)
        if before is None or before[1:] != after[1:]:
            made.append(Revision(key, after, now))
    return made


def figures_at(
    indicators: Iterable[str],
    tally: Mapping[str, int],
    *,
    collected: Iterable[str],
    not_applicable: frozenset[str],
    thresholds: Thresholds,
    network: str = "",
) -> dict[str, Figure]:
    """The figures of one place, without the protected ones.

    `collected` are the indicators published there before: they fall to 0, not silent.
    """
    figures = compute_all([code for code in indicators if code not in PROTECTED], tally, thresholds, network)
    for indicator in collected:
        if indicator in figures and figures[indicator].status is IndicatorStatus.NOT_COLLECTED:
            figures[indicator] = compute_all([indicator], _none_left(indicator), thresholds, network)[indicator]
    for indicator, figure in figures.items():
        if indicator in not_applicable and figure.status is not IndicatorStatus.NOT_COLLECTED:
            figures[indicator] = NOT_APPLICABLE
    return figures


def event_of(revision: Revision) -> IndicatorComputed:
    """The event that tells a revision."""
    key, figure, computed_at = revision
    structure, indicator, kind, _ = key
    _, start, end = period_of(key, figure.period_end)
    method = METHODS[indicator]
    interval = None
    if figure.interval_low is not None:
        interval = {"low": figure.interval_low, "high": figure.interval_high, "method": method.interval}
    # One validation of plain values is twice as fast as building the parts one by one.
    return IndicatorComputed.model_validate(
        {
            "indicator_code": indicator,
            "method_version": figure.method_version,
            "structure_code": structure,
            "period": {"kind": kind, "start": start, "end": end},
            "status": figure.status,
            "n": figure.n,
            "unit": method.unit,
            "value": figure.value,
            "numerator": figure.numerator,
            "denominator": figure.denominator,
            "interval": interval,
            "provisional": figure.provisional,
            "revision": figure.revision,
            "supersedes": figure.revision - 1 or None,
            "computed_at": computed_at,
            "tree_on": min(end - _DAY, day_of(computed_at)),
            "engagements": method.engagements,
        }
    )


def revision_of(event: IndicatorComputed) -> Revision:
    """The revision that an event told: what a lost database learns back from the bus."""
    interval = event.interval
    kind = event.period.kind
    start = LATEST if kind is PeriodKind.ROLLING_12 else event.period.start
    return Revision(
        (event.structure_code, event.indicator_code, str(kind), start),
        Published(
            event.revision,
            str(event.status),
            event.n,
            event.value,
            event.numerator,
            event.denominator,
            None if interval is None else interval.low,
            None if interval is None else interval.high,
            event.method_version,
            event.provisional,
            event.period.end,
        ),
        event.computed_at,
    )


def period_of(key: FigureKey, end: date) -> Span:
    """The period of a figure that stands under a key and ends on a day."""
    kind = PeriodKind(key[2])
    return period(kind, plus_months(end, -12) if kind is PeriodKind.ROLLING_12 else key[3])


def published(indicator: str, figure: Figure, revision: int, period_end: date, *, provisional: bool) -> Published:
    """A figure as it is to stand under a revision."""
    interval = figure.interval
    return Published(
        revision,
        str(figure.status),
        figure.n,
        figure.value,
        figure.numerator,
        figure.denominator,
        None if interval is None else interval.low,
        None if interval is None else interval.high,
        METHODS[indicator].version,
        provisional,
        period_end,
    )


def _none_left(indicator: str) -> dict[str, int]:
    """The tally of something that was counted once and is no more: each measure is there, with 0."""
    return {f"{measure}0" if measure.endswith(":") else measure: 0 for measure in NEEDS[indicator]}
