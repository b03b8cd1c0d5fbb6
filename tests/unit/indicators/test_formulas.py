from collections import Counter
from fractions import Fraction
from itertools import chain
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spplus_contracts.vocabulary import IndicatorStatus, Unit
from spplus_indicators import measures
from spplus_indicators.formulas import NOT_COLLECTED, compute, compute_all, percentile
from spplus_indicators.methods import METHODS
from spplus_indicators.thresholds import Thresholds

OK = IndicatorStatus.OK
INSUFFICIENT = IndicatorStatus.INSUFFICIENT_SAMPLE
MONTH = {"experiences": 471, "positive": 371, "neutral": 23, "negative": 77, "answer_expected": 471, "answered": 458}


def test_compute_of_a_known_month_gives_satisfaction_with_its_interval() -> None:
    figure = compute("experience_satisfaction", MONTH, 30)

    assert (figure.status, figure.n, figure.numerator, figure.denominator) == (OK, 471, 371, 471)
    assert figure.value == 371 / 471
    assert figure.interval is not None
    assert (round(figure.interval.low, 4), round(figure.interval.high, 4)) == (0.7485, 0.8222)


def test_compute_of_a_known_month_gives_answer_rate() -> None:
    figure = compute("answer_rate", MONTH, 30)

    assert (figure.numerator, figure.denominator) == (458, 471)
    assert figure.value is not None
    assert round(figure.value, 4) == 0.9724


def test_compute_net_sentiment_is_in_points_with_an_interval_in_points() -> None:
    figure = compute("experience_net_sentiment", MONTH, 30)

    assert (figure.value, figure.numerator, figure.denominator) == (100 * 294 / 471, 294, 471)
    assert figure.interval is not None
    assert -100 <= figure.interval.low < figure.value < figure.interval.high <= 100


def test_compute_pickup_rate_of_calls_is_handled_of_required() -> None:
    assert compute("pickup_rate", {"calls_received": 1000, "calls_answered": 850}, 30).value == 0.85


def test_compute_on_time_rate_is_on_time_of_due() -> None:
    figure = compute("on_time_rate", {"due": 40, "on_time": 30}, 30)

    assert (figure.value, figure.numerator, figure.denominator, figure.n) == (0.75, 30, 40, 40)


def test_compute_count_has_no_threshold() -> None:
    figure = compute("experience_count", {"experiences": 1}, 30)

    assert (figure.status, figure.value, figure.n) == (OK, 1.0, 1)
    assert (figure.numerator, figure.denominator, figure.interval) == (None, None, None)


@pytest.mark.parametrize(
    ("code", "tally"),
    [
        ("experience_satisfaction", {"positive": 29}),
        ("experience_net_sentiment", {"negative": 29}),
        ("answer_rate", {"answer_expected": 29, "answered": 29}),
        ("on_time_rate", {"due": 29}),
        ("answer_delay_median", {"delay:1": 20, "delay:2": 9}),
        ("pickup_rate", {"calls_received": 29, "calls_answered": 3}),
    ],
)
def test_compute_below_min_sample_shows_only_n(code: str, tally: dict[str, int]) -> None:
    below = compute(code, tally, 30)
    reached = compute(code, tally, 29)

    assert below == (INSUFFICIENT, 29, None, None, None, None)
    assert reached.status is OK
    assert reached.value is not None


COUNTS = {"experience_count": "experiences", "overdue_count": "overdue"}


@pytest.mark.parametrize("code", [code for code in measures.NEEDS if code not in COUNTS])
def test_compute_fallen_back_to_zero_says_so(code: str) -> None:
    tally = {measure if measure != "delay:" else "delay:4": 0 for measure in measures.NEEDS[code]}

    assert compute(code, tally, 0) == (INSUFFICIENT, 0, None, None, None, None)


@pytest.mark.parametrize(("code", "measure"), COUNTS.items())
def test_compute_count_fallen_back_to_zero_is_zero(code: str, measure: str) -> None:
    assert compute(code, {measure: 0}, 30)[:3] == (OK, 0, 0.0)
    assert compute(code, {measure: 2}, 30)[:3] == (OK, 2, 2.0)


@pytest.mark.parametrize("code", measures.NEEDS)
def test_compute_of_what_was_never_collected_is_no_figure(code: str) -> None:
    others = {
        measure if measure != "delay:" else "delay:4": 50
        for needed in measures.NEEDS.values()
        for measure in needed
        if measure not in measures.NEEDS[code]
    }

    assert compute(code, others, 30) == NOT_COLLECTED


def test_compute_of_pooled_months_weighs_by_count() -> None:
    small = {"positive": 10, "negative": 0}
    large = {"positive": 495, "negative": 495}

    year = compute("experience_satisfaction", Counter(small) + Counter(large), 30)

    assert year.value == 0.505


def test_compute_of_an_unknown_indicator_is_an_error() -> None:
    with pytest.raises(KeyError):
        compute("happiness", {}, 30)


def test_compute_delays_interpolates_between_days() -> None:
    tally = {"delay:1": 1, "delay:2": 1, "delay:10": 2, "experiences": 9}

    figures = compute_all(("answer_delay_median", "answer_delay_p75", "answer_delay_p90"), tally, Thresholds(4))

    assert [figure.value for figure in figures.values()] == [6.0, 10.0, 10.0]
    assert [figure.n for figure in figures.values()] == [4, 4, 4]


