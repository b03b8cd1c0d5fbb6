"""Reads for the audit."""

from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import datetime

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
FROM figures
"""
_WAITING = """
SELECT structure_code FROM publication_queue
UNION SELECT closure.ancestor FROM marks JOIN closure ON closure.descendant = marks.structure_code
"""
_TALLIES = "SELECT structure_code, month, own, pooled FROM tallies"
_ROWS_AT_ONCE = 5_000


async def swept_until(connection: Connection) -> datetime:
    """The instant as of which the ledger counts."""
    instant: datetime = await connection.fetchval("SELECT swept_until FROM progress")
    return instant


async def ledger_rows(connection: Connection) -> AsyncIterator[StoredRow]:
    """The whole ledger, in pieces: memory stays bounded. Needs a transaction."""
    async for row in connection.cursor(_LEDGER, prefetch=_ROWS_AT_ONCE):
        yield StoredRow(RequestKey(row[0], row[1]), row[2], row[3], row[4])


async def tallies(connection: Connection) -> AsyncIterator[tuple[Place, Counts, Counts]]:
    """Own and pooled counts by structure and month. Needs a transaction."""
    async for row in connection.cursor(
        "SELECT structure_code, month, own, pooled FROM tallies", prefetch=_ROWS_AT_ONCE
    ):
        yield (row[0], row[1]), counts_of_text(row[2]), counts_of_text(row[3])


async def marks(connection: Connection) -> AsyncIterator[Mark]:
    """What waits to be added up. Needs a transaction."""
    async for row in connection.cursor("SELECT structure_code, month, counts FROM marks", prefetch=_ROWS_AT_ONCE):
        yield Mark(row[0], row[1], counts_of_text(row[2]))


async def all_figures(connection: Connection) -> dict[FigureKey, Published]:
    """Every figure that stands."""
    return {(row[0], row[1], row[2], row[3]): Published(*row[4:]) for row in await connection.fetch(_FIGURES)}


async def not_applicable(connection: Connection) -> dict[str, frozenset[str]]:
    """Declared structures with the indicators that make no sense there."""
    return {row[0]: frozenset(row[1]) for row in await connection.fetch("SELECT code, not_applicable FROM structures")}


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
