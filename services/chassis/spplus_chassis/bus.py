"""The way in from Kafka: one FastStream batch subscriber per subscription, feeding a delivery.

The acknowledgement is ours (`AckPolicy.MANUAL`): the handler only validates and hands over, so that the next batch
is fetched and validated while the present one is written.
"""

import asyncio
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any, cast

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage
from faststream.kafka.message import KafkaMessage as RawMessage

from spplus_chassis import metrics, offsets
from spplus_chassis.database import UNREACHABLE, Pool
from spplus_chassis.delivery import AnyDelivery
from spplus_chassis.records import Place, Record
from spplus_chassis.settings import ServiceSettings
from spplus_chassis.telemetry import describe

log = structlog.get_logger()

_BATCH_TIMEOUT_MS = 20


class Intake:
    """One subscriber on the bus and the delivery that it feeds."""

    def __init__(
        self, broker: KafkaBroker, delivery: AnyDelivery, settings: ServiceSettings, pool: Callable[[], Pool]
    ) -> None:
        self.delivery = delivery
        self._prefix = settings.topic_prefix
        self._start = _StartPlaces(self, pool)
        subscription = delivery.subscription
        self._subscriber = broker.subscriber(
            *(self._prefix + topic for topic in subscription.topics),
            pattern=None if subscription.pattern is None else _prefixed(subscription.pattern, self._prefix),
            batch=True,
            group_id=self._prefix + subscription.name,
            group_instance_id=f"{self._prefix}{subscription.name}-{settings.instance}",
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_records=settings.consumer_batch_records,
            batch_timeout_ms=_BATCH_TIMEOUT_MS,
            fetch_max_wait_ms=50,
            fetch_max_bytes=16_777_216,
            max_partition_fetch_bytes=2_097_152,
            session_timeout_ms=int(settings.consumer_session_timeout_seconds * 1000),
            heartbeat_interval_ms=int(settings.consumer_session_timeout_seconds * 1000 / 4),
            listener=self._start,
            parser=self._parse,
            decoder=_undecoded,
        )
        self._subscriber(self._on_batch)
        delivery.commit_offsets = self._commit
        delivery.rewind = self._start.seek_all

    @property
    def consumer(self) -> AIOKafkaConsumer | None:
        """The client, once started."""
        return self._subscriber.consumer

    @property
    def ready(self) -> bool:
        """Whether it takes part in its group and knows where to start."""
        return self._start.settled

    def local_name(self, topic: str) -> str:
        """Topic's name in the registry."""
        return topic[len(self._prefix) :]

    async def _parse(self, raw: tuple[ConsumerRecord[bytes, bytes], ...]) -> RawMessage:
        # Records that came before the start offset was sought are dropped: they will be read again from there.
        known = self._start.known
        places = {(raw_one.topic, raw_one.partition) for raw_one in raw}
        kept = raw if places <= known else tuple(each for each in raw if (each.topic, each.partition) in known)
        return RawMessage(body=cast("Any", kept), raw_message=raw, headers={}, consumer=cast("Any", self.consumer))

    async def _on_batch(self, message: KafkaMessage) -> None:
        raw = cast("tuple[ConsumerRecord[bytes, bytes], ...]", message.body)
        if raw and not self.delivery.stopped_by_poison:
            await self.delivery.offer(self._records(raw))

    def _records(self, raw: tuple[ConsumerRecord[bytes, bytes], ...]) -> list[Record]:
        names = {topic: self.local_name(topic) for topic in {each.topic for each in raw}}
        moment = datetime.fromtimestamp
        return [
            Record(
                names[each.topic],
                each.partition,
                each.offset,
                moment(each.timestamp / 1000, UTC),
                each.key,
                each.value,
                tuple(each.headers),
            )
            for each in raw
        ]

    async def _commit(self, nexts: dict[Place, int]) -> None:
        consumer = self.consumer
        if consumer is None:
            return
        mine = consumer.assignment()
        commits = {TopicPartition(self._prefix + topic, part): offset for (topic, part), offset in nexts.items()}
        kept = {place: offset for place, offset in commits.items() if place in mine}
        if kept:
            await consumer.commit(kept)

    async def measure_lag(self) -> None:
        """Set the gauge of records behind the end of each topic, those in hand included."""
        consumer = self.consumer
        if consumer is None:
            return
        lags: dict[str, int] = {}
        for place in consumer.assignment() & self._start.known:
            end = consumer.highwater(place)
            if end is not None:
                label = metrics.topic_label(self.local_name(place.topic))
                lags[label] = lags.get(label, 0) + max(0, end - await consumer.position(place))
        for topic, waiting in self.delivery.in_hand().items():
            label = metrics.topic_label(topic)
            lags[label] = lags.get(label, 0) + waiting
        for label, lag in lags.items():
            metrics.CONSUMER_LAG.labels(label).set(lag)


