"""The generated access lists are enough for all three services, and no more than enough for anybody."""

import json

import httpx
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event

from spplus_contracts import unwrap
from spplus_contracts.access_lists import access_lists
from spplus_contracts.topics import CANONICAL, INDICATOR_COMPUTED, TOPICS, inbound, relay_id
from spplus_contracts.vocabulary import PLATFORM_SOURCE
from tests.support.builders import a_feedback, a_withdrawal
from tests.support.bus import reading
from tests.support.certificates import Authority
from tests.support.guarded_platform import PARTS, TOLD_AT, GuardedPlatform, user_of
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

INBOUND = [inbound(source) for source in PARTS]


@pytest_asyncio.fixture(scope="module")
async def platform(tmp_path_factory, make_database):
    platform = GuardedPlatform(tmp_path_factory.mktemp("guarded"), make_database)
    try:
        await platform.start()
        yield platform
    finally:
        await platform.stop()


def an_opinion(structure, **changes):
    unawaited = {"answer_due_at": None, "announced_at": None, "due_kind": None}
    return a_feedback(**{"structure_code": structure, "submitted_at": TOLD_AT} | unawaited | changes)


async def test_with_their_lists_the_services_work_from_end_to_end(platform):
    story = {
        "structure_codes": ["part-a"],
        "channels": ["desk"],
        "sentiment": "positive",
        "title": "Un bon accueil",
        "story": "On m'a tout de suite aidé.",
    }
    async with httpx.AsyncClient(base_url=platform.services["feedback"].address, trust_env=False) as client:
        answer = await client.post("/v1/feedback", json=story)
        assert answer.status_code == 202, answer.text
        [citizens] = [request["request_id"] for request in answer.json()["requests"]]
        await platform.say("alpha", (an_opinion("part-a", request_id="a1"), "a1", "alpha"))
        await platform.say("beta", (an_opinion("part-b", request_id="b1"), "b1", "beta"))

    async def counted():
        return [await platform.counted(part) for part in ("part-b", "part-a", "root")] == [1, 2, 3]

    await eventually(counted, "the figures of three opinions", seconds=40)

    # A neighbour's structure, a neighbour's name, and a citizen's story are not A's to speak of.
    of_a_citizen = a_withdrawal(request_id=citizens, request_source=PLATFORM_SOURCE, structure_code="part-a")
    await platform.say(
        "alpha",
        (an_opinion("part-b", request_id="x1"), "x1", "alpha"),
        (an_opinion("part-b", request_id="x2"), "x2", "beta"),
        (of_a_citizen, "x3", "alpha"),
        (an_opinion("part-a", request_id="a2"), "a2", "alpha"),
    )

    async def counted_again():
        return [await platform.counted(part) for part in ("part-b", "part-a", "root")] == [1, 3, 4]

    await eventually(counted_again, "the figures of one more", seconds=40)
    graves = await platform.fetch("feedback", "SELECT topic, reason FROM dead_letters ORDER BY reason")
    assert [tuple(row) for row in graves] == [
        (inbound("alpha").name, reason) for reason in ("foreign_request", "outside_part", "source_mismatch")
    ]
    known = await platform.fetch("indicators", "SELECT request_id, request_source FROM ledger")
    assert {tuple(row) for row in known} == {
        ("a1", "alpha"),
        ("a2", "alpha"),
        ("b1", "beta"),
        (citizens, PLATFORM_SOURCE),
    }


async def test_an_outside_judge_reads_every_record_of_the_services(platform):
    """The CloudEvents SDK, on what the relays of the platform really wrote."""
    topics = [platform.kafka.prefix + topic.name for topic in CANONICAL]
    seen = set()
    async with reading(platform.kafka.node.bootstrap_servers, *topics) as consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        while any([await consumer.position(place) < end for place, end in ends.items()]):
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                for record in batch:
                    seen.add(record.topic)
                    envelope, data = unwrap(record.headers, record.value)
                    message = KafkaMessage(headers=dict(record.headers), key=record.key, value=record.value)
                    read = from_kafka_event(message)
                    assert (read.get_id(), read.get_source()) == (envelope.id, envelope.source)
                    assert (read.get_type(), read.get_time()) == (envelope.type, envelope.time)
                    assert read.get_subject() == record.key.decode()
                    assert read.get_data() == json.loads(data)
    assert seen >= {platform.kafka.prefix + topic.name for topic in (CANONICAL[0], *CANONICAL[-2:])}


