"""A rebuild from the topics, while traffic goes on: a new generation of all that follows from them.

It is read from the first record on, by the same pipeline, into a schema of its own, and compared with the figures that
stand. Then one transaction, while nobody publishes and nothing is taken in, lets it read the last records and puts its
tables in place. Figures, their history and what waits to be sent stay; only figures that differ are published anew.
"""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from datetime import date, datetime
from typing import Any, NamedTuple

import asyncpg
import structlog

from spplus_chassis import dead_letters, offsets
from spplus_chassis.database import Connection, Pool, open_pool
from spplus_chassis.delivery import Delivery
from spplus_chassis.log_reader import LogReader
from spplus_chassis.migrations import migrate
from spplus_chassis.records import Batch, Record
from spplus_chassis.records import Place as Partition
from spplus_chassis.settings import ServiceSettings
from spplus_chassis.telemetry import describe
from spplus_contracts.topics import dead_letters as dead_letters_of
from spplus_indicators import generation_repository as generation
from spplus_indicators import handlers, jobs, publication_repository, queries, repository, structures, subscribers
from spplus_indicators.audit import Progress, silent
from spplus_indicators.canopy import Pace
from spplus_indicators.generation_repository import SCHEMA, Letters
from spplus_indicators.periods import month_of
from spplus_indicators.publisher import Publisher
from spplus_indicators.rebuild import Unlike, compared, targets_of
from spplus_indicators.rebuild_repository import RebuildRefused, only_rebuild
from spplus_indicators.thresholds import Thresholds

log = structlog.get_logger()

_CONNECTIONS = 4
_NEARLY = 20_000
"""So few records are read in the transaction that takes over; with more, it is put off."""
_ATTEMPTS = 60
_LOCK_SECONDS = 3
_PAUSE_SECONDS = 1.0
_NO_POISON_STOP = (sys.maxsize, 1.0)
_LETTERS = dead_letters_of("indicators").name


class TooFarBehind(Exception):  # noqa: N818 - a fact: read on, then try again
    """More records came than the last transaction may read."""


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


class Generation:
    """A generation while it is made. Use it with a reader that is open."""

    def __init__(self, pool: Pool, living: str, reader: LogReader, clock: Callable[[], datetime]) -> None:
        self.pool = pool
        self.living = living
        self.records = 0
        self._reader = reader
        self._clock = clock
        self._read: dict[Partition, int] = {}
        self._subscription = subscribers.subscription(clock=clock, after_commit=lambda _: None)
        self._delivery = Delivery(
            self._subscription, lambda: pool, dead_letter_topic=_LETTERS, poison_stop=_NO_POISON_STOP
        )
        self._publisher = Publisher(lambda: pool, clock=clock, thresholds=Thresholds(), pace=Pace())

    @property
    def open_month(self) -> date:
        """The first day of the month that is open."""
        return month_of(self._clock())

    async def catch_up(self, progress: Progress) -> None:
        """Read on until the ends of the topics are near, count as of now, and add everything up."""
        writer = asyncio.create_task(self._delivery.run())
        try:
            taken = _NEARLY + 1
            while taken > _NEARLY:
                taken = await self._read_to_the_ends(writer, progress)
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        now = self._clock()
        await jobs.turn_day(self.pool, now)
        await jobs.sweep(self.pool, now)
        while await self._publisher.fold_marks():
            pass

    async def _read_to_the_ends(self, writer: asyncio.Task[None], progress: Progress) -> int:
        ends = await self._reader.ends()
        total = sum(ends.values())
        before = self.records
        async for records in self._reader.between({place: self._read.get(place, 0) for place in ends}, ends):
            await _unless_failed(self._delivery.offer(records), writer)
            self._note(records)
            await self._publisher.fold_marks()
            progress("offsets", sum(self._read.values()), total)
        await _unless_failed(self._delivery.drained(), writer)
        self._read = dict(ends)
        progress("offsets", total, total)
        return self.records - before

    def _note(self, records: list[Record]) -> None:
        self.records += len(records)
        for place, following in Batch(records).nexts.items():
            self._read[place] = max(following, self._read.get(place, 0))

    async def read_what_the_living_read(self, connection: Connection) -> int:
        """Take in, on this connection, the records that the living one has and this one lacks; returns how many."""
        stands = await generation.offsets_of(connection, SCHEMA, subscribers.NAME)
        living = await generation.offsets_of(connection, self.living, subscribers.NAME)
        ends = await self._reader.ends()
        goals = {place: min(offset, ends[place]) for place, offset in living.items() if place in ends}
        starts = {place: max(stands.get(place, 0), self._read.get(place, 0)) for place in goals}
        missing = {place: start for place, start in starts.items() if start < goals[place]}
        if sum(goals[place] - start for place, start in missing.items()) > _NEARLY:
            raise TooFarBehind
        taken = 0
        async for records in self._reader.between(missing, goals):
            await self._take(connection, records)
            taken += len(records)
        return taken

    async def _take(self, connection: Connection, records: list[Record]) -> None:
        batch = Batch(records)
        prepared = self._subscription.prepare(batch)
        await offsets.lock(connection, self._subscription.name, batch.stretches)
        await self._subscription.apply(connection, batch, prepared)
        await dead_letters.bury(connection, self._subscription.name, _LETTERS, batch.refusals)
        await offsets.save(connection, self._subscription.name, batch.nexts)


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
            async with LogReader(settings.kafka_bootstrap_servers, subscribers.TOPICS, settings.topic_prefix) as reader:
                new = Generation(made.pool, made.living, reader, clock)
                await new.catch_up(progress)
                async with pool.acquire() as connection:
                    before = await queries.ledger_count(connection)
                found = await _compared(new, thresholds, progress)
                letters = await (_letters(new) if dry_run else _take_over(new, found, progress))
                async with (new.pool if dry_run else pool).acquire() as connection:
                    rows = await queries.ledger_count(connection)
                return Outcome(new.records, rows, before, len(found.figures), *letters)
        finally:
            await made.pool.close()
            async with pool.acquire() as connection:
                await generation.drop(connection)


