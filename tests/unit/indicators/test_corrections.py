"""Everything that changes a figure later: each case in every order of arrival, with repetitions, beside the judge."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import pytest

from spplus_contracts import Envelope, Event
from tests.support.builders import (
    ANSWERED_AT,
    DUE_AT,
    RECEIVED_AT,
    STRUCTURE,
    a_bulk,
    a_feedback,
    a_withdrawal,
    an_answer,
    an_envelope,
)
from tests.support.tallied import Cells, judged, rows_of, tallied

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
LATER = DUE_AT + timedelta(days=90)
_EVERY_ORDER = 120


def say(event: Event, **envelope: Any) -> tuple[Envelope, Event]:
    """An event under an id of its own."""
    return an_envelope(event, **{"id": uuid5(NAMESPACE_OID, repr(event)).hex, **envelope}), event


def counted(*told: Event | tuple[Envelope, Event], as_of: datetime = LATER) -> Cells:
    """What is counted in the end, which must not depend on the order of arrival nor on repetitions."""
    said = [each if isinstance(each, tuple) else say(each) for each in told]
    expected = judged(said, as_of)
    first = rows_of(said)
    for arrived in list(permutations(said))[:_EVERY_ORDER]:
        rows = rows_of([*arrived, *arrived[::-1], arrived[0]])
        assert rows == first
        assert tallied(rows, as_of) == expected
    return expected


def at(cells: Cells, structure: str = STRUCTURE) -> dict[str, int]:
    """What one structure has, by measure."""
    return {measure: count for (code, _, measure), count in cells.items() if code == structure}


def test_answer_before_its_feedback():
    assert counted(an_answer()) == {}, "an answer to a story that nobody told yet"
    after = at(counted(an_answer(), a_feedback()))
    assert (after["experiences"], after["answered"], after["on_time"], after["delay:12"]) == (1, 1, 1, 1)


def test_letter_known_by_its_answer_alone_is_counted():
    counts = {"delay:12": 1, "acknowledgement_due": 1, "acknowledged_in_time": 1}
    assert at(counted(an_answer(request_kind="letter"))) == counts


def test_delay_notice_is_a_new_promise_and_the_first_one_judges():
    letter = {"request_kind": "letter"}
    opened = an_answer("acknowledged", **letter, answer_due_at=DUE_AT, announced_at=RECEIVED_AT)
    notice = an_answer("delay_notice", **letter, answer_due_at=DUE_AT + 30 * DAY, announced_at=DUE_AT - DAY)
    answered = an_answer(**letter, answered_at=DUE_AT + 3 * DAY)
    late = at(counted(opened, notice, answered))
    assert (late["due"], late.get("on_time", 0)) == (1, 0)
    assert counted(opened, notice, as_of=DUE_AT)[STRUCTURE, APRIL, "due"] == 0
    assert counted(opened, notice, as_of=DUE_AT + SECOND)[STRUCTURE, APRIL, "due"] == 1


def test_delay_notice_changes_nothing_for_a_feedback_with_its_own_deadline():
    notice = an_answer("delay_notice", answer_due_at=DUE_AT + 30 * DAY, announced_at=RECEIVED_AT + DAY)
    assert at(counted(a_feedback(), notice, as_of=DUE_AT + SECOND))["due"] == 1


def test_only_promise_is_a_delay_notice_and_it_judges():
    notice = an_answer("delay_notice", request_kind="letter", answer_due_at=DUE_AT, announced_at=RECEIVED_AT + DAY)
    assert at(counted(notice, an_answer(request_kind="letter")))["on_time"] == 1


def redirected(to: str, day: int, **changes: Any) -> Event:
    return an_answer("redirected", redirected_to=to, redirected_at=RECEIVED_AT + day * DAY, **changes)


def test_redirects_in_any_order_leave_all_at_the_last_holder():
    cells = counted(
        a_feedback(structure_code="A"),
        redirected("B", 1, structure_code="A"),
        redirected("C", 2, structure_code="B"),
        an_answer(structure_code="C"),
    )
    assert {structure for structure, _, _ in cells} == {"C"}
    assert (at(cells, "C")["on_time"], at(cells, "C")["delay:12"]) == (1, 1)


def test_redirect_back_to_where_it_came_from():
    cells = counted(a_feedback(structure_code="A"), redirected("B", 1), redirected("A", 2))
    assert {structure for structure, _, _ in cells} == {"A"}


def test_two_redirects_at_the_same_instant_have_one_winner():
    one = say(redirected("B", 1, statement_id="s1"))
    other = say(redirected("C", 1, statement_id="s2"))
    assert {structure for structure, _, _ in counted(a_feedback(structure_code="A"), one, other)} == {"C"}


def test_retracted_redirect_gives_the_request_back():
    there = redirected("B", 1, statement_id="s")
    back = redirected("B", 1, statement_id="s", version=2, retracted=True)
    cells = counted(a_feedback(structure_code="A"), redirected("C", 0, statement_id="before"), there, back)
    assert {structure for structure, _, _ in cells} == {"C"}
    assert {structure for structure, _, _ in counted(a_feedback(structure_code="A"), there, back)} == {"A"}


def test_corrected_redirect_moves_the_request_once():
    cells = counted(
        a_feedback(structure_code="A"),
        redirected("B", 1, statement_id="s"),
        redirected("C", 1, statement_id="s", version=2),
    )
    assert {structure for structure, _, _ in cells} == {"C"}


def test_corrected_feedback_replaces_feeling_structure_and_month():
    first = a_feedback(statement_id="s")
    corrected = a_feedback(
        statement_id="s", version=2, sentiment="negative", structure_code="B", submitted_at=RECEIVED_AT - 20 * DAY
    )
    cells = counted(first, corrected, as_of=RECEIVED_AT)
    february = date(2026, 2, 1)
    assert (cells["B", february, "experiences"], cells["B", february, "negative"]) == (1, 1)
    assert {(structure, month) for structure, month, _ in cells} == {("B", february)}


def test_retracted_feedback_leaves_nothing_until_a_higher_version_says_it_again():
    first = a_feedback(statement_id="s")
    gone = a_feedback(statement_id="s", version=2, retracted=True)
    again = a_feedback(statement_id="s", version=3, sentiment="neutral")
    assert counted(first, gone, an_answer()) == {}
    assert at(counted(first, gone, again, an_answer()))["neutral"] == 1


def test_retracted_answer_opens_the_request_again():
    answer = an_answer(statement_id="s")
    gone = an_answer(statement_id="s", version=2, retracted=True)
    again = an_answer(statement_id="s", version=3, answered_at=ANSWERED_AT + DAY)
    late = at(counted(a_feedback(), answer, gone))
    assert (late["due"], late.get("on_time", 0), late.get("answered", 0)) == (1, 0, 0)
    assert "due" not in at(counted(a_feedback(), answer, gone, as_of=DUE_AT))
    assert at(counted(a_feedback(), answer, gone, again))["delay:13"] == 1


def test_retracted_first_answer_leaves_the_second_as_the_first():
    first, second = an_answer(statement_id="s1"), an_answer(statement_id="s2", answered_at=ANSWERED_AT + 5 * DAY)
    gone = an_answer(statement_id="s1", version=2, retracted=True)
    assert at(counted(a_feedback(), first, second))["delay:12"] == 1
    assert at(counted(a_feedback(), first, second, gone))["delay:17"] == 1


def test_retracted_promise_is_judged_no_more():
    letter = {"request_kind": "letter", "statement_id": "s"}
    promise = an_answer("acknowledged", **letter, answer_due_at=RECEIVED_AT + DAY, announced_at=RECEIVED_AT)
    gone = an_answer("acknowledged", **letter, version=2, retracted=True)
    answered = an_answer(request_kind="letter")
    assert at(counted(promise, answered))["due"] == 1
    assert "due" not in at(counted(promise, gone, answered))


def test_lower_version_that_comes_late_changes_nothing():
    corrected = a_feedback(statement_id="s", version=3, sentiment="negative")
    assert at(counted(corrected, a_feedback(statement_id="s", version=2)))["negative"] == 1


def test_same_version_told_twice_is_decided_by_when_it_was_told():
    early = say(a_feedback(statement_id="s"), time=RECEIVED_AT, id="z")
    late = say(a_feedback(statement_id="s", sentiment="negative"), time=RECEIVED_AT + SECOND, id="a")
    assert at(counted(early, late))["negative"] == 1


def test_statement_of_another_source_under_the_same_id_is_another_statement():
    ours = say(an_answer(statement_id="s"), source="spplus")
    theirs = an_answer(statement_id="s", request_source="spplus", version=9, retracted=True)
    assert at(counted(a_feedback(), ours, say(theirs, source="prefecture")))["answered"] == 1


def test_two_sources_that_reuse_the_same_id_have_two_requests():
    ours = say(a_feedback(), source="spplus", id="same")
    theirs = say(a_feedback(sentiment="negative"), source="prefecture", id="same")
    cells = at(counted(ours, theirs, say(a_withdrawal(request_source="prefecture"), source="prefecture")))
    assert (cells["experiences"], cells["positive"], cells.get("negative", 0)) == (1, 1, 0)
    assert at(counted(ours, theirs))["experiences"] == 2


def test_correction_belongs_to_its_request():
    """A statement is about one request: what names another one is said there, and leaves the first as it was."""
    first = a_feedback(statement_id="s")
    elsewhere = a_feedback(statement_id="s", version=2, request_id="request-2", sentiment="negative")
    assert at(counted(first, elsewhere))["experiences"] == 2


def test_bulk_slot_is_replaced_whatever_the_id():
    one = say(a_bulk(), id="e1")
    replaced = say(a_bulk(received=10, answered=9, version=2), id="e2")
    assert at(counted(one, say(a_bulk(), id="e3"), replaced)) == {"calls_received": 10, "calls_answered": 9}


def test_bulk_slot_is_taken_back_and_said_again():
    gone = a_bulk(version=2, retracted=True)
    again = a_bulk(version=3, received=5, answered=5)
    assert counted(a_bulk(), gone) == {}
    assert at(counted(a_bulk(), gone, again)) == {"calls_received": 5, "calls_answered": 5}


def test_bulk_slots_of_two_sources_add_up():
    cells = at(counted(say(a_bulk(), source="spplus"), say(a_bulk(), source="prefecture")))
    assert (cells["calls_received"], cells["calls_answered"]) == (2000, 1740)


@pytest.mark.parametrize("reason", ["author", "moderation"])
def test_withdrawal_absorbs_what_was_said_and_what_is_still_to_come(reason):
    said = [a_feedback(statement_id="s"), an_answer(), a_feedback(statement_id="s", version=7)]
    assert counted(*said, a_withdrawal(reason=reason)) == {}
    (row,) = rows_of([say(each) for each in [*said, a_withdrawal(reason=reason)]]).values()
    assert (row.winners, row.withdrawn) == ({}, True)


def test_deadline_that_passes_then_an_answer_dated_before_it():
    late = at(counted(a_feedback(), as_of=DUE_AT + SECOND))
    assert (late["due"], late.get("on_time", 0)) == (1, 0)
    in_time = at(counted(a_feedback(), an_answer(answered_at=DUE_AT), as_of=DUE_AT + SECOND))
    assert (in_time["due"], in_time["on_time"]) == (1, 1)


def test_corrected_deadline_is_judged_in_its_own_month():
    first = a_feedback(statement_id="s")
    corrected = a_feedback(statement_id="s", version=2, answer_due_at=DUE_AT - 5 * DAY)
    cells = counted(first, corrected)
    assert cells[STRUCTURE, APRIL, "due"] == 0
    assert cells[STRUCTURE, MARCH, "due"] == 1


def test_two_submissions_of_one_request_count_once_as_the_last_one_told():
    early = say(a_feedback(statement_id="s1"), time=RECEIVED_AT)
    late = say(a_feedback(statement_id="s2", sentiment="negative"), time=datetime(2026, 3, 9, tzinfo=UTC))
    cells = at(counted(early, late))
    assert (cells["experiences"], cells["negative"], cells.get("positive", 0)) == (1, 1, 0)
