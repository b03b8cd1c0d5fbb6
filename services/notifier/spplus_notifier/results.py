"""What a results page shows: figures of one structure and one year, in words and charts. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import IndicatorStatus, PeriodKind, Unit
from spplus_notifier import charts, french, wording
from spplus_notifier.charts import Axis, Point

MAIN = (
    "experience_satisfaction",
    "answer_rate",
    "on_time_rate",
    "answer_delay_median",
    "pickup_rate",
    "experience_count",
)
"""Indicators with a part of the page of their own, in order; others follow."""
MORE = {
    "experience_satisfaction": ("experience_net_sentiment",),
    "answer_delay_median": ("answer_delay_p75", "answer_delay_p90"),
}
"""Indicators told in a sentence under another."""
YEARS_SHOWN = 5
MONTHS_SHOWN = 12
_RATE_AXIS = Axis(0, 1, tuple((rate, french.percent(rate)) for rate in (0, 0.5, 1)))
_POINTS_AXIS = Axis(-100, 100, ((-100, f"{french.MINUS}100"), (0, "0"), (100, "+100")))


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One line of the table beside a trend."""

    month: str
    value: str
    sample: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class Card:
    """One indicator for the year shown."""

    code: str
    title: str
    headline: str
    has_number: bool
    sample: str
    """How many answers the number rests on."""
    sentence: str
    margin: str | None
    margin_chart: str | None
    more: tuple[str, ...]
    """Sentences about indicators that go with it."""
    comparison: str | None
    """What the parent's figure is."""
    freshness: str | None
    provisional: bool
    trend: str | None
    """Chart of the months; none where no month has a number."""
    months: tuple[MonthRow, ...]
    has_withheld: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """One indicator in one year, in the table of years."""

    value: str
    sample: str


@dataclass(frozen=True, slots=True)
class YearRow:
    """One indicator over the years."""

    name: str
    cells: tuple[Cell, ...]


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

    year: int
    years: tuple[int, ...]
    """Years with figures, the latest first."""
    provisional: bool
    brief: tuple[Claim, ...]
    """What to read in ten seconds."""
    cards: tuple[Card, ...]
    table_years: tuple[int, ...]
    table: tuple[YearRow, ...]


class Figures:
    """Figures of one structure, by indicator and period."""

    def __init__(self, figures: Iterable[IndicatorComputed]) -> None:
        self._by_place = {(f.indicator_code, f.period.kind, f.period.start): f for f in figures}

    def year(self, code: str, year: int) -> IndicatorComputed | None:
        """The figure of a year."""
        return self._by_place.get((code, PeriodKind.YEAR, date(year, 1, 1)))

    def month(self, code: str, first_day: date) -> IndicatorComputed | None:
        """The figure of a month."""
        return self._by_place.get((code, PeriodKind.MONTH, first_day))

    def years(self) -> tuple[int, ...]:
        """Years that have a figure, the latest first."""
        found = {start.year for _, kind, start in self._by_place if kind is PeriodKind.YEAR}
        return tuple(sorted(found, reverse=True))

    def codes(self) -> list[str]:
        """Indicators in the order of the page."""
        told = {code for code, _, _ in self._by_place}
        known = [code for main in MAIN for code in (main, *MORE.get(main, ()))]
        return [*known, *sorted(told - set(known))]


def results_of(
    figures: Figures, *, year: int, today: date, not_applicable: Sequence[str], parent: tuple[str, Figures] | None
) -> Results:
    """The page's content for one year; `parent` is its name and figures."""
    beside = {code for others in MORE.values() for code in others}
    cards = tuple(
        _card(figures, code, year, today, not_applicable, parent) for code in figures.codes() if code not in beside
    )
    table_years = tuple(reversed(figures.years()[:YEARS_SHOWN]))
    return Results(
        year=year,
        years=figures.years(),
        provisional=any(card.provisional for card in cards),
        brief=tuple(
            Claim(card.code, card.headline, wording.BRIEF[card.code], card.sample)
            for card in cards
            if card.has_number and card.code in wording.BRIEF
        ),
        cards=cards,
        table_years=table_years,
        table=tuple(_year_row(figures, code, table_years, not_applicable) for code in figures.codes()),
    )


