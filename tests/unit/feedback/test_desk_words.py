"""Words of the desk: how long is left, and replies that fill themselves in."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spplus_contracts.vocabulary import Outcome
from spplus_feedback.deadlines import end_of_day
from spplus_feedback.desk import places
from spplus_feedback.desk.asked import asked
from spplus_feedback.desk.due import due_words, end_of_week
from spplus_feedback.desk.replies import fault_of, filled, joined, unknown_places
from spplus_feedback.desk.taking import state_of
from spplus_feedback.standing import Said, Status

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
FRIDAY = datetime(2026, 11, 27, 9, tzinfo=UTC)


def at_the_end(now, days):
    return end_of_day((now + timedelta(days=days)).date())


@pytest.mark.parametrize(
    ("now", "days", "words"),
    [
        (MONDAY, 0, "aujourd’hui"),
        (MONDAY, 1, "demain"),
        (MONDAY, 2, "dans 2 jours ouvrés"),
        (MONDAY, 4, "dans 4 jours ouvrés"),
        (MONDAY, 6, "dans 4 jours ouvrés"),
        (MONDAY, 7, "dans 5 jours ouvrés"),
        (MONDAY, 400, "dans plus d’un an"),
        (MONDAY, -1, "en retard de 1 jour"),
        (MONDAY, -2, "en retard de 2 jours"),
        (FRIDAY, 2, "dans 2 jours, sans jour ouvré d’ici là"),
        (FRIDAY, 3, "dans 1 jour ouvré"),
    ],
)
def test_deadline_is_told_in_days_that_an_agent_works(now, days, words):
    assert due_words(at_the_end(now, days), now) == words


def test_deadline_is_late_from_the_instant_after_it():
    due = end_of_day(MONDAY.date())
    assert due_words(due, due) == "aujourd’hui"
    assert due_words(due, due + timedelta(seconds=1)) == "en retard de 1 jour"
    assert due_words(MONDAY, MONDAY + timedelta(minutes=1)) == "en retard depuis aujourd’hui"
    assert due_words(None, MONDAY) == "sans date annoncée"


def test_public_holidays_are_no_working_days_also_those_of_the_department():
    eve = datetime(2026, 12, 23, 9, tzinfo=UTC)
    assert due_words(at_the_end(eve, 5), eve) == "dans 2 jours ouvrés"
    assert due_words(at_the_end(eve, 5), eve, "67") == "dans 2 jours ouvrés"
    assert due_words(at_the_end(eve, 3), eve) == "dans 1 jour ouvré"
    assert due_words(at_the_end(eve, 3), eve, "67") == "dans 1 jour ouvré"
    easter = datetime(2026, 4, 2, 9, tzinfo=UTC)
    assert due_words(at_the_end(easter, 5), easter) == "dans 2 jours ouvrés"
    assert due_words(at_the_end(easter, 5), easter, "67") == "dans 1 jour ouvré"


def test_week_ends_on_sunday_night_in_paris():
    sunday = datetime(2026, 11, 29, 22, 30, tzinfo=UTC)
    for now in (MONDAY, FRIDAY, sunday):
        assert end_of_week(now) == datetime(2026, 11, 29, 23, tzinfo=UTC)


def test_reply_fills_known_places_and_leaves_the_rest():
    text = "{structure}, le { date } : {echeance} {autre} {"
    assert filled(text, {"structure": "Mairie", "date": "lundi"}) == "Mairie, le lundi : {echeance} {autre} {"
    assert unknown_places(text) == ("autre",)
    assert joined("  ", "Bonjour") == "Bonjour"
    assert joined("Bonjour.\n", "Merci.") == "Bonjour.\n\nMerci."


@given(st.text(max_size=60), st.text(max_size=20))
def test_reply_never_loses_what_was_typed_nor_reads_a_value_as_a_place(text, value):
    assert filled(text, {}) == text
    assert filled("{date}", {"date": value, "structure": "x"}) == value


@pytest.mark.parametrize(
    ("text", "wrong"), [("Bonjour\n\tà vous", False), ("", True), ("a\x00b", True), ("x" * 10_001, True)]
)
def test_fault_of_a_text_is_told(text, wrong):
    assert (fault_of(text) is not None) is wrong


@given(st.none() | st.datetimes(timezones=st.just(UTC), min_value=datetime(1, 1, 2)), st.uuids())  # noqa: DTZ001
def test_place_of_a_page_is_read_as_it_was_written(instant, request_id):
    assert places.read(places.written((instant, str(request_id)))) == (instant, str(request_id))


@given(st.text(max_size=80))
def test_what_is_no_place_is_refused(text):
    with pytest.raises(places.BadPlace):
        places.read(text)


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"du": "2026-02-30"}, {"du"}),
        ({"du": "0001-01-01", "au": "9999-12-31"}, {"du", "au"}),
        ({"du": "2026-03-02", "au": "2026-03-01"}, {"au"}),
        ({"du": "2026-03-01", "au": "2026-03-01"}, set()),
    ],
)
def test_dates_that_cannot_be_are_said(sent, errors):
    assert asked(sent, MONDAY).errors.keys() == errors


def test_link_of_the_next_page_keeps_the_view_and_the_filters():
    wanted = asked({"vue": "retard", "q": "un & deux", "ressenti": "negative", "canal": "pigeon"}, MONDAY)
    assert wanted.filters.status is Status.WAITING
    link = parse_qs(urlsplit(wanted.link(after="la")).query)
    assert link == {"vue": ["retard"], "q": ["un & deux"], "ressenti": ["negative"], "apres": ["la"]}
    assert "retard" not in asked({"vue": "closes"}, MONDAY).link()


def test_state_changes_with_every_statement_and_not_with_their_order():
    first, second = (Said("spplus", name, 1, Outcome.ACKNOWLEDGED, MONDAY) for name in ("a", "b"))
    corrected = Said("spplus", "a", 2, Outcome.ACKNOWLEDGED, MONDAY)
    states = [state_of(said) for said in ([], [first], [first, second], [corrected, second])]
    assert len(set(states)) == 4
    assert state_of([second, first]) == states[2]
