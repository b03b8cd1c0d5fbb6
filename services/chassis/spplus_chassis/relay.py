"""The relay: sends the outbox to Kafka, in order, by one owner at a time.

Rows go out in Kafka transactions under a fixed transactional id. A relay that was paused and replaced is fenced by
the broker, whatever it still holds in memory. Rows are deleted after the transaction is committed: a crash in between
sends them again under the same ids, which every reader tolerates.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, ProducerFenced, RecordTooLargeError

from spplus_chassis import metrics
from spplus_chassis.database import UNREACHABLE, Pool
from spplus_chassis.dead_letters import headers_of_json
from spplus_chassis.lease import Lease
from spplus_chassis.settings import ServiceSettings
from spplus_chassis.telemetry import describe
from spplus_contracts import Envelope
from spplus_contracts.topics import MAX_MESSAGE_BYTES

log = structlog.get_logger()

_SELECT = """
SELECT seq, id, aggregatetype, aggregateid, type, source, "time", payload, headers
FROM outbox ORDER BY seq LIMIT $1
"""
_DELETE = "DELETE FROM outbox WHERE seq = ANY($1::bigint[])"
_SET_ASIDE = """
WITH moved AS (DELETE FROM outbox WHERE seq = $1 RETURNING *)
INSERT INTO outbox_aside SELECT moved.*, $2 FROM moved
"""
_WAITING = 'SELECT count(*) AS rows, extract(epoch FROM now() - min("time"))::float AS age FROM outbox'

BATCH_ROWS = 2000
_POLL_SECONDS = 0.1
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

    def wake(self) -> None:
        """Look at the outbox now; call after a commit that appended."""
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled; on cancellation give the role away."""
        lease = Lease(self._pool(), f"{self._name}-relay", self._settings.instance)
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
            sent = await self.send_batch() if leading else 0
        except (ProducerFenced, *UNREACHABLE, KafkaError) as error:
            log.warning("relay_retry", error=describe(error))
            await self._drop_producer()
            await asyncio.sleep(0.5)
            return
        if sent < BATCH_ROWS:
            await self._rest()

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), _POLL_SECONDS)
        self._wake.clear()

    async def send_batch(self) -> int:
        """Send the oldest rows; returns how many left the outbox."""
        rows = await self._pool().fetch(_SELECT, BATCH_ROWS)
        if not rows:
            if self._producer is None:
                await self._started_producer()
            return 0
        try:
            await self._transact(rows)
        except _TOO_LARGE:
            await self._drop_producer()
            return await self._set_aside_oversized(rows)
        await self._pool().execute(_DELETE, [row["seq"] for row in rows])
        for topic in {row["aggregatetype"] for row in rows}:
            count = sum(1 for row in rows if row["aggregatetype"] == topic)
            metrics.EVENTS_PUBLISHED.labels(metrics.topic_label(topic)).inc(count)
        return len(rows)

    async def _transact(self, rows: Sequence[Row]) -> None:
        producer = self._producer or await self._started_producer()
        async with producer.transaction():
            sent = [
                await producer.send(
                    self._settings.topic_prefix + row["aggregatetype"],
                    key=row["aggregateid"].encode(),
                    value=row["payload"],
                    headers=_headers(row),
                )
                for row in rows
            ]
            await asyncio.gather(*sent)

    async def _started_producer(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._settings.kafka_bootstrap_servers,
            transactional_id=f"{self._settings.topic_prefix}spplus-{self._name}-relay",
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
            await producer.stop()
            raise
        self._producer = producer
        return producer

    async def _drop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(KafkaError, OSError, TimeoutError):
                await asyncio.wait_for(producer.stop(), 5)

    async def _set_aside_oversized(self, rows: Sequence[Row]) -> int:
        aside = 0
        for row in rows:
            limit = 2 * MAX_MESSAGE_BYTES if row["headers"] is not None else MAX_MESSAGE_BYTES
            if len(row["payload"] or b"") > limit - _RECORD_OVERHEAD_BYTES:
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


def _headers(row: Row) -> list[tuple[str, bytes | None]]:
    if row["headers"] is not None:
        return headers_of_json(row["headers"])
    envelope = Envelope(
        id=row["id"], source=row["source"], type=row["type"], time=row["time"], subject=row["aggregateid"]
    )
    return list(envelope.headers())
