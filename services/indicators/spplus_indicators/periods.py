"""Months, quarters and years of the Europe/Paris calendar, half-open: the first instant is in, the last is out.

An instant belongs to the day that Paris has at that instant, also for overseas offices and consulates. Every event
asks for its month, so the day of each hour is worked out once and kept.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from spplus_contracts.vocabulary import PeriodKind

PARIS: Final = ZoneInfo("Europe/Paris")
_UNIX_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR: Final = 3600
_SAFE_DAY: Final = 28
_HOURS_KEPT: Final = 1 << 17
_TICK: Final = timedelta(microseconds=1)
_MONTHS_IN: Final = {
    PeriodKind.MONTH: 1,
    PeriodKind.QUARTER: 3,
    PeriodKind.YEAR: 12,
    PeriodKind.ROLLING_12: 12,
}


class Span(NamedTuple):
    """A period: `start` is its first day, `end` the first day after it, Europe/Paris."""

    kind: PeriodKind
    start: date
    end: date

    @property
    def months(self) -> tuple[date, ...]:
        """The first days of its months, in order."""
        return tuple(plus_months(self.start, index) for index in range(_MONTHS_IN[self.kind]))


def day_of(instant: datetime) -> date:
    """The Paris date at an aware instant."""
    return _day_of_hour(_hour(instant))


def month_of(instant: datetime) -> date:
    """The first day of the Paris month that an aware instant belongs to."""
    if 1 < instant.day < _SAFE_DAY and instant.tzinfo is UTC:  # Paris is at most two hours ahead: the same month
        return _first(instant.year, instant.month)
    return _month_of_hour(_hour(instant))


def month_of_deadline(due_at: datetime) -> date:
    """The first day of the month in which a deadline falls.

    A deadline is the last instant that is still on time. At midnight it therefore ends the day before: 31 December
    24:00 is due in December.
    """
    if 1 < due_at.day < _SAFE_DAY and due_at.tzinfo is UTC:
        return _first(due_at.year, due_at.month)
    return _month_of_hour(_hour(due_at - _TICK))


def days_between(earlier: datetime, later: datetime) -> int:
    """The difference of the Paris dates of two instants, in days: 23:59 to 00:01 is one day."""
    return (day_of(later) - day_of(earlier)).days


def start_of_day(day: date) -> datetime:
    """The first instant of a Paris day, UTC."""
    return datetime.combine(day, time(), PARIS).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The instant at which a deadline given as a date ends: 24:00 in Paris, itself still on time, UTC."""
    return start_of_day(day + timedelta(days=1))


def plus_months(first: date, count: int) -> date:
    """The first day of the month so many months after (or, negative, before) another first day."""
    years, month = divmod(first.month - 1 + count, 12)
    return date(first.year + years, month + 1, 1)


@cache
def period(kind: PeriodKind, start: date) -> Span:
    """The period of this kind that starts on that day.

    Raises `ValueError` when no such period starts there (a quarter in February) and `KeyError` for an unknown kind.
    """
    length = _MONTHS_IN[kind]
    aligned = start.day == 1 and (kind is PeriodKind.ROLLING_12 or (start.month - 1) % length == 0)
    if not aligned:
        raise ValueError(f"no {kind} starts on {start}")
    return Span(kind, start, plus_months(start, length))


@cache
def containing(kind: PeriodKind, month: date) -> Span:
    """The calendar period of this kind (month, quarter, year) that contains a month, given by its first day."""
    if kind is PeriodKind.ROLLING_12:
        raise ValueError("a month lies in twelve rolling windows; see rolling_12")
    length = _MONTHS_IN[kind]
    return period(kind, date(month.year, month.month - (month.month - 1) % length, 1))


def rolling_12(at: datetime) -> Span:
    """The latest window of twelve months: it ends with the month that is open at an instant."""
    return period(PeriodKind.ROLLING_12, plus_months(month_of(at), -11))


def is_open(span: Span, at: datetime) -> bool:
    """Whether the period has not ended yet at an aware instant; its figures are provisional until then."""
    return day_of(at) < span.end


@cache
def _first(year: int, month: int) -> date:
    return date(year, month, 1)


def _hour(instant: datetime) -> int:
    return int(instant.timestamp() // _HOUR)


@lru_cache(maxsize=_HOURS_KEPT)
def _day_of_hour(hour: int) -> date:
    """Days and months of Paris begin on a full hour UTC, so an hour lies in one of them as a whole."""
    return (_UNIX_EPOCH + timedelta(hours=hour)).astimezone(PARIS).date()


@lru_cache(maxsize=_HOURS_KEPT)
def _month_of_hour(hour: int) -> date:
    return _day_of_hour(hour).replace(day=1)
