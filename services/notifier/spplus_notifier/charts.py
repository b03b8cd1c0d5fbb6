"""Charts as SVG text, drawn from numbers. Pure.

No colour carries a meaning of its own: what differs has another shape, and each chart has a title, a description and,
on the page, a table with the same numbers. No inline style, so that a strict content policy holds.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 8, 12, 26
_TREND_HEIGHT = 190
_BAR_HEIGHT = 42
_LABELS = 4
_ROW_HEIGHT = 26
_ROW_EDGE = 8.0
"""Percent of the width, at both ends of a row."""


@dataclass(frozen=True, slots=True)
class Axis:
    """What the vertical extent means."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    """Places and their labels."""


@dataclass(frozen=True, slots=True)
class Point:
    """One month of a trend."""

    label: str
    """Under the chart."""
    value: float | None
    low: float | None = None
    high: float | None = None
    open: bool = False
    """The month is not over: drawn hollow."""
    withheld: bool = False
    """There were answers, but too few: drawn as a cross on the base line."""


def axis_from_zero(highest: float, label: Callable[[float], str]) -> Axis:
    """From zero to a round number above the highest value, with two steps."""
    top = _round_above(highest)
    return Axis(0, top, tuple((place, label(place)) for place in (0, top / 2, top)))


def _round_above(value: float) -> float:
    if value <= 2:  # noqa: PLR2004 - the least axis, so that its middle is a whole number
        return 2
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 4, 6, 8, 10) if step * power >= value)


def trend(points: Sequence[Point], axis: Axis, *, ident: str, title: str, description: str, bars: bool = False) -> str:
    """A line (or bars) over months, with a whisker for each margin."""
    frame = _Frame(axis, max(1, len(points)))
    parts = [_grid(frame), _month_labels(frame, points)]
    if bars:
        parts += [_bar(frame, place, point.value, open_=point.open) for place, point in _valued(points)]
    else:
        parts += [_whisker(frame, place, point) for place, point in _valued(points)]
        parts.append(_line(frame, points))
        parts += [_dot(frame, place, point.value, open_=point.open) for place, point in _valued(points)]
    parts += [_cross(frame, place) for place, point in enumerate(points) if point.withheld]
    return _svg(f'viewBox="0 0 {WIDTH} {_TREND_HEIGHT}"', ident, title, description, parts)


def margin_bar(
    value: float, low: float | None, high: float | None, axis: Axis, *, ident: str, title: str, description: str
) -> str:
    """The value on its scale, with its margin as a band."""
    middle = 13
    left, right = _across(axis.low, axis), _across(axis.high, axis)
    parts = [f'<line class="track" x1="{left}" y1="{middle}" x2="{right}" y2="{middle}"/>']
    if low is not None and high is not None:
        parts.append(_band(low, high, axis, middle, height=20))
    parts.append(_diamond(value, axis, middle, half=5))
    parts += [_label(place, label, axis, _BAR_HEIGHT - 4) for place, label in axis.ticks]
    return _svg(f'height="{_BAR_HEIGHT}"', ident, title, description, parts, kind="chart gauge")


def interval_row(
    value: float,
    low: float | None,
    high: float | None,
    axis: Axis,
    *,
    marked: bool = False,
    beside: float | None = None,
) -> str:
    """A dot on the axis with its interval, for one row of a table that says the same numbers: hidden from readers.

    The marked row has a diamond, the others a circle; a dashed line stands at the value that all are compared with.
    Places are shares of the width, so that the marks keep their size however wide the table is.
    """
    middle = _ROW_HEIGHT // 2
    left, right = _across(axis.low, axis), _across(axis.high, axis)
    parts = [f'<line class="track" x1="{left}" y1="{middle}" x2="{right}" y2="{middle}"/>']
    if beside is not None:
        at = _across(beside, axis)
        parts.append(f'<line class="beside" x1="{at}" y1="0" x2="{at}" y2="{_ROW_HEIGHT}"/>')
    if low is not None and high is not None:
        width = f"{max(0.5, _share(high, axis) - _share(low, axis)):.2f}%"
        parts.append(
            f'<rect class="band" x="{_across(low, axis)}" y="{middle - 5}" width="{width}" height="10" rx="2"/>'
        )
    at = _across(value, axis)
    if marked:
        diamond = '<path class="mark" d="M0 -9 l7 9 l-7 9 l-7 -9 z"/>'
        parts.append(f'<svg x="{at}" y="{middle}" overflow="visible">{diamond}</svg>')
    else:
        parts.append(f'<circle class="dot" cx="{at}" cy="{middle}" r="5"/>')
    return _row("row", parts)


def scale_row(axis: Axis) -> str:
    """The labels of the axis that the rows of a table share."""
    return _row("row scale", [_label(place, label, axis, _ROW_HEIGHT - 8) for place, label in axis.ticks])


def _row(kind: str, parts: Sequence[str]) -> str:
    return f'<svg class="{kind}" height="{_ROW_HEIGHT}" aria-hidden="true" focusable="false">{"".join(parts)}</svg>'


def _band(low: float, high: float, axis: Axis, middle: int, *, height: int) -> str:
    left, width = _across(low, axis), max(0.5, _share(high, axis) - _share(low, axis))
    top = middle - height // 2
    return f'<rect class="band" x="{left}" y="{top}" width="{width:.2f}%" height="{height}" rx="2"/>'


def _diamond(value: float, axis: Axis, middle: int, *, half: int) -> str:
    """In a frame of its own, since a path knows no shares of a width."""
    path = f'<path class="mark" d="M0 {-half - 2} l{half} {half + 2} l{-half} {half + 2} l{-half} {-half - 2} z"/>'
    return f'<svg x="{_across(value, axis)}" y="{middle}" overflow="visible" role="presentation">{path}</svg>'


def _label(place: float, label: str, axis: Axis, y: int) -> str:
    return f'<text x="{_across(place, axis)}" y="{y}" text-anchor="middle">{escape(label)}</text>'


def _across(place: float, axis: Axis) -> str:
    return f"{_share(place, axis):.2f}%"


def _share(place: float, axis: Axis) -> float:
    """Percent of the width of a row, with room for half a label at both ends."""
    share = (min(max(place, axis.low), axis.high) - axis.low) / (axis.high - axis.low)
    return _ROW_EDGE + share * (100 - 2 * _ROW_EDGE)


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where numbers lie in a trend."""

    axis: Axis
    count: int

    @property
    def step(self) -> float:
        return (WIDTH - _LEFT - _RIGHT) / self.count

    def x(self, place: int) -> float:
        return round(_LEFT + (place + 0.5) * self.step, 1)

    def y(self, value: float) -> float:
        share = (min(max(value, self.axis.low), self.axis.high) - self.axis.low) / (self.axis.high - self.axis.low)
        return round(_TREND_HEIGHT - _BOTTOM - share * (_TREND_HEIGHT - _TOP - _BOTTOM), 1)


