"""The figures of one period as a Parquet file, built piece by piece so that memory stays flat.

Needs the extra `parquet` of this package; without it `is_possible` says no.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

MEDIA_TYPE: Final = "application/vnd.apache.parquet"
COLUMNS: Final = (
    ("structure_code", "string", False),
    ("indicator_code", "string", False),
    ("period_kind", "string", False),
    ("period_start", "date32", False),
    ("period_end", "date32", False),
    ("status", "string", False),
    ("value", "float64", True),
    ("unit", "string", False),
    ("numerator", "float64", True),
    ("denominator", "float64", True),
    ("n", "int64", False),
    ("interval_low", "float64", True),
    ("interval_high", "float64", True),
    ("interval_method", "string", True),
    ("provisional", "bool", False),
    ("revision", "int32", False),
    ("computed_at", "timestamp", False),
    ("tree_on", "date32", False),
    ("method_version", "int32", False),
    ("engagements", "texts", False),
)
"""Name, type and whether it may be empty: the columns of the CSV, in its order."""


def is_possible() -> bool:
    """Whether the library that writes Parquet is installed."""
    return find_spec("pyarrow") is not None


async def write(file: Path, portions: AsyncIterator[Sequence[str]], about: dict[str, str]) -> None:
    """Write a file from figures (IndicatorComputed as JSON); `about` goes into its metadata.

    Each portion is one row group, and is written off the event loop before the next is asked for.
    """
    from pyarrow import parquet  # noqa: PLC0415 - an extra: imported where it is needed

    schema = _schema().with_metadata(about)
    writer = await asyncio.to_thread(parquet.ParquetWriter, file, schema, compression="zstd")
    try:
        async for portion in portions:
            await asyncio.to_thread(_write_group, writer, schema, portion)
    finally:
        await asyncio.to_thread(writer.close)


def _schema() -> Any:  # noqa: ANN401 - a type of the extra
    import pyarrow as pa  # noqa: PLC0415 - see above

    types = {
        "string": pa.string(),
        "date32": pa.date32(),
        "float64": pa.float64(),
        "int64": pa.int64(),
        "int32": pa.int32(),
        "bool": pa.bool_(),
        "timestamp": pa.timestamp("us", tz="UTC"),
        "texts": pa.list_(pa.string()),
    }
    return pa.schema([pa.field(name, types[kind], nullable) for name, kind, nullable in COLUMNS])


def _write_group(writer: Any, schema: Any, figures: Sequence[str]) -> None:  # noqa: ANN401 - types of the extra
    import pyarrow as pa  # noqa: PLC0415 - see above

    rows = [_row(json.loads(figure)) for figure in figures]
    writer.write_table(pa.Table.from_pylist(rows, schema=schema))


def _row(figure: dict[str, Any]) -> dict[str, object]:
    period, interval = figure["period"], figure.get("interval") or {}
    named = {name: figure.get(name) for name, _, _ in COLUMNS}
    return named | {
        "period_kind": period["kind"],
        "period_start": date.fromisoformat(period["start"]),
        "period_end": date.fromisoformat(period["end"]),
        "interval_low": interval.get("low"),
        "interval_high": interval.get("high"),
        "interval_method": interval.get("method"),
        "computed_at": datetime.fromisoformat(figure["computed_at"]),
        "tree_on": date.fromisoformat(figure["tree_on"]),
        "engagements": figure.get("engagements", []),
    }