@pytest.mark.parametrize("principal", access_lists(PARTS), ids=lambda principal: principal.name)
async def test_nobody_writes_what_another_one_writes(platform, principal):
    may = {rule.name for rule in principal.rules if "Write" in rule.operations}
    forbidden = [topic.name for topic in (*TOPICS, *INBOUND) if topic.name not in may]
    assert len(forbidden) >= len(TOPICS) + len(INBOUND) - 5
    options = platform.kafka.settings(user_of(principal.name)).client_options()
    async with AIOKafkaProducer(**options, request_timeout_ms=5000) as producer:
        for topic in forbidden:
            with pytest.raises(TopicAuthorizationFailedError):
                await producer.send_and_wait(platform.kafka.prefix + topic, b"{}", key=b"part-a")


@pytest.mark.parametrize("topic", [*TOPICS, *INBOUND], ids=lambda topic: topic.name)
async def test_an_agency_reads_nothing_at_all(platform, topic):
    options = platform.kafka.settings(user_of("source-alpha")).client_options()
    await refused_to_read(options, platform.kafka.prefix + topic.name)


@pytest.mark.parametrize("name", ["indicators", "notifier", "operations", "public-results-site"])
async def test_only_the_gate_reads_what_agencies_write(platform, name):
    options = platform.kafka.settings(user_of(name)).client_options()
    await refused_to_read(options, platform.kafka.prefix + inbound("alpha").name)


async def refused_to_read(options, topic):
    with pytest.raises(TopicAuthorizationFailedError):
        await read_once(options, topic)


async def read_once(options, topic):
    consumer = AIOKafkaConsumer(topic, **options, auto_offset_reset="earliest")
    try:
        await consumer.start()
        return await consumer.getmany(timeout_ms=5000)
    finally:
        await consumer.stop()


async def test_readers_of_the_registry_are_not_refused(platform):
    options = platform.kafka.settings(user_of("public-results-site")).client_options()
    assert await read_once(options, platform.kafka.prefix + INDICATOR_COMPUTED.name)


async def test_nobody_takes_part_in_another_ones_group_or_transactions(platform):
    options = platform.kafka.settings(user_of("notifier")).client_options()
    group = f"{platform.kafka.prefix}indicators"
    topic = platform.kafka.prefix + CANONICAL[-1].name
    consumer = AIOKafkaConsumer(topic, **options, group_id=group)
    try:
        with pytest.raises(GroupAuthorizationFailedError):
            await consumer.start()
    finally:
        await consumer.stop()
    producer = AIOKafkaProducer(**options, transactional_id=platform.kafka.prefix + relay_id("indicators"))
    try:
        with pytest.raises(TransactionalIdAuthorizationFailed):
            await producer.start()
    finally:
        await producer.stop()


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
@pytest.mark.parametrize("door", ["SASL", "SASLTLS"])
async def test_a_wrong_password_is_refused_by_each_mechanism(platform, door, mechanism):
    settings = platform.kafka.settings(user_of("feedback"), door, mechanism)
    async with AIOKafkaProducer(**settings.client_options()):
        pass
    producer = AIOKafkaProducer(**settings.client_options() | {"sasl_plain_password": "guessed"})
    try:
        with pytest.raises(KafkaConnectionError):
            await producer.start()
    finally:
        await producer.stop()


async def test_a_broker_that_our_authority_did_not_sign_is_refused(platform, tmp_path):
    stranger = Authority(tmp_path)
    settings = platform.kafka.settings(user_of("feedback"), "SASLTLS")
    misled = settings.model_copy(update={"kafka_ssl_ca_file": stranger.file})
    producer = AIOKafkaProducer(**misled.client_options())
    try:
        with pytest.raises(KafkaConnectionError):
            await producer.start()
    finally:
        await producer.stop()


async def test_no_password_is_in_any_log(platform):
    logs = "".join(file.read_text(errors="replace") for file in platform.folder.glob("services/*.log"))
    assert logs
    assert not [name for name, password in platform.kafka.passwords.items() if password in logs]
