"""What one request adds to the tallies, and when time alone changes it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from spplus_indicators.contribution import contribution, difference, share
from spplus_indicators.ledger import EMPTY, Row, merge
from spplus_indicators.statements import statement_of
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

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
SECOND = timedelta(seconds=1)


def a_row(*events) -> Row:
    return merge(EMPTY, [statement_of(an_envelope(event, id=f"e{n}"), event) for n, event in enumerate(events)])


def counts(*events, as_of=DUE_AT) -> dict[str, int]:
    return {measure: count for (_, _, measure), count in contribution(a_row(*events), as_of).items()}


def test_request_due_monday_nine_is_out_until_then_and_late_after():
    monday = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
    feedback = a_feedback(answer_due_at=monday)
    assert "due" not in counts(feedback, as_of=monday - SECOND)
    assert "due" not in counts(feedback, as_of=monday)
    late = counts(feedback, as_of=monday + SECOND)
    assert (late["due"], late.get("on_time", 0)) == (1, 0)


def test_answer_after_the_deadline_stays_late():
    tuesday = counts(a_feedback(), an_answer(answered_at=DUE_AT + SECOND), as_of=DUE_AT + timedelta(days=5))
    assert (tuesday["due"], tuesday.get("on_time", 0), tuesday["answered"]) == (1, 0, 1)


def test_answer_at_the_very_deadline_is_on_time():
    assert counts(a_feedback(), an_answer(answered_at=DUE_AT))["on_time"] == 1


@pytest.mark.parametrize("outcome", ["closed_unanswered", "delay_notice", "acknowledged"])
def test_what_is_no_answer_leaves_the_request_open_and_late(outcome):
    late = counts(a_feedback(), an_answer(outcome), as_of=DUE_AT + SECOND)
    assert (late["due"], late.get("on_time", 0), late.get("answered", 0)) == (1, 0, 0)


@pytest.mark.parametrize(
    ("said", "overdue"),
    [
        (None, 1),
        (an_answer("acknowledged"), 1),
        (an_answer("delay_notice"), 1),
        (an_answer(answered_at=DUE_AT + SECOND), 0),
        (an_answer("closed_unanswered"), 0),
        (a_withdrawal(), 0),
    ],
)
def test_request_is_overdue_until_it_is_answered_closed_or_taken_back(said, overdue):
    told = [a_feedback()] if said is None else [a_feedback(), said]
    assert counts(*told, as_of=DUE_AT + timedelta(days=5)).get("overdue", 0) == overdue
    assert "overdue" not in counts(*told, as_of=DUE_AT)


def test_letter_with_an_announced_deadline_is_overdue_until_it_is_closed():
    said = {"request_kind": "letter", "answer_due_at": DUE_AT, "announced_at": RECEIVED_AT}
    opened, closed = an_answer("acknowledged", **said), an_answer("closed_unanswered", request_kind="letter")
    assert counts(opened, as_of=DUE_AT + SECOND)["overdue"] == 1
    assert "overdue" not in counts(opened, closed, as_of=DUE_AT + SECOND)


def test_withdrawal_before_or_after_leaves_nothing():
    assert counts(a_withdrawal(), a_feedback(), an_answer()) == {}
    assert counts(a_feedback(), an_answer(), a_withdrawal()) == {}


def test_changes_after_is_the_deadline_of_an_open_request_only():
    assert share(a_row(a_feedback()), DUE_AT).changes_after == DUE_AT
    assert share(a_row(a_feedback()), DUE_AT + SECOND).changes_after is None
    assert share(a_row(a_feedback(), an_answer()), RECEIVED_AT).changes_after is None


def test_deadline_is_the_first_announced_and_must_precede_the_answer():
    letter = {"request_kind": "letter"}
    opened = an_answer("acknowledged", **letter, answer_due_at=ANSWERED_AT - SECOND, announced_at=RECEIVED_AT)
    prolonged = an_answer("delay_notice", **letter, answer_due_at=DUE_AT, announced_at=RECEIVED_AT + SECOND)
    answered = an_answer(**letter)
    late = counts(prolonged, answered, opened)
    assert (late["due"], late.get("on_time", 0)) == (1, 0)
    afterthought = an_answer("delay_notice", **letter, answer_due_at=DUE_AT, announced_at=ANSWERED_AT)
    assert "due" not in counts(afterthought, answered)


def test_deadline_of_the_feedback_outranks_an_earlier_announcement():
    promise = an_answer("acknowledged", answer_due_at=RECEIVED_AT + timedelta(days=1), announced_at=RECEIVED_AT)
    assert counts(a_feedback(), promise, an_answer())["on_time"] == 1


def test_redirects_in_reverse_lead_to_the_last_holder():
    to_b = an_answer("redirected", structure_code="A", redirected_to="B", redirected_at=RECEIVED_AT + SECOND)
    to_c = an_answer("redirected", structure_code="B", redirected_to="C", redirected_at=RECEIVED_AT + 2 * SECOND)
    forward = contribution(a_row(a_feedback(structure_code="A"), to_b, to_c), DUE_AT)
    backward = contribution(a_row(to_c, to_b, a_feedback(structure_code="A")), DUE_AT)
    assert {structure for structure, _, _ in forward} == {"C"}
    assert forward == backward
    assert {month for _, month, _ in forward} == {MARCH}


def test_retracted_redirect_gives_the_request_back():
    to_b = an_answer("redirected", structure_code="A", redirected_to="B", statement_id="s")
    taken_back = to_b.model_copy(update={"version": 2, "retracted": True})
    cells = contribution(a_row(a_feedback(structure_code="A"), taken_back, to_b), DUE_AT)
    assert {structure for structure, _, _ in cells} == {"A"}


def test_bulk_slot_highest_version_wins_whatever_its_id_and_order():
    corrected = a_bulk(received=900, answered=800, version=2)
    expected = {"calls_received": 900, "calls_answered": 800}
    assert counts(a_bulk(), corrected, a_bulk()) == counts(corrected, a_bulk()) == expected
    assert counts(corrected, a_bulk(version=3, retracted=True)) == {}


def test_bulk_deadlines_of_letters_are_pooled_in():
    letters = a_bulk(request_kind="letter", with_deadline=50, on_time=45)
    assert counts(letters) == {"due": 50, "on_time": 45}


def test_new_year_in_paris_belongs_to_the_year_that_paris_has():
    told = a_feedback(submitted_at=datetime(2025, 12, 31, 22, 30, tzinfo=UTC))
    assert {month for (_, month, measure) in contribution(a_row(told), RECEIVED_AT) if measure == "experiences"} == {
        date(2025, 12, 1)
    }
    told = a_feedback(submitted_at=datetime(2025, 12, 31, 23, 0, tzinfo=UTC))
    assert {month for (_, month, measure) in contribution(a_row(told), RECEIVED_AT) if measure == "experiences"} == {
        date(2026, 1, 1)
    }


def test_deadline_at_midnight_is_due_in_the_month_that_ends():
    midnight = datetime(2026, 3, 31, 22, 0, tzinfo=UTC)
    cells = contribution(a_row(a_feedback(answer_due_at=midnight), an_answer()), RECEIVED_AT)
    assert {month for (_, month, measure) in cells if measure == "due"} == {MARCH}


@pytest.mark.parametrize("changes", [{"author": "agent"}, {"kind": "survey"}, {"author": "agent", "proposal": True}])
def test_opinions_that_are_no_citizens_experience_count_nowhere(changes):
    assert counts(a_feedback(**changes), an_answer(), as_of=DUE_AT + SECOND) == {}


def test_answer_without_its_story_waits_for_it():
    assert counts(an_answer()) == {}


def test_difference_gives_back_what_was_counted_elsewhere():
    before, after = {("A", MARCH, "due"): 1, ("A", MARCH, "on_time"): 1}, {("B", APRIL, "due"): 1}
    assert difference(after, before) == {
        ("A", MARCH, "due"): -1,
        ("A", MARCH, "on_time"): -1,
        ("B", APRIL, "due"): 1,
    }
    assert difference(after, after) == {}
