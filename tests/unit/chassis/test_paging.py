"""Cursors and validators come back as they went, or are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spplus_chassis.paging import cursor_of, etag_of, matches, place_of


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=1, max_size=60))
def test_cursor_gives_back_its_place(place):
    assert place_of(cursor_of(place)) == place


@pytest.mark.parametrize("cursor", ["", "++", "a", "YQ==", "gA", "AA", "YR", "é"])
def test_text_that_we_did_not_write_is_refused(cursor):
    with pytest.raises(ValueError, match="not a cursor"):
        place_of(cursor)


def test_etag_follows_the_body():
    assert etag_of(b"a") == etag_of(b"a")
    assert etag_of(b"a") != etag_of(b"b")


@pytest.mark.parametrize(
    ("held", "known"),
    [(None, False), ('"x"', True), ('W/"x"', True), ('"y", "x"', True), ("*", True), ('"y"', False), ("x", False)],
)
def test_if_none_match_is_compared_weakly(held, known):
    assert matches('"x"', held) is known