counts = st.integers(0, 400)
tallies = st.dictionaries(
    st.one_of(
        st.integers(0, 400).map(measures.delay),
        st.sampled_from(["experiences", "positive", "neutral", "negative"]),
    ),
    counts,
) | st.tuples(counts, counts, counts).map(
    lambda c: {"answer_expected": c[0] + c[1], "answered": c[1], "due": c[0] + c[2], "on_time": c[2]}
)


@given(tallies, st.integers(0, 50))
def test_compute_all_equals_each_alone(tally: dict[str, int], min_sample: int) -> None:
    assert compute_all(measures.NEEDS, tally, Thresholds(min_sample)) == {
        code: compute(code, tally, Thresholds(min_sample).of(code)) for code in measures.NEEDS
    }


@given(tallies, st.integers(1, 50))
def test_compute_shows_a_number_only_where_ok(tally: dict[str, int], min_sample: int) -> None:
    for code, figure in compute_all(measures.NEEDS, tally, Thresholds(min_sample)).items():
        assert (figure.value is not None) is (figure.status is OK)
        if figure.status is not OK:
            assert figure[2:] == (None, None, None, None)
        elif METHODS[code].has_threshold:
            assert figure.n >= Thresholds(min_sample).of(code)
        if figure.interval is not None and figure.value is not None:
            assert figure.interval.low <= figure.value <= figure.interval.high
            if METHODS[code].unit is Unit.RATE:
                assert figure.interval.low >= 0
                assert figure.interval.high <= 1


samples = st.lists(st.integers(0, 730), min_size=1, max_size=200)


@given(samples, st.sampled_from([(1, 2), (3, 4), (9, 10)]))
def test_percentile_follows_the_line_between_the_neighbouring_values(
    sample: list[int], quantile: tuple[int, int]
) -> None:
    value = percentile(sorted(Counter(sample).items()), *quantile)

    ranked = sorted(sample)
    position = (len(ranked) - 1) * Fraction(*quantile)
    low = ranked[int(position)]
    high = ranked[min(int(position) + 1, len(ranked) - 1)]
    assert value == float(low + (high - low) * (position - int(position)))
    assert ranked[0] <= value <= ranked[-1]


@given(samples)
def test_percentile_of_one_half_is_the_median(sample: list[int]) -> None:
    assert percentile(sorted(Counter(sample).items()), 1, 2) == median(sample)


def test_percentile_ignores_days_without_requests() -> None:
    assert percentile([(0, 0), (3, 1), (9, 0)], 9, 10) == 3


def test_percentile_without_values_is_refused() -> None:
    with pytest.raises(ValueError, match="no value"):
        percentile([(3, 0)], 1, 2)


def test_percentile_of_pooled_histograms_is_that_of_all_values() -> None:
    months = [[1, 1, 2, 30], [5, 6], [7] * 11]
    pooled: Counter[str] = Counter()
    for days in months:
        pooled.update(Counter(measures.delay(day) for day in days))

    figure = compute("answer_delay_median", pooled, 1)

    assert figure.value == median(chain.from_iterable(months))


PROCEDURES = {
    "procedure:good:n": 30,
    "procedure:good:sum10": 240,
    "procedure:bad:n": 1000,
    "procedure:bad:sum10": 7999,
    "procedure:rare:n": 29,
    "procedure:rare:sum10": 290,
    "procedure:none:n": 0,
    "procedure:none:sum10": 0,
}


def test_compute_procedures_are_good_from_a_pooled_mean_of_eight() -> None:
    figure = compute("procedure_quality_rate", PROCEDURES, 1)

    assert figure == (OK, 2, 0.5, 1, 2, None)


def test_compute_procedures_pooled_over_children_reach_what_none_reaches_alone() -> None:
    child = {"procedure:p:n": 15, "procedure:p:sum10": 120}

    assert compute("procedure_quality_rate", child, 1).status is INSUFFICIENT
    assert compute("procedure_quality_rate", Counter(child) + Counter(child), 1).value == 1


def test_compute_procedures_that_were_rated_by_nobody_else_are_insufficient() -> None:
    assert compute("procedure_quality_rate", {"procedure:rare:n": 29, "procedure:rare:sum10": 290}, 1)[:2] == (
        INSUFFICIENT,
        0,
    )


def test_compute_net_satisfaction_is_very_satisfied_minus_not_satisfied() -> None:
    answers = {
        "survey_answers": 100,
        "survey_satisfied": 80,
        "survey_very_satisfied": 50,
        "survey_not_satisfied": 20,
    }
    net, rate = (compute(f"survey_{name}", answers, 30) for name in ("net_satisfaction", "satisfaction"))

    assert (net.value, net.numerator, net.denominator) == (30.0, 30, 100)
    assert net.interval is not None
    assert -100 <= net.interval.low < 30 < net.interval.high <= 100
    assert (rate.value, rate.numerator) == (0.8, 80)


def test_compute_percentile_of_too_few_delays_has_no_interval() -> None:
    assert compute("answer_delay_p90", {"delay:3": 35}, 30).interval is None
    assert compute("answer_delay_p90", {"delay:3": 36}, 30).interval == (3.0, 3.0)
