"""The structures as CSV, in the form of the figures: the names of the codes, and who belongs to whom."""

from collections.abc import Iterable, Mapping
from typing import Final

from spplus_notifier.csv_export import BYTE_ORDER_MARK, lines

COLUMNS: Final = (
    "code",
    "name",
    "network",
    "typology",
    "department",
    "post_code",
    "town",
    "parent_code",
    "active",
    "closed_on",
    "successor_code",
)
_FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r")


def head() -> str:
    """The first line."""
    return BYTE_ORDER_MARK + lines([COLUMNS])


def rows(structures: Iterable[Mapping[str, object]]) -> str:
    """One line a structure."""
    return lines([_cell(structure[name]) for name in COLUMNS] for structure in structures)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = "" if value is None else str(value)
    # A spreadsheet would calculate it: names come from many registers.
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text
