"""One intake service for the tests of a module; each test tells stories of its own."""

import uuid
from collections.abc import AsyncIterator, Callable

import pytest_asyncio

from spplus_chassis.migrations import migrate
from spplus_chassis.topics import create_topics
from spplus_contracts.topics import CANONICAL, dead_letters
from spplus_feedback.app import PACKAGE
from spplus_feedback.settings import FeedbackSettings
from tests.support.intake import Door, furnish, opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def door(kafka: str, make_database: Callable[[], str]) -> AsyncIterator[Door]:
    dsn, prefix = make_database(), f"t{uuid.uuid4().hex[:10]}."
    await migrate(dsn, PACKAGE)
    keys = await furnish(dsn)
    await create_topics(kafka, [*CANONICAL, dead_letters("feedback")], prefix)
    settings = FeedbackSettings(
        database_url=dsn, kafka_bootstrap_servers=kafka, topic_prefix=prefix, form_least_seconds=0, _env_file=None
    )
    async with opened(settings) as (service, http):
        yield Door(service, http, dsn, kafka, prefix, keys)
