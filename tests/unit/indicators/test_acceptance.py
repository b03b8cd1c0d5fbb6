"""The numbers by which scoring is accepted, each under its own number (number 1 is about the official files).

Those that a database must show as well are in tests/integration/indicators/test_acceptance.py.
"""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spplus_contracts.vocabulary import IndicatorStatus, PeriodKind
from spplus_indicators.contribution import difference, share
from spplus_indicators.figures import figures_at
from spplus_indicators.formulas import compute, compute_all
from spplus_indicators.intervals import wilson
from spplus_indicators.ledger import EMPTY, Row, merge
from spplus_indicators.measures import NEEDS
from spplus_indicators.periods import containing, month_of, start_of_day
from spplus_indicators.pooling import pooled_over
from spplus_indicators.statements import statement_of
from spplus_indicators.thresholds import Thresholds
from tests.support.builders import (
    ANSWERED_AT,
    DUE_AT,
    RECEIVED_AT,
    a_bulk,
    a_feedback,
    a_withdrawal,
    an_answer,
    an_envelope,
)
from tests.support.hearsay import AS_OF, hearsay
from tests.support.tallied import rows_of, tallied

MARCH = date(2026, 3, 1)
SECOND = timedelta(seconds=1)


def counts(*events, as_of=DUE_AT + SECOND) -> Counter[str]:
    """Counts by measure, wherever they are."""
    found: Counter[str] = Counter()
    for (_, _, measure), count in cells(*events, as_of=as_of).items():
        found[measure] += count
    return found


def cells(*events, as_of=DUE_AT + SECOND):
    told = [(an_envelope(event, id=f"event-{number}"), event) for number, event in enumerate(events)]
    return tallied(rows_of(told), as_of)


@pytest.mark.parametrize(
    ("part", "whole", "low", "high", "digits"),
    [(371, 471, 0.7485, 0.8222, 4), (8, 10, 0.49, 0.94, 2), (24, 30, 0.63, 0.90, 2), (80, 100, 0.71, 0.87, 2)],
)
def test_number_2_wilson_bounds(part, whole, low, high, digits):
    assert [round(bound, digits) for bound in wilson(part, whole)] == [low, high]


def test_number_3_experiences_answered_of_experiences():
    told = Counter({"experiences": 371 + 23 + 77, "answer_expected": 471, "answered": 458})
    figure = compute("answer_rate", told, 30)
    assert (figure.n, round(figure.value, 4)) == (471, 0.9724)
    assert compute("experience_count", told, 30).value == 471


def test_number_4_calls_that_a_voice_server_handles_stay_out():
    month = counts(a_bulk(received=1000, answered=850))
    assert month == {"calls_received": 1000, "calls_answered": 850}
    assert compute("pickup_rate", month, 30).value == 0.85


@pytest.mark.parametrize(("n", "status"), [(29, IndicatorStatus.INSUFFICIENT_SAMPLE), (30, IndicatorStatus.OK)])
def test_number_5_thirty_answers_are_enough_and_29_are_not(n, status):
    for code, tally in {
        "experience_satisfaction": {"positive": n},
        "dimension_relation": {"relation_rated": n},
        "survey_satisfaction": {"survey_answers": n},
        "acknowledgement_rate": {"acknowledgement_due": n},
        "answer_delay_median": {"delay:2": n},
    }.items():
        figure = compute_all([code], tally, Thresholds())[code]
        assert (figure.status, figure.n, figure.value is None) == (status, n, n == 29)


def test_number_6_a_year_pools_its_months_and_a_parent_its_children():
    small, large = {"positive": 10}, {"positive": 495, "negative": 495}
    year = pooled_over({date(2026, 1, 1): small, MARCH: large}, containing(PeriodKind.YEAR, MARCH))
    parent = Counter(small) + Counter(large)
    for tally in (year, parent):
        assert compute("experience_satisfaction", tally, 30).value == 0.505


def test_number_7_a_request_due_on_monday_at_nine():
    monday = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
    told = a_feedback(answer_due_at=monday)
    on_tuesday = an_answer(answered_at=monday + timedelta(days=1))
    dated_before = an_answer(answered_at=monday - timedelta(hours=1))
    assert "due" not in counts(told, as_of=monday - SECOND)
    late = counts(told, as_of=monday + SECOND)
    assert (late["due"], late["on_time"]) == (1, 0)
    still_late = counts(told, on_tuesday, as_of=monday + timedelta(days=2))
    assert (still_late["due"], still_late["on_time"]) == (1, 0)
    assert "due" not in counts(told, on_tuesday, a_withdrawal(), as_of=monday + timedelta(days=2))
    in_time = counts(told, dated_before, as_of=monday + timedelta(days=2))
    assert (in_time["due"], in_time["on_time"]) == (1, 1)


