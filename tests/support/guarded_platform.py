"""The three services as processes, each a user of its own on a Kafka that allows only what was granted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import httpx
from aiokafka import AIOKafkaProducer

from spplus_chassis.migrations import migrate
from spplus_chassis.topics import create_topics
from spplus_contracts import Envelope, Event
from spplus_contracts.access_lists import access_lists
from spplus_contracts.topics import SERVICES, TOPICS, inbound
from spplus_embedded.service_process import ServiceProcess, package_of
from spplus_feedback.gate_rules import Source
from spplus_feedback.sources import save_source
from spplus_feedback.structures_repository import declare_structures
from tests.support.builders import a_structure
from tests.support.guarded_kafka import GuardedKafka

USER = "spplus-{name}"
TOLD_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PARTS = {"alpha": "part-a", "beta": "part-b"}
"""Each agency's system and the part of the tree that it speaks for."""
DOORS = {"feedback": ("SASL", "SCRAM-SHA-512"), "indicators": ("SASLTLS", "SCRAM-SHA-256"), "notifier": ("TLS", "")}
"""How each service comes in: with a password in the clear, with one over TLS, with a certificate."""


@dataclass
class GuardedPlatform:
    """Start it with `start`, then stop it."""

    folder: Path
    make_database: Callable[[], str]
    kafka: GuardedKafka = field(init=False)
    databases: dict[str, str] = field(init=False)
    services: dict[str, ServiceProcess] = field(init=False)

    def __post_init__(self):
        everybody = access_lists(PARTS)
        names = [USER.replace("{name}", principal.name) for principal in everybody]
        self.kafka = GuardedKafka(self.folder, names, prefix="essai.")
        self.databases = {service: self.make_database() for service in SERVICES}
        self.services = {service: self._service(service) for service in SERVICES}

    def _service(self, name: str) -> ServiceProcess:
        door, mechanism = DOORS[name]
        settings = {
            f"SPPLUS_{name.upper()}_DATABASE_URL": self.databases[name],
            "SPPLUS_INDICATORS_MIN_SAMPLE": "1",
            **self.kafka.user(user_of(name), door, mechanism),
        }
        return ServiceProcess(name, self.folder / "services", environment=settings)

    async def start(self):
        """Start Kafka, grant, make the topics and the tables, serve."""
        (self.folder / "services").mkdir()
        await self.kafka.node.start()
        self.kafka.grant(access_lists(PARTS, self.kafka.prefix), USER)
        operations = self.kafka.settings(user_of("operations"))
        await create_topics(operations, TOPICS, self.kafka.prefix)
        inbound_topics = [inbound(source) for source in PARTS]
        await create_topics(self.kafka.settings(user_of("feedback")), inbound_topics, self.kafka.prefix)
        for service, database in self.databases.items():
            await migrate(database, package_of(service))
        await self._register()
        for service in self.services.values():
            await service.start()

    async def stop(self):
        """Stop what runs."""
        for service in self.services.values():
            await service.stop()
        await self.kafka.node.stop()

    async def _register(self):
        connection = await asyncpg.connect(self.databases["feedback"])
        try:
            tree = [a_structure(code="root"), *(a_structure(code=part, parent="root") for part in PARTS.values())]
            async with connection.transaction():
                await declare_structures(connection, tree, now=TOLD_AT)
            for code, part in PARTS.items():
                kinds = frozenset({"experience"})
                await save_source(
                    connection, Source(code=code, feedback_kinds=kinds, structure_codes=frozenset({part}))
                )
        finally:
            await connection.close()

    def producer(self, user: str) -> AIOKafkaProducer:
        """A producer of a user, not started."""
        options = self.kafka.settings(user).client_options()
        return AIOKafkaProducer(**options, enable_idempotence=True, request_timeout_ms=5000)

    async def say(self, agency: str, *spoken: tuple[Event, str, str]):
        """Let an agency's system send events, each with an id and a source, on its own topic."""
        async with self.producer(user_of(f"source-{agency}")) as producer:
            for event, event_id, source in spoken:
                envelope = Envelope(id=event_id, source=source, type=event.TYPE, time=TOLD_AT)
                await producer.send_and_wait(
                    self.kafka.prefix + inbound(agency).name,
                    event.to_json(),
                    key=event.key.encode(),
                    headers=envelope.headers(),
                )

    async def fetch(self, service: str, sql: str, *values: object) -> list[asyncpg.Record]:
        """Rows of a service's database."""
        connection = await asyncpg.connect(self.databases[service])
        try:
            return await connection.fetch(sql, *values)
        finally:
            await connection.close()

    async def counted(self, structure: str) -> int:
        """How many experiences of a structure are published, in the latest rolling window."""
        async with httpx.AsyncClient(base_url=self.services["notifier"].address, trust_env=False) as client:
            asked = {"structure_code": structure, "indicator_code": "experience_count", "limit": 1000}
            items = (await client.get("/v1/indicators", params=asked)).raise_for_status().json()["items"]
        return max((item["n"] for item in items), default=0)


def user_of(name: str) -> str:
    """A principal's user."""
    return USER.replace("{name}", name)
