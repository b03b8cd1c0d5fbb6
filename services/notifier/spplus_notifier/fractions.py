"""A rate said as "8 sur 10", never more exactly than its interval allows. Pure.

"Environ x sur 10" only where x tenths lie in the interval and it is narrow enough for one tenth to mean something;
else what holds anywhere in the interval: nearly x, a little more than x, between two tenths, at most, at least.
"""

import math
from typing import NamedTuple

from spplus_chassis import french

NARROW_ENOUGH = 0.2
"""Widest interval (as a rate) of which one tenth is said."""
_EPSILON = 1e-9
"""Floats that should be whole tenths."""


class Said(NamedTuple):
    """The words, and what they claim of the rate."""

    text: str
    plural: bool
    """How the verb after it agrees."""
    low: float
    high: float


def about(value: float, low: float, high: float, one: str, many: str) -> Said:
    """A rate (0 to 1) with its interval, around the noun that is counted."""
    low, high = min(low, value), max(high, value)
    if high - low > NARROW_ENOUGH:
        return _between(low, high, one, many)
    return _narrow(value, low, high, one, many)


def _narrow(value: float, low: float, high: float, one: str, many: str) -> Said:
    tenths = round(value * 10)
    if tenths in {0, 10}:
        return _edge(low, high, one, many, upper=tenths > 0)
    if _holds(tenths / 10, low, high):
        return _around(tenths, 10, one, many)
    if tenths / 10 > high and low >= (tenths - 1) / 10:
        return _beside("Presque", tenths, (tenths - 1) / 10, one, many)
    if tenths / 10 < low and high <= (tenths + 1) / 10:
        return _beside("Un peu plus de", tenths, tenths / 10, one, many)
    hundredths = round(value * 100)
    if _holds(hundredths / 100, low, high):
        return _around(hundredths, 100, one, many)
    return Said(f"{french.number(value * 100, decimals=2)} {many} sur 100", value * 100 > 1, value, value)


def _holds(rate: float, low: float, high: float) -> bool:
    return low - _EPSILON <= rate <= high + _EPSILON


def _around(count: int, of: int, one: str, many: str) -> Said:
    plural = french.is_plural(count)
    return Said(f"Environ {count} {many if plural else one} sur {of}", plural, count / of, count / of)


def _beside(words: str, tenths: int, low: float, one: str, many: str) -> Said:
    plural = french.is_plural(tenths)
    return Said(f"{words} {tenths} {many if plural else one} sur 10", plural, low, low + 0.1)


def _edge(low: float, high: float, one: str, many: str, *, upper: bool) -> Said:
    """Nearly all, or nearly none."""
    if not upper:
        least = max(1, math.ceil(high * 100 - _EPSILON))
        return Said(f"Au plus {least} {many if least > 1 else one} sur 100", least > 1, 0, least / 100)
    most = math.floor(low * 100 + _EPSILON)
    return Said(f"Au moins {most} {many} sur 100", plural=True, low=most / 100, high=1)


def _between(low: float, high: float, one: str, many: str) -> Said:
    first, last = math.floor(low * 10 + _EPSILON), math.ceil(high * 10 - _EPSILON)
    if first == 0:
        return Said(f"Au plus {last} {many if last > 1 else one} sur 10", last > 1, 0, last / 10)
    if last == 10:  # noqa: PLR2004 - all ten tenths
        return Said(f"Au moins {first} {many if first > 1 else one} sur 10", first > 1, first / 10, 1)
    return Said(f"Entre {first} et {last} {many} sur 10", plural=True, low=first / 10, high=last / 10)