async def _undecoded(_message: RawMessage) -> None:
    return None


def _prefixed(pattern: str, prefix: str) -> str:
    return "^" + prefix.replace(".", r"\.") + pattern.removeprefix("^")


class _StartPlaces(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka is untyped
    """On assignment, start at the smaller of the database's and Kafka's offset."""

    def __init__(self, intake: Intake, pool: Callable[[], Pool]) -> None:
        self.known: set[TopicPartition] = set()
        self.settled = False
        self._intake = intake
        self._pool = pool
        self._joined: AIOKafkaConsumer | None = None

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        self.settled = False
        self.known -= set(revoked)

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        if self._was_given_the_old_assignment():
            return
        starts = await self._starts_at_last(assigned)
        # No pause between seeking and knowing: a record fetched from the new place must not be dropped.
        self._seek(starts)
        self.known |= set(assigned)
        self.settled = True

    async def seek_all(self) -> None:
        """Start again, from the stored offsets, in every partition that is ours."""
        mine, self.known = self.known, set()
        starts = await self._starts_at_last(mine)
        # The same pause must not lie here.
        still_mine = {place: start for place, start in starts.items() if place in self._assigned()}
        self._seek(still_mine)
        self.known |= set(still_mine)

    def _assigned(self) -> set[TopicPartition]:
        consumer = self._intake.consumer
        return set() if consumer is None else set(consumer.assignment())

    def _seek(self, starts: dict[TopicPartition, int]) -> None:
        if consumer := self._intake.consumer:
            for place, start in starts.items():
                consumer.seek(place, start)

    async def _starts_at_last(self, places: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        for attempt in range(1_000_000_000):
            try:
                return await self._starts(self._assigned() & set(places))
            except (*UNREACHABLE, KafkaError) as error:
                log.warning("start_unknown", consumer=self._intake.delivery.subscription.name, error=describe(error))
                await asyncio.sleep(min(5.0, 0.2 * 2 ** min(attempt, 5)))
        return {}

    def _was_given_the_old_assignment(self) -> bool:
        """Join once more after a restart, unless the assignment was made just now, by us.

        A replica that comes back under its name gets its former partitions without anybody looking at topics again:
        what was made while it was away would never be read. When the leader asks a second time, all are assigned anew;
        when another does, nothing changes.
        """
        consumer = self._intake.consumer
        if consumer is None or consumer is self._joined:
            return False
        self._joined = consumer
        coordinator = consumer._coordinator  # noqa: SLF001 - aiokafka has no public way to join again
        if coordinator._group_subscription is not None:  # noqa: SLF001 - only a leader that has just assigned has it
            return False
        coordinator.request_rejoin()
        return True

    async def _starts(self, assigned: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        consumer = self._intake.consumer
        if consumer is None or not assigned:
            return {}
        starts = {}
        name = self._intake.delivery.subscription.name
        async with self._pool().acquire() as connection:
            stored = await offsets.load(connection, name)
            ends = await consumer.end_offsets(list(assigned))
            for place in assigned:
                mine = (self._intake.local_name(place.topic), place.partition)
                if stored.get(mine, 0) > ends[place]:
                    log.warning("topic_made_anew", consumer=name, topic=mine[0], partition=mine[1])
                    await offsets.forget(connection, name, mine)
                    self._intake.delivery.forget(mine)
                    stored.pop(mine)
                committed = await consumer.committed(place)
                starts[place] = min(stored.get(mine, 0), ends[place] if committed is None else committed)
        return starts
