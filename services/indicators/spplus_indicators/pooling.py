"""From differences of own counts to pooled ones: what is added to a structure is added to all its ancestors.

Pure. Counts are kept as JSON text, one per structure and month, so that a figure of a year reads twelve rows.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple, TypeVar

from pydantic_core import from_json, to_json

from spplus_indicators.contribution import Cell
from spplus_indicators.periods import Span
from spplus_indicators.tree import Tree

Place = tuple[str, date]
"""A structure and the first day of a month."""
Key = TypeVar("Key")
Counts = dict[str, int]
"""Counts, or differences of counts, by measure."""


class Mark(NamedTuple):
    """A difference that waits to be added up."""

    structure_code: str
    month: date
    counts: Counts


class Spread(NamedTuple):
    """Differences by place: of own counts, and of counts pooled with descendants."""

    own: dict[Place, Counts]
    pooled: dict[Place, Counts]


def counts_of_text(text: str) -> Counts:
    """The counts that a text was made of."""
    counts: Counts = from_json(text)
    return counts


def text_of_counts(counts: Mapping[str, int]) -> str:
    """Counts as text."""
    return to_json(counts).decode()


def add(total: dict[Key, int], counts: Mapping[Key, int]) -> None:
    """Add counts to a total, in place; by measure or by cell."""
    for measure, count in counts.items():
        total[measure] = total.get(measure, 0) + count


def by_place(cells: Mapping[Cell, int]) -> dict[Place, Counts]:
    """Cells that are not 0, by structure and month."""
    places: dict[Place, Counts] = {}
    for (structure, month, measure), count in cells.items():
        if count:
            known = places.get((structure, month))
            if known is None:
                places[structure, month] = {measure: count}
            else:
                known[measure] = count
    return places


def spread(marks: Iterable[Mark], tree: Tree) -> Spread:
    """Where these differences belong. A structure that nobody declared has own counts only."""
    own: dict[Place, Counts] = {}
    for structure, month, counts in marks:
        known = own.get((structure, month))
        if known is None:
            own[structure, month] = dict(counts)
        else:
            add(known, counts)
    pooled: dict[Place, Counts] = {}
    for (structure, month), counts in own.items():
        if structure in tree:
            for code in tree.towards(structure, month):
                add(pooled.setdefault((code, month), {}), counts)
    return Spread(own, pooled)


def pooled_over(months: Mapping[date, Counts], span: Span) -> Counts:
    """The sum of the months of a period."""
    total: Counts = {}
    for month, counts in months.items():
        if span.start <= month < span.end:
            add(total, counts)
    return total
