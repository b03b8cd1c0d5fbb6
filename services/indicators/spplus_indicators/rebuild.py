"""A rebuild from the ledger, while traffic goes on: what each row adds, the tallies, the figures.

First each row is judged anew, in short transactions that correct what it says it has counted. Then one snapshot of
the database tells by how much the tallies, what waits for them included, differ from the ledger. Live traffic changes
both sides alike, so those differences stay true until one transaction adds them all; the publisher then tells what
differs. Interrupted anywhere, it is simply run again.
"""

from collections import Counter
from contextlib import aclosing
from datetime import date, datetime
from typing import NamedTuple

from spplus_chassis.database import Connection, Pool
from spplus_indicators import (
    disclosing,
    publication_repository,
    queries,
    rebuild_repository,
    repository,
    survey_totals_repository,
    tallies_repository,
)
from spplus_indicators.audit import Difference, Progress, differences, silent
from spplus_indicators.contribution import share
from spplus_indicators.figures import LATEST, FigureKey
from spplus_indicators.measures import NEEDS
from spplus_indicators.periods import day_of, month_of
from spplus_indicators.planting import replant
from spplus_indicators.pooling import Counts, Place, Spread
from spplus_indicators.rebuild_repository import LockedRow
from spplus_indicators.repository import LedgerRows
from spplus_indicators.statements import RequestKey
from spplus_indicators.stored import cells_of_text, row_of_text, text_of_cells
from spplus_indicators.thresholds import Thresholds

_CHUNK_ROWS = 2_000
_ATTEMPTS = 5
_START = RequestKey("", "")


class Unlike(NamedTuple):
    """How the tables differ from the ledger, in one snapshot."""

    tree_version: int
    own: dict[Place, Counts]
    """What to add to own counts."""
    pooled: dict[Place, Counts]
    """What to add to pooled counts."""
    figures: list[FigureKey]
    history: list[FigureKey]
    confided: set[Place]
    """Structures and quarters whose survey answers are counted or said otherwise than they should be."""
    by_kind: Counter[str]


class Outcome(NamedTuple):
    """What a rebuild did, or, in a dry run, would do."""

    rows: int
    """Rows of the ledger that were looked at."""
    counted: int
    """Of those, corrected."""
    tallies: int
    """Counts of tallies corrected: measures of one structure and month, own or pooled."""
    figures: int
    """Figures queued for the publisher since they differ."""
    restored: int
    """Figures that were lost, or whose revision had gone back, brought back from the history."""


async def rebuild(
    pool: Pool, *, thresholds: Thresholds, now: datetime, dry_run: bool = False, progress: Progress = silent
) -> Outcome:
    """Make everything what the ledger says. Raises `RebuildRefused` where another rebuild runs."""
    async with rebuild_repository.only_rebuild(pool):
        if dry_run:
            found = await compared(pool, thresholds, progress)
            return _outcome(await _ledger_count(pool), found.by_kind["counted"], found, 0)
        rows, counted = await _judge_rows(pool, progress)
        restored = await _restore(pool)
        for _ in range(_ATTEMPTS):
            found = await compared(pool, thresholds, progress)
            if found.by_kind["counted"]:
                counted += (await _judge_rows(pool, progress))[1]
            elif await _correct(pool, found, now):
                return _outcome(rows, counted, found, restored)
        raise rebuild_repository.RebuildRefused("the tree changes too often; nothing but rows was corrected: try again")


async def _judge_rows(pool: Pool, progress: Progress) -> tuple[int, int]:
    """Let each row say what it adds; returns how many there are and how many said something else."""
    total = await _ledger_count(pool)
    rows = corrected = 0
    last = _START
    while True:
        async with pool.acquire() as connection, connection.transaction():
            as_of = await repository.enter(connection)
            chunk = await rebuild_repository.lock_chunk(connection, last, _CHUNK_ROWS)
            corrected += await _judge_chunk(connection, chunk, as_of)
        rows += len(chunk)
        progress("rows", rows, max(rows, total))
        if len(chunk) < _CHUNK_ROWS:
            return rows, corrected
        last = chunk[-1].row.key


