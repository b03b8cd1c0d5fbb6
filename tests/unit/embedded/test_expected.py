from datetime import date
from typing import Any

import pytest

from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import IndicatorStatus, PeriodKind
from spplus_embedded.expected import Counts, Expected, Key, differences, figures
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
