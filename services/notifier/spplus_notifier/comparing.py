"""Figures of several structures side by side: no ranks, and overlapping intervals are said to be similar. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import Unit
from spplus_notifier import drawing, wording
from spplus_notifier.charts import Axis
from spplus_notifier.figure_set import has_value


class Verdict(NamedTuple):
    """Whether a figure differs from another."""

    said: str
    beside: str
    """The same before the other's name."""


SIMILAR = Verdict("résultats proches", "Proche de")
HIGHER = Verdict("plus haut", "Plus haut que")
LOWER = Verdict("plus bas", "Plus bas que")
LONGER = Verdict("plus long", "Plus long que")
SHORTER = Verdict("plus court", "Plus court que")
UNSURE = Verdict("pas comparable", "Pas comparable à")


@dataclass(frozen=True, slots=True)
class Compared:
    """One structure in a comparison."""

    code: str
    name: str
    role: str
    """What it is to the reference; may be empty."""
    key: str | None
    """Of its figure."""
    headline: str
    reason: str
    """Why there is no number; empty where there is one."""
    margin: str
    sample: str
    """Empty without a number: the reason tells it."""
    verdict: Verdict | None
    """Beside the one that all are compared with; none for that one, and without a number."""
    chart: str | None
    is_reference: bool


class Comparison(NamedTuple):
    """Structures side by side, on one scale."""

    rows: tuple[Compared, ...]
    scale: str | None
    """The labels of the scale, drawn; none where no row has a number."""


class Place(NamedTuple):
    """A structure and its figure."""

    code: str
    name: str
    figure: IndicatorComputed | None
    applicable: bool = True
    role: str = ""

    @property
    def number(self) -> IndicatorComputed | None:
        """The figure where it has a number to show."""
        return self.figure if self.applicable and has_value(self.figure) else None


def verdict(figure: IndicatorComputed, reference: IndicatorComputed) -> Verdict:
    """Whether a figure differs from another more than their margins allow."""
    more, less = (LONGER, SHORTER) if figure.unit is Unit.DAYS else (HIGHER, LOWER)
    if figure.interval is None or reference.interval is None:
        return SIMILAR if figure.value == reference.value else UNSURE
    if figure.interval.low > reference.interval.high:
        return more
    return less if figure.interval.high < reference.interval.low else SIMILAR


def compare(code: str, places: Sequence[Place], reference: Place | None) -> Comparison:
    """The places in the order given, for one indicator, each beside the reference; all on one axis."""
    known = [place.number for place in places if place.number is not None]
    axis = drawing.axis_of(known) if known else None
    rows = tuple(_compared(code, place, reference, axis) for place in places)
    return Comparison(rows, None if axis is None else drawing.scale(axis))


def _compared(code: str, place: Place, reference: Place | None, axis: Axis | None) -> Compared:
    number, is_reference = place.number, reference is not None and place.code == reference.code
    other = None if reference is None else reference.number
    figure = place.figure
    return Compared(
        code=place.code,
        name=place.name,
        role=place.role,
        key=None if figure is None else figure.key,
        headline=wording.headline(figure, applicable=place.applicable),
        reason="" if number else wording.sentence(figure, code, applicable=place.applicable),
        margin="" if number is None else wording.short_margin(number),
        sample="" if number is None or number.unit is Unit.COUNT else wording.sample(number),
        verdict=verdict(number, other) if number and other and not is_reference else None,
        chart=drawing.interval_row(number, axis, marked=is_reference, beside=other) if number and axis else None,
        is_reference=is_reference,
    )
