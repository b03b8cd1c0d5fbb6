"""One indicator on a page: its sentence, its interval, its trend, what it is compared with. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import PeriodKind, Unit
from spplus_notifier import catalogue, comparing, drawing, wording
from spplus_notifier.catalogue import wording_of
from spplus_notifier.comparing import Compared, Place
from spplus_notifier.drawing import Series
from spplus_notifier.engagements import engagement_of
from spplus_notifier.figure_set import Figures, View, has_value, is_withheld


@dataclass(frozen=True, slots=True)
class StepRow:
    """One line of the table beside a trend: a month or a quarter."""

    name: str
    key: str | None
    value: str
    sample: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class Aside:
    """An indicator told in a sentence under another."""

    key: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Card:
    """One indicator in the period shown."""

    code: str
    title: str
    headline: str
    has_number: bool
    plain: str
    """One sentence for everybody."""
    key: str | None
    """Of its figure in the open data."""
    engagement: int | None
    sample: str
    """How many answers the number rests on."""
    sentence: str
    period: str | None
    """The figure's own period, where it is not the page's."""
    margin: str | None
    short_margin: str
    """Both ends of the interval; empty where there is none."""
    margin_chart: str | None
    more: tuple["Aside", ...]
    """Indicators that go with it."""
    compared: tuple[Compared, ...]
    """This structure, its parent and its network; none where there is nothing to compare."""
    freshness: str | None
    trend: str | None
    """Chart of the months or quarters; none where none has a number."""
    step: str
    """How the trend goes on: month by month, quarter by quarter."""
    steps: tuple[StepRow, ...]
    has_withheld: bool


class Other(NamedTuple):
    """A structure above, to compare with."""

    name: str
    figures: Figures
    code: str = ""


class Shown(NamedTuple):
    """What the cards of a page are made from."""

    figures: Figures
    view: View
    not_applicable: Sequence[str]
    others: Sequence[Other]
    """The parent, then the whole network."""


def card(page: Shown, code: str) -> Card:
    """One indicator in the period shown."""
    figures, view = page.figures, page.view
    figure = figures.shown(code, view)
    applicable = code not in page.not_applicable
    has_number = applicable and has_value(figure)
    kind, series = _series(figures, code, view)
    trend = drawing.trend(code, series, kind) if applicable else None
    place = engagement_of(code)
    return Card(
        code=code,
        title=wording_of(code).title,
        headline=wording.headline(figure, applicable=applicable),
        has_number=has_number,
        plain=wording.plain(figure, code, applicable=applicable),
        key=None if figure is None else figure.key,
        engagement=None if place is None else place.number,
        sample="" if figure is None else wording.sample(figure),
        sentence=wording.sentence(figure, code, applicable=applicable),
        period=_own_period(page, figure) if applicable else None,
        margin=wording.margin(figure) if figure is not None and has_number else None,
        short_margin=wording.short_margin(figure) if figure is not None and has_number else "",
        margin_chart=drawing.margin_chart(figure) if figure is not None and has_number else None,
        more=_more(figures, code, view) if has_number else (),
        compared=_compared(page, figure) if has_number else (),
        freshness=wording.freshness(figure) if figure is not None and applicable else None,
        trend=trend,
        step=drawing.step(kind),
        steps=tuple(_step_row(kind, first, each) for first, each in series.items()) if trend else (),
        has_withheld=any(is_withheld(each) for each in series.values()),
    )


def _series(figures: Figures, code: str, view: View) -> tuple[PeriodKind, Series]:
    """The months; the quarters where no month is published."""
    months = {first: figures.at(code, PeriodKind.MONTH, first) for first in view.trend_months}
    quarters = {first: figures.at(code, PeriodKind.QUARTER, first) for first in view.quarters}
    if any(quarters.values()) and not any(months.values()):
        return PeriodKind.QUARTER, quarters
    return PeriodKind.MONTH, months


def _own_period(page: Shown, figure: IndicatorComputed | None) -> str | None:
    if figure is None or page.view.year is not None:
        return None
    span = figure.period
    if span.kind is PeriodKind.ROLLING_12 and (span.start, span.end) == page.figures.window():
        return None
    return wording.period(span.kind, span.start, span.end)


def _more(figures: Figures, code: str, view: View) -> tuple[Aside, ...]:
    found = ((other, figures.shown(other, view)) for other in catalogue.BESIDE.get(code, ()))
    return tuple(
        Aside(figure.key, wording.plain(figure, other))
        for other, figure in found
        if figure is not None and has_value(figure)
    )


def _compared(page: Shown, figure: IndicatorComputed | None) -> tuple[Compared, ...]:
    """The figures of the same period above; a rolling window may be a month apart."""
    if figure is None or figure.unit is Unit.COUNT:
        return ()
    code, span = figure.indicator_code, figure.period
    here = Place(figure.structure_code, "Ici", figure)
    above = []
    for other in page.others:
        rolling = span.kind is PeriodKind.ROLLING_12
        theirs = other.figures.rolling(code) if rolling else other.figures.at(code, span.kind, span.start)
        if has_value(theirs):
            above.append(Place(other.code, other.name, theirs))
    return comparing.compare([here, *above], here) if above else ()


def _step_row(kind: PeriodKind, first: date, figure: IndicatorComputed | None) -> StepRow:
    return StepRow(
        name=drawing.name(kind, first),
        key=None if figure is None else figure.key,
        value=wording.headline(figure),
        sample="" if figure is None else wording.sample(figure),
        provisional=figure is not None and figure.provisional,
    )
