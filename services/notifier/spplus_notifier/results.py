"""What a results page shows: figures of one structure, in words and charts, by commitment. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import PeriodKind, Unit
from spplus_notifier import catalogue, drawing, wording
from spplus_notifier.catalogue import wording_of
from spplus_notifier.drawing import Series
from spplus_notifier.figure_set import Figures, View, has_value, is_withheld

YEARS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class StepRow:
    """One line of the table beside a trend: a month or a quarter."""

    name: str
    value: str
    sample: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class Card:
    """One indicator in the period shown."""

    code: str
    title: str
    headline: str
    has_number: bool
    is_small: bool
    """Shown without charts."""
    sample: str
    """How many answers the number rests on."""
    sentence: str
    period: str | None
    """The figure's own period, where it is not the page's."""
    margin: str | None
    margin_chart: str | None
    more: tuple[str, ...]
    """Sentences about indicators that go with it."""
    comparison: str | None
    """What the parent's figure is."""
    freshness: str | None
    trend: str | None
    """Chart of the months or quarters; none where none has a number."""
    step: str
    """How the trend goes on: month by month, quarter by quarter."""
    steps: tuple[StepRow, ...]
    has_withheld: bool


@dataclass(frozen=True, slots=True)
class Part:
    """The indicators of one commitment that have something to show."""

    code: str
    title: str
    about: str | None
    """Which commitment it is."""
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One indicator in one period of a table."""

    value: str
    sample: str


@dataclass(frozen=True, slots=True)
class Row:
    """One indicator over the periods of a table."""

    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Indicators over years or quarters; without rows where nothing was published."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """One number at the top of the page, and what it is about."""

    code: str
    headline: str
    claim: str
    sample: str


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that the figures of a structure say on its page."""

    year: int | None
    """None: the last twelve months."""
    period: str
    """Which months, in words."""
    has_rolling: bool
    """Whether the last twelve months can be shown."""
    years: tuple[int, ...]
    """Years with figures, the latest first."""
    provisional: bool
    brief: tuple[Claim, ...]
    """What to read in ten seconds."""
    parts: tuple[Part, ...]
    without_number: tuple[Card, ...]
    quarters: Table
    by_year: Table


class Parent(NamedTuple):
    """The structure above, to compare with."""

    name: str
    figures: Figures


class _Page(NamedTuple):
    """What the cards of a page are made from."""

    figures: Figures
    view: View
    not_applicable: Sequence[str]
    parent: Parent | None


def results_of(
    figures: Figures, *, view: View, not_applicable: Sequence[str] = (), parent: Parent | None = None
) -> Results:
    """The page's content for the last twelve months or for a year."""
    page = _Page(figures, view, not_applicable, parent)
    beside = {code for others in catalogue.BESIDE.values() for code in others}
    cards = {code: _card(page, code) for code in figures.codes() if code not in beside}
    shown = [card for card in cards.values() if card.has_number or card.trend]
    years = figures.years()[:YEARS_SHOWN][::-1]
    return Results(
        year=view.year,
        period=_period_of(figures, view),
        has_rolling=figures.window() is not None,
        years=figures.years(),
        provisional=not view.is_past,
        brief=tuple(
            Claim(card.code, card.headline, catalogue.BRIEF[card.code], card.sample)
            for card in shown
            if card.has_number and card.code in catalogue.BRIEF
        ),
        parts=tuple(_parts(shown)),
        without_number=tuple(card for card in cards.values() if card not in shown),
        quarters=_table(page, PeriodKind.QUARTER, view.quarters),
        by_year=_table(page, PeriodKind.YEAR, [date(year, 1, 1) for year in years]),
    )


def _period_of(figures: Figures, view: View) -> str:
    window = figures.window()
    if view.year is not None or window is None:
        return f"année {view.year}"
    return wording.period(PeriodKind.ROLLING_12, *window)


def _parts(cards: Iterable[Card]) -> Iterable[Part]:
    left = {card.code: card for card in cards}
    for section in catalogue.SECTIONS:
        found = tuple(left.pop(code) for code in section.codes if code in left)
        if found:
            number = section.engagement.rpartition("/")[2]
            about = f"Engagement n° {number} du programme Services Publics + (texte de 2021)"
            yield Part(section.code, section.title, about, found)
    if left:
        yield Part("autres", "Autres chiffres", None, tuple(left.values()))


