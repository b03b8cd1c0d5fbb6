"""The audit: tallies and figures computed anew from the ledger, in one snapshot, and every difference named.

Rows count as of the instant until which deadlines have been swept. Figures are compared only where nothing waits for
the publisher; what still waits is no difference.
"""

from collections.abc import Mapping
from typing import NamedTuple

from spplus_chassis.database import Connection, Pool
from spplus_contracts.vocabulary import IndicatorStatus, PeriodKind
from spplus_indicators import queries
from spplus_indicators.contribution import share
from spplus_indicators.figures import LATEST, PERIOD_KINDS, FigureKey, Published, figures_at, period_of, published
from spplus_indicators.figures import Place as FigurePlace
from spplus_indicators.measures import NEEDS
from spplus_indicators.periods import containing
from spplus_indicators.pooling import Counts, Place, add
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
        own, found = await _from_ledger(connection)
        pooled = await _pooled(connection, own)
        found += await _tallies(connection, own, pooled)
        return found + await _figures(connection, pooled, min_sample)


async def _from_ledger(connection: Connection) -> tuple[dict[Place, Counts], list[Difference]]:
    """Own counts as the ledger and what waits to be added up say, and the rows that kept something else."""
    as_of = await queries.swept_until(connection)
    total: dict[Place, Counts] = {}
    found = []
    async for row in queries.ledger_rows(connection):
        cells = share(row_of_text(row.statements, withdrawn=row.withdrawn), as_of).cells
        counted = cells_of_text(row.counted)
        if cells != counted:
            found.append(Difference(f"counted {row.key.source} {row.key.id}", str(counted), str(cells)))
        for (structure, month, measure), count in cells.items():
            add(total.setdefault((structure, month), {}), {measure: count})
    async for structure, month, counts in queries.marks(connection):
        waiting = {measure: -count for measure, count in counts.items()}
        add(total.setdefault((structure, month), {}), waiting)
    return total, found


async def _tallies(
    connection: Connection, own: Mapping[Place, Counts], pooled: Mapping[Place, Counts]
) -> list[Difference]:
    found, seen = [], set()
    async for place, stored_own, stored_pooled in queries.tallies(connection):
        seen.add(place)
        found += _unlike("tally", place, own.get(place, {}), stored_own)
        found += _unlike("pooled tally", place, pooled.get(place, {}), stored_pooled)
    for name, computed in (("tally", own), ("pooled tally", pooled)):
        for place in sorted(computed.keys() - seen):
            found += _unlike(name, place, computed[place], {})
    return found


def _unlike(name: str, place: Place, computed: Counts, stored: Counts) -> list[Difference]:
    what = f"{name} {place[0]} {place[1]}"
    return [
        Difference(f"{what} {measure}", str(stored.get(measure, 0)), str(computed.get(measure, 0)))
        for measure in sorted(computed.keys() | stored.keys())
        if stored.get(measure, 0) != computed.get(measure, 0)
    ]


async def _pooled(connection: Connection, own: Mapping[Place, Counts]) -> dict[Place, Counts]:
    """Counts pooled with those of descendants, as the closure says."""
    reaches = await queries.closure(connection)
    pooled: dict[Place, Counts] = {}
    for (structure, month), counts in own.items():
        for ancestor, since, until in reaches.get(structure, ()):
            if since <= month < until:
                add(pooled.setdefault((ancestor, month), {}), counts)
    return pooled


async def _figures(connection: Connection, pooled: Mapping[Place, Counts], min_sample: int) -> list[Difference]:
    declared = await queries.not_applicable(connection)
    waiting = await queries.structures_waiting(connection)
    stored = await queries.all_figures(connection)
    found = []
    for (structure, span), tally in _spans(pooled, stored).items():
        if structure not in declared or structure in waiting:
            continue
        start = FigurePlace(structure, span).key_start
        keys: dict[str, FigureKey] = {code: (structure, code, str(span.kind), start) for code in NEEDS}
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
            computed = published(code, figure, 0, span.end, provisional=False)
            if standing is None or standing[1:8] != computed[1:8]:
                found.append(Difference(f"figure {' '.join(map(str, keys[code]))}", str(standing), str(computed)))
    return found


def _spans(pooled: Mapping[Place, Counts], stored: Mapping[FigureKey, Published]) -> dict[FigurePlace, Counts]:
    """Counts of each structure and period that has any, or that has a figure.

    The rolling window of a structure is the one that its figures stand for: it moves when they are published again.
    """
    windows = {key[0]: period_of(key, figure.period_end) for key, figure in stored.items() if key[3] == LATEST}
    summed: dict[FigurePlace, Counts] = {
        FigurePlace(key[0], period_of(key, figure.period_end)): {} for key, figure in stored.items()
    }
    for (structure, month), counts in pooled.items():
        spans = [containing(kind, month) for kind in PERIOD_KINDS if kind is not PeriodKind.ROLLING_12]
        window = windows.get(structure)
        if window is not None and window.start <= month < window.end:
            spans.append(window)
        for span in spans:
            add(summed.setdefault(FigurePlace(structure, span), {}), counts)
    return summed