def _card(
    figures: Figures,
    code: str,
    year: int,
    today: date,
    not_applicable: Sequence[str],
    parent: tuple[str, Figures] | None,
) -> Card:
    figure = figures.year(code, year)
    applicable = code not in not_applicable
    has_number = applicable and has_value(figure)
    months = {first: figures.month(code, first) for first in months_shown(year, today)}
    charted = applicable and any(has_value(month) for month in months.values())
    return Card(
        code=code,
        title=wording.wording_of(code).title,
        headline=wording.headline(figure, applicable=applicable),
        has_number=has_number,
        sample="" if figure is None else wording.sample(figure, code),
        sentence=wording.sentence(figure, code, applicable=applicable),
        margin=wording.margin(figure) if figure is not None and has_number else None,
        margin_chart=_margin_chart(figure) if figure is not None and has_number else None,
        more=_more(figures, code, year) if has_number else (),
        comparison=_comparison(code, year, parent) if has_number else None,
        freshness=wording.freshness(figure) if figure is not None and applicable else None,
        provisional=figure is not None and figure.provisional,
        trend=_trend(code, months) if charted else None,
        months=tuple(_month_row(code, first, month) for first, month in months.items()) if charted else (),
        has_withheld=any(_is_withheld(month) for month in months.values()),
    )


def has_value(figure: IndicatorComputed | None) -> bool:
    """Whether there is a number to show."""
    return figure is not None and figure.status is IndicatorStatus.OK and figure.value is not None


def _is_withheld(figure: IndicatorComputed | None) -> bool:
    return figure is not None and figure.status is IndicatorStatus.INSUFFICIENT_SAMPLE and figure.n > 0


def months_shown(year: int, today: date) -> list[date]:
    """First days: January to December of a past year, the last twelve months of the present one."""
    last = 12 if year < today.year else today.month
    end = year * 12 + last
    return [date((place - 1) // 12, (place - 1) % 12 + 1, 1) for place in range(end - MONTHS_SHOWN + 1, end + 1)]


def _more(figures: Figures, code: str, year: int) -> tuple[str, ...]:
    found = ((other, figures.year(other, year)) for other in MORE.get(code, ()))
    return tuple(wording.sentence(figure, other) for other, figure in found if has_value(figure))


def _comparison(code: str, year: int, parent: tuple[str, Figures] | None) -> str | None:
    if parent is None:
        return None
    name, theirs = parent
    figure = theirs.year(code, year)
    if not has_value(figure) or figure is None or figure.unit is Unit.COUNT:
        return None
    return f"Pour comparer, {name} : {wording.headline(figure)} (calcul sur {wording.sample(figure, code)})."


def _month_row(code: str, first: date, figure: IndicatorComputed | None) -> MonthRow:
    return MonthRow(
        month=french.month(first),
        value=wording.headline(figure),
        sample="" if figure is None else wording.sample(figure, code),
        provisional=figure is not None and figure.provisional,
    )


def _year_row(figures: Figures, code: str, years: Sequence[int], not_applicable: Sequence[str]) -> YearRow:
    applicable = code not in not_applicable
    cells = []
    for year in years:
        figure = figures.year(code, year)
        shown = figure is not None and applicable
        sample = wording.sample(figure, code) if figure is not None and shown and figure.unit is not Unit.COUNT else ""
        cells.append(Cell(wording.headline(figure, applicable=applicable), sample))
    return YearRow(wording.wording_of(code).short, tuple(cells))


def _margin_chart(figure: IndicatorComputed) -> str | None:
    if figure.value is None or figure.interval is None:
        return None
    axis = _axis(figure.unit, [figure])
    said = f"{wording.headline(figure)}. {wording.margin(figure) or ''}"
    return charts.margin_bar(
        figure.value,
        figure.interval.low,
        figure.interval.high,
        axis,
        ident=f"{figure.indicator_code}-margin",
        title=f"{wording.wording_of(figure.indicator_code).short} sur son échelle",
        description=said.strip(),
    )


def _trend(code: str, months: Mapping[date, IndicatorComputed | None]) -> str:
    known = [figure for figure in months.values() if figure is not None and has_value(figure)]
    points = [_point(first, figure) for first, figure in months.items()]
    said = " ; ".join(f"{french.month(first)} : {wording.headline(figure)}" for first, figure in months.items())
    return charts.trend(
        points,
        _axis(known[0].unit, known),
        ident=f"{code}-trend",
        title=f"{wording.wording_of(code).short}, mois par mois",
        description=f"{said}.",
        bars=known[0].unit is Unit.COUNT,
    )


def _point(first: date, figure: IndicatorComputed | None) -> Point:
    label = french.short_month(first)
    if figure is None or not has_value(figure):
        return Point(label, None, withheld=_is_withheld(figure))
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
