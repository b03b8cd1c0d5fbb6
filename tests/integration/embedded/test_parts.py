"""Kafka and PostgreSQL start, survive a kill and keep their data."""

import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from spplus_embedded import kafka as kafka_part
from spplus_embedded import postgres as postgres_part
from spplus_embedded.errors import PartsError
from spplus_embedded.kafka import KafkaNode
from spplus_embedded.postgres import PostgresServer
from spplus_embedded.process import command_line

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]
RUNTIME = Path(__file__).parents[3] / ".spplus/runtime"


@contextlib.asynccontextmanager
async def a_kafka(directory: Path, port: int = 0) -> AsyncIterator[KafkaNode]:
    node = KafkaNode(directory, port=port, runtime=RUNTIME, properties=kafka_part.FAST)
    try:
        await node.start()
        yield node
    finally:
        await node.stop()


@contextlib.asynccontextmanager
async def a_postgres(directory: Path, port: int = 0) -> AsyncIterator[PostgresServer]:
    server = PostgresServer(directory, port=port, settings=postgres_part.FAST)
    try:
        await server.start()
        yield server
    finally:
        await server.stop()


async def make_topic(node: KafkaNode, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=node.bootstrap_servers)
    await admin.start()
    await admin.create_topics([NewTopic(name, 1, 1)])
    await admin.close()


async def write(node: KafkaNode, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=node.bootstrap_servers, enable_idempotence=True) as producer:
        await producer.send_and_wait(topic, value)


async def read(node: KafkaNode, topic: str, count: int) -> list[bytes | None]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=node.bootstrap_servers, auto_offset_reset="earliest")
    await consumer.start()
    try:
        return [(await consumer.getone()).value for _ in range(count)]
    finally:
        await consumer.stop()


async def query(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_kafka_killed_restarts_on_the_same_port_and_data(tmp_path: Path) -> None:
    async with a_kafka(tmp_path) as node:
        address = node.bootstrap_servers
        await make_topic(node, "kept")
        await write(node, "kept", b"before")
        await node.kill()
        await node.start()
        await write(node, "kept", b"after")
        assert node.bootstrap_servers == address
        assert await read(node, "kept", 2) == [b"before", b"after"]


async def test_kafka_directory_moved_to_another_port_keeps_its_data(tmp_path: Path) -> None:
    async with a_kafka(tmp_path) as first:
        await make_topic(first, "kept")
        await write(first, "kept", b"before")
    async with a_kafka(tmp_path) as second:
        assert second.port != first.port
        assert await read(second, "kept", 1) == [b"before"]


async def test_kafka_on_a_taken_port_names_the_setting(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        node = KafkaNode(tmp_path, port=taken.getsockname()[1], runtime=RUNTIME)
        with pytest.raises(PartsError, match=r"taken.*SPPLUS_UP_KAFKA_PORT"):
            await node.start()


async def test_postgres_killed_restarts_on_the_same_port_and_data(tmp_path: Path) -> None:
    async with a_postgres(tmp_path) as server:
        url = server.admin_url
        await query(url, "CREATE TABLE kept AS SELECT 7 AS seven")
        await server.kill()
        await server.start()
        assert server.admin_url == url
        assert await query(url, "SELECT seven FROM kept") == 7


async def test_postgres_on_a_taken_port_names_the_setting(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = PostgresServer(tmp_path, port=taken.getsockname()[1])
        with pytest.raises(PartsError, match=r"taken.*SPPLUS_UP_POSTGRES_PORT"):
            await server.start()


async def test_a_stopped_part_leaves_no_process(tmp_path: Path) -> None:
    async with a_kafka(tmp_path / "kafka") as node, a_postgres(tmp_path / "postgres") as server:
        pids = [node.child.pid, server.child.pid]
    assert [command_line(pid) for pid in pids if pid is not None] == ["", ""]


async def test_databases_of_the_fixture_are_empty_and_apart(make_database: Callable[[], str]) -> None:
    first, second = make_database(), make_database()
    await query(first, "CREATE TABLE here ()")
    assert await query(second, "SELECT count(*) FROM pg_class WHERE relname = 'here'") == 0


async def test_topics_of_the_fixture_broker_can_be_made(kafka: str, topic_prefix: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(f"{topic_prefix}one", 1, 1)])
    listed = await admin.list_topics()
    await admin.close()
    assert f"{topic_prefix}one" in listed
