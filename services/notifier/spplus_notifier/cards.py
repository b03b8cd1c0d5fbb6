"""One indicator on a page: its sentence, its interval, its trend, what it is compared with. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import PeriodKind, Unit
from spplus_notifier import catalogue, comparing, drawing, wording
from spplus_notifier.catalogue import wording_of
from spplus_notifier.comparing import Comparison, Place
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
    """How many answers the number rests on; empty for a number that is a count itself."""
    sentence: str
    period: str | None
    """The figure's own period, where it is not the page's."""
    margin: str | None
    short_margin: str
    """Both ends of the interval; empty where there is none."""
    margin_chart: str | None
    more: tuple["Aside", ...]
    """Indicators that go with it."""
    beside: tuple[str, ...]
    """What it is beside its parent and its network, each in a sentence."""
    compared: Comparison | None
    """The same with numbers; none where there is nothing to compare."""
    evolution: str | None
    """What a closed period is beside the same one a year before, in a sentence."""
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
    role: str = ""
    """What it is to the structure of the page."""


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
    above = _above(page, figure) if figure is not None and has_number else []
    return Card(
        code=code,
        title=wording_of(code).title,
        headline=wording.headline(figure, applicable=applicable),
        has_number=has_number,
        plain=wording.plain(figure, code, applicable=applicable),
        key=None if figure is None else figure.key,
        engagement=None if place is None else place.number,
        sample="" if figure is None or figure.unit is Unit.COUNT else wording.sample(figure),
        sentence=wording.sentence(figure, code, applicable=applicable),
        period=_own_period(page, figure) if applicable else None,
        margin=wording.margin(figure) if figure is not None and has_number else None,
        short_margin=wording.short_margin(figure) if figure is not None and has_number else "",
        margin_chart=drawing.margin_chart(figure) if figure is not None and has_number else None,
        more=_more(figures, code, view) if has_number else (),
        beside=tuple(_beside(figure, *other) for other in above if figure is not None),
        compared=_compared(figure, above) if figure is not None and above else None,
        evolution=_evolution(figures, code, view) if applicable else None,
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


def _above(page: Shown, figure: IndicatorComputed) -> list[tuple[Other, IndicatorComputed]]:
    """The figures of the same period above; a rolling window may be a month apart."""
    if figure.unit is Unit.COUNT:
        return []
    code, span = figure.indicator_code, figure.period
    rolling = span.kind is PeriodKind.ROLLING_12
    found = (
        (one, one.figures.rolling(code) if rolling else one.figures.at(code, span.kind, span.start))
        for one in page.others
    )
    return [(one, theirs) for one, theirs in found if theirs is not None and has_value(theirs)]


def _beside(figure: IndicatorComputed, other: Other, theirs: IndicatorComputed) -> str:
    role = f", {other.role}" if other.role else ""
    return f"{comparing.verdict(figure, theirs).beside} {other.name}{role}."


def _compared(figure: IndicatorComputed, above: Sequence[tuple[Other, IndicatorComputed]]) -> Comparison:
    here = Place(figure.structure_code, "Ici", figure)
    places = [Place(one.code, one.name, theirs, role=one.role) for one, theirs in above]
    return comparing.compare(figure.indicator_code, [here, *places], here)


def _evolution(figures: Figures, code: str, view: View) -> str | None:
    """A past year beside the one before; else the last quarter that is over beside the same a year before."""
    kind, start = PeriodKind.YEAR, date(view.year or view.today.year, 1, 1)
    if not view.is_past:
        kind, start = PeriodKind.QUARTER, view.quarters[-2]
    now, before = (figures.at(code, kind, first) for first in (start, start.replace(year=start.year - 1)))
    if now is None or before is None or not (has_value(now) and has_value(before)):
        return None
    if now.provisional or now.unit is Unit.COUNT:
        return None
    return f"{wording.against(kind, now.period.start, before.period.start)} : {comparing.verdict(now, before).said}."


def _step_row(kind: PeriodKind, first: date, figure: IndicatorComputed | None) -> StepRow:
    return StepRow(
        name=drawing.name(kind, first),
        key=None if figure is None else figure.key,
        value=wording.headline(figure),
        sample="" if figure is None or figure.unit is Unit.COUNT else wording.sample(figure),
        provisional=figure is not None and figure.provisional,
    )
