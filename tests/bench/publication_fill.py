"""A publication as large as the real one: every structure of the full tree with two years of figures, by COPY."""

from collections.abc import Iterator
from datetime import date
from typing import Final

import asyncpg

from spplus_contracts import IndicatorComputed, StructureDeclared
from spplus_notifier import repository
from tests.support.builders import a_figure

INDICATORS: Final = (
    "experience_satisfaction",
    "experience_count",
    "answer_rate",
    "answer_rate_on_time",
    "answer_delay_median",
    "experience_relation",
    "experience_information",
    "experience_simplicity",
)
"""So many indicators have data, of each structure: the upper end, for most real ones have fewer."""
YEARS: Final = (2025, 2026)
_PLACE: Final = "STRUCTURE"
_STRUCTURES_AT_ONCE: Final = 2_000
_COLUMNS: Final = (
    "figure_key",
    "structure_code",
    "indicator_code",
    "period_kind",
    "period_start",
    "status",
    "engagements",
    "revision",
    "data",
)


async def fill(database: str, structures: list[StructureDeclared]) -> int:
    """Fill an empty database of the notifier; returns how many figures stand in it."""
    connection = await asyncpg.connect(database)
    try:
        for first in range(0, len(structures), _STRUCTURES_AT_ONCE):
            some = structures[first : first + _STRUCTURES_AT_ONCE]
            async with connection.transaction():
                await repository.save_structures(connection, {each.code: each for each in some})
        codes = sorted((each.code for each in structures), key=lambda code: f"{code}|")
        # Versions are drawn at the end: a trigger on COPY would first collect every row that it wrote.
        await connection.execute("ALTER TABLE figures DISABLE TRIGGER USER")
        said = await connection.copy_records_to_table("figures", records=_rows(codes), columns=_COLUMNS)
        await connection.execute("ALTER TABLE figures ENABLE TRIGGER USER")
        await connection.execute(
            "INSERT INTO structure_versions SELECT code, gen_random_uuid() FROM unnest($1::text[]) AS filled (code)",
            codes,
        )
        await connection.execute("VACUUM (ANALYZE)")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
    return int(said.split()[-1])


def _rows(codes: list[str]) -> Iterator[tuple[object, ...]]:
    """In the order of the keys, so that the index grows at its end."""
    shapes = sorted((figure.key, figure, figure.to_json().decode()) for figure in _figures())
    for code in codes:
        for key, figure, data in shapes:
            yield (
                key.replace(_PLACE, code),
                code,
                figure.indicator_code,
                figure.period.kind.value,
                figure.period.start,
                figure.status.value,
                list(figure.engagements),
                figure.revision,
                data.replace(_PLACE, code),
            )


def _figures() -> Iterator[IndicatorComputed]:
    for code in INDICATORS:
        for period in _periods():
            days = {"unit": "days", "value": 6.0, "numerator": None, "denominator": None, "interval": None}
            changes = days if code == "answer_delay_median" else {}
            yield a_figure(
                structure_code=_PLACE, indicator_code=code, period=period, engagements=("sp-plus-2021/8",), **changes
            )


def _periods() -> Iterator[dict[str, object]]:
    last = YEARS[-1]
    yield {"kind": "rolling_12", "start": date(last - 1, 11, 1), "end": date(last, 11, 1)}
    for year in YEARS:
        yield {"kind": "year", "start": date(year, 1, 1), "end": date(year + 1, 1, 1)}
        for kind, length in (("quarter", 3), ("month", 1)):
            for month in range(1, 13, length):
                after = month + length
                end = date(year + after // 13, (after - 1) % 12 + 1, 1)
                yield {"kind": kind, "start": date(year, month, 1), "end": end}
