import pytest

from spplus_indicators import measures
from spplus_indicators.methods import METHODS


def test_delay_names_the_days() -> None:
    assert measures.delay(0) == "delay:0"
    assert measures.delay_days(measures.delay(41)) == 41


def test_delay_days_of_another_measure_is_none() -> None:
    assert measures.delay_days(measures.DUE) is None


def test_delay_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        measures.delay(-1)


def test_indicators_of_changed_measures_are_those_that_need_them() -> None:
    assert measures.indicators_of(["delay:3", "delay:9", "on_time"]) == (
        "on_time_rate",
        "answer_delay_median",
        "answer_delay_p75",
        "answer_delay_p90",
    )
    assert measures.indicators_of(["neutral"]) == ("experience_satisfaction", "experience_net_sentiment")
    assert measures.indicators_of(["experiences"]) == ("experience_count",)
    assert measures.indicators_of(["overdue"]) == ("overdue_count",)


def test_indicators_of_nothing_known_are_none() -> None:
    assert measures.indicators_of([]) == ()
    assert measures.indicators_of(["weather"]) == ()


def test_each_indicator_has_a_method_and_each_method_a_formula() -> None:
    assert list(METHODS) == list(measures.NEEDS)


def test_procedures_pair_ratings_with_their_sum() -> None:
    ratings, marks = measures.procedure("carte-grise")

    assert measures.procedures({ratings: 2, marks: 13, "experiences": 1}) == [(2, 13)]
    assert measures.procedures({ratings: 2}) == [(2, 0)], "nothing but marks of 0"
    assert measures.procedures({ratings: 0, marks: 0}) == []
    assert measures.procedures({"experiences": 1}) is None


def test_indicators_of_a_procedure_or_a_survey_are_their_own() -> None:
    assert measures.indicators_of(measures.procedure("p")) == ("procedure_quality_rate",)
    assert set(measures.indicators_of(["survey_answers"])) == measures.PROTECTED
    assert measures.indicators_of(["relation_rated"]) == ("dimension_relation",)
    assert measures.indicators_of(["acknowledged_in_time"]) == ("acknowledgement_rate",)


def test_family_of_a_procedure_or_a_delay_is_announced_without_its_number() -> None:
    assert [measures.family(each) for each in ("procedure:p:n", "delay:4", "due")] == ["procedure:", "delay:", "due"]
