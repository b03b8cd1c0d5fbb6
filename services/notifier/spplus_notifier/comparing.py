"""Figures of several structures side by side: no ranks, and overlapping intervals are said to be similar. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from spplus_contracts import IndicatorComputed
from spplus_notifier import drawing, wording
from spplus_notifier.charts import Axis
from spplus_notifier.figure_set import has_value

SIMILAR = "résultats proches"
HIGHER = "plus haut"
LOWER = "plus bas"
UNSURE = "pas comparable"


@dataclass(frozen=True, slots=True)
class Compared:
    """One structure in a comparison."""

    code: str
    name: str
    key: str | None
    """Of its figure."""
    headline: str
    margin: str
    sample: str
    verdict: str | None
    """Beside the one that all are compared with; none for that one, and without a number."""
    chart: str | None
    is_reference: bool


class Place(NamedTuple):
    """A structure and its figure."""

    code: str
    name: str
    figure: IndicatorComputed | None
    applicable: bool = True


def verdict(figure: IndicatorComputed, reference: IndicatorComputed) -> str:
    """Whether a figure differs from another more than their margins allow."""
    if figure.interval is None or reference.interval is None:
        return SIMILAR if figure.value == reference.value else UNSURE
    if figure.interval.low > reference.interval.high:
        return HIGHER
    return LOWER if figure.interval.high < reference.interval.low else SIMILAR


def compare(places: Sequence[Place], reference: Place | None) -> tuple[Compared, ...]:
    """The places in the order given, each beside the reference; all on one axis."""
    known = [place.figure for place in places if place.figure is not None and _has_number(place)]
    axis = drawing.axis_of(known) if known else None
    return tuple(_compared(place, reference, axis) for place in places)


def _has_number(place: Place) -> bool:
    return place.applicable and has_value(place.figure)


def _compared(place: Place, reference: Place | None, axis: Axis | None) -> Compared:
    figure, is_reference = place.figure, reference is not None and place.code == reference.code
    said = None
    if figure is not None and _has_number(place) and reference is not None and not is_reference:
        other = reference.figure
        said = verdict(figure, other) if other is not None and _has_number(reference) else None
    drawn = figure is not None and axis is not None and _has_number(place)
    return Compared(
        code=place.code,
        name=place.name,
        key=None if figure is None else figure.key,
        headline=wording.headline(figure, applicable=place.applicable),
        margin=wording.short_margin(figure) if figure is not None and _has_number(place) else "",
        sample=wording.sample(figure) if figure is not None and place.applicable else "",
        verdict=said,
        chart=drawing.interval_row(figure, axis, marked=is_reference) if figure and axis and drawn else None,
        is_reference=is_reference,
    )
