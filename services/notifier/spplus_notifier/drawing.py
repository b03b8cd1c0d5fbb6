"""From figures to charts. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date

from spplus_chassis import french
from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import PeriodKind, Unit
from spplus_notifier import charts, wording
from spplus_notifier.catalogue import wording_of
from spplus_notifier.charts import Axis, Point
from spplus_notifier.figure_set import has_value, is_withheld

Series = Mapping[date, IndicatorComputed | None]
"""Figures of one indicator by the first day of their month or quarter."""

_RATE_AXIS = Axis(0, 1, tuple((rate, french.percent(rate)) for rate in (0, 0.5, 1)))
_POINTS_AXIS = Axis(-100, 100, ((-100, f"{french.MINUS}100"), (0, "0"), (100, "+100")))


def margin_chart(figure: IndicatorComputed) -> str | None:
    """The value on its scale with its margin; none where it has no margin."""
    if figure.value is None or figure.interval is None:
        return None
    said = f"{wording.headline(figure)}. {wording.margin(figure) or ''}"
    return charts.margin_bar(
        figure.value,
        figure.interval.low,
        figure.interval.high,
        _axis(figure.unit, [figure]),
        ident=f"{figure.indicator_code}-margin",
        title=f"{wording_of(figure.indicator_code).short} sur son échelle",
        description=said.strip(),
    )


def trend(code: str, series: Series, kind: PeriodKind) -> str | None:
    """The indicator month by month or quarter by quarter; none where no period has a number."""
    known = [figure for figure in series.values() if figure is not None and has_value(figure)]
    if not known:
        return None
    said = " ; ".join(f"{name(kind, first)} : {wording.headline(figure)}" for first, figure in series.items())
    return charts.trend(
        [_point(short_name(kind, first), figure) for first, figure in series.items()],
        _axis(known[0].unit, known),
        ident=f"{code}-trend",
        title=f"{wording_of(code).short}, {step(kind)}",
        description=f"{said}.",
        bars=known[0].unit is Unit.COUNT,
    )


def interval_row(
    figure: IndicatorComputed, axis: Axis, *, marked: bool = False, beside: IndicatorComputed | None = None
) -> str | None:
    """The figure as a dot with its interval, on the axis of its table; none without a number."""
    if figure.value is None or not has_value(figure):
        return None
    margin = figure.interval
    low, high = (None, None) if margin is None else (margin.low, margin.high)
    return charts.interval_row(
        figure.value, low, high, axis, marked=marked, beside=None if beside is None else beside.value
    )


def scale(axis: Axis) -> str:
    """The labels of an axis, above the rows of its table."""
    return charts.scale_row(axis)


def axis_of(figures: Sequence[IndicatorComputed]) -> Axis:
    """One axis for figures of one indicator; at least one of them has a number."""
    return _axis(figures[0].unit, figures)


def name(kind: PeriodKind, first: date) -> str:
    """``mars 2026``, ``1er trimestre 2026``."""
    return wording.quarter(first) if kind is PeriodKind.QUARTER else french.month(first)


def short_name(kind: PeriodKind, first: date) -> str:
    """The same under a chart."""
    return wording.short_quarter(first) if kind is PeriodKind.QUARTER else french.short_month(first)


def step(kind: PeriodKind) -> str:
    """How a trend goes on."""
    return "trimestre par trimestre" if kind is PeriodKind.QUARTER else "mois par mois"


def _point(label: str, figure: IndicatorComputed | None) -> Point:
    if figure is None or not has_value(figure):
        return Point(label, None, withheld=is_withheld(figure))
    margin = figure.interval
    return Point(
        label,
        figure.value,
        low=None if margin is None else margin.low,
        high=None if margin is None else margin.high,
        open=figure.provisional,
    )


def _axis(unit: Unit, figures: Sequence[IndicatorComputed]) -> Axis:
    if unit is Unit.RATE:
        return _RATE_AXIS
    if unit is Unit.POINTS:
        return _POINTS_AXIS
    highest = max(max(f.value or 0, f.interval.high if f.interval else 0) for f in figures)
    return charts.axis_from_zero(highest, (lambda v: f"{french.number(v)} j") if unit is Unit.DAYS else french.number)
