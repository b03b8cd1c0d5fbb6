"""Requests within a minute: a burst up to the limit, then one at a time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spplus_feedback.abuse.rates import PerMinute


def test_burst_is_taken_up_to_the_limit_and_then_one_at_a_time():
    limit = PerMinute(60)
    taken = [limit.take("caller", 0.0) for _ in range(61)]
    assert [each.allowed for each in taken] == [True] * 60 + [False]
    assert [each.remaining for each in taken] == [*range(59, -1, -1), 0]
    assert taken[-1].retry_after_seconds == pytest.approx(1.0)
    assert limit.take("caller", 1.0).allowed
    assert not limit.take("caller", 1.0).allowed
    assert limit.take("another", 1.0).allowed


def test_many_at_once_are_taken_all_or_none():
    limit = PerMinute(1_000)
    assert limit.take("key", 0.0, 900).allowed
    refused = limit.take("key", 0.0, 200)
    assert not refused.allowed
    assert refused.remaining == 100
    assert limit.take("key", refused.retry_after_seconds, 200).allowed


def test_no_limit_takes_everything():
    assert all(PerMinute(0).take("caller", 0.0, 10**9).allowed for _ in range(100))


def test_what_was_not_asked_for_is_paid_by_the_next_and_never_more_than_a_minute():
    limit = PerMinute(60)
    for _ in range(100):
        limit.charge("caller", 0.0, 20)
    assert not limit.take("caller", 0.0).allowed
    assert limit.take("caller", 1.0).allowed


def test_memory_is_bounded_and_the_last_callers_are_remembered():
    limit = PerMinute(1, most_callers=100)
    for caller in range(1_000):
        limit.take(caller, 0.0)
    assert len(limit._recent) + len(limit._earlier) <= 200
    assert not limit.take(999, 0.0).allowed


@given(st.integers(1, 100), st.lists(st.floats(0, 30), min_size=1, max_size=60))
def test_never_more_than_twice_the_limit_within_a_minute(limit, pauses):
    rate, now, allowed = PerMinute(limit), 0.0, []
    for pause in pauses:
        now += pause
        if rate.take("caller", now).allowed:
            allowed.append(now)
    for start in allowed:
        assert sum(start <= each < start + 60 for each in allowed) <= 2 * limit
