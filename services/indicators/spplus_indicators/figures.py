"""Which figures change, and how that is told. Pure: counts and standing figures in, revisions and events out."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import IndicatorStatus, IntervalMethod, PeriodKind
from spplus_indicators.formulas import NOT_APPLICABLE, Figure, compute_all
from spplus_indicators.measures import NEEDS, indicators_of
from spplus_indicators.methods import METHODS
from spplus_indicators.periods import Span, containing, day_of, is_open

PERIOD_KINDS: Final = (PeriodKind.MONTH, PeriodKind.YEAR)
"""The kinds of period that are published."""
_DAY: Final = timedelta(days=1)

FigureKey = tuple[str, str, str, date]
"""Structure, indicator, period kind, first day of the period."""


class Target(NamedTuple):
    """A structure and month to publish, with the families of measures that changed."""

    structure_code: str
    month: date
    measures: frozenset[str]


class Place(NamedTuple):
    """Whose figures, over which period."""

    structure_code: str
    span: Span


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


class Revision(NamedTuple):
    """A figure to publish under its key."""

    key: FigureKey
    period_end: date
    figure: Published
    computed_at: datetime


def places_of(targets: Iterable[Target]) -> dict[Place, set[str]]:
    """The figures that targets ask for: at each structure and period, the indicators."""
    wanted: dict[Place, set[str]] = {}
    for structure, month, measures in targets:
        indicators = indicators_of(measures)
        for kind in PERIOD_KINDS:
            wanted.setdefault(Place(structure, containing(kind, month)), set()).update(indicators)
    return wanted


def revisions(
    place: Place,
    figures: Mapping[str, Figure],
    standing: Mapping[FigureKey, Published],
    now: datetime,
) -> list[Revision]:
    """The revisions that figures by indicator make necessary: those that differ from what stands."""
    structure, span = place
    provisional = is_open(span, now)
    made = []
    for indicator, figure in figures.items():
        key = (structure, indicator, str(span.kind), span.start)
        before = standing.get(key)
        if before is None and figure.status is IndicatorStatus.NOT_COLLECTED:
            continue
        after = published(indicator, figure, 1 if before is None else before.revision + 1, provisional=provisional)
        if before is None or before[1:] != after[1:]:
            made.append(Revision(key, span.end, after, now))
    return made


def figures_at(
    indicators: Iterable[str],
    tally: Mapping[str, int],
    *,
    collected: Iterable[str],
    not_applicable: frozenset[str],
    min_sample: int,
) -> dict[str, Figure]:
    """The figures of one place. `collected` are the indicators published there before: they fall to 0, not silent."""
    figures = compute_all(indicators, tally, min_sample)
    for indicator in collected:
        if indicator in figures and figures[indicator].status is IndicatorStatus.NOT_COLLECTED:
            figures[indicator] = compute_all([indicator], _none_left(indicator), min_sample)[indicator]
    for indicator, figure in figures.items():
        if indicator in not_applicable and figure.status is not IndicatorStatus.NOT_COLLECTED:
            figures[indicator] = NOT_APPLICABLE
    return figures


def event_of(revision: Revision) -> IndicatorComputed:
    """The event that tells a revision."""
    (structure, indicator, kind, start), end, figure, computed_at = revision
    method = METHODS[indicator]
    interval = None
    if figure.interval_low is not None:
        interval = {"low": figure.interval_low, "high": figure.interval_high, "method": IntervalMethod.WILSON}
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
    return Revision(
        (event.structure_code, event.indicator_code, str(event.period.kind), event.period.start),
        event.period.end,
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
        ),
        event.computed_at,
    )


def published(indicator: str, figure: Figure, revision: int, *, provisional: bool) -> Published:
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
    )


def _none_left(indicator: str) -> dict[str, int]:
    """The tally of something that was counted once and is no more: each measure is there, with 0."""
    return {f"{measure}0" if measure.endswith(":") else measure: 0 for measure in NEEDS[indicator]}
