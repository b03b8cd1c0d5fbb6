from collections import Counter
from math import isclose, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, multinomial, quantile_test

from spplus_indicators.formulas import compute
from spplus_indicators.intervals import newcombe, order_statistics, wilson
from spplus_indicators.measures import delay

Z = 1.959963984540054


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high", "digits"),
    [
        (371, 471, 0.7485, 0.8222, 4),
        (8, 10, 0.49, 0.94, 2),
        (24, 30, 0.63, 0.90, 2),
        (80, 100, 0.71, 0.87, 2),
        (0, 10, 0.0, 0.28, 2),
        (10, 10, 0.72, 1.0, 2),
    ],
)
def test_wilson_of_known_counts_gives_known_bounds(
    successes: int, trials: int, low: float, high: float, digits: int
) -> None:
    bounds = wilson(successes, trials)

    assert (round(bounds.low, digits), round(bounds.high, digits)) == (low, high)


counts = st.integers(1, 10_000_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts)
def test_wilson_lies_within_zero_and_one_and_contains_the_rate(count: tuple[int, int]) -> None:
    successes, trials = count

    low, high = wilson(successes, trials)

    assert 0 <= low <= successes / trials <= high <= 1


@given(counts)
def test_wilson_bounds_solve_the_score_equation(count: tuple[int, int]) -> None:
    successes, trials = count

    for bound in wilson(successes, trials):
        distance = abs(successes / trials - bound)
        assert isclose(distance, Z * sqrt(bound * (1 - bound) / trials), abs_tol=1e-9)


@given(counts)
def test_wilson_of_the_opposite_is_mirrored(count: tuple[int, int]) -> None:
    successes, trials = count

    low, high = wilson(successes, trials)
    opposite = wilson(trials - successes, trials)

    assert isclose(opposite.low, 1 - high, abs_tol=1e-12)
    assert isclose(opposite.high, 1 - low, abs_tol=1e-12)


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (2, 1), (-1, 5)])
def test_wilson_of_what_is_no_rate_is_refused(successes: int, trials: int) -> None:
    with pytest.raises(ValueError, match="is no rate"):
        wilson(successes, trials)


@given(counts)
def test_wilson_is_the_one_of_scipy(count: tuple[int, int]) -> None:
    theirs = binomtest(*count).proportion_ci(method="wilson")

    assert wilson(*count) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


shares = st.integers(1, 100_000).flatmap(
    lambda n: st.integers(0, n).flatmap(lambda up: st.tuples(st.just(up), st.integers(0, n - up), st.just(n)))
)


@given(shares)
def test_newcombe_joins_the_wilson_bounds_of_scipy_as_variances_are_joined(share: tuple[int, int, int]) -> None:
    up, down, trials = share
    above = binomtest(up, trials).proportion_ci(method="wilson")
    below = binomtest(down, trials).proportion_ci(method="wilson")
    p, q = up / trials, down / trials
    covariance = multinomial.cov(trials, [p, q, max(0.0, 1 - p - q)]) / trials
    deviations = sqrt(covariance[0][0] * covariance[1][1])
    correlation = covariance[0][1] / deviations if deviations > 1e-12 else -float(trials in share[:2])

    bounds = newcombe(up, down, trials)

    def distance(one: float, other: float) -> float:
        return sqrt(max(0.0, one * one + other * other - 2 * correlation * one * other))

    assert bounds.low == pytest.approx(p - q - distance(p - above.low, below.high - q), abs=1e-6)
    assert bounds.high == pytest.approx(p - q + distance(above.high - p, q - below.low), abs=1e-6)


@given(shares)
def test_newcombe_lies_within_minus_one_and_one_and_contains_the_balance(share: tuple[int, int, int]) -> None:
    up, down, trials = share

    low, high = newcombe(up, down, trials)

    assert -1 <= low <= (up - down) / trials <= high <= 1
    assert newcombe(down, up, trials) == pytest.approx((-high, -low), abs=1e-12)


@given(counts)
def test_newcombe_without_neutral_answers_is_wilson(count: tuple[int, int]) -> None:
    up, trials = count
    low, high = wilson(up, trials)

    assert newcombe(up, trials - up, trials) == pytest.approx((2 * low - 1, 2 * high - 1), abs=1e-9)


@pytest.mark.parametrize("trials", [30, 60])
def test_newcombe_holds_its_level_over_all_samples(trials: int) -> None:
    """Exact coverage, each possible sample weighed by its probability."""
    samples = [(up, down, trials - up - down) for up in range(trials + 1) for down in range(trials + 1 - up)]
    bounds = [newcombe(up, down, trials) for up, down, _ in samples]
    covered = []
    for p, q in [(0.1, 0.1), (0.3, 0.3), (0.5, 0.2), (0.7, 0.2), (0.75, 0.05), (0.9, 0.05), (0.2, 0.7), (0.45, 0.45)]:
        weights = multinomial.pmf(samples, trials, [p, q, 1 - p - q])
        covered.append(sum(w for w, (low, high) in zip(weights, bounds, strict=True) if low <= p - q <= high))

    assert min(covered) > 0.93
    assert 0.945 < sum(covered) / len(covered) < 0.965


@pytest.mark.parametrize(("up", "down", "trials"), [(0, 0, 0), (2, 2, 3), (-1, 0, 5)])
def test_newcombe_of_what_are_no_shares_is_refused(up: int, down: int, trials: int) -> None:
    with pytest.raises(ValueError, match=r"is no rate|are no shares"):
        newcombe(up, down, trials)


quantiles = pytest.mark.parametrize("quantile", [(1, 2), (3, 4), (9, 10)])


@quantiles
def test_order_statistics_are_the_binomial_ranks_of_scipy(quantile: tuple[int, int]) -> None:
    share = quantile[0] / quantile[1]
    for trials in [*range(1, 400), 1_001, 20_000, 1_000_003]:
        low, high = int(binom.ppf(0.025, trials, share)), int(binom.ppf(0.975, trials, share)) + 1

        assert order_statistics(trials, *quantile) == ((low, high) if low >= 1 and high <= trials else None)


@quantiles
def test_order_statistics_hold_their_level_and_enclose_the_percentile(quantile: tuple[int, int]) -> None:
    for trials in range(1, 1_000):
        ranks = order_statistics(trials, *quantile)
        if ranks is not None:
            low, high = ranks
            below = binom.cdf([low - 1, high - 1], trials, quantile[0] / quantile[1])
            assert below[1] - below[0] >= 0.95
            position, remainder = divmod((trials - 1) * quantile[0], quantile[1])
            assert low <= position + 1
            assert high >= position + (2 if remainder else 1)


@pytest.mark.parametrize(("quantile", "least"), [((1, 2), 6), ((3, 4), 13), ((9, 10), 36)])
def test_order_statistics_of_too_few_values_are_none(quantile: tuple[int, int], least: int) -> None:
    assert order_statistics(least - 1, *quantile) is None
    assert order_statistics(least, *quantile) is not None


@given(st.lists(st.integers(0, 60), min_size=40, max_size=120))
def test_interval_of_a_percentile_is_the_one_of_scipy(days: list[int]) -> None:
    figure = compute("answer_delay_median", Counter(map(delay, days)), 1)

    assert figure.interval == pytest.approx(quantile_test(days, p=0.5).confidence_interval(0.95))


@pytest.mark.parametrize(("trials", "quantile"), [(0, (1, 2)), (10, (0, 2)), (10, (2, 2))])
def test_order_statistics_of_no_quantile_are_refused(trials: int, quantile: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no quantile"):
        order_statistics(trials, *quantile)
