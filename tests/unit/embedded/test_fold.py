"""The judge is judged by examples worked out by hand."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest

from spplus_contracts import Envelope
from spplus_contracts.vocabulary import IndicatorStatus, PeriodKind
from spplus_embedded.expected import Counts, Expected, Key
from spplus_embedded.fold import Said, count, fold
from tests.support.builders import (
    DUE_AT,
    RECEIVED_AT,
    STRUCTURE,
    a_bulk,
    a_feedback,
    a_structure,
    a_withdrawal,
    an_answer,
    an_envelope,
)

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
HERE = (STRUCTURE, MARCH)
BEFORE_DUE = DUE_AT - timedelta(days=1)
AFTER_DUE = DUE_AT + timedelta(seconds=1)
TOLD = Counts(experiences=1, positive=1, answer_expected=1)
ids = itertools.count()


def said(event: Said, **envelope: object) -> tuple[Envelope, Said]:
    return an_envelope(event, **{"id": f"event-{next(ids)}"} | envelope), event


def story(**changes: object) -> tuple[Envelope, Said]:
    return said(a_feedback(**changes))


def answer(outcome: str = "answered", **changes: object) -> tuple[Envelope, Said]:
    return said(an_answer(outcome, **changes))


def letter(outcome: str, **changes: object) -> tuple[Envelope, Said]:
    return answer(outcome, request_kind="letter", request_id="letter-1", **changes)


def test_count_of_a_story_before_its_deadline_is_out_of_the_rate() -> None:
    assert count([story()], BEFORE_DUE) == {HERE: TOLD}


def test_count_of_a_story_at_its_deadline_is_still_out() -> None:
    assert count([story()], DUE_AT) == {HERE: TOLD}


def test_count_of_a_story_past_its_deadline_is_late_in_the_month_of_the_deadline() -> None:
    assert count([story()], AFTER_DUE) == {HERE: TOLD, (STRUCTURE, APRIL): Counts(due=1, overdue=1)}


def test_count_of_an_answer_in_time_is_on_time_at_once_with_its_delay() -> None:
    answered = Counts(experiences=1, positive=1, answer_expected=1, answered=1, delays=[12])

    assert count([story(), answer()], BEFORE_DUE) == {HERE: answered, (STRUCTURE, APRIL): Counts(due=1, on_time=1)}


def test_count_of_an_answer_at_the_deadline_is_on_time_and_after_it_late() -> None:
    exactly = count([story(), answer(answered_at=DUE_AT)], AFTER_DUE)
    after = count([story(), answer(answered_at=AFTER_DUE)], AFTER_DUE)

    assert exactly[STRUCTURE, APRIL] == Counts(due=1, on_time=1)
    assert after[STRUCTURE, APRIL] == Counts(due=1, on_time=0)


def test_count_of_an_answer_dated_before_the_deadline_that_arrives_late_is_on_time() -> None:
    late_arrival = said(an_answer(), time=AFTER_DUE + timedelta(days=3))

    assert count([story(), late_arrival], AFTER_DUE)[STRUCTURE, APRIL] == Counts(due=1, on_time=1)


def test_count_of_a_deadline_at_midnight_belongs_to_the_day_that_ends() -> None:
    midnight = datetime(2026, 3, 31, 22, 0, tzinfo=UTC)

    assert count([story(answer_due_at=midnight)], AFTER_DUE)[HERE].due == 1


def test_count_without_deadline_is_in_no_rate() -> None:
    open_ended = story(answer_due_at=None, announced_at=None, due_kind=None)

    assert count([open_ended], AFTER_DUE) == {HERE: TOLD}


@pytest.mark.parametrize(("outcome", "overdue"), [("acknowledged", 1), ("delay_notice", 1), ("closed_unanswered", 0)])
def test_count_of_what_is_no_answer_stays_unanswered_and_overdue_until_closed(outcome: str, overdue: int) -> None:
    late = Counts(due=1, overdue=overdue)

    assert count([story(), answer(outcome)], AFTER_DUE) == {HERE: TOLD, (STRUCTURE, APRIL): late}


def test_count_of_two_answers_takes_the_first() -> None:
    later = answer(answered_at=RECEIVED_AT + timedelta(days=40))

    assert count([later, story(), answer()], AFTER_DUE)[HERE].delays == [12]


def test_count_of_a_withdrawn_story_is_nothing() -> None:
    assert count([said(a_withdrawal()), story(), answer()], AFTER_DUE) == {}


def test_count_of_a_correction_replaces_the_statement() -> None:
    first = said(a_feedback(statement_id="s", sentiment="negative"))
    corrected = said(a_feedback(statement_id="s", sentiment="positive", version=2))

    for order in ([first, corrected], [corrected, first], [corrected, first, corrected]):
        assert count(order, BEFORE_DUE) == {HERE: TOLD}


def test_count_of_a_retracted_answer_is_unanswered_again() -> None:
    given = answer(statement_id="s")
    taken_back = answer(statement_id="s", version=2, retracted=True)

    assert count([taken_back, story(), given], BEFORE_DUE) == {HERE: TOLD}


def test_count_of_a_retracted_story_is_nothing() -> None:
    assert count([said(a_feedback(statement_id="s")), story(statement_id="s", version=2, retracted=True)], DUE_AT) == {}


def test_count_of_the_same_version_takes_what_was_said_last() -> None:
    earlier = said(a_feedback(statement_id="s", sentiment="negative"), time=RECEIVED_AT)
    later = said(a_feedback(statement_id="s", sentiment="positive"), time=RECEIVED_AT + timedelta(seconds=1))

    assert count([later, earlier], BEFORE_DUE) == {HERE: TOLD}


def test_count_of_duplicates_is_that_of_one() -> None:
    once = [story(), answer()]

    assert count(once * 3, AFTER_DUE) == count(once, AFTER_DUE)


def test_count_after_two_redirects_in_reverse_is_all_at_the_last_holder() -> None:
    to_b = letter("redirected", structure_code="A", redirected_to="B", redirected_at=RECEIVED_AT + timedelta(days=2))
    to_c = letter(
        "redirected",
        structure_code="B",
        received_at=RECEIVED_AT + timedelta(days=2),
        redirected_to="C",
        redirected_at=RECEIVED_AT + timedelta(days=5),
    )
    opened = letter("acknowledged", structure_code="A", answer_due_at=DUE_AT, announced_at=RECEIVED_AT)
    given = letter("answered", structure_code="C", received_at=RECEIVED_AT + timedelta(days=5))

    counted = count([given, to_c, to_b, opened], AFTER_DUE)

    assert counted == {
        ("C", MARCH): Counts(acknowledgement_due=1, acknowledged_in_time=1, delays=[12]),
        ("C", APRIL): Counts(due=1, on_time=1),
    }


def test_count_of_a_letter_that_nobody_answers_is_late() -> None:
    opened = letter("acknowledged", answer_due_at=DUE_AT, announced_at=RECEIVED_AT)

    assert count([opened], AFTER_DUE) == {
        HERE: Counts(acknowledgement_due=1, acknowledged_in_time=1),
        (STRUCTURE, APRIL): Counts(due=1, overdue=1),
    }


def test_count_of_a_new_promise_is_judged_against_the_first() -> None:
    opened = letter("acknowledged", answer_due_at=DUE_AT, announced_at=RECEIVED_AT)
    notice = letter(
        "delay_notice", answer_due_at=DUE_AT + timedelta(days=60), announced_at=RECEIVED_AT + timedelta(days=20)
    )
    given = letter("answered", answered_at=DUE_AT + timedelta(days=9))

    assert count([notice, opened, given], AFTER_DUE)[STRUCTURE, APRIL] == Counts(due=1, on_time=0)


def test_count_of_a_promise_made_with_the_answer_is_none() -> None:
    given = letter("answered")
    promise = letter("acknowledged", answer_due_at=DUE_AT, announced_at=RECEIVED_AT + timedelta(days=12))

    assert count([given, promise], AFTER_DUE) == {
        HERE: Counts(acknowledgement_due=1, acknowledged_in_time=1, delays=[12])
    }


def test_count_of_an_answer_without_its_story_waits_for_it() -> None:
    assert count([answer()], AFTER_DUE) == {}


def test_count_of_an_agency_answering_a_story_of_the_platform_is_about_that_story() -> None:
    theirs = said(an_answer(request_source="spplus"), source="prefecture-31")

    assert count([story(), theirs], BEFORE_DUE)[HERE].answered == 1


def test_count_of_an_agency_with_an_own_request_of_the_same_id_is_another_request() -> None:
    theirs = said(an_answer(request_kind="email"), source="prefecture-31")

    assert count([story(), theirs], BEFORE_DUE)[HERE] == Counts(
        experiences=1, positive=1, answer_expected=1, acknowledgement_due=1, delays=[12]
    )


@pytest.mark.parametrize("changes", [{"author": "agent"}, {"kind": "survey"}, {"kind": "procedure_rating"}])
def test_count_of_what_is_no_experience_of_a_citizen_is_nothing(changes: dict[str, str]) -> None:
    assert count([story(**changes), answer()], AFTER_DUE) == {}


def test_count_of_a_story_that_expects_no_answer_is_in_no_answer_rate() -> None:
    counted = count([story(answer_expected=False, sentiment=None), answer()], BEFORE_DUE)

    assert counted[HERE] == Counts(experiences=1, delays=[12])


def test_count_by_months_of_paris() -> None:
    new_years_eve = datetime(2025, 12, 31, 22, 30, tzinfo=UTC)

    cells = count([story(submitted_at=new_years_eve, announced_at=new_years_eve)], BEFORE_DUE)

    assert list(cells) == [(STRUCTURE, date(2025, 12, 1))]


def test_count_of_a_bulk_slot_takes_the_highest_version_whatever_its_id() -> None:
    first, again, corrected = said(a_bulk()), said(a_bulk()), said(a_bulk(version=2, received=900, answered=800))

    assert count([first, again], AFTER_DUE) == {HERE: Counts(calls_received=1000, calls_answered=870)}
    assert count([corrected, first, again], AFTER_DUE) == {HERE: Counts(calls_received=900, calls_answered=800)}


def test_count_of_a_retracted_bulk_slot_is_nothing() -> None:
    assert count([said(a_bulk()), said(a_bulk(version=2, retracted=True))], AFTER_DUE) == {}


def test_count_of_bulk_letters_pools_their_deadlines() -> None:
    totals = said(a_bulk(request_kind="letter", with_deadline=100, on_time=90))

    assert count([totals], AFTER_DUE) == {HERE: Counts(due=100, on_time=90)}


def test_fold_pools_a_structure_with_its_descendants_in_every_period() -> None:
    tree = [said(a_structure(code="root")), said(a_structure(code="office", parent="root"))]
    stories = [story(request_id=f"r{n}", structure_code="office", sentiment="neutral") for n in range(29)]

    figures = fold([*tree, *stories, story(structure_code="root")], BEFORE_DUE)

    january = date(2026, 1, 1)
    periods = [
        (PeriodKind.MONTH, MARCH),
        (PeriodKind.QUARTER, january),
        (PeriodKind.YEAR, january),
        (PeriodKind.ROLLING_12, date(2025, 4, 1)),  # the twelve months that end with the open one
    ]
    withheld = Expected(IndicatorStatus.INSUFFICIENT_SAMPLE, 29)
    for period in periods:
        assert figures[Key("office", "experience_satisfaction", *period)] == withheld
        assert figures[Key("office", "experience_count", *period)].value == 29
        shown = figures[Key("root", "experience_satisfaction", *period)]
        assert (shown.status, shown.n, shown.numerator, shown.value) == (IndicatorStatus.OK, 30, 1, 1 / 30)
    assert len(figures) == 2 * 4 * 4


def test_fold_uses_the_tree_of_the_last_day_of_a_closed_month_and_todays_in_an_open_one() -> None:
    moved = a_structure(
        code="office",
        parents=[
            {"parent_code": "old", "valid_from": date(2015, 1, 1)},
            {"parent_code": "new", "valid_from": date(2026, 4, 10)},
        ],
    )
    tree = [said(a_structure(code="old")), said(a_structure(code="new")), said(moved)]
    stories = [
        story(request_id="march", structure_code="office"),
        story(request_id="april", structure_code="office", submitted_at=datetime(2026, 4, 2, tzinfo=UTC)),
    ]

    def holders(as_of: datetime) -> set[tuple[str, date]]:
        figures = fold([*tree, *stories], as_of)
        return {(key.structure_code, key.period_start) for key in figures if key.period_kind is PeriodKind.MONTH} - {
            ("office", MARCH),
            ("office", APRIL),
        }

    assert holders(datetime(2026, 4, 9, tzinfo=UTC)) == {("old", MARCH), ("old", APRIL)}
    assert holders(datetime(2026, 4, 10, tzinfo=UTC)) == {("old", MARCH), ("new", APRIL)}


def test_fold_reads_the_highest_version_of_a_structure() -> None:
    tree = [
        said(a_structure(code="root")),
        said(a_structure(code="office", version=2)),
        said(a_structure(code="office", parent="root")),
    ]

    assert {key.structure_code for key in fold([*tree, story(structure_code="office")], BEFORE_DUE)} == {"office"}


def test_fold_of_an_undeclared_structure_shows_nothing_and_of_an_undeclared_parent_a_root() -> None:
    orphan = said(a_structure(code="office", parent="nobody"))

    assert fold([story()], BEFORE_DUE) == {}
    assert {key.structure_code for key in fold([orphan, story(structure_code="office")], BEFORE_DUE)} == {"office"}


def test_fold_of_a_declared_not_applicable_indicator_says_so_there_only() -> None:
    tree = [
        said(a_structure(code="root")),
        said(a_structure(code="office", parent="root", not_applicable=["pickup_rate"])),
    ]

    figures = fold([*tree, said(a_bulk(structure_code="office"))], AFTER_DUE)

    month = (PeriodKind.MONTH, MARCH)
    assert figures[Key("office", "pickup_rate", *month)] == Expected(IndicatorStatus.NOT_APPLICABLE, 0)
    assert figures[Key("root", "pickup_rate", *month)].value == 0.87
