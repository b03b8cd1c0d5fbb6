"""The key of a figure: ``structure|indicator|period kind|period start``; a rolling window ends with ``latest``."""

from dataclasses import dataclass
from datetime import date

_PARTS = 4
LATEST = "latest"


@dataclass(frozen=True, slots=True)
class FigureKey:
    """What the key of a record on the compacted topic says."""

    structure_code: str
    indicator_code: str
    period_kind: str
    start: str

    def __str__(self) -> str:
        return f"{self.structure_code}|{self.indicator_code}|{self.period_kind}|{self.start}"


def parse_key(text: str) -> FigureKey:
    """Read a key. Raises `ValueError` where it is none."""
    parts = text.split("|")
    if len(parts) != _PARTS or not all(parts):
        raise ValueError("a key has four parts")
    if parts[3] != LATEST:
        date.fromisoformat(parts[3])
    return FigureKey(*parts)


def key_range(structure_code: str, indicator_code: str | None = None) -> tuple[str, str]:
    """Bounds (low in, high out, in byte order) of the keys of one structure, or of one indicator of it.

    ``}`` is the sign after ``|``, and neither stands in a code.
    """
    stem = structure_code if indicator_code is None else f"{structure_code}|{indicator_code}"
    return f"{stem}|", f"{stem}}}"
