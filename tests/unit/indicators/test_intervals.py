from math import isclose, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spplus_indicators.intervals import wilson

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
