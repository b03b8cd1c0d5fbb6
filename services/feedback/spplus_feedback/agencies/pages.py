"""All pages for keys and for the register of sources."""

from collections.abc import Callable

from fastapi import APIRouter

from spplus_chassis.database import Pool
from spplus_chassis.settings import ServiceSettings
from spplus_chassis.topics import create_topics
from spplus_contracts.topics import inbound
from spplus_feedback.agencies import key_pages, source_pages
from spplus_feedback.agencies.administering import Clock


def router(pool: Callable[[], Pool], settings: ServiceSettings, *, clock: Clock) -> APIRouter:
    """The routes; the settings say where a new source gets its inbound topic."""

    async def make_topic(source: str) -> None:
        await create_topics(settings, [inbound(source)], settings.topic_prefix)

    routes = APIRouter()
    routes.include_router(key_pages.router(pool, clock=clock))
    routes.include_router(source_pages.router(pool, make_topic, clock=clock))
    return routes
