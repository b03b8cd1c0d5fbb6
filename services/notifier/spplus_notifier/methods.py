"""The methods as the indicators service publishes them: a copy, made by ``python -m tests.support.methods_catalogue``.

Services never ask each other, so the texts travel with the code; a test compares both.
"""

import json
import re
from dataclasses import dataclass
from importlib import resources

from spplus_chassis import french
from spplus_contracts.vocabulary import IntervalMethod, Unit

_INTERVALS = {
    IntervalMethod.WILSON: "de Wilson",
    IntervalMethod.NEWCOMBE: "de Newcombe",
    IntervalMethod.ORDER_STATISTICS: "des statistiques d'ordre",
}
_SENTENCE_ENDS = re.compile(r"(?<=[.?]) (?=[A-ZÀÂÇÉÈÊÎÔÛ])")
_UNITS = {
    Unit.RATE: "en pourcentage",
    Unit.POINTS: "en points, de moins 100 à plus 100",
    Unit.DAYS: "en jours",
    Unit.COUNT: "en nombre",
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

    @property
    def quotient(self) -> tuple[str, ...]:
        """The formula in signs that people know: what is divided, and by what; all of it where nothing is divided."""
        signs = self.formula.replace(" * ", " \u00d7 ").replace(" - ", f" {french.MINUS} ")
        return tuple(_bare(part) for part in signs.split(" / ", 1))

    @property
    def sentences(self) -> tuple[str, ...]:
        """The explanation, a sentence at a time."""
        return tuple(_SENTENCE_ENDS.split(self.explanation))


def _bare(part: str) -> str:
    """Without the brackets around all of it, which a line of its own makes needless."""
    return part[1:-1] if part.startswith("(") and part.endswith(")") else part


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
