"""What a reader may ask, and the place where a page ends."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from spplus_chassis.paging import cursor_of
from spplus_feedback.experiences.filters import ExperienceQuery, Place


@given(st.datetimes(datetime(2015, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)), st.uuids())  # noqa: DTZ001
def test_cursor_comes_back_as_the_place_it_was(published_at, public_id):
    place = Place(published_at, public_id)
    assert Place.of(place.cursor) == place
    assert ExperienceQuery(cursor=place.cursor).after == place


@pytest.mark.parametrize(
    "sent",
    [
        {"cursor": "x"},
        {"cursor": cursor_of("2026-01-01T00:00:00 x")},
        {"cursor": cursor_of(f"2026-01-01T00:00:00 {uuid4()}")},
        {"cursor": ""},
        {"unknown": "1"},
        {"q": "a\x00b"},
        {"q": ""},
        {"structure": "x" * 300},
        {"sentiment": "happy"},
        {"answered": "perhaps"},
        {"limit": 0},
        {"limit": 101},
        {"from": "2014-12-31"},
        {"to": "9999-12-31"},
        {"from": "2026-02-30"},
        {"from": "2026-02-02", "to": "2026-02-01"},
    ],
)
def test_what_cannot_be_asked_is_refused(sent):
    with pytest.raises(ValidationError):
        ExperienceQuery.model_validate(sent)


def test_filters_given_are_told_as_they_were_written():
    sent = {"q": "été", "from": "2026-01-01", "answered": "true", "limit": 3}
    assert ExperienceQuery.model_validate(sent).given() == {"q": "été", "from": "2026-01-01", "answered": "true"}
