"""Records that nobody should send, on every topic that is read: buried once with the reason, and the rest goes on."""

import json
import random

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError

from spplus_contracts.topics import CANONICAL, INDICATOR_COMPUTED, MAX_MESSAGE_BYTES, STRUCTURE_DECLARED, inbound
from tests.support.clients import Emitter
from tests.support.crowd import crowd
from tests.support.poison import Poison, poison, tombstones
from tests.support.small_platform import AGENCY, READERS, SmallPlatform
from tests.support.waiting import eventually

pytestmark = [pytest.mark.faults, pytest.mark.asyncio, pytest.mark.timeout(300)]


def bad_records() -> list[tuple[str, Poison]]:
    """Topic and record, for every topic."""
    own = inbound(AGENCY).name
    bad = [(own, each) for each in (*poison(AGENCY), *tombstones(AGENCY), *forged())]
    for topic in CANONICAL:
        dead = tombstones("spplus", reason="invalid_key" if topic is INDICATOR_COMPUTED else "tombstone")
        bad += [(topic.name, each) for each in (*poison("spplus", topic.event.TYPE), *dead, misplaced(topic))]
    return bad


def forged() -> list[Poison]:
    """In the name of another source."""
    return [Poison("source_mismatch", b"k", b"{}", poison("spplus")[0].headers)]


def misplaced(topic) -> Poison:
    """Of a type that belongs elsewhere."""
    other = CANONICAL[(CANONICAL.index(topic) + 1) % len(CANONICAL)]
    return Poison("wrong_topic", b"k", b"{}", poison("spplus", other.event.TYPE)[0].headers)


async def refuse_oversized(server: str) -> None:
    """What is larger than its topic allows never gets there: its sender is told."""
    async with AIOKafkaProducer(bootstrap_servers=server, max_request_size=4 * MAX_MESSAGE_BYTES) as producer:
        for topic in READERS:
            with pytest.raises(MessageSizeTooLargeError):
                await producer.send_and_wait(topic, b"x" * (MAX_MESSAGE_BYTES + 1), key=b"k")


async def test_poison_on_every_topic_is_buried_once_and_neighbours_are_counted(folder):
    bad = bad_records()
    async with SmallPlatform(folder) as it, Emitter(it.platform.kafka_servers) as emitter:
        async with crowd(it, random.Random(1), least_stories=100):
            for topic, record in bad:
                compacted = topic in {STRUCTURE_DECLARED.name, INDICATOR_COMPUTED.name}
                key = b"k" if compacted and record.key is None else record.key
                await emitter.send(topic, key, record.value, record.marked_headers)
            await refuse_oversized(it.platform.kafka_servers)
        lines = await it.settled()
        assert lines == [], "\n".join(lines[:40])
        graves = await it.graves()
        assert {grave[1] for grave in graves} == set(READERS)
        assert len(graves) >= sum(len(READERS[topic]) for topic, _ in bad)
        listed = json.loads(await it.command("indicators", "dead-letters", "list", "--json"))
        assert sum(each["letters"] for each in listed["counts"]) == sum(grave[0] == "indicators" for grave in graves)

        async def copied() -> bool:
            named = {(consumer.removesuffix("-gate"), *rest) for consumer, *rest in graves}
            return await it.copies() == named

        await eventually(copied, "a copy of every dead letter on the topic of its service")
