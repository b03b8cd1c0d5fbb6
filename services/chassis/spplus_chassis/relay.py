"""The relay: sends the outbox to Kafka, in order, by one owner at a time.

Rows go out in Kafka transactions under a fixed transactional id. A relay that was paused and replaced is fenced by
the broker, whatever it still holds in memory. Rows are deleted after the transaction is committed, together with the
move of the positions up to which all is known to be sent; whoever takes over reads the bus from there on first.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, ProducerFenced, RecordTooLargeError

from spplus_chassis import batches, metrics, sent
from spplus_chassis.database import UNREACHABLE, Pool
from spplus_chassis.dead_letters import headers_of_json
from spplus_chassis.lease import Lease, LeaseLost
from spplus_chassis.log_reader import to_the_end
from spplus_chassis.reconciling import Learner, NothingToLearn, begin_topics, reconcile
from spplus_chassis.sent import Positions, PositionsMoved
from spplus_chassis.settings import ServiceSettings
from spplus_chassis.telemetry import describe
from spplus_contracts import Envelope
from spplus_contracts.topics import MAX_MESSAGE_BYTES, relay_id

log = structlog.get_logger()

_SELECT = """
SELECT seq, id, aggregatetype, aggregateid, type, source, "time", payload, headers, traceparent
FROM outbox ORDER BY seq LIMIT $1
"""
_DELETE = "DELETE FROM outbox WHERE seq = ANY($1::bigint[])"
_SET_ASIDE = """
WITH moved AS (DELETE FROM outbox WHERE seq = $1 RETURNING *)
INSERT INTO outbox_aside
    (seq, id, aggregatetype, aggregateid, type, source, "time", payload, headers, traceparent, reason)
