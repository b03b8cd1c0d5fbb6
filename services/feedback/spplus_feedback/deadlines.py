"""By when a structure owes an answer. A deadline given as a date ends at 24:00 in Europe/Paris, everywhere."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

import holidays

from spplus_chassis.french import PARIS
from spplus_contracts import AnnouncedDelay
from spplus_contracts.vocabulary import DelayCalendar

_SATURDAY: Final = 5
_SUBDIVISIONS: Final = {
    "57": "57",
    "67": "6AE",
    "68": "6AE",
    "971": "971",
    "972": "972",
    "973": "973",
    "974": "974",
    "975": "PM",
    "976": "976",
    "977": "BL",
    "978": "MF",
    "984": "TF",
    "986": "WF",
    "987": "PF",
    "988": "NC",
}
"""Departments and collectivities with public holidays of their own, by the names that the library gives them."""


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


def promised(
    delays: Iterable[AnnouncedDelay], submitted_at: datetime, default_days: int, *, department: str | None = None
) -> Deadline | None:
    """The deadline of a story by the structure's own rule, else by the platform's (0 days: none).

    `department` is where the structure stands: its own public holidays are no working days either.
    """
    day = paris_day(submitted_at)
    delay = announced_delay(delays, day, default_days)
    if delay is None:
        return None
    working = delay.calendar is DelayCalendar.WORKING
    last = working_day_after(day, delay.days, department) if working else day + timedelta(days=delay.days)
    return Deadline(due_at=end_of_day(last), announced_at=submitted_at)


def announced_delay(delays: Iterable[AnnouncedDelay], day: date, default_days: int) -> AnnouncedDelay | None:
    """The delay in force on a day: the structure's own, else the platform's; none where neither promises anything."""
    valid = [delay for delay in delays if delay.valid_from <= day and delay.calendar is not DelayCalendar.UNKNOWN]
    own = max(valid, key=lambda delay: delay.valid_from, default=None)
    if own is None and default_days:
        return AnnouncedDelay(days=default_days, calendar=DelayCalendar.CALENDAR, valid_from=day)
    return own


def working_day_after(day: date, count: int, department: str | None = None) -> date:
    """The last of `count` working days. The day of receipt does not count: one day after Monday is Tuesday."""
    left = count
    while left:
        day += timedelta(days=1)
        left -= int(is_working_day(day, department))
    return day


def is_working_day(day: date, department: str | None = None) -> bool:
    """Monday to Friday, public holidays of the department left out."""
    return day.weekday() < _SATURDAY and day not in _public_holidays(day.year, _SUBDIVISIONS.get(department or ""))


@lru_cache(maxsize=256)
def _public_holidays(year: int, subdivision: str | None) -> frozenset[date]:
    return frozenset(holidays.country_holidays("FR", subdiv=subdivision, years=year))
