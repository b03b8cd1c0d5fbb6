"""How far a figure may lie from the truth, given how few were asked."""

from functools import lru_cache
from math import exp, floor, lgamma, log, sqrt
from typing import Final, NamedTuple

LEVEL: Final = 0.95
_Z: Final = 1.959963984540054
_Z2: Final = _Z * _Z
_TAIL: Final = (1 - LEVEL) / 2
_FAR: Final = 10
"""Standard deviations below the mean under which a binomial count has no weight that a float could hold."""
_RANKS_KEPT: Final = 1 << 14


class Bounds(NamedTuple):
    """Where the true figure lies at 95 %, in the unit of the figure."""

    low: float
    high: float


def wilson(successes: int, trials: int) -> Bounds:
    """The Wilson score interval at 95 % of `successes` out of `trials`.

    It stays within 0-1 and always contains the observed rate, also for very few trials and for rates of 0 and 1.
    Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927). Raises `ValueError` unless
    0 <= successes <= trials and trials > 0.
    """
    if not 0 <= successes <= trials or trials == 0:
        raise ValueError(f"{successes} of {trials} is no rate")
    scale = 1 / (trials + _Z2)
    centre = (successes + _Z2 / 2) * scale
    half = _Z * sqrt(successes * (trials - successes) / trials + _Z2 / 4) * scale
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == trials else centre + half
    return Bounds(low, high)


def newcombe(up: int, down: int, trials: int) -> Bounds:
    """The 95 % interval of the balance (up - down) / trials, -1 to 1, of trials that end up, down or neither.

    Newcombe's square-and-add method (Statistics in Medicine 17, 1998): the distances from each share to its Wilson
    bounds are joined as variances are, with the correlation that the two shares of one sample have. It stays within
    -1 and 1, contains the observed balance, and where nothing ends "neither" it is Wilson's interval itself.
    Raises `ValueError` unless up, down >= 0, up + down <= trials and trials > 0.
    """
    if up + down > trials:
        raise ValueError(f"{up} and {down} of {trials} are no shares")
    above, below = wilson(up, trials), wilson(down, trials)
    high, low = up / trials, down / trials
    others = (1 - high) * (1 - low)
    correlation = -sqrt(high * low / others) if others else -1.0  # all alike: as for ever fewer that end otherwise
    balance = (up - down) / trials
    lower = balance - _joined(high - above.low, below.high - low, correlation)
    upper = balance + _joined(above.high - high, low - below.low, correlation)
    return Bounds(max(-1.0, lower), min(1.0, upper))


def _joined(one: float, other: float, correlation: float) -> float:
    return sqrt(max(0.0, one * one - 2 * correlation * one * other + other * other))


@lru_cache(maxsize=_RANKS_KEPT)
def order_statistics(trials: int, numerator: int, denominator: int) -> tuple[int, int] | None:
    """Ranks, 1 for the smallest of `trials` values, between which the quantile numerator/denominator lies at 95 %.

    Distribution-free: the number of values under the true quantile is binomial. Each of the ranks fails in at most
    2.5 % of samples, so the whole holds at least 95 %, also for values that occur often. None when even the smallest
    and the largest value are not far enough apart for that. Source: W. J. Conover, Practical Nonparametric Statistics.
    Raises `ValueError` unless 0 < numerator < denominator and trials > 0.
    """
    if not 0 < numerator < denominator or trials < 1:
        raise ValueError(f"{numerator}/{denominator} of {trials} values is no quantile")
    share = numerator / denominator
    low = _least_count(trials, share)
    # The count of values above the quantile is binomial as well, and its lower tail is the upper one of the other.
    high = trials - _least_count(trials, 1 - share) + 1
    return (low, high) if low >= 1 and high <= trials else None


def _least_count(trials: int, share: float) -> int:
    """The least k for which a binomial count is k or less with a probability of at least 2.5 %."""
    mean, deviation = trials * share, sqrt(trials * share * (1 - share))
    k = max(0, floor(mean - _FAR * deviation))
    ways = lgamma(trials + 1) - lgamma(k + 1) - lgamma(trials - k + 1)
    probability = exp(ways + k * log(share) + (trials - k) * log(1 - share))
    odds, total = share / (1 - share), probability
    while total < _TAIL:
        probability *= odds * (trials - k) / (k + 1)
        k += 1
        total += probability
    return k
