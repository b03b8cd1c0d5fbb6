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


def test_indicators_of_nothing_known_are_none() -> None:
    assert measures.indicators_of([]) == ()
    assert measures.indicators_of(["weather"]) == ()


def test_each_indicator_has_a_method_and_each_method_a_formula() -> None:
    assert list(METHODS) == list(measures.NEEDS)