def _card(page: _Page, code: str) -> Card:
    figures, view = page.figures, page.view
    figure = figures.shown(code, view)
    applicable = code not in page.not_applicable
    has_number = applicable and has_value(figure)
    kind, series = _series(figures, code, view)
    trend = drawing.trend(code, series, kind) if applicable else None
    return Card(
        code=code,
        title=wording_of(code).title,
        headline=wording.headline(figure, applicable=applicable),
        has_number=has_number,
        is_small=code in catalogue.SMALL,
        sample="" if figure is None else wording.sample(figure),
        sentence=wording.sentence(figure, code, applicable=applicable),
        period=_own_period(page, figure) if applicable else None,
        margin=wording.margin(figure) if figure is not None and has_number else None,
        margin_chart=drawing.margin_chart(figure) if figure is not None and has_number else None,
        more=_more(figures, code, view) if has_number else (),
        comparison=_comparison(figure, page.parent) if has_number else None,
        freshness=wording.freshness(figure) if figure is not None and applicable else None,
        trend=trend,
        step=drawing.step(kind),
        steps=tuple(_step_row(kind, first, each) for first, each in series.items()) if trend else (),
        has_withheld=any(is_withheld(each) for each in series.values()),
    )


def _series(figures: Figures, code: str, view: View) -> tuple[PeriodKind, Series]:
    """The months; the quarters where no month is published."""
    months = {first: figures.at(code, PeriodKind.MONTH, first) for first in view.months}
    quarters = {first: figures.at(code, PeriodKind.QUARTER, first) for first in view.quarters}
    if any(quarters.values()) and not any(months.values()):
        return PeriodKind.QUARTER, quarters
    return PeriodKind.MONTH, months


def _own_period(page: _Page, figure: IndicatorComputed | None) -> str | None:
    if figure is None or page.view.year is not None:
        return None
    span = figure.period
    if span.kind is PeriodKind.ROLLING_12 and (span.start, span.end) == page.figures.window():
        return None
    return wording.period(span.kind, span.start, span.end)


def _more(figures: Figures, code: str, view: View) -> tuple[str, ...]:
    found = ((other, figures.shown(other, view)) for other in catalogue.BESIDE.get(code, ()))
    return tuple(wording.sentence(figure, other) for other, figure in found if has_value(figure))


def _comparison(figure: IndicatorComputed | None, parent: Parent | None) -> str | None:
    """The parent's figure of the same period; a rolling window may be a month apart."""
    if figure is None or parent is None or figure.unit is Unit.COUNT:
        return None
    code, span = figure.indicator_code, figure.period
    if span.kind is PeriodKind.ROLLING_12:
        theirs = parent.figures.rolling(code)
    else:
        theirs = parent.figures.at(code, span.kind, span.start)
    if theirs is None or not has_value(theirs):
        return None
    return f"Pour comparer, {parent.name} : {wording.headline(theirs)} (calcul sur {wording.sample(theirs)})."


def _step_row(kind: PeriodKind, first: date, figure: IndicatorComputed | None) -> StepRow:
    return StepRow(
        name=drawing.name(kind, first),
        value=wording.headline(figure),
        sample="" if figure is None else wording.sample(figure),
        provisional=figure is not None and figure.provisional,
    )


def _table(page: _Page, kind: PeriodKind, starts: Sequence[date]) -> Table:
    """Every indicator that has a figure in one of the columns."""
    rows = []
    for code in page.figures.codes():
        found = [page.figures.at(code, kind, start) for start in starts]
        if any(found):
            applicable = code not in page.not_applicable
            rows.append(Row(wording_of(code).short, tuple(_cell(each, applicable=applicable) for each in found)))
    return Table(tuple(_column(kind, start, page.view.today) for start in starts), tuple(rows))


def _cell(figure: IndicatorComputed | None, *, applicable: bool) -> Cell:
    shown = figure if applicable and figure is not None and figure.unit is not Unit.COUNT else None
    return Cell(wording.headline(figure, applicable=applicable), "" if shown is None else wording.sample(shown))


def _column(kind: PeriodKind, start: date, today: date) -> str:
    name, months = (str(start.year), 12) if kind is PeriodKind.YEAR else (wording.quarter(start), 3)
    since = (today.year - start.year) * 12 + today.month - start.month
    return f"{name} (en cours)" if 0 <= since < months else name
