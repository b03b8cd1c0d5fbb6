"""Arrival order, repetition and batching change nothing, and the counts are those of an independent reading."""

from collections import Counter
from dataclasses import asdict

from hypothesis import given, settings
from hypothesis import strategies as st

from spplus_embedded import fold as judge
from spplus_indicators.contribution import contribution, difference, share
from spplus_indicators.ledger import EMPTY, Row, joined, merge
from spplus_indicators.statements import RequestKey, statement_of
from spplus_indicators.stored import cells_of_text, row_of_text, text_of_cells, text_of_row
from tests.support.hearsay import AS_OF, Told, hearsay, honest


def rows_of(events: list[Told]) -> dict[RequestKey, Row]:
    rows: dict[RequestKey, Row] = {}
    for envelope, event in events:
        statement = statement_of(envelope, event)
        rows[statement.request] = merge(rows.get(statement.request, EMPTY), [statement])
    return rows


def cells_of(rows: dict[RequestKey, Row]) -> Counter:
    total: Counter = Counter()
    for row in rows.values():
        total.update(contribution(row, AS_OF))
    return +total


def judged(events: list[Told]) -> Counter:
    total: Counter = Counter()
    for (structure, month), counts in judge.count(events, AS_OF).items():
        for measure, count in asdict(counts).items():
            if measure == "delays":
                total.update((structure, month, f"delay:{days}") for days in count)
            elif measure == "marks":
                for code, mark in count:
                    total[structure, month, f"procedure:{code}:n"] += 1
                    total[structure, month, f"procedure:{code}:sum10"] += mark
            else:
                total[structure, month, measure] += count
    return +total


@settings(max_examples=200, deadline=None)
@given(hearsay())
def test_counts_in_any_order_are_those_of_an_independent_reading(lists):
    events, shuffled = map(honest, lists)
    assert cells_of(rows_of(shuffled)) == judged(events)


@settings(max_examples=80, deadline=None)
@given(hearsay())
def test_rows_any_permutation_and_duplication_gives_the_same(lists):
    events, shuffled = lists
    assert rows_of(shuffled) == rows_of(events)


@settings(max_examples=60, deadline=None)
@given(hearsay(), st.integers(0, 20), st.integers(0, 20))
def test_joined_rows_are_associative_commutative_and_idempotent(lists, first, second):
    _, events = lists
    low, high = sorted((min(first, len(events)), min(second, len(events))))
    parts = [rows_of(events[:low]), rows_of(events[low:high]), rows_of(events[high:])]
    for key in rows_of(events):
        a, b, c = (part.get(key, EMPTY) for part in parts)
        assert joined(joined(a, b), c) == joined(a, joined(b, c)) == rows_of(events)[key]
        assert joined(a, b) == joined(b, a)
        assert joined(a, a) == a


@settings(max_examples=60, deadline=None)
@given(hearsay())
def test_stored_text_gives_back_the_row_and_its_cells(lists):
    for row in rows_of(lists[0]).values():
        assert row_of_text(text_of_row(row), withdrawn=row.withdrawn) == row
        cells = contribution(row, AS_OF)
        assert cells_of_text(text_of_cells(cells)) == cells


@settings(max_examples=60, deadline=None)
@given(hearsay())
def test_differences_added_up_event_by_event_give_the_final_counts(lists):
    rows: dict[RequestKey, Row] = {}
    counted: dict[RequestKey, dict] = {}
    tally: Counter = Counter()
    for envelope, event in lists[1]:
        statement = statement_of(envelope, event)
        rows[statement.request] = merge(rows.get(statement.request, EMPTY), [statement])
        cells = share(rows[statement.request], AS_OF).cells
        tally.update(difference(cells, counted.get(statement.request, {})))
        counted[statement.request] = cells
    assert all(count >= 0 for count in tally.values())
    assert +tally == cells_of(rows_of(lists[0]))
