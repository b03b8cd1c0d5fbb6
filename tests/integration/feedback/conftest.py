"""One intake service for the tests of a module; each test tells stories of its own."""

from collections.abc import AsyncIterator, Callable

import pytest_asyncio

from tests.support.intake import Door, a_door


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def door(kafka: str, make_database: Callable[[], str]) -> AsyncIterator[Door]:
    async with a_door(make_database(), kafka, form_least_seconds=0) as opened:
        yield opened
