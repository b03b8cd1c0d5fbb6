"""A believable publication: a region with three offices, two years of months, every state that a figure can have."""

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from spplus_contracts import IndicatorComputed, StructureDeclared
from spplus_notifier import catalogue
from spplus_notifier.figure_set import View
from tests.support.builders import a_figure, a_structure

PARIS = ZoneInfo("Europe/Paris")
SIZES = {"root": 9000, "child": 540, "other": 40}
"""Requests in a year, by structure."""
SHARES = {
    "experience_satisfaction": 0.77,
    "answer_rate": 0.91,
    "on_time_rate": 0.83,
    "acknowledgement_rate": 0.96,
    "pickup_rate": 0.72,
    "survey_satisfaction": 0.86,
}
OFFSETS = {"root": 0.0, "child": 0.06, "other": -0.12}
COUNTS = ("experience_count", "overdue_count")
LATE = 20
"""Of so many requests one is overdue."""
FEW = "pickup_rate"
"""Too few calls in the office `child`."""
SILENT_MONTH = 4
"""Too few answers in April; no survey's second quarter."""


def wilson(successes: float, n: int, z: float = 1.959964) -> dict[str, object]:
    """The interval, written again: tests must not believe the services."""
    share, weight = successes / n, z * z / n
    middle = (share + weight / 2) / (1 + weight)
    half = z * math.sqrt(share * (1 - share) / n + weight / (4 * n)) / (1 + weight)
    return {"low": max(0.0, middle - half), "high": min(1.0, middle + half), "method": "wilson"}


def structures() -> Iterator[StructureDeclared]:
    """A region with three offices; one judges no online procedure."""
    yield a_structure(code="root", name="Direction régionale", town="Toulouse")
    yield a_structure(
        code="child",
        name="Service des impôts de Colomiers",
        town="Colomiers",
        post_code="31770",
        parent="root",
        not_applicable=["procedure_quality_rate"],
    )
    yield a_structure(code="other", name="Service des impôts de Muret", town="Muret", post_code="31600", parent="root")
    yield a_structure(code="empty", name="Service des impôts de Revel", town="Revel", post_code="31250", parent="root")


def figures() -> Iterator[IndicatorComputed]:
    """All of them."""
    today = datetime.now(PARIS).date()
    window_end = (today.replace(day=1) + timedelta(days=31)).replace(day=1)
    window = ("rolling_12", window_end.replace(year=window_end.year - 1), window_end)
    years = [("year", date(year, 1, 1), date(year + 1, 1, 1)) for year in (2024, 2025, today.year)]
    months = [("month", first, _months_later(first, 1)) for first in View(None, today).trend_months]
    shown = View(None, today).quarters
    quarters = [("quarter", first, _months_later(first, 3)) for first in (_months_later(shown[0], -3), *shown)]
    for code in SIZES:
        for indicator in (*catalogue.order(), "z_new"):
            surveys = indicator in catalogue.PROTECTED
            for kind, start, end in (*quarters, *years) if surveys else (window, *years, *quarters, *months):
                yield _figure(code, indicator, kind, start, end)


def _months_later(first: date, months: int) -> date:
    place = first.month - 1 + months
    return date(first.year + place // 12, place % 12 + 1, 1)


def _figure(code: str, indicator: str, kind: str, start: date, end: date) -> IndicatorComputed:
    n = max(1, SIZES[code] * (end - start).days // 365)
    given = {
        "structure_code": code,
        "indicator_code": indicator,
        "period": {"kind": kind, "start": start, "end": end},
        "provisional": end > datetime.now(PARIS).date(),
        "computed_at": datetime(2026, 11, 23, 6, 0, tzinfo=UTC),
        "revision": 3,
    }
    if indicator in catalogue.PROTECTED:
        n = n // 10 * 10
        if kind == "quarter" and start.month == SILENT_MONTH:
            return a_figure(status="insufficient_sample", n=0, **given)
    few = (kind == "month" and start.month == SILENT_MONTH) or (code == "child" and indicator == FEW) or n < 3
    if indicator == "overdue_count":
        n //= LATE
    if few and indicator not in COUNTS:
        return a_figure(status="insufficient_sample", n=min(n, 12), **given)
    return a_figure(n=n, **given, **_value(code, indicator, n, start.month))


def _value(code: str, indicator: str, n: int, month: int) -> dict[str, object]:
    """Value and parts, a little different in each structure and month."""
    wave = 0.03 * math.sin(month) + OFFSETS[code]
    if indicator in COUNTS:
        return {"unit": "count", "value": n, "numerator": None, "denominator": None, "interval": None}
    if indicator.startswith("answer_delay"):
        days = {"answer_delay_median": 6, "answer_delay_p75": 11.5, "answer_delay_p90": 19}[indicator] * (1 - wave)
        around = 10 / math.sqrt(n)
        margin = {"low": days / (1 + around / 6), "high": days * (1 + around / 6), "method": "order_statistics"}
        return {"unit": "days", "value": days, "numerator": None, "denominator": None, "interval": margin}
    if indicator in {"experience_net_sentiment", "survey_net_satisfaction"}:
        top = round(n * (0.55 + wave))
        value, around = 100 * top / n, 160 / math.sqrt(n)
        margin = {"low": max(-100, value - around), "high": min(100, value + around), "method": "newcombe"}
        return {"unit": "points", "value": value, "numerator": top, "denominator": n, "interval": margin}
    top = round(n * min(1, max(0, SHARES.get(indicator, 0.8) + wave)))
    margin = None if indicator == "procedure_quality_rate" else wilson(top, n)
    return {"value": top / n, "numerator": top, "denominator": n, "interval": margin}
