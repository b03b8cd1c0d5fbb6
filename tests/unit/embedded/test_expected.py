from datetime import date
from typing import Any

import pytest

from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import IndicatorStatus, PeriodKind
from spplus_embedded.expected import Counts, Expected, Key, differences, figures, survey_figures
from tests.support.builders import STRUCTURE, a_figure

KEY = Key(STRUCTURE, "experience_satisfaction", PeriodKind.MONTH, date(2026, 3, 1))
WITHHELD = {"value": None, "numerator": None, "denominator": None, "interval": None}


def test_figures_of_known_counts_are_the_known_ones() -> None:
    counts = Counts(
        experiences=471,
        positive=371,
        neutral=23,
        negative=77,
        answer_expected=471,
        answered=458,
        due=400,
        on_time=300,
        calls_received=1000,
        calls_answered=850,
        delays=[1, 2, 10, 10],
    )

    found = dict(figures(counts, 1))

    assert found["experience_count"] == Expected(IndicatorStatus.OK, 471, 471.0)
    satisfaction = found["experience_satisfaction"]
    assert (satisfaction.numerator, satisfaction.denominator, satisfaction.n) == (371, 471, 471)
    assert satisfaction.interval is not None
    assert [round(bound, 4) for bound in satisfaction.interval] == [0.7485, 0.8222]
    assert round(found["answer_rate"].value or 0, 4) == 0.9724
    assert found["on_time_rate"].value == 0.75
    assert found["pickup_rate"].value == 0.85
    assert found["experience_net_sentiment"].value == pytest.approx(100 * 294 / 471)
    assert [found[f"answer_delay_{which}"].value for which in ("median", "p75", "p90")] == [6.0, 10.0, 10.0]


def test_figures_below_min_sample_keep_only_n_but_counts_are_shown() -> None:
    found = dict(figures(Counts(experiences=29, positive=29, delays=[1]), 30))

    assert found["experience_satisfaction"] == Expected(IndicatorStatus.INSUFFICIENT_SAMPLE, 29)
    assert found["answer_delay_p90"] == Expected(IndicatorStatus.INSUFFICIENT_SAMPLE, 1)
    assert found["experience_count"].value == 29
    assert set(found) == {
        "experience_count",
        "experience_satisfaction",
        "experience_net_sentiment",
        "answer_delay_median",
        "answer_delay_p75",
        "answer_delay_p90",
    }


def test_figures_of_nothing_are_none() -> None:
    assert dict(figures(Counts(), 30)) == {}


EXPECTED = Expected(IndicatorStatus.OK, 40, 0.75, 30, 40, (0.5981, 0.8581))


def test_differences_of_the_expected_publication_are_none() -> None:
    assert differences({KEY: EXPECTED}, [a_figure()]) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"value": 0.76},
        {"numerator": 31},
        {"n": 41},
        {"interval": None},
        {"interval": {"low": 0.5982, "high": 0.8581, "method": "wilson"}},
        {"status": "insufficient_sample", **WITHHELD},
    ],
)
def test_differences_of_another_figure_are_told(changes: dict[str, Any]) -> None:
    lines = differences({KEY: EXPECTED}, [a_figure(**changes)])

    assert len(lines) == 1
    assert lines[0].startswith(f"{STRUCTURE} experience_satisfaction month 2026-03-01: published")


def test_differences_tell_what_is_missing_and_what_should_not_be_there() -> None:
    assert differences({KEY: EXPECTED}, []) == [f"{KEY}: missing, expected {EXPECTED}"]
    assert len(differences({}, [a_figure()])) == 1


def none_left(**changes: object) -> IndicatorComputed:
    return a_figure(**{"status": "insufficient_sample", "n": 0} | changes)


def test_differences_accept_a_figure_that_fell_back_to_nothing() -> None:
    zero = none_left(indicator_code="experience_count", status="ok", value=0.0, unit="count", interval=None)
    zero = zero.model_copy(update=dict.fromkeys(("numerator", "denominator", "interval")))

    assert differences({}, [none_left(), zero]) == []


def test_differences_leave_the_figures_of_surveys_out() -> None:
    assert differences({}, [a_figure(indicator_code="survey_satisfaction")]) == []


@pytest.mark.parametrize(("kind", "months"), [("quarter", 3), ("rolling_12", 12)])
def test_differences_judge_every_kind_of_period(kind: str, months: int) -> None:
    end = date(2026, 1 + months, 1) if months < 12 else date(2027, 1, 1)
    published = a_figure(period={"kind": kind, "start": date(2026, 1, 1), "end": end})

    assert len(differences({}, [published])) == 1
    assert (
        differences({KEY._replace(period_kind=PeriodKind(kind), period_start=date(2026, 1, 1)): EXPECTED}, [published])
        == []
    )


def test_figures_of_finer_feelings_receipts_and_procedures() -> None:
    counts = Counts(
        relation_rated=40,
        relation_positive=30,
        acknowledgement_due=50,
        acknowledged_in_time=45,
        marks=[*(("good", 8) for _ in range(30)), *(("bad", 7) for _ in range(31)), *(("rare", 10) for _ in range(29))],
    )

    found = dict(figures(counts, 30))

    assert set(found) == {"dimension_relation", "acknowledgement_rate", "procedure_quality_rate"}
    assert (found["dimension_relation"].value, found["dimension_relation"].n) == (0.75, 40)
    assert found["acknowledgement_rate"].value == 0.9
    assert found["procedure_quality_rate"] == Expected(IndicatorStatus.OK, 2, 0.5, 1, 2)


def test_figures_of_surveys_are_apart() -> None:
    counts = Counts(survey_answers=100, survey_satisfied=80, survey_very_satisfied=50, survey_not_satisfied=20)

    assert dict(figures(counts, 1)) == {}
    found = dict(survey_figures(counts, 30))
    assert found["survey_satisfaction"].value == 0.8
    assert (found["survey_net_satisfaction"].value, found["survey_net_satisfaction"].n) == (30, 100)
    assert dict(survey_figures(counts, 101))["survey_satisfaction"] == Expected(
        IndicatorStatus.INSUFFICIENT_SAMPLE, 100
    )


def test_bounds_of_a_balance_without_neutral_answers_are_wilson_bounds() -> None:
    found = dict(figures(Counts(positive=24, negative=6), 30))
    rate, balance = found["experience_satisfaction"].interval, found["experience_net_sentiment"].interval

    assert rate is not None
    assert balance == pytest.approx([100 * (2 * bound - 1) for bound in rate])


def test_bounds_of_percentiles_are_the_tabled_ranks() -> None:
    """Of 30 values the 10th and the 21st enclose the median at 95 %; for nine in ten 36 values are needed."""
    found = dict(figures(Counts(delays=list(range(1, 31))), 30))

    assert found["answer_delay_median"].interval == (10, 21)
    assert found["answer_delay_p75"].interval == (18, 28)
    assert found["answer_delay_p90"].interval is None
    assert dict(figures(Counts(delays=list(range(1, 37))), 30))["answer_delay_p90"].interval is not None
