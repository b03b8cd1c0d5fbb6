"""A reader that is told «you have it» has it."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from spplus_notifier.answering import is_known, validators

START = datetime(2026, 11, 23, 12, 0, 0, 400_000, tzinfo=UTC)


def asking(**headers):
    lines = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    return Request({"type": "http", "method": "GET", "headers": lines})


def second_of_its_own(now, before):
    """When a commit changed the publication: the rule of `repository.append_changes`."""
    return max(now.replace(microsecond=0), before + timedelta(seconds=1))


STEPS = st.lists(st.one_of(st.just("commit"), st.just("read"), st.floats(0, 4)), max_size=60)


@given(STEPS)
def test_reader_that_only_sends_dates_never_keeps_an_old_version(steps):
    """Commits, reads and time in any order; each reader asks again, with the date it was given, at every later read."""
    now, modified_at, version = START, START.replace(microsecond=0) - timedelta(days=1), 0
    held: set[tuple[str, int]] = set()
    for step in steps:
        if step == "commit":
            modified_at, version = second_of_its_own(now, modified_at), version + 1
        elif step == "read":
            told = validators(f'"{version}"', modified_at, now=now)
            known = {had for date, had in held if is_known(asking(if_modified_since=date), told)}
            assert known <= {version}
            if "Last-Modified" in told:
                assert is_known(asking(if_modified_since=told["Last-Modified"]), told)
                held.add((told["Last-Modified"], version))
        else:
            now += timedelta(seconds=step)


def test_time_of_a_download_is_no_date_of_ours():
    """A version published while an older one was downloaded is newer, though its date is before the file's."""
    told = validators('"new"', START - timedelta(seconds=3), now=START)
    downloaded = format_datetime(START.replace(microsecond=0), usegmt=True)
    assert not is_known(asking(if_modified_since=downloaded), told)
    assert not is_known(asking(if_modified_since="yesterday"), told)
    assert not is_known(asking(), told)


def test_validator_counts_before_a_date():
    told = validators('W/"mine"', START, now=START)
    date = told["Last-Modified"]
    assert is_known(asking(if_none_match='"other", "mine"'), told)
    assert not is_known(asking(if_none_match='"other"', if_modified_since=date), told)
