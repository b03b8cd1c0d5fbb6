"""The methods as the indicators service publishes them: a copy, made by ``python -m tests.support.methods_catalogue``.

Services never ask each other, so the texts travel with the code; a test compares both.
"""

import json
from dataclasses import dataclass
from importlib import resources

from spplus_contracts.vocabulary import IntervalMethod, Unit

_INTERVALS = {
    IntervalMethod.WILSON: "de Wilson",
    IntervalMethod.NEWCOMBE: "de Newcombe",
    IntervalMethod.ORDER_STATISTICS: "des statistiques d'ordre",
}
_UNITS = {
    Unit.RATE: "un pourcentage",
    Unit.POINTS: "des points, de moins 100 à plus 100",
    Unit.DAYS: "des jours",
    Unit.COUNT: "un nombre",
}


@dataclass(frozen=True, slots=True)
class Method:
    """How one indicator is computed."""

    code: str
    version: int
    label: str
    unit: str
    """In words."""
    formula: str
    explanation: str
    interval: str | None
    """Name of the method of its interval, after "la méthode"."""


def _read() -> dict[str, Method]:
    told = json.loads(resources.files("spplus_notifier").joinpath("methods.json").read_text(encoding="utf-8"))
    return {one["code"]: _method(one) for one in told}


def _method(told: dict[str, str | int | None]) -> Method:
    interval = told["interval"]
    return Method(
        code=str(told["code"]),
        version=int(told["version"] or 1),
        label=str(told["label"]),
        unit=_UNITS[Unit(str(told["unit"]))],
        formula=str(told["formula"]),
        explanation=str(told["explanation"]),
        interval=None if interval is None else _INTERVALS[IntervalMethod(str(interval))],
    )


METHODS = _read()
"""Every published indicator by its code."""
