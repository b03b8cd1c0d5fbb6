"""Reading what topics hold between two offsets, outside of any group: committed records alone, in order."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from spplus_chassis.kafka_settings import KafkaSettings
from spplus_chassis.records import Place, Record

_POLL_MS = 200
_RECORDS_AT_ONCE = 5_000


async def to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Finish this even when cancelled meanwhile. aiokafka's clients swallow a cancellation that meets them closing."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


class LogReader:
    """Reads some topics; use it with `async with`. Raises `aiokafka.errors.KafkaError` and `OSError`."""

    def __init__(self, settings: KafkaSettings, topics: Iterable[str]) -> None:
        prefix = self._prefix = settings.topic_prefix
        self._consumer = AIOKafkaConsumer(
            *(prefix + topic for topic in sorted(set(topics))),
            **settings.client_options(),
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=50,
            retry_backoff_ms=50,
        )
        self._partitions: dict[Place, TopicPartition] = {}

    async def __aenter__(self) -> Self:
        try:
            await self._consumer.start()
        except BaseException:
            await to_the_end(self._consumer.stop())
            raise
        self._consumer.pause(*self._consumer.assignment())
        self._partitions = {(self._local(place), place.partition): place for place in self._consumer.assignment()}
        return self

    async def __aexit__(self, *_: object) -> None:
        await to_the_end(self._consumer.stop())

    @property
    def topics(self) -> set[str]:
        """The topics that exist, of those asked for."""
        return {topic for topic, _ in self._partitions}

    async def ends(self) -> dict[Place, int]:
        """The offset after the last committed record or marker of each partition."""
        ends = await self._consumer.end_offsets(list(self._partitions.values()))
        return {place: ends[partition] for place, partition in self._partitions.items()}

    async def between(self, starts: Mapping[Place, int], ends: Mapping[Place, int]) -> AsyncIterator[list[Record]]:
        """The records of these partitions from their starts to before their ends; markers are passed over."""
        unread = self._begin(starts, ends)
        while unread:
            kept = await self._next(unread, ends)
            if kept:
                yield kept

    async def with_records(self, starts: Mapping[Place, int], ends: Mapping[Place, int]) -> set[Place]:
        """Those of these partitions that hold any record from their start to before their end."""
        found: set[Place] = set()
        unread = self._begin(starts, ends)
        while unread:
            found |= {(record.topic, record.partition) for record in await self._next(unread, ends)}
            for place in found & {(self._local(partition), partition.partition) for partition in unread}:
                self._consumer.pause(self._partitions[place])
                del unread[self._partitions[place]]
        return found

    def _begin(self, starts: Mapping[Place, int], ends: Mapping[Place, int]) -> dict[TopicPartition, int]:
        unread = {self._partitions[place]: ends[place] for place, start in starts.items() if start < ends[place]}
        for place, partition in self._partitions.items():
            if partition in unread:
                self._consumer.seek(partition, starts[place])
                self._consumer.resume(partition)
        return unread

    async def _next(self, unread: dict[TopicPartition, int], ends: Mapping[Place, int]) -> list[Record]:
        """Records of the next fetch; partitions that it brought to their ends leave `unread`."""
        fetched = await self._consumer.getmany(timeout_ms=_POLL_MS, max_records=_RECORDS_AT_ONCE)
        for partition in [place for place, end in unread.items() if await self._consumer.position(place) >= end]:
            self._consumer.pause(partition)
            del unread[partition]
        records = [self._record(raw) for raws in fetched.values() for raw in raws]
        return [record for record in records if record.offset < ends[record.topic, record.partition]]

    def _local(self, where: Any) -> str:  # noqa: ANN401 - aiokafka is untyped
        name: str = where.topic[len(self._prefix) :]
        return name

    def _record(self, raw: Any) -> Record:  # noqa: ANN401 - aiokafka is untyped
        return Record(
            topic=self._local(raw),
            partition=raw.partition,
            offset=raw.offset,
            timestamp=datetime.fromtimestamp(raw.timestamp / 1000, UTC),
            key=raw.key,
            value=raw.value,
            headers=tuple(raw.headers),
        )