SELECT seq, id, aggregatetype, aggregateid, type, source, "time", payload, headers, traceparent, $2 FROM moved
"""
_WAITING = 'SELECT count(*) AS rows, extract(epoch FROM now() - min("time"))::float AS age FROM outbox'

BATCH_ROWS = 2000
_POLL_SECONDS = 0.1
_RETRY_SECONDS = 0.5
_RECORD_OVERHEAD_BYTES = 2048
_TOO_LARGE = (MessageSizeTooLargeError, RecordTooLargeError)

Row = asyncpg.Record


class Relay:
    """Sends one service's outbox."""

    def __init__(self, name: str, pool: Callable[[], Pool], settings: ServiceSettings) -> None:
        self._name = name
        self._pool = pool
        self._settings = settings
        self._wake = asyncio.Event()
        self._producer: AIOKafkaProducer | None = None
        self._lease: Lease | None = None
        self._positions: Positions = {}
        self.learner: Callable[[], Learner] = NothingToLearn
        """Who must know what was told before anything more is told."""

    def wake(self) -> None:
        """Look at the outbox now; call after a commit that appended."""
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled; on cancellation give the role away."""
        lease = self._lease = Lease(self._pool(), f"{self._name}-relay", self._settings.instance)
        try:
            while True:
                await self._round(lease)
        finally:
            await self._drop_producer()
            with contextlib.suppress(*UNREACHABLE):
                await lease.release()

    async def _round(self, lease: Lease) -> None:
        try:
            leading = await lease.hold()
            metrics.RELAY_LEADING.set(leading)
            if not leading:
                await self._drop_producer()
            left = await self.send_batch() if leading else 0
        except PositionsMoved:
            log.warning("relay_begins_anew", reason="the database is not the one it was")
            await self._drop_producer()
            return
        except (ProducerFenced, LeaseLost, *UNREACHABLE, KafkaError) as error:
            log.warning("relay_retry", error=describe(error))
            await self._drop_producer()
            await asyncio.sleep(_RETRY_SECONDS)
            return
        if left < BATCH_ROWS:
            await self._rest()

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), _POLL_SECONDS)
        self._wake.clear()

    async def send_batch(self) -> int:
        """Send the oldest rows; returns how many left the outbox. Raises `PositionsMoved`, having sent nothing."""
        producer = self._producer or await self._take_over()
        async with self._pool().acquire() as connection:
            # On the connection that gives the rows: what was restored under us must not be sent as it stands.
            if await sent.load(connection) != self._positions:
                raise PositionsMoved
            rows = await connection.fetch(_SELECT, BATCH_ROWS)
        if not rows:
            return 0
        first_time = {row["aggregatetype"] for row in rows} - {topic for topic, _ in self._positions}
        if first_time:
            self._positions = await begin_topics(self._pool(), self._settings, first_time)
        if any(map(_is_oversized, rows)):
            return await self._set_aside_oversized(rows)
        try:
            nexts = await self._transact(producer, rows)
        except _TOO_LARGE:
            await self._drop_producer()
            return await self._set_aside_oversized(rows)
        async with self._pool().acquire() as connection, connection.transaction():
            await sent.advance(connection, self._positions, nexts)
            await connection.execute(_DELETE, [row["seq"] for row in rows])
        self._positions |= nexts
        for topic in {row["aggregatetype"] for row in rows}:
            count = sum(1 for row in rows if row["aggregatetype"] == topic)
            metrics.EVENTS_PUBLISHED.labels(metrics.topic_label(topic)).inc(count)
        return len(rows)

    async def _take_over(self) -> AIOKafkaProducer:
        """Fence whoever sent before, then learn what it had sent.

        In this order: the lease is looked at again once the other is fenced, so that whoever takes it later fences us.
        """
        producer = await self._started_producer()
        try:
            self._positions = await reconcile(self._pool(), self._settings, self.learner(), self._lease)
        except BaseException:
            await _stop(producer)
            raise
        self._producer = producer
        return producer

    async def _transact(self, producer: AIOKafkaProducer, rows: Sequence[Row]) -> Positions:
        """Send rows; returns the offset after the last one of each partition."""
        prefix = self._settings.topic_prefix
        messages = [
            batches.Message(prefix + row["aggregatetype"], row["aggregateid"].encode(), row["payload"], _headers(row))
            for row in rows
        ]
        async with producer.transaction():
            nexts = await batches.send(producer, messages)
        return {(topic[len(prefix) :], partition): offset for (topic, partition), offset in nexts.items()}

    async def _started_producer(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            **self._settings.client_options(),
            transactional_id=self._settings.topic_prefix + relay_id(self._name),
            transaction_timeout_ms=10_000,
            acks="all",
            linger_ms=5,
            max_batch_size=262_144,
            max_request_size=2 * MAX_MESSAGE_BYTES + _RECORD_OVERHEAD_BYTES,
            request_timeout_ms=10_000,
            retry_backoff_ms=50,
            metadata_max_age_ms=30_000,
        )
        try:
            await producer.start()
        except BaseException:
            await _stop(producer)
            raise
        return producer

    async def _drop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await _stop(producer)

    async def _set_aside_oversized(self, rows: Sequence[Row]) -> int:
        aside = 0
        for row in rows:
            if _is_oversized(row):
                await self._pool().execute(_SET_ASIDE, row["seq"], "oversized")
                log.error("outbox_row_set_aside", topic=row["aggregatetype"], reason="oversized")
                metrics.OUTBOX_SET_ASIDE.inc()
                aside += 1
        if aside == 0:
            await asyncio.sleep(_POLL_SECONDS)
        return aside

    async def measure(self) -> None:
        """Set the gauges of what waits."""
        waiting = await self._pool().fetchrow(_WAITING)
        metrics.OUTBOX_ROWS.set(waiting["rows"] if waiting else 0)
        metrics.OUTBOX_AGE.set((waiting["age"] if waiting else 0) or 0)


async def _stop(producer: AIOKafkaProducer) -> None:
    with contextlib.suppress(KafkaError, OSError, TimeoutError):
        await to_the_end(asyncio.wait_for(producer.stop(), 5))


def _is_oversized(row: Row) -> bool:
    limit = 2 * MAX_MESSAGE_BYTES if row["headers"] is not None else MAX_MESSAGE_BYTES
    return len(row["payload"] or b"") > limit - _RECORD_OVERHEAD_BYTES


def _headers(row: Row) -> list[tuple[str, bytes | None]]:
    if row["headers"] is not None:
        return headers_of_json(row["headers"])
    envelope = Envelope(
        row["id"], row["source"], row["type"], row["time"], row["aggregateid"], traceparent=row["traceparent"]
    )
    return list(envelope.headers())