def _valued(points: Sequence[Point]) -> list[tuple[int, Point]]:
    return [(place, point) for place, point in enumerate(points) if point.value is not None]


def _grid(frame: _Frame) -> str:
    lines = []
    for value, label in frame.axis.ticks:
        y = frame.y(value)
        lines.append(f'<line class="grid" x1="{_LEFT}" y1="{y}" x2="{WIDTH - _RIGHT}" y2="{y}"/>')
        lines.append(f'<text x="{_LEFT - 5}" y="{y + 4}" text-anchor="end">{escape(label)}</text>')
    return "".join(lines)


def _month_labels(frame: _Frame, points: Sequence[Point]) -> str:
    every = max(1, math.ceil(len(points) / _LABELS))
    shown = range(0, len(points), every)
    return "".join(
        f'<text x="{frame.x(place)}" y="{_TREND_HEIGHT - 8}" text-anchor="middle">{escape(points[place].label)}</text>'
        for place in shown
    )


def _line(frame: _Frame, points: Sequence[Point]) -> str:
    """Months next to each other are joined; a gap stays a gap."""
    text = ""
    pen_down = False
    for place, point in enumerate(points):
        if point.value is None:
            pen_down = False
            continue
        text += f"{'L' if pen_down else 'M'}{frame.x(place)} {frame.y(point.value)} "
        pen_down = True
    return f'<path class="line" d="{text.strip()}"/>' if text else ""


def _whisker(frame: _Frame, place: int, point: Point) -> str:
    if point.low is None or point.high is None:
        return ""
    x = frame.x(place)
    return f'<line class="whisker" x1="{x}" y1="{frame.y(point.low)}" x2="{x}" y2="{frame.y(point.high)}"/>'


def _dot(frame: _Frame, place: int, value: float | None, *, open_: bool) -> str:
    kind = "dot open" if open_ else "dot"
    return f'<circle class="{kind}" cx="{frame.x(place)}" cy="{frame.y(value or 0)}" r="3.5"/>'


def _bar(frame: _Frame, place: int, value: float | None, *, open_: bool) -> str:
    top, base = frame.y(value or 0), frame.y(0)
    width = round(frame.step * 0.7, 1)
    left = round(frame.x(place) - width / 2, 1)
    kind = "bar open" if open_ else "bar"
    return f'<rect class="{kind}" x="{left}" y="{top}" width="{width}" height="{round(base - top, 1)}"/>'


def _cross(frame: _Frame, place: int) -> str:
    x, y = frame.x(place), frame.y(frame.axis.low)
    return f'<path class="cross" d="M{x - 3} {y - 3} l6 6 m0 -6 l-6 6"/>'


def _svg(size: str, ident: str, title: str, description: str, parts: Sequence[str], *, kind: str = "chart") -> str:
    name = escape(ident, quote=True)
    return (
        f'<svg class="{kind}" {size} role="img" aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(description)}</desc>'
        f"{''.join(parts)}</svg>"
    )
