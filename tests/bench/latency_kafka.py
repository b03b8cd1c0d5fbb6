"""Stories written straight to the canonical topic, figures read from the compacted one."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from spplus_chassis.topics import create_topics
from spplus_contracts import IndicatorComputed
from spplus_contracts.topics import FEEDBACK_SUBMITTED, INDICATOR_COMPUTED, PARTITIONS, TOPICS
from tests.bench.counts import MONTHLY
from tests.bench.load import a_story, a_tree, message_of
from tests.bench.path import Path
from tests.bench.scoring import declare
from tests.bench.service import serving, until_ready
from tests.bench.stand import Stand
from tests.bench.steady import Watch

GOAL_MS = 300.0


@asynccontextmanager
async def from_kafka(stand: Stand, prefix: str, offices: int) -> AsyncIterator[Path]:
    """The indicators service alone, between two topics."""
    broker = stand.kafka.bootstrap_servers
    await create_topics(broker, TOPICS, prefix)
    await declare(stand, prefix, a_tree(offices))
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(serving(stand, "indicators", prefix))
        await until_ready(service)
        producer = AIOKafkaProducer(bootstrap_servers=broker, linger_ms=0, acks="all")
        await producer.start()
        stack.push_async_callback(producer.stop)
        consumer = AIOKafkaConsumer(bootstrap_servers=broker, isolation_level="read_committed")
        await consumer.start()
        stack.push_async_callback(consumer.stop)
        consumer.assign([TopicPartition(prefix + INDICATOR_COMPUTED.name, number) for number in range(PARTITIONS)])
        await consumer.seek_to_beginning()
        watch = Watch()
        reader = asyncio.create_task(_follow(consumer, watch))
        stack.callback(reader.cancel)
        tell = Teller(producer, prefix + FEEDBACK_SUBMITTED.name, offices, watch)
        yield Path("Kafka", GOAL_MS, watch, tell, reader, {"indicators": service.pid})


class Teller:
    """Writes a story about some office, told just now."""

    def __init__(self, producer: AIOKafkaProducer, topic: str, offices: int, watch: Watch) -> None:
        self._producer = producer
        self._topic = topic
        self._codes = [f"office{n}" for n in range(offices)]
        self._watch = watch
        self._chance = random.Random(len(self._codes))

    async def __call__(self, _number: int) -> None:
        """Write one."""
        now = datetime.now(UTC)
        code = self._chance.choice(self._codes)
        message = message_of(a_story(code, now, now, self._chance))
        self._watch.tell(code, time.monotonic())
        acknowledged = await self._producer.send(
            self._topic, key=message.key, value=message.value, headers=message.headers
        )
        await acknowledged


async def _follow(consumer: AIOKafkaConsumer, watch: Watch) -> None:
    async for record in consumer:
        if MONTHLY in record.key:
            figure = IndicatorComputed.read_json(record.value)
            watch.count(figure.structure_code, figure.n, time.monotonic())
