from datetime import UTC, datetime, timedelta
from itertools import permutations

from spplus_contracts.vocabulary import Outcome
from spplus_feedback.standing import Said, Status, standing

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def said(outcome, days=0, **more):
    return Said("spplus", f"{outcome}-{days}", 1, outcome, MONDAY + days * DAY, **more)


def test_nothing_said_waits_with_its_own_deadline():
    derived = standing("guichet", MONDAY, [])
    assert (derived.status, derived.holder_code) == (Status.WAITING, "guichet")
    assert (derived.due_at, derived.promised_at) == (MONDAY, MONDAY)


def test_any_order_of_hearing_gives_the_same_standing():
    statements = [
        said(Outcome.REDIRECTED, 1, redirected_to="b"),
        said(Outcome.REDIRECTED, 2, redirected_to="c"),
        said(Outcome.ACKNOWLEDGED, 1, announced_due_at=MONDAY + 9 * DAY),
        said(Outcome.DELAY_NOTICE, 3, announced_due_at=MONDAY + 20 * DAY),
        said(Outcome.ANSWERED, 5),
    ]
    derived = {standing("a", None, order) for order in permutations(statements)}
    (only,) = derived
    assert (only.status, only.holder_code) == (Status.ANSWERED, "c")
    assert (only.due_at, only.promised_at) == (MONDAY + 9 * DAY, MONDAY + 20 * DAY)
    assert only.answered_at == MONDAY + 5 * DAY


def test_own_deadline_goes_before_a_later_promise():
    derived = standing("a", MONDAY, [said(Outcome.DELAY_NOTICE, 1, announced_due_at=MONDAY + 9 * DAY)])
    assert (derived.due_at, derived.promised_at) == (MONDAY, MONDAY + 9 * DAY)


def test_first_answer_counts_and_goes_before_a_closing():
    derived = standing(
        "a", None, [said(Outcome.CLOSED_UNANSWERED), said(Outcome.ANSWERED, 4), said(Outcome.ANSWERED, 2)]
    )
    assert (derived.status, derived.answered_at) == (Status.ANSWERED, MONDAY + 2 * DAY)


def test_retracted_statement_was_never_said():
    derived = standing("a", None, [said(Outcome.ANSWERED, retracted=True), said(Outcome.CLOSED_UNANSWERED, 1)])
    assert (derived.status, derived.answered_at) == (Status.CLOSED, None)
