"""An intake service for each test."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from spplus_chassis.migrations import migrate
from spplus_chassis.topics import create_topics
from spplus_contracts.topics import CANONICAL, dead_letters
from spplus_feedback.app import PACKAGE
from spplus_feedback.settings import FeedbackSettings
from tests.support.intake import Door, furnish, opened


@pytest_asyncio.fixture
async def door(kafka: str, make_database: Callable[[], str], topic_prefix: str) -> AsyncIterator[Door]:
    dsn = make_database()
    await migrate(dsn, PACKAGE)
    keys = await furnish(dsn)
    await create_topics(kafka, [*CANONICAL, dead_letters("feedback")], topic_prefix)
    settings = FeedbackSettings(
        database_url=dsn, kafka_bootstrap_servers=kafka, topic_prefix=topic_prefix, _env_file=None
    )
    async with opened(settings) as (service, http):
        yield Door(service, http, dsn, kafka, topic_prefix, keys)


@pytest.fixture
def story() -> Callable[..., dict[str, Any]]:
    def tell(**changes: Any) -> dict[str, Any]:
        return {
            "structure_codes": ["guichet"],
            "channels": ["phone", "desk"],
            "sentiment": "negative",
            "title": "Une heure d'attente",
            "story": "J'ai attendu une heure au téléphone.",
        } | changes

    return tell
