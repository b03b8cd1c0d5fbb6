from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spplus_contracts import AnnouncedDelay
from spplus_contracts.vocabulary import DelayCalendar
from spplus_feedback.deadlines import (
    PARIS,
    end_of_day,
    is_working_day,
    last_day,
    paris_day,
    promised,
    working_day_after,
)


def delay(days, calendar=DelayCalendar.CALENDAR, valid_from=date(2015, 1, 1)):
    return AnnouncedDelay(days=days, calendar=calendar, valid_from=valid_from)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def due_day(delays, submitted_at, default_days=0):
    deadline = promised(delays, submitted_at, default_days)
    return deadline and last_day(deadline.due_at)


def test_deadline_ends_at_midnight_in_paris():
    deadline = promised([delay(15)], at("2026-11-23T10:00"), 0)
    assert deadline.due_at == at("2026-12-08T23:00")
    assert deadline.announced_at == at("2026-11-23T10:00")


def test_evening_in_paris_belongs_to_the_day_in_paris():
    assert due_day([delay(1)], at("2026-12-31T22:59")) == date(2027, 1, 1)
    assert due_day([delay(1)], at("2026-12-31T23:00")) == date(2027, 1, 2)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 28), 23), (date(2026, 10, 24), 22), (date(2026, 10, 25), 23)]
)
def test_day_ends_by_the_clock_of_its_own_season(day, hours):
    assert end_of_day(day) == datetime(day.year, day.month, day.day, hours, tzinfo=UTC)
    assert paris_day(end_of_day(day)) == day + timedelta(days=1)
    assert paris_day(end_of_day(day) - timedelta(microseconds=1)) == day


@pytest.mark.parametrize(
    ("submitted", "days", "due"),
    [
        ("2026-11-20T10:00", 1, date(2026, 11, 23)),  # Friday: the week-end is off
        ("2026-11-21T10:00", 1, date(2026, 11, 23)),  # Saturday
        ("2026-04-30T10:00", 1, date(2026, 5, 4)),  # before Labour Day, a Friday
        ("2026-05-07T10:00", 5, date(2026, 5, 18)),  # 8 May and Ascension Day are off
        ("2025-12-24T10:00", 6, date(2026, 1, 5)),  # Christmas and New Year's Day are off
    ],
)
def test_working_days_leave_out_week_ends_and_public_holidays(submitted, days, due):
    assert due_day([delay(days, DelayCalendar.WORKING)], at(submitted)) == due


def test_delay_that_is_in_force_on_the_day_counts():
    delays = [delay(30), delay(10, valid_from=date(2026, 1, 1)), delay(5, valid_from=date(2027, 1, 1))]
    assert due_day(delays, at("2025-12-30T10:00")) == date(2026, 1, 29)
    assert due_day(delays, at("2026-06-01T10:00")) == date(2026, 6, 11)


def test_no_declared_delay_means_the_platforms_own_or_none():
    assert promised([], at("2026-06-01T10:00"), 0) is None
    assert due_day([], at("2026-06-01T10:00"), 8) == date(2026, 6, 9)
    assert promised([delay(5, valid_from=date(2030, 1, 1))], at("2026-06-01T10:00"), 0) is None


@given(st.integers(0, 24 * 365 * 20), st.integers(1, 60))
def test_working_days_take_longer_than_calendar_days(hour, days):
    submitted_at = at("2015-01-01T00:00") + timedelta(hours=hour)
    calendar = promised([delay(days)], submitted_at, 0)
    working = promised([delay(days, DelayCalendar.WORKING)], submitted_at, 0)
    assert submitted_at < calendar.due_at <= working.due_at


@pytest.mark.parametrize(
    ("department", "submitted", "due"),
    [
        ("67", "2026-04-02T10:00", date(2026, 4, 7)),  # Good Friday and Easter Monday
        ("68", "2025-12-24T10:00", date(2025, 12, 29)),  # 25 and 26 December, then the week-end
        ("57", "2025-12-24T10:00", date(2025, 12, 29)),
        ("54", "2026-04-02T10:00", date(2026, 4, 3)),
        ("971", "2026-05-26T10:00", date(2026, 5, 28)),  # abolition of slavery, 27 May
        ("972", "2026-05-21T10:00", date(2026, 5, 26)),  # 22 May, a Friday; then Monday of Pentecost
        ("973", "2026-06-09T10:00", date(2026, 6, 11)),  # 10 June
        ("974", "2027-12-19T10:00", date(2027, 12, 21)),  # 20 December, a Monday
        ("976", "2026-04-26T10:00", date(2026, 4, 28)),  # 27 April, a Monday
        ("988", "2026-09-23T10:00", date(2026, 9, 25)),  # 24 September
        ("75", "2026-05-26T10:00", date(2026, 5, 27)),
        (None, "2026-05-26T10:00", date(2026, 5, 27)),
    ],
)
def test_public_holidays_are_those_of_the_department(department, submitted, due):
    rule = [delay(1, DelayCalendar.WORKING)]
    assert last_day(promised(rule, at(submitted), 0, department=department).due_at) == due


DEPARTMENTS = st.sampled_from([None, "75", "57", "67", "68", *(f"97{n}" for n in range(1, 9)), "984", "986", "988"])
DAYS = st.dates(date(2015, 1, 1), date(2060, 12, 31))


@given(DAYS, st.integers(1, 120), DEPARTMENTS)
def test_so_many_working_days_are_counted_and_the_last_is_one(day, count, department):
    last = working_day_after(day, count, department)
    passed = [day + timedelta(days=n) for n in range(1, (last - day).days + 1)]
    assert sum(is_working_day(one, department) for one in passed) == count
    assert is_working_day(last, department)


@given(DAYS, st.integers(1, 60), st.integers(0, 30), st.integers(0, 30), DEPARTMENTS)
def test_a_later_start_or_a_longer_delay_never_ends_earlier(day, count, later, longer, department):
    base = working_day_after(day, count, department)
    assert working_day_after(day + timedelta(days=later), count, department) >= base
    assert working_day_after(day, count + longer, department) >= base


@given(DAYS)
def test_holidays_of_a_department_come_on_top_of_those_of_all(day):
    for department in ("57", "67", "68", "971", "972", "973", "974", "975", "976", "977", "978"):
        assert is_working_day(day) or not is_working_day(day, department)


@given(st.integers(24, 24 * 365 * 45), st.integers(1, 400))
def test_a_deadline_ends_a_day_in_paris_whatever_the_season(hour, days):
    submitted_at = at("2015-01-01T00:00") + timedelta(hours=hour)
    deadline = promised([delay(days)], submitted_at, 0)
    assert deadline.due_at.astimezone(PARIS).time() == datetime.min.time()
    assert last_day(deadline.due_at) - paris_day(submitted_at) == timedelta(days=days)
