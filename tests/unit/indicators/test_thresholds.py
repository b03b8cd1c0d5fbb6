import pytest
from pydantic import ValidationError

from spplus_contracts.vocabulary import IndicatorStatus
from spplus_indicators.figures import figures_at
from spplus_indicators.settings import IndicatorsSettings
from spplus_indicators.thresholds import Thresholds

SET = Thresholds(30, {"on_time_rate": 100}, {"DGFIP": {"on_time_rate": 200, "answer_rate": 5}})


@pytest.mark.parametrize(
    ("indicator", "network", "least"),
    [
        ("answer_rate", "", 30),
        ("answer_rate", "CNAF", 30),
        ("answer_rate", "DGFIP", 5),
        ("on_time_rate", "", 100),
        ("on_time_rate", "CNAF", 100),
        ("on_time_rate", "DGFIP", 200),
        ("procedure_quality_rate", "DGFIP", 1),
    ],
)
def test_of_is_what_the_network_says_else_the_indicator_else_the_default(
    indicator: str, network: str, least: int
) -> None:
    assert SET.of(indicator, network) == least


def test_of_what_is_set_outranks_an_indicators_own_default() -> None:
    assert Thresholds(30, {"procedure_quality_rate": 3}).of("procedure_quality_rate") == 3


@pytest.mark.parametrize(("network", "status"), [("DGFIP", IndicatorStatus.OK), ("CNAF", "insufficient_sample")])
def test_figures_at_withholds_by_the_threshold_of_the_network(network: str, status: str) -> None:
    figures = figures_at(
        ["answer_rate"],
        {"answer_expected": 5, "answered": 4},
        collected=[],
        not_applicable=frozenset(),
        thresholds=SET,
        network=network,
    )

    assert (figures["answer_rate"].status, figures["answer_rate"].n) == (status, 5)


def settings(monkeypatch: pytest.MonkeyPatch, **variables: str) -> IndicatorsSettings:
    for name, value in variables.items():
        monkeypatch.setenv(f"SPPLUS_INDICATORS_{name}", value)
    return IndicatorsSettings(database_url="postgresql://nowhere/nothing")


def test_settings_give_the_thresholds_from_json(monkeypatch: pytest.MonkeyPatch) -> None:
    given = settings(
        monkeypatch,
        MIN_SAMPLE="20",
        MIN_SAMPLES='{"on_time_rate": 100}',
        MIN_SAMPLES_BY_NETWORK='{"DGFIP": {"on_time_rate": 200}}',
    )

    assert given.thresholds == Thresholds(20, {"on_time_rate": 100}, {"DGFIP": {"on_time_rate": 200}})


@pytest.mark.parametrize(
    "variable",
    [
        {"MIN_SAMPLES": '{"happiness": 3}'},
        {"MIN_SAMPLES": '{"on_time_rate": 0}'},
        {"MIN_SAMPLES_BY_NETWORK": '{"DGFIP": {"happiness": 3}}'},
        {"MIN_SAMPLES_BY_NETWORK": '{"DGFIP": 3}'},
    ],
)
def test_settings_refuse_what_would_be_silently_ignored(
    monkeypatch: pytest.MonkeyPatch, variable: dict[str, str]
) -> None:
    with pytest.raises(ValidationError):
        settings(monkeypatch, **variable)
