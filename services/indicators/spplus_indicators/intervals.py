"""How far a rate may lie from the truth, given how few were asked."""

from math import sqrt
from typing import Final, NamedTuple

LEVEL: Final = 0.95
_Z: Final = 1.959963984540054
_Z2: Final = _Z * _Z


class Bounds(NamedTuple):
    """Where the true rate lies at 95 %."""

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
