"""Delivery: from the bus into one transaction per batch, surviving what may happen on the way.

While one batch is written, the next is fetched and validated. Faults of the infrastructure are tried again for ever;
a record that the database cannot take is found by halving its batch and buried alone.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import asyncpg
import structlog
from aiokafka.errors import KafkaError

from spplus_chassis import dead_letters, metrics, offsets
from spplus_chassis.database import UNREACHABLE, Connection, Pool
from spplus_chassis.records import Batch, Place, Record
from spplus_chassis.telemetry import describe

log = structlog.get_logger()

Work = TypeVar("Work")
Result = TypeVar("Result")
CommitOffsets = Callable[[dict[Place, int]], Awaitable[None]]

_BACK_OFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
DATA_FAULTS = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
"""Faults of the record: the database can never take it."""


@dataclass(frozen=True, slots=True)
class Subscription(Generic[Work, Result]):
    """What a service does with the records of some topics."""

    name: str
    """Name of the consumer: its group on the bus, its rows in the tables."""
    prepare: Callable[[Batch], Work]
    """Read and validate, refusing bad records. Pure, outside the transaction."""
    apply: Callable[[Connection, Batch, Work], Awaitable[Result]]
    """Write, inside the transaction of the batch; may refuse more records."""
    topics: tuple[str, ...] = ()
    """Names in the registry ..."""
    pattern: str | None = None
    """... or a regular expression of names, without the platform's prefix."""
    after_commit: Callable[[Result], None] | None = None
    """Wake whoever waits for the result."""
    foreign: bool = False
    """The records come from other organisations: many bad ones are their fault and do not stop it."""


