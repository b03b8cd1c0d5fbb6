"""Reads for the audit."""

from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import date, datetime
from typing import NamedTuple

from spplus_chassis.database import Connection
from spplus_contracts.vocabulary import PeriodKind
from spplus_indicators.figures import FigureKey, Published
from spplus_indicators.pooling import Counts, Mark, Place, counts_of_text
from spplus_indicators.repository import StoredRow
from spplus_indicators.statements import RequestKey
from spplus_indicators.tree import Reach

_LEDGER = "SELECT request_source, request_id, statements, counted, withdrawn FROM ledger"
_FIGURES = """
SELECT structure_code, indicator_code, period_kind, period_start, revision, status, n, value, numerator, denominator,
    interval_low, interval_high, method_version, provisional, period_end
FROM figures ORDER BY structure_code
"""
_WITHOUT_HISTORY = """
SELECT figure.structure_code, figure.indicator_code, figure.period_kind, figure.period_start
FROM figures AS figure
WHERE NOT EXISTS (
    SELECT FROM history AS told
    WHERE told.structure_code = figure.structure_code AND told.indicator_code = figure.indicator_code
        AND told.period_kind = figure.period_kind AND told.period_start = figure.period_start
        AND told.revision = figure.revision AND told.status = figure.status AND told.n = figure.n
        AND told.value IS NOT DISTINCT FROM figure.value
)
"""
_WAITING = """
SELECT structure_code FROM publication_queue
UNION SELECT closure.ancestor FROM marks JOIN closure ON closure.descendant = marks.structure_code
"""
_TALLIES = "SELECT structure_code, month, own, pooled FROM tallies"
_ROWS_AT_ONCE = 5_000
_LONGEST_SECONDS = 3600
"""Some sort or join millions of rows before the first one comes."""


async def swept_until(connection: Connection) -> datetime:
    """The instant as of which the ledger counts."""
    instant: datetime = await connection.fetchval("SELECT swept_until FROM progress")
    return instant


async def tree_on(connection: Connection) -> date:
    """The day that the tree stands for."""
    day: date = await connection.fetchval("SELECT tree_on FROM progress")
    return day


async def tree_version(connection: Connection) -> int:
    """The version of the tree."""
    version: int = await connection.fetchval("SELECT tree_version FROM progress")
    return version


async def ledger_rows(connection: Connection) -> AsyncIterator[StoredRow]:
    """The whole ledger, in pieces: memory stays bounded. Needs a transaction."""
    async for row in connection.cursor(_LEDGER, prefetch=_ROWS_AT_ONCE, timeout=_LONGEST_SECONDS):
        yield StoredRow(RequestKey(row[0], row[1]), row[2], row[3], row[4])


async def ledger_count(connection: Connection) -> int:
    """How many rows the ledger has."""
    count: int = await connection.fetchval("SELECT count(*) FROM ledger", timeout=_LONGEST_SECONDS)
    return count


async def tallies(connection: Connection) -> AsyncIterator[tuple[Place, Counts, Counts]]:
    """Own and pooled counts by structure and month. Needs a transaction."""
    async for row in connection.cursor(
        "SELECT structure_code, month, own, pooled FROM tallies", prefetch=_ROWS_AT_ONCE, timeout=_LONGEST_SECONDS
    ):
        yield (row[0], row[1]), counts_of_text(row[2]), counts_of_text(row[3])


async def marks(connection: Connection) -> AsyncIterator[Mark]:
    """What waits to be added up. Needs a transaction."""
    async for row in connection.cursor(
        "SELECT structure_code, month, counts FROM marks", prefetch=_ROWS_AT_ONCE, timeout=_LONGEST_SECONDS
    ):
        yield Mark(row[0], row[1], counts_of_text(row[2]))


async def figures_by_structure(connection: Connection) -> AsyncGenerator[tuple[str, dict[FigureKey, Published]], None]:
    """Every figure that stands, one structure after the other. Needs a transaction."""
    code, figures = None, dict[FigureKey, Published]()
    async for row in connection.cursor(_FIGURES, prefetch=_ROWS_AT_ONCE, timeout=_LONGEST_SECONDS):
        if row[0] != code:
            if code is not None:
                yield code, figures
            code, figures = row[0], {}
        figures[row[0], row[1], row[2], row[3]] = Published(*row[4:])
    if code is not None:
        yield code, figures


async def figures_count(connection: Connection) -> int:
    """How many figures stand."""
    count: int = await connection.fetchval("SELECT count(*) FROM figures", timeout=_LONGEST_SECONDS)
    return count


async def figures_without_history(connection: Connection) -> AsyncIterator[FigureKey]:
    """Figures of which the history does not hold the revision that stands. Needs a transaction."""
    async for row in connection.cursor(_WITHOUT_HISTORY, prefetch=_ROWS_AT_ONCE, timeout=_LONGEST_SECONDS):
        yield row[0], row[1], row[2], row[3]


class Declared(NamedTuple):
    """What a structure's declaration says about its figures."""

    network: str
    not_applicable: frozenset[str]
    """Indicators that make no sense there."""


async def declared(connection: Connection) -> dict[str, Declared]:
    """Every declared structure by its code."""
    rows = await connection.fetch("SELECT code, network, not_applicable FROM structures")
    return {row[0]: Declared(row[1], frozenset(row[2])) for row in rows}


async def structures_waiting(connection: Connection) -> set[str]:
    """Structures of which something waits for the publisher."""
    return {row[0] for row in await connection.fetch(_WAITING)}


async def closure(connection: Connection) -> dict[str, list[Reach]]:
    """By structure, which structures it counts towards and when."""
    reaches: defaultdict[str, list[Reach]] = defaultdict(list)
    for descendant, ancestor, since, until in await connection.fetch(
        "SELECT descendant, ancestor, since, until FROM closure"
    ):
        reaches[descendant].append(Reach(ancestor, since, until))
    return reaches


def period_kind(stored: str) -> PeriodKind:
    """A kind of period, as stored."""
    return PeriodKind(stored)
