"""Figures as CSV for spreadsheets: semicolons, UTF-8 with a byte order mark, one figure a line, headers in English.

No cell can be taken for a formula: all are codes, numbers, dates and closed lists. Columns keep their names and order;
a later version of the Table Schema adds at the end only.
"""

import csv
import io
from collections.abc import Iterable

from spplus_contracts import IndicatorComputed

BYTE_ORDER_MARK = "\ufeff"
POINT, COMMA = ".", ","
COLUMNS = (
    "structure_code",
    "indicator_code",
    "period_kind",
    "period_start",
    "period_end",
    "status",
    "value",
    "unit",
    "numerator",
    "denominator",
    "n",
    "interval_low",
    "interval_high",
    "interval_method",
    "provisional",
    "revision",
    "computed_at",
    "tree_on",
    "method_version",
    "engagements",
)


def head() -> str:
    """The first line."""
    return BYTE_ORDER_MARK + lines([COLUMNS])


def rows(figures: Iterable[IndicatorComputed], *, decimal: str = POINT) -> str:
    """One line a figure; an empty cell is a number that is not published, never a zero. `decimal` is POINT or COMMA."""
    return lines(_cells(figure, decimal) for figure in figures)


def lines(cells: Iterable[Iterable[object]]) -> str:
    """Lines of CSV (RFC 4180, with semicolons); a cell with a semicolon, a quote or a line's end is quoted."""
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(cells)
    return text.getvalue()


def _cells(figure: IndicatorComputed, decimal: str) -> tuple[object, ...]:
    interval = figure.interval
    return (
        figure.structure_code,
        figure.indicator_code,
        figure.period.kind.value,
        figure.period.start.isoformat(),
        figure.period.end.isoformat(),
        figure.status.value,
        _number(figure.value, decimal),
        figure.unit.value,
        _number(figure.numerator, decimal),
        _number(figure.denominator, decimal),
        figure.n,
        _number(None if interval is None else interval.low, decimal),
        _number(None if interval is None else interval.high, decimal),
        "" if interval is None else interval.method.value,
        "true" if figure.provisional else "false",
        figure.revision,
        figure.computed_at.isoformat().replace("+00:00", "Z"),
        figure.tree_on.isoformat(),
        figure.method_version,
        " ".join(figure.engagements),
    )


def _number(value: float | None, decimal: str) -> str:
    if value is None:
        return ""
    return str(int(value)) if value.is_integer() else repr(value).replace(POINT, decimal)
