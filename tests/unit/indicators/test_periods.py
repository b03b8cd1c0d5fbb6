import itertools
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spplus_contracts.vocabulary import PeriodKind
from spplus_indicators import periods
from spplus_indicators.periods import Span

PARIS = ZoneInfo("Europe/Paris")
YEAR_2026 = Span(PeriodKind.YEAR, date(2026, 1, 1), date(2027, 1, 1))


def test_month_of_new_years_eve_in_paris_is_december() -> None:
    assert periods.month_of(datetime(2026, 12, 31, 22, 30, tzinfo=UTC)) == date(2026, 12, 1)
    assert periods.month_of(datetime(2026, 12, 31, 23, 0, tzinfo=UTC)) == date(2027, 1, 1)


def test_month_of_the_last_minutes_of_a_summer_month_is_that_month() -> None:
    assert periods.month_of(datetime(2026, 6, 30, 21, 59, 59, 999_999, tzinfo=UTC)) == date(2026, 6, 1)
    assert periods.month_of(datetime(2026, 6, 30, 22, 0, tzinfo=UTC)) == date(2026, 7, 1)


def test_day_of_the_repeated_hour_is_the_same_day() -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=PARIS)
    second = first.replace(fold=1)

    assert second.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=1)
    assert periods.day_of(first) == periods.day_of(second) == date(2026, 10, 25)
    assert periods.days_between(first, second) == 0


def test_month_of_the_end_of_march_is_handled_around_the_missing_hour() -> None:
    assert periods.day_of(datetime(2026, 3, 29, 0, 59, tzinfo=UTC)) == date(2026, 3, 29)
    assert periods.day_of(datetime(2026, 3, 29, 21, 59, tzinfo=UTC)) == date(2026, 3, 29)
    assert periods.day_of(datetime(2026, 3, 29, 22, 0, tzinfo=UTC)) == date(2026, 3, 30)


@given(
    st.datetimes(
        min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        max_value=datetime(2120, 1, 1),  # noqa: DTZ001 - the same
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=-10)), timezone(timedelta(hours=13)), PARIS]),
    )
)
def test_day_and_month_are_those_of_the_calendar_of_paris(instant: datetime) -> None:
    there = instant.astimezone(PARIS)

    assert periods.day_of(instant) == there.date()
    assert periods.month_of(instant) == there.date().replace(day=1)


@given(st.dates(min_value=date(2015, 1, 1), max_value=date(2090, 1, 1)))
def test_end_of_day_is_midnight_and_still_belongs_to_the_month_of_the_day(day: date) -> None:
    end = periods.end_of_day(day)

    assert end.astimezone(PARIS).replace(tzinfo=None) == datetime.combine(day, datetime.min.time()) + timedelta(days=1)
    assert end.tzinfo is UTC
    assert periods.month_of_deadline(end) == day.replace(day=1)
    assert periods.day_of(end) == day + timedelta(days=1)
    assert periods.day_of(end - timedelta(microseconds=1)) == day


def test_month_of_deadline_inside_a_day_is_the_month_of_the_day() -> None:
    assert periods.month_of_deadline(datetime(2026, 11, 30, 9, 0, tzinfo=PARIS)) == date(2026, 11, 1)
    assert periods.month_of_deadline(datetime(2026, 12, 1, 0, 0, 1, tzinfo=PARIS)) == date(2026, 12, 1)


def test_days_between_counts_dates_not_hours() -> None:
    late = datetime(2026, 5, 4, 23, 59, tzinfo=PARIS)

    assert periods.days_between(late, late + timedelta(minutes=2)) == 1
    assert periods.days_between(late - timedelta(hours=23), late) == 0


def test_period_of_each_kind_is_half_open() -> None:
    start = date(2026, 10, 1)

    assert periods.period(PeriodKind.MONTH, start).end == date(2026, 11, 1)
    assert periods.period(PeriodKind.QUARTER, start).end == date(2027, 1, 1)
    assert periods.period(PeriodKind.YEAR, date(2026, 1, 1)) == YEAR_2026
    assert periods.period(PeriodKind.ROLLING_12, start).end == date(2027, 10, 1)


@pytest.mark.parametrize(
    ("kind", "start"),
    [
        (PeriodKind.MONTH, date(2026, 10, 2)),
        (PeriodKind.QUARTER, date(2026, 2, 1)),
        (PeriodKind.YEAR, date(2026, 7, 1)),
        (PeriodKind.ROLLING_12, date(2026, 7, 14)),
    ],
)
def test_period_that_does_not_start_there_is_refused(kind: PeriodKind, start: date) -> None:
    with pytest.raises(ValueError, match="starts on"):
        periods.period(kind, start)


def test_year_is_twelve_months_end_to_end() -> None:
    months = [periods.period(PeriodKind.MONTH, first) for first in YEAR_2026.months]

    assert len(months) == 12
    assert months[0].start == YEAR_2026.start
    assert months[-1].end == YEAR_2026.end
    assert all(one.end == following.start for one, following in itertools.pairwise(months))


@pytest.mark.parametrize(
    ("kind", "start"),
    [
        (PeriodKind.MONTH, date(2026, 8, 1)),
        (PeriodKind.QUARTER, date(2026, 7, 1)),
        (PeriodKind.YEAR, date(2026, 1, 1)),
    ],
)
def test_containing_gives_the_calendar_period_of_a_month(kind: PeriodKind, start: date) -> None:
    span = periods.containing(kind, date(2026, 8, 1))

    assert span.start == start
    assert date(2026, 8, 1) in span.months


def test_containing_a_rolling_window_is_refused() -> None:
    with pytest.raises(ValueError, match="twelve rolling windows"):
        periods.containing(PeriodKind.ROLLING_12, date(2026, 8, 1))


def test_rolling_12_ends_with_the_open_month() -> None:
    span = periods.rolling_12(datetime(2026, 11, 23, 10, 0, tzinfo=UTC))

    assert (span.start, span.end) == (date(2025, 12, 1), date(2026, 12, 1))
    assert len(span.months) == 12


def test_year_is_open_until_midnight_in_paris() -> None:
    midnight = datetime(2027, 1, 1, tzinfo=PARIS)

    assert periods.is_open(YEAR_2026, midnight - timedelta(microseconds=1))
    assert not periods.is_open(YEAR_2026, midnight)


def test_plus_months_crosses_years_both_ways() -> None:
    assert periods.plus_months(date(2026, 11, 1), 3) == date(2027, 2, 1)
    assert periods.plus_months(date(2026, 2, 1), -3) == date(2025, 11, 1)


def test_start_of_day_is_midnight_in_paris() -> None:
    assert periods.start_of_day(date(2026, 7, 14)) == datetime(2026, 7, 13, 22, 0, tzinfo=UTC)
