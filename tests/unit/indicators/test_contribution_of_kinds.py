"""What surveys, ratings, finer feelings and receipts add to the tallies."""

from datetime import UTC, date, datetime, timedelta

import pytest

from spplus_indicators.contribution import Share, share
from spplus_indicators.ledger import EMPTY, merge
from spplus_indicators.statements import statement_of
from tests.support.builders import DUE_AT, RECEIVED_AT, a_feedback, a_withdrawal, an_answer, an_envelope

SECOND = timedelta(seconds=1)
LIMIT = datetime(2026, 3, 9, 23, 0, tzinfo=UTC)
"""The end, in Paris, of the seventh day after the default receipt."""
LIMIT_BY_POST = datetime(2026, 3, 16, 23, 0, tzinfo=UTC)


def told(*events, as_of=DUE_AT) -> Share:
    return share(merge(EMPTY, [statement_of(an_envelope(e, id=f"e{n}"), e) for n, e in enumerate(events)]), as_of)


def counts(*events, as_of=DUE_AT) -> dict[str, int]:
    return {measure: count for (_, _, measure), count in told(*events, as_of=as_of).cells.items()}


def test_finer_feelings_are_counted_where_they_are_given():
    found = counts(a_feedback(dimensions={"relation": "positive", "simplicity": "negative", "information": "neutral"}))
    assert {name: count for name, count in found.items() if name.endswith(("_rated", "_positive"))} == {
        "relation_rated": 1,
        "relation_positive": 1,
        "simplicity_rated": 1,
        "information_rated": 1,
    }


def test_finer_feelings_of_agents_and_of_surveys_are_not_counted():
    for changes in ({"author": "agent"}, {"kind": "survey"}):
        assert counts(a_feedback(dimensions={"relation": "positive"}, **changes)) == {}


@pytest.mark.parametrize(
    ("scale", "mark", "satisfied", "very", "unsatisfied"),
    [
        ("0-10", 6, 0, 0, 1),
        ("0-10", 7, 1, 0, 0),
        ("0-10", 8, 1, 0, 0),
        ("0-10", 9, 1, 1, 0),
        ("1-5", 3, 0, 0, 1),
        ("1-5", 4, 1, 0, 0),
        ("1-5", 5, 1, 1, 0),
        ("1-4", 2, 0, 0, 1),
        ("1-4", 3, 1, 0, 0),
        ("1-4", 4, 1, 1, 0),
    ],
)
def test_survey_answer_is_satisfied_very_or_not_by_its_scale(scale, mark, satisfied, very, unsatisfied):
    found = counts(a_feedback(kind="survey", score={"scale": scale, "value": mark}))
    assert found == {
        name: 1
        for name, count in (
            ("survey_answers", 1),
            ("survey_satisfied", satisfied),
            ("survey_very_satisfied", very),
            ("survey_not_satisfied", unsatisfied),
        )
        if count
    }


def test_survey_without_a_mark_says_nothing():
    assert counts(a_feedback(kind="survey")) == {}


def rating(mark, scale="0-10", **changes):
    return a_feedback(kind="procedure_rating", score={"scale": scale, "value": mark}, procedure_code="p1", **changes)


def test_rating_of_a_procedure_adds_to_its_ratings_and_its_sum():
    assert counts(rating(8)) == {"procedure:p1:n": 1, "procedure:p1:sum10": 8}
    assert counts(rating(0)) == {"procedure:p1:n": 1}


def test_rating_on_another_scale_or_of_no_procedure_is_left_out():
    assert counts(rating(5, "1-5")) == {}
    assert counts(a_feedback(kind="procedure_rating", score={"scale": "0-10", "value": 9})) == {}


def email(outcome, **changes):
    return an_answer(outcome, **{"request_kind": "email", "channel": "email"} | changes)


@pytest.mark.parametrize(
    ("changes", "limit"),
    [
        ({}, LIMIT),
        ({"channel": "mail"}, LIMIT),
        ({"request_kind": "letter"}, LIMIT_BY_POST),
        ({"request_kind": "complaint"}, LIMIT),
        ({"request_kind": "complaint", "channel": "mail"}, LIMIT_BY_POST),
        ({"request_kind": "procedure", "channel": "online_procedure"}, LIMIT),
    ],
)
def test_receipt_is_acknowledged_until_the_end_of_its_last_day_in_paris(changes, limit):
    open_request = email("delay_notice", **changes)
    assert told(open_request, as_of=limit) == Share({}, limit)
    late = told(open_request, as_of=limit + SECOND)
    assert ({name: n for (_, _, name), n in late.cells.items()}, late.changes_after) == (
        {"acknowledgement_due": 1},
        None,
    )
    for instant, in_time in ((limit, 1), (limit + SECOND, 0)):
        found = counts(email("acknowledged", acknowledged_at=instant, **changes))
        assert (found["acknowledgement_due"], found.get("acknowledged_in_time", 0)) == (1, in_time)


def test_receipt_is_settled_at_once_by_an_acknowledgement_or_an_answer():
    for event in (email("acknowledged"), email("answered", answered_at=RECEIVED_AT + SECOND)):
        found = told(event, as_of=RECEIVED_AT + timedelta(minutes=1))
        assert found.changes_after is None
        assert {(month, name) for (_, month, name) in found.cells} >= {(date(2026, 3, 1), "acknowledged_in_time")}


def test_receipt_counts_in_the_month_of_its_last_day():
    received = datetime(2026, 3, 25, 12, 0, tzinfo=UTC)
    cells = told(email("acknowledged", received_at=received, acknowledged_at=received)).cells
    assert {month for (_, month, _) in cells} == {date(2026, 4, 1)}


def test_receipt_acknowledged_late_and_answered_in_time_is_in_time():
    late = email("acknowledged", acknowledged_at=LIMIT + SECOND)
    assert "acknowledged_in_time" not in counts(late)
    assert counts(late, email("answered", answered_at=LIMIT))["acknowledged_in_time"] == 1


@pytest.mark.parametrize("outcome", ["redirected", "closed_unanswered", "delay_notice"])
def test_what_tells_the_citizen_of_no_receipt_leaves_it_open(outcome):
    assert counts(email(outcome), as_of=LIMIT + SECOND) == {"acknowledgement_due": 1}


def test_stories_and_calls_are_not_due_for_acknowledgement():
    assert "acknowledgement_due" not in counts(a_feedback(), an_answer("acknowledged"))
    assert "acknowledgement_due" not in counts(an_answer(request_kind="call", channel="phone"))


def test_receipt_of_a_withdrawn_or_retracted_request_is_out():
    retracted = email("acknowledged", version=2, retracted=True)
    assert counts(email("acknowledged"), a_withdrawal()) == counts(retracted) == {}


def test_changes_after_is_the_earliest_of_both_limits():
    opened = email("delay_notice", answer_due_at=LIMIT - SECOND, announced_at=RECEIVED_AT)
    assert told(opened, as_of=RECEIVED_AT).changes_after == LIMIT - SECOND
    assert told(opened, as_of=LIMIT).changes_after == LIMIT
    assert told(opened, as_of=LIMIT + SECOND).changes_after is None
    opened = email("delay_notice", answer_due_at=DUE_AT, announced_at=RECEIVED_AT)
    assert told(opened, as_of=RECEIVED_AT).changes_after == LIMIT
    assert told(opened, as_of=LIMIT + SECOND).changes_after == DUE_AT
