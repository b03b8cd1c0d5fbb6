"""The figures of one structure, and which of them a page shows. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import IndicatorStatus, PeriodKind
from spplus_notifier import catalogue

MONTHS_SHOWN = 12
MONTHS_OF_TREND = 24
QUARTERS_SHOWN = 5
"""The same quarter of the year before is the first."""
_MONTHS_IN_QUARTER = 3


@dataclass(frozen=True, slots=True)
class View:
    """What a page is about: a year, or (without one) the last twelve months."""

    year: int | None
    today: date

    @property
    def is_past(self) -> bool:
        """Whether nothing of it can still happen."""
        return self.year is not None and self.year < self.today.year

    @property
    def months(self) -> list[date]:
        """First days: January to December of a past year, else the last twelve months."""
        return _first_days(self._last_month, MONTHS_SHOWN, 1)

    @property
    def trend_months(self) -> list[date]:
        """The same with the year before."""
        return _first_days(self._last_month, MONTHS_OF_TREND, 1)

    @property
    def quarters(self) -> list[date]:
        """First days of the last quarters, of a past year or up to today."""
        last_quarter = self._last_month - (self._last_month - 1) % _MONTHS_IN_QUARTER
        return _first_days(last_quarter, QUARTERS_SHOWN, _MONTHS_IN_QUARTER)

    @property
    def _last_month(self) -> int:
        """Months since the year 0, January being 1."""
        if self.is_past and self.year is not None:
            return self.year * 12 + 12
        return self.today.year * 12 + self.today.month


def _first_days(last: int, count: int, step: int) -> list[date]:
    places = range(last - (count - 1) * step, last + 1, step)
    return [date((place - 1) // 12, (place - 1) % 12 + 1, 1) for place in places]


class Figures:
    """Figures of one structure, by indicator and period."""

    def __init__(self, figures: Iterable[IndicatorComputed]) -> None:
        self._by_place: dict[tuple[str, PeriodKind, date], IndicatorComputed] = {}
        self._rolling: dict[str, IndicatorComputed] = {}
        self._yearly: defaultdict[str, list[IndicatorComputed]] = defaultdict(list)
        for figure in figures:
            if figure.period.kind is PeriodKind.ROLLING_12:
                self._rolling[figure.indicator_code] = figure
            else:
                self._by_place[figure.indicator_code, figure.period.kind, figure.period.start] = figure
            if figure.period.kind is PeriodKind.YEAR:
                self._yearly[figure.indicator_code].append(figure)

    def at(self, code: str, kind: PeriodKind, start: date) -> IndicatorComputed | None:
        """The figure of a month, quarter or year."""
        return self._by_place.get((code, kind, start))

    def year(self, code: str, year: int) -> IndicatorComputed | None:
        """The figure of a year."""
        return self.at(code, PeriodKind.YEAR, date(year, 1, 1))

    def rolling(self, code: str) -> IndicatorComputed | None:
        """The figure of the latest twelve months."""
        return self._rolling.get(code)

    def window(self) -> tuple[date, date] | None:
        """First day and first day after the latest twelve months that any figure is about."""
        spans = [(figure.period.end, figure.period.start) for figure in self._rolling.values()]
        return None if not spans else (max(spans)[1], max(spans)[0])

    def shown(self, code: str, view: View) -> IndicatorComputed | None:
        """The figure that a view shows.

        Some indicators are never published for twelve rolling months (surveys are released by quarter and year): the
        latest year with a number that reaches into those months stands for them, else the latest year at all.
        """
        if view.year is not None:
            return self.year(code, view.year)
        if code in self._rolling:
            return self._rolling[code]
        since = view.months[0]
        reaching = (figure for figure in self._yearly.get(code, ()) if figure.period.end > since)
        return max(reaching, key=lambda figure: (has_value(figure), figure.period.start), default=None)

    def view(self, year: int | None, today: date) -> View:
        """The year asked for; else the last twelve months, or the latest year where there are none."""
        if year is None and self.window() is None:
            year = next(iter(self.years()), today.year)
        return View(year, today)

    def years(self) -> tuple[int, ...]:
        """Years that have a figure, the latest first."""
        found = {figure.period.start.year for figures in self._yearly.values() for figure in figures}
        return tuple(sorted(found, reverse=True))

    def codes(self) -> list[str]:
        """Indicators in the order of the page; those that the pages do not know come last."""
        known = catalogue.order()
        told = {code for code, _, _ in self._by_place} | set(self._rolling)
        return [*known, *sorted(told - set(known))]


def has_value(figure: IndicatorComputed | None) -> bool:
    """Whether there is a number to show."""
    return figure is not None and figure.status is IndicatorStatus.OK and figure.value is not None


def is_withheld(figure: IndicatorComputed | None) -> bool:
    """Whether there were answers, but too few."""
    return figure is not None and figure.status is IndicatorStatus.INSUFFICIENT_SAMPLE and figure.n > 0
