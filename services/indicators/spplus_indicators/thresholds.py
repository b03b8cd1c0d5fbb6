"""How many answers, requests or calls a figure needs before its value is shown: a matter of reliability alone.

What must stay hidden for the sake of those who answered is another matter, and decided elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

OWN_DEFAULTS: Final[Mapping[str, int]] = {"procedure_quality_rate": 1}
"""Indicators that the general default does not suit. The n of this one counts procedures, each of them already known
from enough ratings."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The least n by indicator and network. Every number is at least 1."""

    default: int = 30
    """For every indicator that nothing else is said about."""
    by_indicator: Mapping[str, int] = field(default_factory=dict)
    """For some indicators, in all networks."""
    by_network: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """For some indicators in some networks, by the network's name in the reference data."""

    def of(self, indicator: str, network: str = "") -> int:
        """The least n: what is said of the network, else of the indicator, else the default. No name, no network."""
        for said in (self.by_network.get(network, {}), self.by_indicator, OWN_DEFAULTS):
            if indicator in said:
                return said[indicator]
        return self.default
