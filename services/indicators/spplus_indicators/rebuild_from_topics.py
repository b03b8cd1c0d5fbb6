"""A rebuild from the topics, while traffic goes on: a new generation of all that follows from them.

It is read from the first record on, by the same pipeline, into a schema of its own, and compared with the figures that
stand. Then one transaction, while nobody publishes and nothing is taken in, lets it read the last records and puts its
tables in place. Figures, their history, what was said of surveys and what waits to be sent stay; only figures that
differ are published anew.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import asyncpg
import structlog

from spplus_chassis.database import Connection, Pool, open_pool
from spplus_chassis.log_reader import LogReader
from spplus_chassis.migrations import migrate
from spplus_chassis.settings import ServiceSettings
from spplus_chassis.telemetry import describe
from spplus_indicators import (
    disclosing,
    generation_repository,
    handlers,
    publication_repository,
    queries,
    repository,
    structures,
    subscribers,
    survey_totals_repository,
)
from spplus_indicators.audit import Progress, silent
from spplus_indicators.generation import Generation, TooFarBehind
from spplus_indicators.generation_repository import SCHEMA, Letters
from spplus_indicators.periods import day_of, month_of
from spplus_indicators.rebuild import Unlike, compared_on, targets_of
from spplus_indicators.rebuild_repository import RebuildRefused, only_rebuild
from spplus_indicators.thresholds import Thresholds

log = structlog.get_logger()

_CONNECTIONS = 4
_ATTEMPTS = 60
_LOCK_SECONDS = 3
_PAUSE_SECONDS = 1.0


class Outcome(NamedTuple):
    """What a rebuild from the topics did, or, in a dry run, would do."""

    records: int
    """Records that were read."""
    rows: int
    """Rows of the new ledger."""
    rows_before: int
    """Rows of the ledger that it replaces."""
    figures: int
    """Figures that differ from what stands, queued for the publisher."""
    letters_refused: int
    """Records that are refused now and did not wait among the dead letters."""
    letters_taken: int
    """Dead letters that waited and are taken now."""


async def rebuild_from_topics(
    pool: Pool,
    settings: ServiceSettings,
    *,
    thresholds: Thresholds,
    clock: Callable[[], datetime],
    dry_run: bool = False,
    progress: Progress = silent,
) -> Outcome:
    """Read everything again and take over. Raises `RebuildRefused`; the living tables are then untouched."""
    async with only_rebuild(pool):
        made = await _make_room(pool, settings)
        try:
            async with LogReader(settings, subscribers.TOPICS) as reader:
                new = Generation(made.pool, made.living, reader, clock)
                await new.catch_up(progress)
                async with pool.acquire() as connection:
                    before = await queries.ledger_count(connection)
                found = await _compared(new, thresholds, progress)
                letters = await (_letters(new) if dry_run else _take_over(new, found, clock, progress))
                async with (new.pool if dry_run else pool).acquire() as connection:
                    rows = await queries.ledger_count(connection)
                return Outcome(new.records, rows, before, len(found.figures), *letters)
        finally:
            await made.pool.close()
            async with pool.acquire() as connection:
                await generation_repository.drop(connection)


class Room(NamedTuple):
    """Where a generation is made."""

    pool: Pool
    living: str


async def _make_room(pool: Pool, settings: ServiceSettings) -> Room:
    async with pool.acquire() as connection:
        living = await generation_repository.living_schema(connection)
        await generation_repository.make_room(connection)
    await migrate(settings.database_url, "spplus_indicators", schema=SCHEMA)
    async with pool.acquire() as connection:
        await generation_repository.keep_needed(connection, living)
    path = f"{SCHEMA}, {living}"
    return Room(await open_pool(settings.database_url, _CONNECTIONS, search_path=path), living)


async def _compared(new: Generation, thresholds: Thresholds, progress: Progress) -> Unlike:
    """How the figures that stand differ from the new tallies. What is added up from now on is queued as it comes."""
    await new.pool.execute("DELETE FROM publication_queue")
    new.changed.clear()
    new.confided.clear()
    async with new.pool.acquire() as connection:
        transaction = connection.transaction(isolation="repeatable_read")
        await transaction.start()
        try:
            await generation_repository.see_what_was_said(connection, new.living)
            found = await compared_on(connection, thresholds, progress)
        finally:
            await transaction.rollback()
    wrong = sum(found.by_kind[kind] for kind in ("counted", "closure", "tally", "pooled tally"))
    if wrong:
        raise RebuildRefused(f"the new generation is not what its own ledger says ({wrong} differences): not taken")
    return found


async def _take_over(new: Generation, found: Unlike, clock: Callable[[], datetime], progress: Progress) -> Letters:
    for attempt in range(_ATTEMPTS):
        try:
            async with new.pool.acquire() as connection, connection.transaction():
                letters, taken = await _swap(connection, new, found, clock())
            new.records += taken
        except TooFarBehind:
            await new.catch_up(progress)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
            log.warning("take_over_waits", attempt=attempt + 1, error=describe(error))
            await asyncio.sleep(_PAUSE_SECONDS)
            await new.catch_up(progress)
        else:
            return letters
    raise RebuildRefused("something holds the tables (a dump, an audit?): nothing was changed, try again later")


async def _letters(new: Generation) -> Letters:
    async with new.pool.acquire() as connection:
        return await generation_repository.letters_unlike(connection, new.living)


async def _swap(connection: Connection, new: Generation, found: Unlike, now: datetime) -> tuple[Letters, int]:
    await generation_repository.hold_publication_and_intake(connection, new.living, _LOCK_SECONDS)
    await repository.enter_alone(connection)
    await generation_repository.lock_living(connection, new.living)
    taken = await new.read_what_the_living_read(connection)
    counted_until, tree_on = await generation_repository.progress_of(connection, new.living)
    await structures.turn_day(connection, tree_on)
    while await handlers.sweep(connection, counted_until) >= handlers.SWEEP_ROWS:
        pass
    targets = targets_of(found, month_of(now))
    for changed in (new.changed, await publication_repository.queued(connection)):
        for place, measures in changed.items():
            targets.setdefault(place, set()).update(measures)
    letters = await generation_repository.put_in_place(connection, new.living)
    await connection.execute(f"SET LOCAL search_path = {new.living}")
    await survey_totals_repository.sum_up(connection)
    await disclosing.recount(connection, found.confided | new.confided, day_of(now))
    await publication_repository.enqueue_now(connection, targets)
    return letters, taken
