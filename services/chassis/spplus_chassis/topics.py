"""Making the topics of the registry on a broker."""

from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from spplus_chassis.kafka_settings import KafkaSettings, connected
from spplus_contracts import Topic


async def create_topics(
    kafka: KafkaSettings | str,
    topics: Iterable[Topic],
    prefix: str = "",
    *,
    replication: int = 1,
    min_insync_replicas: int = 1,
) -> None:
    """Create what is missing; what exists is left alone. Raises `aiokafka.errors.KafkaError`."""
    admin = AIOKafkaAdminClient(**connected(kafka), request_timeout_ms=15_000)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [
            NewTopic(
                prefix + topic.name,
                topic.partitions,
                replication,
                topic_configs=topic.config(min_insync_replicas=min_insync_replicas),
            )
            for topic in topics
            if prefix + topic.name not in existing
        ]
        if missing:
            response = await admin.create_topics(missing)
            for name, code, *_ in response.topic_errors:
                error = for_code(code)
                if code and error is not TopicAlreadyExistsError:
                    raise error(f"topic {name}")
    finally:
        await admin.close()
