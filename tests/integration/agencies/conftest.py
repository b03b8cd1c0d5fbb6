"""One intake service for the tests of a module, with two agencies in its register; each test uses ids of its own."""

import uuid
from collections.abc import AsyncIterator, Callable

import pytest_asyncio

from spplus_chassis.topics import create_topics
from spplus_contracts.topics import inbound
from spplus_feedback.settings import FeedbackSettings
from tests.support.agency import AGENCY, RIVAL, Agency, make_key, register
from tests.support.intake import Door, opened, prepare


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def door(kafka: str, make_database: Callable[[], str]) -> AsyncIterator[Door]:
    dsn, prefix = make_database(), f"t{uuid.uuid4().hex[:10]}."
    keys = await prepare(dsn, kafka, prefix)
    await register(dsn, AGENCY, RIVAL)
    await create_topics(kafka, [inbound(AGENCY.code)], prefix)
    settings = FeedbackSettings(database_url=dsn, kafka_bootstrap_servers=kafka, topic_prefix=prefix, _env_file=None)
    async with opened(settings) as (service, http):
        yield Door(service, http, dsn, kafka, prefix, keys)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def agency(door: Door) -> Agency:
    return Agency(door, await make_key(door.dsn))
