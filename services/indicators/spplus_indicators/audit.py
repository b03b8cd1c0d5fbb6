"""The audit: tallies and figures computed anew from the ledger, in one snapshot, and every difference named.

Rows count as of the instant until which deadlines have been swept. Figures are compared only where nothing waits for
the publisher; what still waits is no difference.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from spplus_chassis.database import Connection, Pool
from spplus_contracts.vocabulary import IndicatorStatus
from spplus_indicators import queries
from spplus_indicators.contribution import Cell, share
from spplus_indicators.figures import PERIOD_KINDS, FigureKey, Place, figures_at, published
from spplus_indicators.measures import NEEDS
from spplus_indicators.periods import containing
from spplus_indicators.stored import cells_of_text, row_of_text


class Difference(NamedTuple):
    """Something that is not what the ledger says."""

    what: str
    """``counted``, ``tally`` or ``figure``, with its key."""
    stored: str
    computed: str

    def __str__(self) -> str:
        return f"{self.what}: stored {self.stored}, computed {self.computed}"


async def audit(pool: Pool, *, min_sample: int) -> list[Difference]:
    """Everything that differs from what the ledger says; changes nothing."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        cells, found = await _from_ledger(connection)
        found += _unlike(cells, await queries.tally_cells(connection))
        return found + await _figures(connection, cells, min_sample)


async def _from_ledger(connection: Connection) -> tuple[dict[Cell, int], list[Difference]]:
    as_of = await queries.swept_until(connection)
    total: dict[Cell, int] = {}
    found = []
    async for row in queries.ledger_rows(connection):
        cells = share(row_of_text(row.statements, withdrawn=row.withdrawn), as_of).cells
        counted = cells_of_text(row.counted)
        if cells != counted:
            found.append(Difference(f"counted {row.key.source} {row.key.id}", str(counted), str(cells)))
        for cell, count in cells.items():
            total[cell] = total.get(cell, 0) + count
    return total, found


def _unlike(computed: Mapping[Cell, int], stored: Mapping[Cell, int]) -> list[Difference]:
    return [
        Difference(f"tally {' '.join(map(str, cell))}", str(stored.get(cell, 0)), str(computed.get(cell, 0)))
        for cell in sorted(computed.keys() | stored.keys())
        if stored.get(cell, 0) != computed.get(cell, 0)
    ]


async def _figures(connection: Connection, cells: Mapping[Cell, int], min_sample: int) -> list[Difference]:
    declared = await queries.not_applicable(connection)
    waiting = await queries.structures_waiting(connection)
    stored = await queries.all_figures(connection)
    pooled = await _pooled(connection, cells)
    for structure, _, kind, start in stored:
        pooled.setdefault(Place(structure, containing(queries.period_kind(kind), start)), Counter())
    found = []
    for place, tally in pooled.items():
        structure, span = place
        if structure not in declared or structure in waiting:
            continue
        keys: dict[str, FigureKey] = {code: (structure, code, str(span.kind), span.start) for code in NEEDS}
        figures = figures_at(
            NEEDS,
            tally,
            collected=[code for code, key in keys.items() if key in stored],
            not_applicable=declared[structure],
            min_sample=min_sample,
        )
        for code, figure in figures.items():
            standing = stored.get(keys[code])
            if standing is None and figure.status is IndicatorStatus.NOT_COLLECTED:
                continue
            computed = published(code, figure, 0, provisional=False)
            if standing is None or standing[1:8] != computed[1:8]:
                found.append(Difference(f"figure {' '.join(map(str, keys[code]))}", str(standing), str(computed)))
    return found


async def _pooled(connection: Connection, cells: Mapping[Cell, int]) -> dict[Place, Counter[str]]:
    """Counts by place, descendants and months pooled as the closure says."""
    reaches = await queries.closure(connection)
    pooled: defaultdict[Place, Counter[str]] = defaultdict(Counter)
    for (structure, month, measure), count in cells.items():
        for ancestor, since, until in reaches.get(structure, ()):
            if since <= month < until:
                for kind in PERIOD_KINDS:
                    pooled[Place(ancestor, containing(kind, month))][measure] += count
    return pooled
