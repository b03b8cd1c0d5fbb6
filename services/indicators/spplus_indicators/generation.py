"""A generation while it is made: read from the topics by the pipeline of the living one, into a schema of its own."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from spplus_chassis import dead_letters, offsets
from spplus_chassis.database import Connection, Pool
from spplus_chassis.delivery import Delivery
from spplus_chassis.log_reader import LogReader
from spplus_chassis.records import Batch, Record
from spplus_chassis.records import Place as Partition
from spplus_contracts.topics import dead_letters as dead_letters_of
from spplus_contracts.vocabulary import PeriodKind
from spplus_indicators import generation_repository, jobs, publication_repository, subscribers, tallies_repository
from spplus_indicators.audit import Progress
from spplus_indicators.canopy import Canopy, Pace
from spplus_indicators.disclosure import MEASURES
from spplus_indicators.generation_repository import SCHEMA
from spplus_indicators.measures import family
from spplus_indicators.periods import containing
from spplus_indicators.pooling import Place, spread

_NEARLY = 20_000
"""So few records are read in the transaction that takes over; with more, it is put off."""
_MARKS_AT_ONCE = 20_000
_NO_POISON_STOP = (sys.maxsize, 1.0)
_LETTERS = dead_letters_of("indicators").name
_CONFIDED = frozenset(MEASURES)


class TooFarBehind(Exception):  # noqa: N818 - a fact: read on, then try again
    """More records came than the last transaction may read."""


class Generation:
    """A generation while it is made. Use it with a reader that is open."""

    def __init__(self, pool: Pool, living: str, reader: LogReader, clock: Callable[[], datetime]) -> None:
        self.pool = pool
        self.living = living
        self.records = 0
        self.changed: dict[Place, set[str]] = {}
        """Places that were added up, with the families of their measures."""
        self.confided: set[Place] = set()
        """Structures and quarters of which survey answers were added up."""
        self._reader = reader
        self._clock = clock
        self._read: dict[Partition, int] = {}
        self._subscription = subscribers.subscription(clock=clock, after_commit=lambda _: None)
        self._delivery = Delivery(
            self._subscription, lambda: pool, dead_letter_topic=_LETTERS, poison_stop=_NO_POISON_STOP
        )
        self._canopy = Canopy(Pace())

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
        await self._add_up()

    async def _read_to_the_ends(self, writer: asyncio.Task[None], progress: Progress) -> int:
        ends = await self._reader.ends()
        total = sum(ends.values())
        before = self.records
        async for records in self._reader.between({place: self._read.get(place, 0) for place in ends}, ends):
            await _unless_failed(self._delivery.offer(records), writer)
            self._note(records)
            await self._add_up()
            progress("offsets", sum(self._read.values()), total)
        await _unless_failed(self._delivery.drained(), writer)
        self._read = dict(ends)
        progress("offsets", total, total)
        return self.records - before

    async def _add_up(self) -> None:
        """Add marks up as the publisher does; but nothing is said of surveys: that is the living one's to say."""
        while True:
            async with self.pool.acquire() as connection, connection.transaction():
                await self._canopy.refresh(connection)
                tree = self._canopy.tree
                marks = await tallies_repository.take_marks(connection, _MARKS_AT_ONCE)
                if not marks:
                    return
                differences = spread(marks, tree)
                unknown = sorted({code for code, _ in differences.own if code not in tree})
                await publication_repository.note_undeclared(connection, unknown, self._clock())
                await tallies_repository.add_up(connection, differences)
            for place, counts in differences.pooled.items():
                self.changed.setdefault(place, set()).update(map(family, counts))
            for (code, month), counts in differences.own.items():
                if not _CONFIDED.isdisjoint(counts):
                    self.confided.add((code, containing(PeriodKind.QUARTER, month).start))

    def _note(self, records: list[Record]) -> None:
        self.records += len(records)
        for place, following in Batch(records).nexts.items():
            self._read[place] = max(following, self._read.get(place, 0))

    async def read_what_the_living_read(self, connection: Connection) -> int:
        """Take in, on this connection, the records that the living one has and this one lacks; returns how many."""
        stands = await generation_repository.offsets_of(connection, SCHEMA, subscribers.NAME)
        living = await generation_repository.offsets_of(connection, self.living, subscribers.NAME)
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


async def _unless_failed(work: Coroutine[Any, Any, None], writer: asyncio.Task[None]) -> None:
    """Wait for work that needs the writer. Raises what ended the writer."""
    task = asyncio.create_task(work)
    await asyncio.wait({task, writer}, return_when=asyncio.FIRST_COMPLETED)
    if writer.done():
        task.cancel()
        writer.result()
    await task