@settings(max_examples=100, deadline=None)
@given(hearsay(), st.integers(1, 5))
def test_number_8_any_order_and_repetition_gives_the_same_ledger_tallies_and_figures(lists, pieces):
    """The tallies are added up difference by difference, in pieces of any size, and swept once at the end."""
    told, again = lists
    assert rows_of(again) == rows_of(told)
    total: Counter = Counter()
    rows: dict = {}
    counted: dict = {}
    early = AS_OF - timedelta(days=20)
    for at in range(0, len(again), pieces):
        for envelope, event in again[at : at + pieces]:
            said = statement_of(envelope, event)
            rows[said.request] = merge(rows.get(said.request, EMPTY), [said])
            _count(total, rows[said.request], counted, said.request, early)
    for request, row in rows.items():
        _count(total, row, counted, request, AS_OF)
    assert +total == tallied(rows_of(told), AS_OF)
    assert _figures(+total) == _figures(tallied(rows_of(told), AS_OF))


def _count(total: Counter, row: Row, counted: dict, request, as_of: datetime) -> None:
    new = share(row, as_of).cells
    for cell, change in difference(new, counted.get(request, {})).items():
        total[cell] += change
    counted[request] = new


def _figures(tallies: Counter) -> dict:
    by_place: dict = {}
    for (structure, month, measure), count in tallies.items():
        by_place.setdefault((structure, month), {})[measure] = count
    return {
        place: figures_at(NEEDS, tally, collected=[], not_applicable=frozenset(), thresholds=Thresholds(1))
        for place, tally in by_place.items()
    }


def test_number_10_a_year_is_twelve_months_of_paris():
    year = containing(PeriodKind.YEAR, MARCH)
    assert [month.month for month in year.months] == list(range(1, 13))
    assert month_of(datetime(2025, 12, 31, 22, 30, tzinfo=UTC)) == date(2025, 12, 1)
    assert month_of(datetime(2025, 12, 31, 23, 0, tzinfo=UTC)) == date(2026, 1, 1)
    # In the night to summer time a day has 23 hours, in the night back 25.
    summer, winter = date(2026, 3, 29), date(2026, 10, 25)
    for day, hours in ((summer, 23), (winter, 25)):
        assert start_of_day(day + timedelta(days=1)) - start_of_day(day) == timedelta(hours=hours)
    assert month_of(datetime(2026, 3, 31, 21, 59, tzinfo=UTC)) == MARCH
    assert month_of(datetime(2026, 3, 31, 22, 0, tzinfo=UTC)) == date(2026, 4, 1)


def test_number_11_redirects_delivered_in_reverse_make_one_request_at_the_last_holder():
    letter = {"request_kind": "letter"}
    opened = an_answer("acknowledged", **letter, structure_code="A", answer_due_at=DUE_AT, announced_at=RECEIVED_AT)
    to_b, to_c = (
        an_answer(
            "redirected",
            **letter,
            structure_code=holder,
            received_at=RECEIVED_AT + timedelta(days=days),
            redirected_to=target,
            redirected_at=RECEIVED_AT + timedelta(days=days + 1),
        )
        for holder, target, days in (("A", "B", 1), ("B", "C", 3))
    )
    answered = an_answer(**letter, structure_code="C", received_at=RECEIVED_AT + timedelta(days=4))
    found = cells(answered, to_c, to_b, opened)
    assert found == cells(opened, to_b, to_c, answered)
    assert {structure for structure, _, _ in found} == {"C"}
    days = (ANSWERED_AT - RECEIVED_AT).days
    assert found["C", MARCH, f"delay:{days}"] == 1, "from the first receipt"
    assert found["C", month_of(DUE_AT), "due"] == 1, "by the first deadline"


def test_number_12_a_bulk_slot_counts_once_and_a_higher_version_replaces_it():
    once = {"calls_received": 1000, "calls_answered": 870}
    assert counts(a_bulk()) == counts(a_bulk(), a_bulk()) == once
    corrected = a_bulk(received=900, answered=800, version=2)
    for order in ((a_bulk(), corrected), (corrected, a_bulk()), (a_bulk(), corrected, a_bulk())):
        assert counts(*order) == {"calls_received": 900, "calls_answered": 800}