class Room(NamedTuple):
    """Where a generation is made."""

    pool: Pool
    living: str


async def _make_room(pool: Pool, settings: ServiceSettings) -> Room:
    async with pool.acquire() as connection:
        living = await generation.living_schema(connection)
        await generation.make_room(connection)
    await migrate(settings.database_url, "spplus_indicators", schema=SCHEMA)
    async with pool.acquire() as connection:
        await generation.keep_needed(connection, living)
    path = f"{SCHEMA}, {living}"
    return Room(await open_pool(settings.database_url, _CONNECTIONS, search_path=path), living)


async def _compared(new: Generation, thresholds: Thresholds, progress: Progress) -> Unlike:
    """How the figures that stand differ from the new tallies. What is added up from now on is queued as it comes."""
    await new.pool.execute("DELETE FROM publication_queue")
    found = await compared(new.pool, thresholds, progress)
    wrong = found.by_kind["counted"] + found.by_kind["tally"] + found.by_kind["pooled tally"]
    if wrong:
        raise RebuildRefused(f"the new generation is not what its own ledger says ({wrong} differences): not taken")
    return found


async def _take_over(new: Generation, found: Unlike, progress: Progress) -> Letters:
    for attempt in range(_ATTEMPTS):
        try:
            async with new.pool.acquire() as connection, connection.transaction():
                letters, taken = await _swap(connection, new, found)
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
        return await generation.letters_unlike(connection, new.living)


async def _swap(connection: Connection, new: Generation, found: Unlike) -> tuple[Letters, int]:
    await generation.hold_publication_and_intake(connection, new.living, _LOCK_SECONDS)
    await repository.enter_alone(connection)
    await generation.lock_living(connection, new.living)
    taken = await new.read_what_the_living_read(connection)
    counted_until, tree_on = await generation.progress_of(connection, new.living)
    await structures.turn_day(connection, tree_on)
    while await handlers.sweep(connection, counted_until) >= handlers.SWEEP_ROWS:
        pass
    changed = targets_of(found, new.open_month)
    for place, measures in (await publication_repository.queued(connection)).items():
        changed.setdefault(place, set()).update(measures)
    letters = await generation.put_in_place(connection, new.living)
    await connection.execute(f"SET LOCAL search_path = {new.living}")
    await publication_repository.enqueue_now(connection, changed)
    return letters, taken


async def _unless_failed(work: Coroutine[Any, Any, None], writer: asyncio.Task[None]) -> None:
    """Wait for work that needs the writer. Raises what ended the writer."""
    task = asyncio.create_task(work)
    await asyncio.wait({task, writer}, return_when=asyncio.FIRST_COMPLETED)
    if writer.done():
        task.cancel()
        writer.result()
    await task
