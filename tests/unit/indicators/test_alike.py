"""A share that is remembered is the share that would be worked out."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spplus_indicators import alike
from spplus_indicators.alike import Likeness, worked_out
from spplus_indicators.ledger import EMPTY, merge
from spplus_indicators.statements import statement_of
from tests.support.builders import a_feedback, an_envelope
from tests.support.hearsay import AS_OF, hearsay

LIKENESS = Likeness()


def row_of(*events):
    return merge(EMPTY, [statement_of(an_envelope(event), event) for event in events])


@settings(max_examples=200, deadline=None)
@given(hearsay(), st.integers(-400, 400))
def test_share_that_is_remembered_is_the_share_of_the_row(lists, days):
    instant = AS_OF + timedelta(days=days)
    rows = {}
    for envelope, event in lists[0]:
        statement = statement_of(envelope, event)
        lone = merge(EMPTY, [statement])
        assert LIKENESS.counted(lone, instant) == worked_out(lone, instant)
        rows[statement.request] = merge(rows.get(statement.request, EMPTY), [statement])
    for row in rows.values():
        assert LIKENESS.counted(row, instant) == worked_out(row, instant)


def test_feedbacks_that_are_alike_share_their_cells_and_keep_their_deadlines():
    likeness = Likeness()
    due = [AS_OF + timedelta(days=days) for days in (1, 2)]
    rows = [row_of(a_feedback(request_id=f"r{at:%d}", answer_due_at=at, announced_at=None)) for at in due]
    counted = [likeness.counted(row, AS_OF) for row in rows]
    assert counted[0].share.cells is counted[1].share.cells
    assert [each.share.changes_after for each in counted] == due


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(alike, "_MOST", 3)
    likeness = Likeness()
    for number in range(20):
        likeness.counted(row_of(a_feedback(structure_code=f"office{number}")), AS_OF)
        assert len(likeness._known) <= 3


@pytest.mark.parametrize("change", [{"sentiment": "negative"}, {"author": "agent"}, {"structure_code": "99"}])
def test_feedbacks_that_differ_in_what_counts_are_not_alike(change):
    likeness = Likeness()
    for event in (a_feedback(), a_feedback(**change)):
        row = row_of(event)
        assert likeness.counted(row, AS_OF) == worked_out(row, AS_OF)
