"""What a results page shows: figures of one structure, in words and charts, by engagement. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import PeriodKind, Unit
from spplus_notifier import catalogue, wording
from spplus_notifier.cards import Card, Other, Shown, card
from spplus_notifier.catalogue import wording_of
from spplus_notifier.engagements import ENGAGEMENTS
from spplus_notifier.figure_set import Figures, View

YEARS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Part:
    """One engagement with its indicators; those without a number say why."""

    number: int | None
    """None for indicators that the pages do not know."""
    title: str
    about: str | None
    cards: tuple[Card, ...]
    """Those with a number or a trend."""
    without_number: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One indicator in one period of a table."""

    key: str | None
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
    brief: tuple[Card, ...]
    """What to read in ten seconds."""
    parts: tuple[Part, ...]
    """The nine engagements in order."""
    computed_at: datetime | None
    """When the latest figure shown was computed."""
    quarters: Table
    by_year: Table


def results_of(
    figures: Figures, *, view: View, not_applicable: Sequence[str] = (), others: Sequence[Other] = ()
) -> Results:
    """The page's content for the last twelve months or for a year."""
    page = Shown(figures, view, not_applicable, others)
    shown = [code for code in figures.codes() if catalogue.main_of(code) == code]
    made = {code: card(page, code) for code in shown}
    years = figures.years()[:YEARS_SHOWN][::-1]
    instants = [found.computed_at for code in shown if (found := figures.shown(code, view)) is not None]
    return Results(
        year=view.year,
        period=_period_of(figures, view),
        has_rolling=figures.window() is not None,
        years=figures.years(),
        provisional=not view.is_past,
        brief=tuple(made[code] for code in catalogue.BRIEF if made[code].has_number),
        parts=tuple(_parts(made)),
        computed_at=max(instants, default=None),
        quarters=_table(page, PeriodKind.QUARTER, view.quarters),
        by_year=_table(page, PeriodKind.YEAR, [date(year, 1, 1) for year in years]),
    )


def _period_of(figures: Figures, view: View) -> str:
    window = figures.window()
    if view.year is not None or window is None:
        return f"année {view.year}"
    return wording.period(PeriodKind.ROLLING_12, *window)


def _parts(made: Mapping[str, Card]) -> Iterable[Part]:
    for engagement in ENGAGEMENTS:
        cards = [made[code] for code in engagement.codes]
        yield _part(engagement.number, engagement.title, engagement.about, cards)
    if left := [one for one in made.values() if one.engagement is None]:
        yield _part(None, "Autres chiffres", None, left)


def _part(number: int | None, title: str, about: str | None, cards: Sequence[Card]) -> Part:
    shown = tuple(one for one in cards if one.has_number or one.trend)
    return Part(number, title, about, shown, tuple(one for one in cards if one not in shown))


def _table(page: Shown, kind: PeriodKind, starts: Sequence[date]) -> Table:
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
    key = None if figure is None else figure.key
    return Cell(key, wording.headline(figure, applicable=applicable), "" if shown is None else wording.sample(shown))


def _column(kind: PeriodKind, start: date, today: date) -> str:
    name, months = (str(start.year), 12) if kind is PeriodKind.YEAR else (wording.quarter(start), 3)
    since = (today.year - start.year) * 12 + today.month - start.month
    return f"{name} (en cours)" if 0 <= since < months else name
