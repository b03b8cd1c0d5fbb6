"""An intake service on real parts, with a small tree of structures, seen from outside."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import asyncpg
import httpx
from aiokafka import ConsumerRecord

from spplus_chassis.migrations import migrate
from spplus_chassis.service import Service
from spplus_chassis.topics import create_topics
from spplus_contracts import AnnouncedDelay, ParentLink, StructureDeclared
from spplus_contracts.topics import CANONICAL, Topic, dead_letters
from spplus_contracts.vocabulary import DelayCalendar
from spplus_feedback.access import Scope, create_key
from spplus_feedback.app import PACKAGE, build
from spplus_feedback.settings import FeedbackSettings
from spplus_feedback.structures_repository import declare_structures
from tests.support.bus import reading

FIRST_DAY = date(2015, 1, 1)


def a_structure(code: str, name: str, *, parent: str | None = None, delay: AnnouncedDelay | None = None, **more):
    return StructureDeclared(
        code=code,
        version=1,
        name=name,
        network="Réseau des essais",
        parents=(ParentLink(parent_code=parent, valid_from=FIRST_DAY),) if parent else (),
        announced_delays=(delay,) if delay else (),
        **more,
    )


TREE = (
    a_structure("racine", "Direction régionale"),
    a_structure("guichet", "Centre des impôts de Saint-Étienne", parent="racine", town="Saint-Étienne"),
    a_structure(
        "mairie",
        "Mairie de Bourg",
        parent="racine",
        town="Bourg",
        delay=AnnouncedDelay(days=15, calendar=DelayCalendar.CALENDAR, valid_from=FIRST_DAY),
    ),
    a_structure("autre", "Préfecture d'ailleurs"),
)


def a_story(**changes: Any) -> dict[str, Any]:
    """The body of a story about one structure without an announced delay."""
    return {
        "structure_codes": ["guichet"],
        "channels": ["phone", "desk"],
        "sentiment": "negative",
        "title": "Une heure d'attente",
        "story": "J'ai attendu une heure au téléphone.",
    } | changes


@dataclass
class Door:
    """The running service, seen from outside, with its database and its bus."""

    service: Service
    http: httpx.AsyncClient
    dsn: str
    bootstrap: str
    prefix: str
    keys: dict[str, str] = field(default_factory=dict)

    async def fetch(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.dsn)
        try:
            return await connection.fetch(sql, *values)
        finally:
            await connection.close()

    async def tell(self, **changes: Any) -> dict[str, Any]:
        """Tell a story that is accepted."""
        answer = await self.http.post("/v1/feedback", json=a_story(**changes))
        assert answer.status_code == 202, answer.text
        return answer.json()

    async def answer(self, request_id: str, *, by: str = "racine", **body: Any) -> httpx.Response:
        """Say what became of a request with the key of a part of the tree."""
        return await self.http.post(f"/v1/requests/{request_id}/answer", json=body, headers=self.bearer(by))

    async def follow(self, code: str) -> dict[str, Any]:
        """Where a story stands."""
        answer = await self.http.get(f"/v1/feedback/{code}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def heard(self, topic: Topic, count: int, about: Collection[str]) -> list[ConsumerRecord]:
        """The first `count` records of a topic whose data name one of these requests."""
        found: list[ConsumerRecord] = []
        async with reading(self.bootstrap, self.prefix + topic.name) as consumer:
            async with asyncio.timeout(20):
                while len(found) < count:
                    for batch in (await consumer.getmany(timeout_ms=100)).values():
                        found += [record for record in batch if json.loads(record.value).get("request_id") in about]
        return found

    def bearer(self, structure: str = "racine") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[structure]}"}


def request_ids(told: dict[str, Any]) -> list[str]:
    """The requests that a story made."""
    return [request["request_id"] for request in told["requests"]]


@asynccontextmanager
async def opened(settings: FeedbackSettings) -> AsyncIterator[tuple[Service, httpx.AsyncClient]]:
    service = build(settings)
    async with service.app.router.lifespan_context(service.app):
        transport = httpx.ASGITransport(app=service.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://door") as http:
            yield service, http


async def prepare(dsn: str, kafka: str, prefix: str) -> dict[str, str]:
    """Make tables and topics, and furnish them."""
    await migrate(dsn, PACKAGE)
    await create_topics(kafka, [*CANONICAL, dead_letters("feedback")], prefix)
    return await furnish(dsn)


@asynccontextmanager
async def a_door(dsn: str, kafka: str, **settings: Any) -> AsyncIterator[Door]:
    """The service on an empty database, with topics of its own."""
    prefix = f"t{uuid.uuid4().hex[:10]}."
    keys = await prepare(dsn, kafka, prefix)
    given = FeedbackSettings(
        database_url=dsn, kafka_bootstrap_servers=kafka, topic_prefix=prefix, _env_file=None, **settings
    )
    async with opened(given) as (service, http):
        yield Door(service, http, dsn, kafka, prefix, keys)


async def furnish(dsn: str) -> dict[str, str]:
    """Declare the tree and make one key for each of its roots, by structure."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await declare_structures(connection, TREE, now=datetime.now(UTC))
        scopes = [Scope.READ_REQUESTS, Scope.ANSWER_REQUESTS, Scope.MODERATE_STORIES]
        return {
            code: await create_key(connection, name=code, scopes=scopes, structure_code=code)
            for code in ("racine", "autre", "guichet")
        }
    finally:
        await connection.close()
