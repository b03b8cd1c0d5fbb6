import re

import pytest

from spplus_contracts import IndicatorComputed
from spplus_indicators.formulas import compute
from spplus_indicators.measures import DIMENSIONS
from spplus_indicators.methods import METHODS, Method

TALLY = {
    "experiences": 90,
    "positive": 40,
    "neutral": 0,
    "negative": 50,
    "answer_expected": 80,
    "answered": 60,
    "due": 70,
    "on_time": 35,
    "overdue": 12,
    "delay:2": 50,
    **{f"{dimension}_rated": 60 for dimension in DIMENSIONS},
    **{f"{dimension}_positive": 45 for dimension in DIMENSIONS},
    "survey_answers": 50,
    "survey_satisfied": 30,
    "survey_very_satisfied": 20,
    "survey_not_satisfied": 20,
    "acknowledgement_due": 40,
    "acknowledged_in_time": 30,
    **{f"procedure:p{number}:n": 30 for number in range(40)},
    **{f"procedure:p{number}:sum10": 225 + number for number in range(40)},
    "calls_received": 100,
    "calls_answered": 85,
}
methods = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


@methods
def test_method_cites_engagements_with_their_framework(method: Method) -> None:
    pattern = re.compile(r"sp-plus-20(21|23)/[1-9]")

    assert method.engagements
    assert all(pattern.fullmatch(engagement) for engagement in method.engagements)


@methods
def test_method_fits_the_contract_with_its_figure(method: Method) -> None:
    figure = compute(method.code, TALLY, 30)

    event = IndicatorComputed.model_validate(
        {
            "indicator_code": method.code,
            "method_version": method.version,
            "structure_code": "1",
            "period": {"kind": "month", "start": "2026-11-01", "end": "2026-12-01"},
            "status": figure.status,
            "n": figure.n,
            "unit": method.unit,
            "value": figure.value,
            "numerator": figure.numerator,
            "denominator": figure.denominator,
            "interval": figure.interval and {**figure.interval._asdict(), "method": method.interval},
            "provisional": True,
            "revision": 1,
            "computed_at": "2026-11-23T10:00:00Z",
            "tree_on": "2026-11-23",
            "engagements": method.engagements,
        }
    )

    assert event.value == figure.value
    assert (event.interval is not None) is (method.interval is not None)
    if event.interval is not None and event.value is not None:
        assert event.interval.low <= event.value <= event.interval.high


@methods
def test_method_threshold_is_the_one_of_its_formula(method: Method) -> None:
    withheld = compute(method.code, TALLY, 1_000).value is None

    assert withheld is method.has_threshold


@methods
def test_method_explains_itself_in_sentences(method: Method) -> None:
    assert method.explanation.endswith(".")
    assert len(method.explanation) > 80
    assert method.version >= 1


def test_methods_say_the_numbers_that_they_are_computed_with() -> None:
    said = {code: method.formula + method.explanation for code, method in METHODS.items()}

    assert "7 sur l'échelle 0 à 10, 4 sur l'échelle 1 à 5, 3 sur l'échelle 1 à 4" in said["survey_satisfaction"]
    assert "9 sur l'échelle 0 à 10, 5 sur l'échelle 1 à 5, 4 sur l'échelle 1 à 4" in said["survey_net_satisfaction"]
    assert "7 jours (14 par courrier)" in said["acknowledgement_rate"]
    assert "8 sur 10" in said["procedure_quality_rate"]
    assert "moins de 30 notes" in said["procedure_quality_rate"]


@methods
def test_method_with_an_interval_names_how_it_is_computed(method: Method) -> None:
    names = {"wilson": "Wilson", "newcombe": "Newcombe", "order_statistics": "statistiques d'ordre"}

    for code, name in names.items():
        assert (name in method.explanation) is (method.interval == code)