async def _judge_chunk(connection: Connection, chunk: list[LockedRow], as_of: datetime) -> int:
    updates = LedgerRows()
    for stored, changes_after in chunk:
        now = share(row_of_text(stored.statements, withdrawn=stored.withdrawn), as_of)
        text = text_of_cells(now.cells)
        same = text == stored.counted or cells_of_text(stored.counted) == now.cells
        if not same or now.changes_after != changes_after:
            updates.sources.append(stored.key.source)
            updates.ids.append(stored.key.id)
            updates.statements.append(stored.statements)
            updates.counted.append(text)
            updates.withdrawn.append(stored.withdrawn)
            updates.changes_after.append(now.changes_after)
    await repository.update_rows(connection, updates)
    return len(updates)


async def compared(pool: Pool, thresholds: Thresholds, progress: Progress) -> Unlike:
    """How tallies and figures differ from the ledger; what waits for the publisher is compared as well."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        return await compared_on(connection, thresholds, progress)


async def compared_on(connection: Connection, thresholds: Thresholds, progress: Progress) -> Unlike:
    """The same inside the caller's snapshot of the database."""
    unlike = Unlike(await queries.tree_version(connection), {}, {}, [], [], set(), Counter())
    async with aclosing(differences(connection, thresholds=thresholds, waiting_too=True, progress=progress)) as found:
        async for difference in found:
            unlike.by_kind[difference.what] += 1
            _note(unlike, difference)
    return unlike


def _note(unlike: Unlike, difference: Difference) -> None:
    what, key, stored, computed = difference
    if what in {"tally", "pooled tally"}:
        structure, month, measure = key
        counts = unlike.own if what == "tally" else unlike.pooled
        place = structure, date.fromisoformat(month)
        counts.setdefault(place, {})[measure] = int(computed) - int(stored)
    elif what in {"figure", "history"}:
        structure, indicator, kind, start = key
        keys = unlike.figures if what == "figure" else unlike.history
        keys.append((structure, indicator, kind, date.fromisoformat(start)))
    elif what in {"survey cell", "survey shown", "survey total"}:
        unlike.confided.add((key[0], date.fromisoformat(key[1])))


async def _correct(pool: Pool, found: Unlike, now: datetime) -> bool:
    """Add what is missing, in one transaction; false where the tree changed since the snapshot."""
    async with pool.acquire() as connection, connection.transaction():
        if await rebuild_repository.lock_publication(connection) != found.tree_version:
            return False
        if found.own or found.pooled:
            await tallies_repository.add_up(connection, Spread(found.own, found.pooled))
        await disclosing.recount(connection, found.confided, day_of(now))
        await rebuild_repository.tell_history(connection, sorted(set(found.history) - set(found.figures)))
        await publication_repository.enqueue_now(connection, targets_of(found, month_of(now)))
    return True


def targets_of(found: Unlike, open_month: date) -> dict[Place, set[str]]:
    """What to publish anew: the figures that differ, wherever they may be told."""
    targets: dict[Place, set[str]] = {}
    for structure, indicator, _, start in found.figures:
        month = open_month if start == LATEST else start
        targets.setdefault((structure, month), set()).update(NEEDS.get(indicator, ()))
    return targets


async def _restore(pool: Pool) -> int:
    async with pool.acquire() as connection, connection.transaction():
        await rebuild_repository.lock_publication(connection)
        if await replant(connection):
            await survey_totals_repository.sum_up(connection)
        return await rebuild_repository.restore_figures(connection)


async def _ledger_count(pool: Pool) -> int:
    async with pool.acquire() as connection:
        return await queries.ledger_count(connection)


def _outcome(rows: int, counted: int, found: Unlike, restored: int) -> Outcome:
    tallies = found.by_kind["tally"] + found.by_kind["pooled tally"]
    return Outcome(rows, counted, tallies, len(found.figures), restored)
