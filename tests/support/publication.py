"""The notifier on real parts: its bus, its database, its HTTP port."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
import httpx
import uvicorn
from aiokafka import AIOKafkaProducer

from spplus_chassis.migrations import migrate
from spplus_chassis.patience import PatientProtocol
from spplus_chassis.topics import create_topics
from spplus_contracts import Event
from spplus_contracts.topics import (
    FEEDBACK_WITHDRAWN,
    INDICATOR_COMPUTED,
    REQUEST_ANSWERED,
    STRUCTURE_DECLARED,
    dead_letters,
    topic_of,
)
from spplus_notifier.app import build
from spplus_notifier.settings import NotifierSettings
from tests.support.builders import an_envelope
from tests.support.waiting import eventually

TOPICS = (INDICATOR_COMPUTED, STRUCTURE_DECLARED, REQUEST_ANSWERED, FEEDBACK_WITHDRAWN, dead_letters("notifier"))


class Publication:
    """One platform's publication: topics and a database, and replicas of the notifier over them."""

    def __init__(self, database_url: str, kafka: str, prefix: str) -> None:
        self.database_url = database_url
        self.kafka = kafka
        self.prefix = prefix
        self._sent = 0

    async def prepare(self) -> None:
        """Create the topics and the tables."""
        await create_topics(self.kafka, TOPICS, self.prefix)
        await migrate(self.database_url, "spplus_notifier")

    @asynccontextmanager
    async def replica(self, name: str = "1", **settings: object) -> AsyncIterator[httpx.AsyncClient]:
        """A client of a running replica."""
        given = {
            "database_url": self.database_url,
            "database_pool_size": 5,
            "kafka_bootstrap_servers": self.kafka,
            "topic_prefix": self.prefix,
            "instance": name,
            "http_port": 1,
        }
        service = build(NotifierSettings(**given | settings, _env_file=None))
        listening = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            service.app, http=PatientProtocol, log_config=None, access_log=False, timeout_graceful_shutdown=5
        )
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            port = listening.getsockname()[1]
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
                await eventually(lambda: _ready(client), "the replica to be ready")
                yield client
        finally:
            service.begin_stop()
            server.should_exit = True
            await running

    async def publish(self, *events: Event | str) -> None:
        """Put events on the bus in order, acknowledged; a text is the key of a tombstone."""
        async with AIOKafkaProducer(bootstrap_servers=self.kafka, acks="all", enable_idempotence=True) as producer:
            for sent in [await producer.send(**self._message(event)) for event in events]:
                await sent
        self._sent += len(events)

    async def settled(self) -> None:
        """Wait until everything put on the bus has been taken."""
        await eventually(self._all_taken, "the notifier to take what is on the bus")

    async def _all_taken(self) -> bool:
        [row] = await self.fetch("SELECT coalesce(sum(next_offset), 0) AS taken FROM consumer_offsets")
        return bool(row["taken"] == self._sent)

    def _message(self, event: Event | str) -> dict[str, object]:
        if isinstance(event, str):
            return {"topic": self.prefix + INDICATOR_COMPUTED.name, "key": event.encode(), "value": None}
        topic = topic_of(event.TYPE)
        assert topic is not None
        return {
            "topic": self.prefix + topic.name,
            "key": event.key.encode(),
            "value": event.to_json(),
            "headers": an_envelope(event).headers(),
        }

    async def fetch(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """Ask the database."""
        connection = await asyncpg.connect(self.database_url)
        try:
            return await connection.fetch(sql, *arguments)
        finally:
            await connection.close()


async def _ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False


async def items(client: httpx.AsyncClient, **query: object) -> list[dict]:
    """All figures that match, by following the pages."""
    found: list[dict] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await client.get("/v1/indicators", params={**query, **cursor})).raise_for_status().json()
        found.extend(page["items"])
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


async def read_stream(
    client: httpx.AsyncClient, count: int, *, last_event_id: str | None = None, query: Sequence[tuple[str, str]] = ()
) -> list[dict[str, str]]:
    """The next events of the live stream as dicts of their fields; `count` of them."""
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    found: list[dict[str, str]] = []
    async with asyncio.timeout(20), client.stream("GET", "/v1/stream", headers=headers, params=list(query)) as answer:
        answer.raise_for_status()
        fields: dict[str, str] = {}
        async for line in answer.aiter_lines():
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "event" in fields:
                found.append(fields)
                fields = {}
                if len(found) == count:
                    return found
            else:
                fields = {}
    return found
