"""A publication of its own for each test."""

import pytest_asyncio

from tests.support.publication import Publication


@pytest_asyncio.fixture
async def published(database_url, kafka, topic_prefix):
    publication = Publication(database_url, kafka, topic_prefix)
    await publication.prepare()
    return publication
