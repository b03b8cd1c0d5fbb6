"""The audit: tallies and figures computed anew from the ledger, in one snapshot, and every difference named.

Rows count as of the instant until which deadlines have been swept. Figures are compared only where nothing waits for
the publisher; what still waits is no difference. The ledger and the figures are streamed; the tallies are in memory.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing
from itertools import chain
from typing import NamedTuple

from spplus_chassis.database import Connection, Pool
from spplus_contracts.vocabulary import IndicatorStatus, PeriodKind
from spplus_indicators import disclosure_audit, queries
from spplus_indicators.contribution import share
from spplus_indicators.figures import LATEST, PERIOD_KINDS, FigureKey, Published, figures_at, period_of, published
from spplus_indicators.figures import Place as FigurePlace
from spplus_indicators.measures import NEEDS
from spplus_indicators.periods import containing
from spplus_indicators.planting import planting
from spplus_indicators.pooling import Counts, Place, add
from spplus_indicators.stored import cells_of_text, row_of_text, text_of_cells
from spplus_indicators.thresholds import Thresholds
from spplus_indicators.tree import Reach

Progress = Callable[[str, int, int], None]
"""Told what is looked at (``ledger`` or ``figures``), how many were, and how many there are."""
_STEP = 2_000


class Difference(NamedTuple):
    """Something that is not what the ledger says."""

    what: str
    """``counted`` (of a row), ``closure``, ``tally``, ``pooled tally``, ``figure`` or ``history``; of what is said of
    answers given in confidence ``survey cell``, ``survey shown``, ``survey total`` or ``survey pooled``."""
    key: tuple[str, ...]
    """Source and id; structure, ancestor, first month and the one after the last; structure, month and measure;
    structure, indicator, kind and first day of the period; structure and quarter."""
    stored: str
    computed: str

    def __str__(self) -> str:
        return f"{self.what} {' '.join(self.key)}: stored {self.stored}, computed {self.computed}"


def silent(what: str, done: int, total: int) -> None:
    """Nobody watches."""


async def audit(pool: Pool, *, thresholds: Thresholds) -> list[Difference]:
    """Everything that differs from what the ledger says; changes nothing."""
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
        aclosing(differences(connection, thresholds=thresholds)) as found,
    ):
        return [each async for each in found]


async def differences(
    connection: Connection, *, thresholds: Thresholds, waiting_too: bool = False, progress: Progress = silent
) -> AsyncGenerator[Difference, None]:
    """The same, one after the other, inside the caller's snapshot of the database.

    With `waiting_too`, figures that the publisher is about to compute again are compared as well.
    """
    own: dict[Place, Counts] = {}
    async for found in _rows(connection, own, progress):
        yield found
    async for mark in queries.marks(connection):
        waiting = {measure: -count for measure, count in mark.counts.items()}
        add(own.setdefault((mark.structure_code, mark.month), {}), waiting)
    planted = await planting(connection)
    for stored, computed, places in (("there", "not", planted.needless), ("not", "there", planted.missing)):
        for code, reach in places:
            yield Difference("closure", (code, *map(str, reach)), stored, computed)
    pooled = _pooled(planted.reaches, own)
    async for found in _tallies(connection, own, pooled):
        yield found
    skipped = set() if waiting_too else await queries.structures_waiting(connection)
    for confided in await disclosure_audit.unlike(connection, own, skipped, thresholds):
        yield Difference(*confided)
    own.clear()
    async for found in _figures(connection, pooled, thresholds, skipped, progress):
        yield found
    async for key in queries.figures_without_history(connection):
        yield Difference("history", tuple(map(str, key)), "none", "the revision that stands")


async def _rows(connection: Connection, own: dict[Place, Counts], progress: Progress) -> AsyncIterator[Difference]:
    """The rows that kept other cells than they add; all cells are added to `own`."""
    as_of = await queries.swept_until(connection)
    total = await queries.ledger_count(connection)
    done = 0
    async for row in queries.ledger_rows(connection):
        cells = share(row_of_text(row.statements, withdrawn=row.withdrawn), as_of).cells
        for (structure, month, measure), count in cells.items():
            counts = own.get((structure, month))
            if counts is None:
                counts = own[structure, month] = {}
            counts[measure] = counts.get(measure, 0) + count
        # Nearly all rows say it in the same words: only others are read.
        if row.counted != text_of_cells(cells) and (counted := cells_of_text(row.counted)) != cells:
            yield Difference("counted", tuple(row.key), str(counted), str(cells))
        done += 1
        if done % _STEP == 0:
            progress("ledger", done, total)
    progress("ledger", done, done)


async def _tallies(
    connection: Connection, own: Mapping[Place, Counts], pooled: Mapping[Place, Counts]
) -> AsyncIterator[Difference]:
    seen = set()
    async for place, stored_own, stored_pooled in queries.tallies(connection):
        seen.add(place)
        found = _unlike("tally", place, own.get(place, {}), stored_own)
        for each in chain(found, _unlike("pooled tally", place, pooled.get(place, {}), stored_pooled)):
            yield each
    for name, computed in (("tally", own), ("pooled tally", pooled)):
        for place in sorted(computed.keys() - seen):
            for each in _unlike(name, place, computed[place], {}):
                yield each


def _unlike(name: str, place: Place, computed: Counts, stored: Counts) -> Iterator[Difference]:
    if computed != stored:
        for measure in sorted(computed.keys() | stored.keys()):
            counts = stored.get(measure, 0), computed.get(measure, 0)
            if counts[0] != counts[1]:
                yield Difference(name, (place[0], str(place[1]), measure), str(counts[0]), str(counts[1]))


def _pooled(reaches: Mapping[str, Iterable[Reach]], own: Mapping[Place, Counts]) -> dict[Place, Counts]:
    """Counts pooled with those of descendants, as the declarations say."""
    pooled: dict[Place, Counts] = {}
    for (structure, month), counts in own.items():
        for ancestor, since, until in reaches.get(structure, ()):
            if since <= month < until:
                add(pooled.setdefault((ancestor, month), {}), counts)
    return pooled


async def _figures(
    connection: Connection,
    pooled: Mapping[Place, Counts],
    thresholds: Thresholds,
    skipped: set[str],
    progress: Progress,
) -> AsyncIterator[Difference]:
    declared = await queries.declared(connection)
    places: dict[str, list[Place]] = {}
    for place in pooled:
        places.setdefault(place[0], []).append(place)
    done, total = 0, await queries.figures_count(connection)
    async with aclosing(queries.figures_by_structure(connection)) as by_structure:
        async for structure, stored in by_structure:
            mine = {place: pooled[place] for place in places.pop(structure, ())}
            if structure in declared and structure not in skipped:
                for each in _unlike_figures(structure, mine, stored, declared[structure], thresholds):
                    yield each
            done += len(stored)
            progress("figures", done, total)
    for structure in sorted(places.keys() & declared.keys() - skipped):
        mine = {place: pooled[place] for place in places[structure]}
        for each in _unlike_figures(structure, mine, {}, declared[structure], thresholds):
            yield each


def _unlike_figures(
    structure: str,
    pooled: Mapping[Place, Counts],
    stored: Mapping[FigureKey, Published],
    declared: queries.Declared,
    thresholds: Thresholds,
) -> Iterable[Difference]:
    """The figures of one structure that are not what its counts make of them."""
    for (_, span), tally in _spans(pooled, stored).items():
        start = FigurePlace(structure, span).key_start
        keys: dict[str, FigureKey] = {code: (structure, code, str(span.kind), start) for code in NEEDS}
        figures = figures_at(
            NEEDS,
            tally,
            collected=[code for code, key in keys.items() if key in stored],
            not_applicable=declared.not_applicable,
            thresholds=thresholds,
            network=declared.network,
        )
        for code, figure in figures.items():
            standing = stored.get(keys[code])
            if standing is None and figure.status is IndicatorStatus.NOT_COLLECTED:
                continue
            computed = published(code, figure, 0, span.end, provisional=False)
            if standing is None or standing[1:8] != computed[1:8]:
                yield Difference("figure", tuple(map(str, keys[code])), str(standing), str(computed))


def _spans(pooled: Mapping[Place, Counts], stored: Mapping[FigureKey, Published]) -> dict[FigurePlace, Counts]:
    """Counts of each period that has any, or that has a figure, of one structure.

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
