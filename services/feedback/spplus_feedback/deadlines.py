"""By when a structure owes an answer. A deadline given as a date ends at 24:00 in Europe/Paris, everywhere."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays

from spplus_contracts import AnnouncedDelay
from spplus_contracts.vocabulary import DelayCalendar

PARIS: Final = ZoneInfo("Europe/Paris")
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Deadline:
    """A promise and the instant it was made, both UTC."""

    due_at: datetime
    """An answer at this very instant is on time."""
    announced_at: datetime


def paris_day(instant: datetime) -> date:
    """The calendar day of an instant in Paris."""
    return instant.astimezone(PARIS).date()


def end_of_day(day: date) -> datetime:
    """24:00 of a day in Paris, UTC."""
    return datetime.combine(day + timedelta(days=1), time.min, PARIS).astimezone(UTC)


def last_day(instant: datetime) -> date:
    """The day in Paris that a deadline belongs to: a deadline of 24:00 belongs to the day that ends there."""
    return paris_day(instant - timedelta(microseconds=1))


def promised(delays: Iterable[AnnouncedDelay], submitted_at: datetime, default_days: int) -> Deadline | None:
    """The deadline of a story by the structure's own rule, else by the platform's (0 days: none)."""
    day = paris_day(submitted_at)
    current = _current(delays, day)
    if current is not None:
        last = _after(day, current.days, working=current.calendar is DelayCalendar.WORKING)
    elif default_days:
        last = _after(day, default_days, working=False)
    else:
        return None
    return Deadline(due_at=end_of_day(last), announced_at=submitted_at)


def _current(delays: Iterable[AnnouncedDelay], day: date) -> AnnouncedDelay | None:
    valid = [delay for delay in delays if delay.valid_from <= day and delay.calendar is not DelayCalendar.UNKNOWN]
    return max(valid, key=lambda delay: delay.valid_from, default=None)


def _after(day: date, days: int, *, working: bool) -> date:
    """The day of receipt does not count: one day after Monday is Tuesday."""
    if not working:
        return day + timedelta(days=days)
    left = days
    while left:
        day += timedelta(days=1)
        if day.weekday() < _SATURDAY and day not in _public_holidays(day.year):
            left -= 1
    return day


@lru_cache(maxsize=64)
def _public_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("FR", years=year))
