"""The intake service as a process of its own, with a small tree of structures and all that it said."""

from contextlib import asynccontextmanager

from tests.support.intake import prepare
from tests.support.service_process import running_service

RESULTS_URL = "https://results.example/"


@asynccontextmanager
async def served(database_url, kafka, topic_prefix, **settings):
    """The service on a port of its own; `settings` go by their names in the environment. Stopped afterwards."""
    keys = await prepare(database_url, kafka, topic_prefix)
    given = {"SPPLUS_FEEDBACK_RESULTS_URL": RESULTS_URL} | settings
    async with running_service("feedback", database_url, kafka, topic_prefix, given) as service:
        service.keys = keys
        yield service
