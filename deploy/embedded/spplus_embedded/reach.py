"""When the judge counts something: months, the periods that they are part of, the day whose tree holds."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from spplus_chassis.french import PARIS
from spplus_contracts.vocabulary import PeriodKind

_DECEMBER: Final = 12


def month_of(instant: datetime) -> date:
    """The first day of the month that Paris has at an instant."""
    return instant.astimezone(PARIS).date().replace(day=1)


def periods_of(month: date, as_of: datetime) -> Iterator[tuple[PeriodKind, date]]:
    """The periods that a month is part of, by their first day; of the rolling windows only the latest is published."""
    yield PeriodKind.MONTH, month
    yield PeriodKind.QUARTER, date(month.year, (1, 4, 7, 10)[(month.month - 1) // 3], 1)
    yield PeriodKind.YEAR, date(month.year, 1, 1)
    last = month_of(as_of)
    first = date(last.year, 1, 1) if last.month == _DECEMBER else date(last.year - 1, last.month + 1, 1)
    if first <= month <= last:
        yield PeriodKind.ROLLING_12, first


def day_of_tree(month: date, as_of: datetime) -> date:
    """A closed month has the tree of its last day, an open one today's."""
    last = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return min(last, as_of.astimezone(PARIS).date())