class Delivery(Generic[Work, Result]):
    """The writer of one subscription: one batch after the other."""

    def __init__(
        self,
        subscription: Subscription[Work, Result],
        pool: Callable[[], Pool],
        *,
        dead_letter_topic: str,
        poison_stop: tuple[int, float],
    ) -> None:
        self.subscription = subscription
        self.commit_offsets: CommitOffsets | None = None
        self.rewind: Callable[[], Awaitable[None]] | None = None
        """Make the bus deliver again from where the database stands."""
        self.reading = 0
        """Which reading of the bus this is: what an earlier one fetched is no longer taken."""
        self.on_buried: Callable[[], None] = lambda: None
        self._pool = pool
        self._dead_letter_topic = dead_letter_topic
        self._queue: asyncio.Queue[tuple[Batch, Work, int]] = asyncio.Queue(maxsize=1)
        self._writing: tuple[Batch, Work, int] | None = None
        self._reached: dict[Place, int] = {}
        self._poison = PoisonGuard(*poison_stop)
        self._busy_since: float | None = None
        self._in_hand: dict[str, int] = {}

    @property
    def stopped_by_poison(self) -> bool:
        """Whether this consumer stopped itself, since nearly everything was refused."""
        return self._poison.tripped

    def stuck_seconds(self) -> float:
        """For how long the present batch has been in hand."""
        return 0.0 if self._busy_since is None else time.monotonic() - self._busy_since

    def in_hand(self) -> dict[str, int]:
        """Records taken and not yet written, by topic."""
        return self._in_hand

    def _count_in_hand(self, batch: Batch, sign: int) -> None:
        for topic, count in batch.counts.items():
            self._in_hand[topic] = self._in_hand.get(topic, 0) + sign * count

    async def offer(self, records: Sequence[Record], reading: int | None = None) -> None:
        """Take a batch that a reading of the bus fetched; returns once the writer has room for it."""
        reading = self.reading if reading is None else reading
        batch = Batch(records)
        work = self.subscription.prepare(batch)
        self._count_in_hand(batch, 1)
        await self._queue.put((batch, work, reading))

    async def run(self) -> None:
        """Write batches until cancelled.

        A batch stays in hand until it is written: when a fault that nobody foresaw ends this loop, the next run
        begins with the same batch. To go on with the one after it would move the offset past records never written.
        """
        while True:
            if self._writing is None:
                self._writing = await self._queue.get()
                self._busy_since = time.monotonic()
            batch, work, reading = self._writing
            if reading == self.reading:
                try:
                    await self._write_until_done(batch, work)
                    await self._follow(batch)
                except offsets.GoneBack:
                    if reading == self.reading:
                        await self.begin_anew()
            self._writing = None
            self._busy_since = None
            self._count_in_hand(batch, -1)
            self._queue.task_done()

    async def begin_anew(self) -> None:
        """Read again from where the database stands, which is further back than it was."""
        log.warning("delivery_begins_anew", consumer=self.subscription.name, reason="the database went back")
        self.reading += 1
        self._reached.clear()
        if self.rewind is not None:
            await self.rewind()

    async def look_back(self) -> None:
        """Notice a database that went back (restored, or failed over to a copy that lagged) though nothing comes in."""
        reached = dict(self._reached)
        async with self._pool().acquire() as connection:
            stored = await offsets.load(connection, self.subscription.name)
        if any(stored.get(place, 0) < offset for place, offset in reached.items()):
            await self.begin_anew()

    def forget(self, place: Place) -> None:
        """The topic was made anew: its offsets begin at 0 again."""
        self._reached.pop(place, None)

    async def drained(self) -> None:
        """Wait until what was taken is written."""
        await self._queue.join()

    async def _write_until_done(self, batch: Batch, work: Work) -> None:
        for attempt in range(1_000_000_000):
            try:
                await self._write(batch, work)
            except UNREACHABLE as error:
                pause = _BACK_OFF_SECONDS[min(attempt, len(_BACK_OFF_SECONDS) - 1)] * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
                log.warning("delivery_retry", consumer=self.subscription.name, error=describe(error))
                metrics.DELIVERY_RETRIES.inc()
                await asyncio.sleep(pause)
            else:
                return

    async def _write(self, batch: Batch, work: Work) -> None:
        try:
            await self._transact(batch, work)
        except DATA_FAULTS as error:
            log.warning("batch_halved", records=len(batch.records), error=describe(error))
            await self._halve(batch, error)

    async def _halve(self, batch: Batch, error: Exception) -> None:
        records = list(batch.records)
        if len(records) == 1:
            culprit = Batch(records)
            culprit.refuse(records[0], "refused_by_database", type(error).__name__)
            await self._transact(culprit, None)
            return
        middle = len(records) // 2
        for half in (records[:middle], records[middle:]):
            part = Batch(half)
            await self._write(part, self.subscription.prepare(part))

    async def _transact(self, batch: Batch, work: Work | None) -> None:
        started = time.perf_counter()
        async with self._pool().acquire() as connection, connection.transaction():
            batch, work = await self._without_repeats(connection, batch, work)
            attempt = batch.again()
            result = None
            if work is not None and batch.records:
                result = await self.subscription.apply(connection, attempt, work)
            await dead_letters.bury(connection, self.subscription.name, self._dead_letter_topic, attempt.refusals)
            await offsets.save(connection, self.subscription.name, batch.nexts)
        self._reached |= batch.nexts
        self._measure(attempt, time.perf_counter() - started)
        if attempt.refusals:
            self.on_buried()
        if result is not None and self.subscription.after_commit is not None:
            self.subscription.after_commit(result)

    async def _without_repeats(
        self, connection: Connection, batch: Batch, work: Work | None
    ) -> tuple[Batch, Work | None]:
        stored = await offsets.lock(connection, self.subscription.name, batch.stretches)
        # What lies between was written to a database that is no more: to go on would leave it out. Asked together,
        # without a pause: whoever begins anew forgets what was reached.
        stale = self._writing is not None and self._writing[2] != self.reading
        if stale or any(stored[place] < self._reached.get(place, 0) for place in batch.stretches):
            raise offsets.GoneBack
        if all(stretch.first >= stored[place] for place, stretch in batch.stretches.items()):
            return batch, work
        fresh = [record for record in batch.records if record.offset >= stored[record.topic, record.partition]]
        metrics.RECORDS_REPEATED.inc(len(batch.records) - len(fresh))
        remainder = Batch(fresh)
        if work is None:
            remainder.refusals = [refusal for refusal in batch.refusals if refusal.record in fresh]
            return remainder, None
        return remainder, self.subscription.prepare(remainder)

    def _measure(self, batch: Batch, seconds: float) -> None:
        now = datetime.now(UTC)
        metrics.TRANSACTION_SECONDS.observe(seconds)
        metrics.BATCH_RECORDS.observe(len(batch.records))
        for topic, count in batch.counts.items():
            metrics.RECORDS_CONSUMED.labels(metrics.topic_label(topic)).inc(count)
        if batch.records:
            metrics.EVENT_AGE.observe(max(0.0, (now - batch.records[0].timestamp).total_seconds()))
        for refusal in batch.refusals:
            metrics.RECORDS_REFUSED.labels(metrics.topic_label(refusal.record.topic), refusal.reason).inc()
        if not self.subscription.foreign:
            self._poison.saw(len(batch.records), len(batch.refusals))

    async def _follow(self, batch: Batch) -> None:
        if self.commit_offsets is None:
            return
        # Kafka's offset is a hint; ours is in the database. A partition may have gone to another replica meanwhile.
        with contextlib.suppress(KafkaError, OSError):
            await self.commit_offsets(batch.nexts)


class PoisonGuard:
    """Trips when nearly everything is refused: then a deployment is at fault, and dead-lettering all would hide it."""

    def __init__(self, least: int, share: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.tripped = False
        self._least = least
        self._share = share
        self._clock = clock
        self._window = (clock(), 0, 0)

    def saw(self, records: int, refused: int) -> None:
        """Count a batch."""
        began, seen, bad = self._window
        if self._clock() - began > 60:  # noqa: PLR2004 - the setting's name says a minute
            began, seen, bad = self._clock(), 0, 0
        seen, bad = seen + records, bad + refused
        self._window = (began, seen, bad)
        if bad >= self._least and bad >= self._share * seen:
            self.tripped = True


AnySubscription = Subscription[Any, Any]
AnyDelivery = Delivery[Any, Any]
