"""The publication of the showcase, served: for tests that look at its pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support import showcase
from tests.support.publication import Publication, items
from tests.support.waiting import eventually


@asynccontextmanager
async def shown(database_url: str, kafka: str, topic_prefix: str, **settings: object) -> AsyncIterator[str]:
    """Where it is served, once all of it is there."""
    publication = Publication(database_url, kafka, topic_prefix)
    await publication.prepare()
    figures = list(showcase.figures())
    async with publication.replica(**settings) as client:
        await publication.publish(*showcase.structures(), *figures)

        async def arrived() -> bool:
            pages = [(await client.get(f"/structures/{code}")).status_code for code in ("root", "child")]
            return pages == [200, 200] and len(await items(client)) == len(figures)

        await eventually(arrived, "the publication to be complete")
        yield str(client.base_url).rstrip("/")
