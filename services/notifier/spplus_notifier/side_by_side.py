"""The newest figures of one indicator for several structures, as pages set them side by side."""

from collections.abc import Mapping, Sequence
from datetime import date

from spplus_chassis.database import Pool
from spplus_contracts import IndicatorComputed
from spplus_contracts.vocabulary import PeriodKind
from spplus_notifier import catalogue, queries, wording
from spplus_notifier.figure_key import LATEST
from spplus_notifier.figure_set import has_value


async def newest(pool: Pool, codes: Sequence[str], indicator: str, today: date) -> dict[str, IndicatorComputed]:
    """By structure: the last twelve months; for surveys, which have none, this year or else the one before."""
    if indicator not in catalogue.PROTECTED:
        return await _figures(pool, codes, indicator, PeriodKind.ROLLING_12, LATEST)
    found = await _figures(pool, codes, indicator, PeriodKind.YEAR, f"{today.year}-01-01")
    if any(has_value(figure) for figure in found.values()):
        return found
    return await _figures(pool, codes, indicator, PeriodKind.YEAR, f"{today.year - 1}-01-01") or found


async def _figures(
    pool: Pool, codes: Sequence[str], indicator: str, kind: PeriodKind, start: str
) -> dict[str, IndicatorComputed]:
    found = await queries.figures_at(pool, codes, indicator, kind.value, start)
    return {key: IndicatorComputed.read_json(data.encode()) for key, data in found.items()}


def period_of(figures: Mapping[str, IndicatorComputed]) -> str | None:
    """The months that the newest of them is about, in words."""
    spans = {figure.period.end: figure.period for figure in figures.values()}
    latest = spans[max(spans)] if spans else None
    return None if latest is None else wording.period(latest.kind, latest.start, latest.end)
