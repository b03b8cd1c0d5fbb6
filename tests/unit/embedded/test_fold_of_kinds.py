"""The judge is judged by examples worked out by hand: receipts, surveys, ratings, rolling windows."""

import itertools
from datetime import UTC, date, datetime, timedelta

from spplus_contracts import Envelope
from spplus_contracts.vocabulary import PeriodKind
from spplus_embedded.expected import Counts, Key
from spplus_embedded.fold import Said, count, fold, survey_fold
from tests.support.builders import DUE_AT, RECEIVED_AT, STRUCTURE, a_feedback, a_structure, an_answer, an_envelope

MARCH = date(2026, 3, 1)
HERE = (STRUCTURE, MARCH)
AFTER_DUE = DUE_AT + timedelta(seconds=1)
ids = itertools.count()


def said(event: Said) -> tuple[Envelope, Said]:
    return an_envelope(event, id=f"event-{next(ids)}"), event


def story(**changes: object) -> tuple[Envelope, Said]:
    return said(a_feedback(**changes))


def answer(outcome: str, **changes: object) -> tuple[Envelope, Said]:
    return said(an_answer(outcome, **changes))


def test_count_of_a_receipt_that_nobody_acknowledges_is_late_after_its_seventh_day() -> None:
    opened = answer("redirected", request_kind="email", redirected_to="B", redirected_at=RECEIVED_AT)
    midnight = datetime(2026, 3, 9, 23, 0, tzinfo=UTC)
    late = {("B", MARCH): Counts(acknowledgement_due=1)}
    in_time = answer("acknowledged", request_kind="email", acknowledged_at=midnight)

    assert count([opened], midnight) == {}
    assert count([opened], midnight + timedelta(seconds=1)) == late
    assert count([opened, in_time], midnight)["B", MARCH] == Counts(acknowledgement_due=1, acknowledged_in_time=1)


def test_count_of_a_letter_has_fourteen_days_for_its_receipt() -> None:
    opened = answer("redirected", request_kind="letter", redirected_to="B", redirected_at=RECEIVED_AT)
    midnight = datetime(2026, 3, 16, 23, 0, tzinfo=UTC)

    assert count([opened], midnight) == {}
    assert count([opened], midnight + timedelta(seconds=1)) == {("B", MARCH): Counts(acknowledgement_due=1)}


def test_count_of_marks_by_what_they_are_about() -> None:
    survey = story(kind="survey", score={"scale": "1-5", "value": 4}, request_id="r1")
    ratings = [
        story(kind="procedure_rating", score={"scale": scale, "value": 5}, procedure_code="p", request_id=f"r-{scale}")
        for scale in ("0-10", "1-5")
    ]

    assert count([survey, *ratings], AFTER_DUE) == {
        HERE: Counts(survey_answers=1, survey_satisfied=1, marks=[("p", 5)])
    }


def test_survey_fold_has_the_figures_that_fold_leaves_out() -> None:
    told = [
        said(a_structure()),
        *(story(kind="survey", score={"scale": "0-10", "value": 9}, request_id=f"r{n}") for n in range(30)),
    ]

    assert fold(told, AFTER_DUE) == {}
    found = survey_fold(told, AFTER_DUE)
    assert {key.indicator_code for key in found} == {"survey_satisfaction", "survey_net_satisfaction"}
    assert found[Key(STRUCTURE, "survey_net_satisfaction", PeriodKind.QUARTER, date(2026, 1, 1))].value == 100


def test_fold_rolls_over_the_twelve_months_that_end_with_the_open_one() -> None:
    told = [said(a_structure())] + [
        story(request_id=f"r{year}-{month}", submitted_at=datetime(year, month, 2, tzinfo=UTC))
        for year, month in ((2025, 3), (2025, 4), (2026, 3), (2026, 4))
    ]

    found = fold(told, datetime(2026, 3, 31, 21, 59, tzinfo=UTC), min_sample=1)
    rolling = {key: figure for key, figure in found.items() if key.period_kind is PeriodKind.ROLLING_12}

    assert {key.period_start for key in rolling} == {date(2025, 4, 1)}
    assert rolling[Key(STRUCTURE, "experience_count", PeriodKind.ROLLING_12, date(2025, 4, 1))].value == 2
    december = fold(told, datetime(2026, 12, 31, 22, 59, tzinfo=UTC), min_sample=1)
    assert december[Key(STRUCTURE, "experience_count", PeriodKind.ROLLING_12, date(2026, 1, 1))].value == 2
